"""Persons who are mentioned or replied to, from Telegram's entities, never from the text.

A mention by @username has no id, so a directory remembers the usernames of people who wrote to the bot.
"""

import json
from collections.abc import Callable

from telegram import Message, MessageEntity, User

from adapters.shared.newest import Newest
from adapters.shared.notes import Notes
from adapters.telegram import PLATFORM, parse
from adapters.telegram.members import Members
from bot.commands import invocation
from bot.conversation import MENTION, Named

KEPT = 90 * 86_400.0
"""Seconds for which a username is remembered."""
DAY = 86_400.0
"""Seconds after which a username is saved again."""
MOST = 10_000


class People:
    """The directory of usernames."""

    def __init__(self, notes: Notes, members: Members, clock: Callable[[], float]) -> None:
        self._notes = notes
        self._members = members
        self._clock = clock
        self._noted: Newest[int, tuple[float, str]] = Newest(MOST)

    async def met(self, user: User | None) -> None:
        """Save the username of a person who writes to the bot; at most once a day, unless it changed."""
        if user is None or user.is_bot or not user.username:
            return
        now, name = self._clock(), user.username.lower()
        since, noted = self._noted.get(user.id, (-DAY, ""))
        if noted == name and now - since < DAY:
            return
        if noted and noted != name:
            await self._drop(noted, user.id)
        # Usernames are global, so one note serves all chats.
        await self._notes.put("", f"name:{name}", json.dumps(user.id), KEPT, [f"{PLATFORM}:{user.id}"])
        self._noted[user.id] = now, name

    async def read(self, message: Message, own: str) -> tuple[str, tuple[Named, ...]]:
        """Text or caption; in a command, mentions become `MENTION`s. `own` is the bot's username."""
        text = parse.words(message)
        if invocation.command(text) is None:
            return text.replace(MENTION, ""), ()
        raw = text.encode("utf-16-le", "surrogatepass")  # Telegram's unit of offsets
        pieces: list[str] = []
        named: list[Named] = []
        done = 0
        entities = message.entities if message.text else message.caption_entities
        for entity in sorted(entities, key=lambda entity: entity.offset):
            start, end = 2 * entity.offset, 2 * (entity.offset + entity.length)
            if start < done or end > len(raw):
                continue
            who = await self._named(entity, _decoded(raw[start:end]), own, str(message.chat.id))
            if who:
                pieces += _decoded(raw[done:start]).replace(MENTION, ""), MENTION
                named.append(who)
                done = end
        pieces.append(_decoded(raw[done:]).replace(MENTION, ""))
        return "".join(pieces), tuple(named)

    async def _named(self, entity: MessageEntity, written: str, own: str, chat: str) -> Named | None:
        if entity.type == MessageEntity.TEXT_MENTION and entity.user and not entity.user.is_bot:
            return Named("person", f"{PLATFORM}:{entity.user.id}", entity.user.full_name)
        if entity.type != MessageEntity.MENTION or written[1:].lower() == own.lower():
            return None
        user = await self._known(written[1:].lower(), chat)
        return Named("person", f"{PLATFORM}:{user}", written[1:]) if user else None

    async def _known(self, name: str, chat: str) -> str | None:
        """The id behind a username; None if Telegram says that its holder gave it up, as it may have a new one."""
        note = await self._notes.get("", f"name:{name}")
        if note is None:
            return None
        user = str(json.loads(note))
        now = await self._members.username(chat, user)
        if now is not None and now.lower() != name:
            await self._drop(name, int(user))
            return None
        return user

    async def _drop(self, name: str, user: int) -> None:
        """Delete a username, unless another person has it by now."""
        note = await self._notes.get("", f"name:{name}")
        if note is not None and json.loads(note) == user:
            await self._notes.drop("", f"name:{name}")


def replied_to(message: Message) -> Named | None:
    """The author of the message that is replied to: a person, or the group or channel of an anonymous one."""
    other = message.reply_to_message
    if other is None or (message.is_topic_message and other.message_id == message.message_thread_id):
        return None  # every message of a topic is a reply to its first one
    who = parse.person(other)
    return Named("person", f"{PLATFORM}:{who}", parse.label(other)) if who else None


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-16-le", "surrogatepass")
