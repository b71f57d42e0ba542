"""Telegram's people, chats, messages, files and updates; and its refusals."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

JSON = dict[str, Any]
GONE = frozenset({"left", "kicked"})
MARKS = re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,32}(?:@\w{3,32})?|(?<![\w@])@\w{3,32}")
REACTIONS = frozenset(["❤", "❤\u200d🔥", "💘", "💔", *"👍👎🔥🥰👏😁🤔🤯😱🎉🤩🙏👌😍🐳💯🤣⚡💋😘😎"])
"""Some of the emoji for reactions, in Telegram's form."""
_REASONS = {400: "Bad Request: ", 403: "Forbidden: ", 409: "Conflict: "}


class Refusal(Exception):
    """An error of the API."""

    def __init__(self, reason: str, code: int = 400, **parameters: int) -> None:
        super().__init__(reason)
        self.code, self.parameters = code, parameters
        self.description = _REASONS.get(code, "") + reason


class Post(dict[str, Any]):
    """A message as in the API; attributes hold internal state."""

    def __init__(self, *args: Any, **fields: Any) -> None:
        super().__init__(*args, **fields)
        self.by_bot = False
        self.deleted = False
        self.inline_id: str | None = None
        self.force_reply: JSON | None = None
        self.history: list[JSON] = []
        self.clip: bytes | None = None
        self.thumbnail: bytes | None = None
        self.options: JSON = {}
        self.reactions: dict[int, list[JSON]] = {}
        """By user id."""

    @property
    def id(self) -> int:
        return int(self["message_id"])

    @property
    def words(self) -> str:
        """Text or caption."""
        return str(self.get("text") or self.get("caption") or "")

    @property
    def thread(self) -> int | None:
        return self.get("message_thread_id")

    @property
    def reply_to(self) -> int | None:
        reply = self.get("reply_to_message")
        return reply and reply["message_id"]

    @property
    def buttons(self) -> list[list[JSON]]:
        rows: list[list[JSON]] = self.get("reply_markup", {}).get("inline_keyboard", [])
        return rows

    @property
    def labels(self) -> list[str]:
        return [button["text"] for row in self.buttons for button in row]


@dataclass(eq=False)
class User:
    id: int
    first_name: str
    username: str | None = None
    language_code: str | None = "en"
    is_bot: bool = False

    def json(self) -> JSON:
        named = {"username": self.username, "language_code": self.language_code}
        rest = {key: value for key, value in named.items() if value}
        return {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name, **rest}


@dataclass(eq=False)
class Chat:
    id: int
    type: str
    title: str = ""
    is_forum: bool = False
    members: dict[int, str] = field(default_factory=dict)
    anonymous: set[int] = field(default_factory=set)
    topics: dict[int, bool] = field(default_factory=dict)
    """Whether a topic is open, by its id."""
    posts: dict[int, Post] = field(default_factory=dict)
    moved_to: "Chat | None" = None
    person: User | None = None
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    films: bool = True
    """Whether its members may send videos."""

    @property
    def messages(self) -> list[Post]:
        return list(self.posts.values())

    @property
    def is_private(self) -> bool:
        return self.type == "private"

    def json(self) -> JSON:
        if self.person:
            named = {"first_name": self.person.first_name, "username": self.person.username}
            return {"id": self.id, "type": self.type, **{key: value for key, value in named.items() if value}}
        return {"id": self.id, "type": self.type, "title": self.title, **({"is_forum": True} if self.is_forum else {})}


@dataclass
class Stored:
    """A stored file. `media` is its object in messages."""

    kind: str
    media: Any
    size: int
    path: str
    data: bytes | None


@dataclass(frozen=True)
class Upload:
    file_name: str
    size: int
    data: bytes | None


@dataclass(eq=False)
class Pending:
    """An unconfirmed update."""

    update: JSON
    handed: bool = False


def member_json(who: User, status: str, anonymous: bool = False) -> JSON:
    """A ChatMember of any status."""
    rest: JSON = {}
    if status == "creator":
        rest = {"is_anonymous": anonymous}
    elif status == "administrator":
        rights = "manage_chat delete_messages manage_video_chats restrict_members promote_members change_info"
        rights += " invite_users post_stories edit_stories delete_stories pin_messages manage_topics be_edited"
        rest = {"is_anonymous": anonymous, **{f"can_{right}": True for right in rights.split()}}
    elif status == "kicked":
        rest = {"until_date": 0}
    return {"status": status, "user": who.json(), **rest}


def units(text: str) -> int:
    """Length in UTF-16 code units, as Telegram counts."""
    return len(text) + sum(character > "\uffff" for character in text)


def words(names: str) -> frozenset[str]:
    return frozenset(names.split())
