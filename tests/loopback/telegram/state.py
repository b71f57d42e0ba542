"""The state of Telegram, and its updates."""

import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any

from tests.loopback.telegram.model import GONE, JSON, MARKS, Chat, Pending, Post, Stored, User

SILENT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
_ANONYMOUS_ADMIN: JSON = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
_PHOTO_SIDES = (90, 320, 800, 1280)


def sides(data: bytes) -> tuple[int, int]:
    """Width and height of a JPEG or PNG; a default for other files."""
    if data[:4] == b"\x89PNG":
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    at = 2
    while data[:2] == b"\xff\xd8" and at + 9 < len(data):
        if data[at + 1] in (0xC0, 0xC1, 0xC2):
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return 1280, 960


class State:
    """People, chats, files, and unconfirmed updates."""

    def __init__(self, username: str, can_read_all: bool) -> None:
        self.me = User(123456, "Photoplay", username, None, is_bot=True)
        self.can_read_all = can_read_all
        self.users: dict[int, User] = {self.me.id: self.me}
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, Stored] = {}
        self.paths: dict[str, Stored] = {}
        self.inline: dict[str, Post] = {}
        self.guests: dict[str, Post] = {}
        self.queries: dict[str, JSON] = {}
        self.answers: dict[str, JSON] = {}
        """Parameters of `answerCallbackQuery`, by query."""
        self.updates: list[JSON] = []
        """Every update ever queued."""
        self.pending: list[Pending] = []
        self.allowed: frozenset[str] | None = None
        self.woken: Callable[[], None] = lambda: None
        self.later = 0.0
        """Seconds by which Telegram's clock is ahead."""
        self._numbers = itertools.count(1001)
        self._groups = itertools.count(1)
        self._update_ids = itertools.count(700_000_001)

    def now(self) -> float:
        """Telegram's time, Unix seconds."""
        return time.time() + self.later

    def user(self, first_name: str = "Ann", username: str | None = None, language_code: str | None = "en") -> User:
        user = User(next(self._numbers), first_name, username, language_code)
        self.users[user.id] = user
        return user

    def private(self, user: User) -> Chat:
        """The private chat of a person with the bot."""
        if user.id not in self.chats:
            members = {user.id: "member", self.me.id: "member"}
            self.chats[user.id] = Chat(user.id, "private", members=members, person=user)
        return self.chats[user.id]

    def queue(self, kind: str, content: JSON) -> None:
        """Queue an update, if its kind is requested at this time, as Telegram does."""
        if kind not in self.allowed if self.allowed is not None else kind in SILENT_BY_DEFAULT:
            return
        update = {"update_id": next(self._update_ids), kind: dict(content)}
        self.updates.append(update)
        self._enqueue(update)

    def _enqueue(self, update: JSON) -> None:
        self.pending.append(Pending(update))
        self.woken()

    def again(self, update: JSON | None = None) -> None:
        """Repeat an update; by default the latest."""
        self._enqueue(update or self.updates[-1])

    def sent(self, chat: Chat) -> list[Post]:
        """The bot's messages in a chat, including deleted ones."""
        return [post for post in chat.messages if post.by_bot]

    def keep(self, kind: str, data: bytes | None, size: int | None = None, **said: Any) -> JSON:
        """Store a file; returns its object in messages."""
        number = next(self._numbers)
        size = len(data or b"") if size is None else size
        media = {"file_id": f"{kind}-{number}", "file_unique_id": f"unique-{number}", **said, "file_size": size}
        stored = Stored(kind, media, size, f"{kind}s/file_{number}", data)
        self.files[media["file_id"]] = self.paths[stored.path] = stored
        return media

    def keep_photo(self, data: bytes, size: int | None = None) -> list[JSON]:
        """Store a photo; returns its sizes, the largest last. All have the same bytes, with different dimensions."""
        width, height = sides(data)
        longest = max(width, height)
        scales = [side / longest for side in _PHOTO_SIDES if side < longest] or [1.0]
        scales += [min(1.0, 2560 / longest)] if scales[-1] < 1 and longest <= 1280 else []
        photo = [
            self.keep("photo", data, size, width=max(1, round(width * scale)), height=max(1, round(height * scale)))
            for scale in scales
        ]
        for each in photo:
            self.files[each["file_id"]].media = photo
        return photo

    def _gather(self, chat: Chat, people: Sequence[User], creator: User | None, *, with_bot: bool = True) -> Chat:
        chat.members = {person.id: "member" for person in people}
        chat.members |= {self.me.id: "member"} if with_bot else {}
        chat.members |= {creator.id: "creator"} if creator else {}
        self.chats[chat.id] = chat
        return chat

    def _write(
        self, chat: Chat, user: User, content: JSON, reply_to: Post | None = None, thread: int | None = None
    ) -> Post:
        post = Post(message_id=next(chat.ids), date=int(self.now()), chat=chat.json())
        post |= {"from": user.json()}
        if user.id in chat.anonymous:
            post |= {"from": _ANONYMOUS_ADMIN, "sender_chat": chat.json()}
        if chat.is_forum and reply_to:
            thread = thread or reply_to.thread
        if thread:
            post |= {"message_thread_id": thread, "is_topic_message": True}
            reply_to = reply_to or chat.posts.get(thread)  # like Telegram, for every message in a topic
        elif reply_to and chat.type == "supergroup" and not chat.is_forum:
            post["message_thread_id"] = reply_to.thread or reply_to.id
        if reply_to:
            post["reply_to_message"] = {key: reply_to[key] for key in reply_to if key != "reply_to_message"}
        post |= content
        post.by_bot = user is self.me
        chat.posts[post.id] = post
        return post

    def _tell(self, kind: str, post: Post) -> Post:
        chat = self.chats[post["chat"]["id"]]
        if self._may_read(chat, post):
            self.queue(kind, post)
        return post

    def _may_read(self, chat: Chat, post: Post) -> bool:
        """Privacy mode: in a group, a bot gets messages that address it, and service messages."""
        status = chat.members.get(self.me.id, "left")
        if status in GONE:
            return False
        if chat.is_private or self.can_read_all or status in ("administrator", "creator"):
            return True
        if not post.keys() & {"text", "photo", "document", "video", "sticker", "voice"}:
            return True
        replied = chat.posts.get(post.reply_to or 0)
        return bool(replied and replied.by_bot) or self._is_addressed(post.words)

    def _is_addressed(self, words: str) -> bool:
        name = f"@{self.me.username}".lower()
        for mark in MARKS.findall(words):
            command, _, bot = mark.partition("@")
            if mark.lower() == name or (command and (not bot or f"@{bot}".lower() == name)):
                return True
        return False
