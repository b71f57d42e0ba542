"""What Telegram knows: people, chats, messages, files and updates; and how a person acts on them."""

import itertools
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

JSON = dict[str, Any]

BIGGEST_DOWNLOAD = 20 * 2**20
SILENT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
GONE = frozenset({"left", "kicked"})
_ANONYMOUS_ADMIN: JSON = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
_MARKS = re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,32}(?:@\w{3,32})?|(?<![\w@])@\w{3,32}")
REACTIONS = frozenset(["❤", "❤\u200d🔥", "💘", "💔", *"👍👎🔥🥰👏😁🤔🤯😱🎉🤩🙏👌😍🐳💯🤣⚡💋😘😎"])
"""Some of those that a bot hears of, as Telegram writes them."""
_REASONS = {400: "Bad Request: ", 403: "Forbidden: ", 409: "Conflict: "}
_PHOTO_SIDES = (90, 320, 800, 1280)


class Refusal(Exception):
    """The API answers with an error."""

    def __init__(self, reason: str, code: int = 400, **parameters: int) -> None:
        super().__init__(reason)
        self.code, self.parameters = code, parameters
        self.description = _REASONS.get(code, "") + reason


class Post(dict[str, Any]):
    """A message as the API gives it. The attributes hold what the API does not give."""

    def __init__(self, *args: Any, **fields: Any) -> None:
        super().__init__(*args, **fields)
        self.by_bot = False
        self.deleted = False
        self.inline_id: str | None = None
        self.force_reply: JSON | None = None
        self.history: list[JSON] = []
        self.film: bytes | None = None
        self.thumbnail: bytes | None = None
        self.options: JSON = {}
        self.reactions: dict[int, list[JSON]] = {}
        """By person."""

    @property
    def id(self) -> int:
        return int(self["message_id"])

    @property
    def words(self) -> str:
        """The text, or the caption."""
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
    """A file that Telegram keeps. `media` is what a message says of it."""

    kind: str
    media: Any
    size: int
    path: str
    data: bytes | None


@dataclass(eq=False)
class Pending:
    """An update that the bot has not confirmed."""

    update: JSON
    handed: bool = False


class World:
    """People act through these methods; each act queues the update that the bot would get."""

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
        """What `answerCallbackQuery` said, by query."""
        self.updates: list[JSON] = []
        """Every update ever queued."""
        self.pending: list[Pending] = []
        self.allowed: frozenset[str] | None = None
        self.woken: Callable[[], None] = lambda: None
        self.later = 0.0
        """Seconds that Telegram's clock is ahead."""
        self._numbers = itertools.count(1001)
        self._groups = itertools.count(1)
        self._update_ids = itertools.count(700_000_001)

    def now(self) -> float:
        """What time it is, Unix seconds."""
        return time.time() + self.later

    # People and chats

    def user(self, first_name: str = "Ann", username: str | None = None, language_code: str | None = "en") -> User:
        user = User(next(self._numbers), first_name, username, language_code)
        self.users[user.id] = user
        return user

    def private(self, user: User) -> Chat:
        """The chat of this person with the bot: the same one each time."""
        if user.id not in self.chats:
            members = {user.id: "member", self.me.id: "member"}
            self.chats[user.id] = Chat(user.id, "private", members=members, person=user)
        return self.chats[user.id]

    def group(self, *people: User, title: str = "Group", creator: User | None = None) -> Chat:
        return self._gather(Chat(-next(self._groups), "group", title), people, creator)

    def supergroup(
        self, *people: User, title: str = "Supergroup", creator: User | None = None, is_forum: bool = False
    ) -> Chat:
        chat = Chat(-1_000_000_000_000 - next(self._groups), "supergroup", title, is_forum)
        return self._gather(chat, people, creator)

    def topic(self, user: User, chat: Chat, name: str = "Topic") -> int:
        """Open a topic of a forum. Returns its thread."""
        post = self._write(chat, user, {"forum_topic_created": {"name": name, "icon_color": 7322096}})
        chat.topics[post.id] = True
        post.update(message_thread_id=post.id, is_topic_message=True)
        self._tell("message", post)
        return post.id

    def close_topic(self, user: User, chat: Chat, thread: int) -> Post:
        post = self._write(chat, user, {"forum_topic_closed": {}}, thread=thread)
        chat.topics[thread] = False
        return self._tell("message", post)

    def delete_topic(self, chat: Chat, thread: int) -> None:
        """The topic goes with all its messages. Telegram tells the bot nothing."""
        del chat.topics[thread]
        for post in chat.messages:
            if post.thread == thread:
                self.delete(post)

    def set_member(self, who: User, chat: Chat, status: str, by: User | None = None, anonymous: bool = False) -> None:
        """The bot hears of itself in `my_chat_member`, and of others only if it asked for `chat_member`."""
        old, chat.members[who.id] = chat.members.get(who.id, "left"), status
        (chat.anonymous.add if anonymous else chat.anonymous.discard)(who.id)
        actor = by or chat.person or (who if who is not self.me else self.user("Admin"))
        change = {"chat": chat.json(), "from": actor.json(), "date": int(self.now())}
        change["old_chat_member"] = member_json(who, old)
        change["new_chat_member"] = member_json(who, status, anonymous)
        self.queue("my_chat_member" if who is self.me else "chat_member", change)
        if old in GONE and status not in GONE and not chat.is_private:
            self._tell("message", self._write(chat, actor, {"new_chat_members": [who.json()]}))

    def migrate(self, chat: Chat) -> Chat:
        """The group becomes a supergroup, with new ids for everything."""
        new = Chat(-1_000_000_000_000 - next(self._groups), "supergroup", chat.title, members=dict(chat.members))
        new.anonymous = set(chat.anonymous)
        self.chats[new.id] = new
        actor = next(self.users[id] for id in chat.members if id != self.me.id)
        left = self._write(chat, actor, {"migrate_to_chat_id": new.id})
        chat.moved_to = new
        arrived = self._write(new, actor, {"migrate_from_chat_id": chat.id})
        self.queue("message", left)
        self.queue("message", arrived)
        return new

    # What people send

    def say(self, user: User, chat: Chat, text: str, **where: Any) -> Post:
        """`where`: reply_to, thread, forward."""
        return self._act(user, chat, {"text": text, **_marked("entities", text)}, **where)

    def photo(
        self,
        user: User,
        chat: Chat,
        data: bytes,
        caption: str = "",
        *,
        spoiler: bool = False,
        media_group_id: str | None = None,
        size: int | None = None,
        **where: Any,
    ) -> Post:
        content = {"photo": self.keep_photo(data, size), **_captioned(caption)}
        content |= {"has_media_spoiler": True} if spoiler else {}
        content |= {"media_group_id": media_group_id} if media_group_id else {}
        return self._act(user, chat, content, **where)

    def document(
        self,
        user: User,
        chat: Chat,
        data: bytes,
        file_name: str = "photo.jpg",
        mime_type: str = "image/jpeg",
        caption: str = "",
        *,
        size: int | None = None,
        **where: Any,
    ) -> Post:
        """`size` claims another size than that of `data`."""
        named = {"file_name": file_name, "mime_type": mime_type}
        content = {"document": self.keep("document", data, size, **named), **_captioned(caption)}
        return self._act(user, chat, content, **where)

    def video(
        self,
        user: User,
        chat: Chat,
        data: bytes = b"video",
        caption: str = "",
        *,
        size: int | None = None,
        **where: Any,
    ) -> Post:
        said: JSON = {"width": 640, "height": 480, "duration": 5, "mime_type": "video/mp4", "file_name": "video.mp4"}
        content = {"video": self.keep("video", data, size, **said), **_captioned(caption)}
        return self._act(user, chat, content, **where)

    def sticker(self, user: User, chat: Chat, data: bytes = b"sticker", **where: Any) -> Post:
        said: JSON = {
            "type": "regular",
            "width": 512,
            "height": 512,
            "is_animated": False,
            "is_video": False,
            "emoji": "👍",
        }
        return self._act(user, chat, {"sticker": self.keep("sticker", data, **said)}, **where)

    def voice(self, user: User, chat: Chat, data: bytes = b"voice", caption: str = "", **where: Any) -> Post:
        voice = self.keep("voice", data, duration=2, mime_type="audio/ogg")
        return self._act(user, chat, {"voice": voice, **_captioned(caption)}, **where)

    def album(
        self,
        user: User,
        chat: Chat,
        pictures: Sequence[bytes],
        caption: str = "",
        *,
        shuffled: bool = False,
        captions: Sequence[str] = (),
        **where: Any,
    ) -> list[Post]:
        """The caption is on the first one, or `captions` on all. Shuffled: their updates come in the opposite order."""
        group = str(10**16 + next(self._numbers))
        content: list[JSON] = [{"photo": self.keep_photo(data), "media_group_id": group} for data in pictures]
        content[0] |= _captioned(caption)
        for one, words in zip(content, captions, strict=False):
            one |= _captioned(words)
        posts = [self._draw_up(user, chat, each, **where) for each in content]
        for post in reversed(posts) if shuffled else posts:
            self._tell("message", post)
        return posts

    def edit_text(self, message: Post, text: str) -> Post:
        return self._edit(message, "text", "entities", text)

    def edit_caption(self, message: Post, caption: str) -> Post:
        return self._edit(message, "caption", "caption_entities", caption)

    def react(self, user: User, message: Post, *reactions: str | JSON) -> None:
        """Have exactly these reactions under a message: emoji, or whole reaction types. An admin bot is told."""
        chat = self.chats[message["chat"]["id"]]
        assert all(isinstance(each, dict) or each in REACTIONS for each in reactions), reactions
        new = [each if isinstance(each, dict) else {"type": "emoji", "emoji": each} for each in reactions]
        old = message.reactions.get(user.id, [])
        message.reactions[user.id] = new
        actor = {"actor_chat": chat.json()} if user.id in chat.anonymous else {"user": user.json()}
        change = {"chat": chat.json(), "message_id": message.id, "date": int(self.now()), **actor}
        status = chat.members.get(self.me.id)
        if status in ("administrator", "creator") and old != new and not user.is_bot:
            self.queue("message_reaction", change | {"old_reaction": old, "new_reaction": new})

    def delete(self, message: Post) -> None:
        """Telegram does not tell the bot."""
        message.deleted = True

    def press(self, user: User, message: Post, button: str) -> JSON:
        """Press the button with this label or these data. Returns the callback query."""
        buttons = [each for row in message.buttons for each in row]
        pressed = next((each for each in buttons if button in (each["text"], each.get("callback_data"))), None)
        assert pressed, f"no button {button!r} among {message.labels}"
        query: JSON = {"id": str(next(self._numbers)), "from": user.json(), "data": pressed.get("callback_data")}
        query["chat_instance"] = str(message["chat"]["id"])
        query |= {"inline_message_id": message.inline_id} if message.inline_id else {"message": dict(message)}
        self.queries[query["id"]] = query
        self.queue("callback_query", query)
        return query

    def guest(
        self,
        user: User,
        text: str,
        *,
        photo: bytes | None = None,
        reply_to_photo: bytes | None = None,
        chat: Chat | None = None,
    ) -> Post:
        """Summon the bot into a chat of which it is no member. The id of the query is in `guest_query_id`."""
        chat = chat or self._gather(Chat(-next(self._groups), "group", "Elsewhere"), (user,), None, with_bot=False)
        reply = self._write(chat, user, {"photo": self.keep_photo(reply_to_photo)}) if reply_to_photo else None
        said = {"photo": self.keep_photo(photo), **_captioned(text)} if photo else {}
        post = self._write(chat, user, said or {"text": text, **_marked("entities", text)}, reply_to=reply)
        post["guest_query_id"] = str(next(self._numbers))
        self.guests[post["guest_query_id"]] = post
        self.queue("guest_message", post)
        return post

    # What the bot gets, and what it did

    def again(self, update: JSON | None = None) -> None:
        """The very same update once more; the latest one, if none is given."""
        self._enqueue(update or self.updates[-1])

    def sent(self, chat: Chat) -> list[Post]:
        """What the bot wrote here, deleted messages too."""
        return [post for post in chat.messages if post.by_bot]

    def queue(self, kind: str, content: JSON) -> None:
        """Telegram decides when a thing happens whether the bot wanted to know of it."""
        if kind not in self.allowed if self.allowed is not None else kind in SILENT_BY_DEFAULT:
            return
        update = {"update_id": next(self._update_ids), kind: dict(content)}
        self.updates.append(update)
        self._enqueue(update)

    def _enqueue(self, update: JSON) -> None:
        self.pending.append(Pending(update))
        self.woken()

    # Files

    def keep(self, kind: str, data: bytes | None, size: int | None = None, **said: Any) -> JSON:
        """Store a file, and say what a message says of it."""
        number = next(self._numbers)
        size = len(data or b"") if size is None else size
        media = {"file_id": f"{kind}-{number}", "file_unique_id": f"unique-{number}", **said, "file_size": size}
        stored = Stored(kind, media, size, f"{kind}s/file_{number}", data)
        self.files[media["file_id"]] = self.paths[stored.path] = stored
        return media

    def keep_photo(self, data: bytes, size: int | None = None) -> list[JSON]:
        """All sizes hold the same bytes: only what is said of their sides differs. The largest is the last."""
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

    # Messages

    def _gather(self, chat: Chat, people: Sequence[User], creator: User | None, *, with_bot: bool = True) -> Chat:
        chat.members = {person.id: "member" for person in people}
        chat.members |= {self.me.id: "member"} if with_bot else {}
        chat.members |= {creator.id: "creator"} if creator else {}
        self.chats[chat.id] = chat
        return chat

    def _act(self, user: User, chat: Chat, content: JSON, **where: Any) -> Post:
        return self._tell("message", self._draw_up(user, chat, content, **where))

    def _draw_up(
        self,
        user: User,
        chat: Chat,
        content: JSON,
        reply_to: Post | None = None,
        thread: int | None = None,
        forward: bool = False,
    ) -> Post:
        if forward:
            origin = {"type": "hidden_user", "sender_user_name": "Somebody", "date": int(self.now()) - 60}
            content = {"forward_origin": origin, **content}
        return self._write(chat, user, content, reply_to, thread)

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
            reply_to = reply_to or chat.posts.get(thread)  # as Telegram does for every message in a topic
        elif reply_to and chat.type == "supergroup" and not chat.is_forum:
            post["message_thread_id"] = reply_to.thread or reply_to.id
        if reply_to:
            post["reply_to_message"] = {key: reply_to[key] for key in reply_to if key != "reply_to_message"}
        post |= content
        post.by_bot = user is self.me
        chat.posts[post.id] = post
        return post

    def _edit(self, message: Post, key: str, marks: str, text: str) -> Post:
        message.history.append(dict(message))
        message.pop(marks, None)
        message |= {key: text, "edit_date": int(self.now()), **_marked(marks, text)}
        return self._tell("edited_message", message)

    def _tell(self, kind: str, post: Post) -> Post:
        chat = self.chats[post["chat"]["id"]]
        if self._may_read(chat, post):
            self.queue(kind, post)
        return post

    def _may_read(self, chat: Chat, post: Post) -> bool:
        """The privacy mode: in a group, a bot sees what is meant for it, and service messages."""
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
        for mark in _MARKS.findall(words):
            command, _, bot = mark.partition("@")
            if mark.lower() == name or (command and (not bot or f"@{bot}".lower() == name)):
                return True
        return False


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
    """Telegram counts UTF-16 code units."""
    return len(text) + sum(character > "\uffff" for character in text)


def sides(data: bytes) -> tuple[int, int]:
    """The width and height of a JPEG or PNG; of anything else, a guess."""
    if data[:4] == b"\x89PNG":
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    at = 2
    while data[:2] == b"\xff\xd8" and at + 9 < len(data):
        if data[at + 1] in (0xC0, 0xC1, 0xC2):
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return 1280, 960


def _captioned(caption: str) -> JSON:
    return {"caption": caption, **_marked("caption_entities", caption)} if caption else {}


def _marked(key: str, text: str) -> JSON:
    """Commands and mentions, as Telegram marks them by itself."""
    marks = [
        {
            "type": "bot_command" if mark[0].startswith("/") else "mention",
            "offset": units(text[: mark.start()]),
            "length": units(mark[0]),
        }
        for mark in _MARKS.finditer(text)
    ]
    return {key: marks} if marks else {}
