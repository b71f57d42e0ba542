"""Telegram for the suite that every platform passes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bot.model import Address
from tests.adapters.driving import Shown
from tests.adapters.telegram.telegram_room import Room, a_room
from tests.loopback.telegram.faults import Flood, Refuse
from tests.loopback.telegram.model import JSON, Chat, Post


class TelegramDriver:
    """Ann."""

    name = "telegram"
    chats = True

    def __init__(self, room: Room) -> None:
        self.room = room
        self.house = room.house
        self.chat: Chat = room.private

    async def say(self, words: str = "", photo: bytes | None = None, to: Shown | None = None) -> JSON:
        api, replied = self.room.api, {"reply_to": to.handle} if to else {}
        said = words if self.chat.is_private or to else f"@{api.me.username} {words}"
        if photo:
            api.photo(self.room.ann, self.chat, photo, said, **replied)
        else:
            api.say(self.room.ann, self.chat, said, **replied)
        return api.updates[-1]

    async def again(self, said: JSON) -> None:
        self.room.api.again(said)

    def shown(self) -> list[Shown]:
        popped = [Shown(str(answer.get("text", ""))) for answer in self.room.api.answers.values()]
        return [*popped, *(_shown(post) for post in self.room.api.sent(self.chat) if not post.deleted)]

    def is_reply(self, shown: Shown, said: JSON) -> bool:
        return bool(shown.handle.reply_to == said["message"]["message_id"])

    async def tap(self, shown: Shown, label: str) -> None:
        self.room.api.press(self.room.ann, shown.handle, label)

    async def kill(self) -> None:
        task = self.room.tasks.pop(0)
        task.cancel()
        await asyncio.wait({task})

    async def start(self) -> None:
        await self.room.attend()
        self.room.tasks.insert(0, self.room.tasks.pop())

    async def gather(self) -> tuple[Address, str]:
        api = self.room.api
        self.chat = api.supergroup(self.room.ann, creator=self.room.ann)
        api.set_member(api.me, self.chat, "administrator")
        return Address(self.name, str(self.chat.id)), f"telegram:{self.chat.id}"

    def interject(self, words: str, to: Shown) -> None:
        self.room.api.say(self.room.api.user("Ben"), self.chat, words, reply_to=to.handle)

    def flood(self) -> None:
        self.room.api.trouble["sendVideo"] += [Flood(1)]

    def gone(self) -> None:
        self.room.api.trouble["sendVideo"] += [Refuse(403, "Forbidden: bot was blocked by the user")]

    async def react(self, message: str, *reactions: str) -> None:
        self.room.api.react(self.room.ann, self.chat.posts[int(message)], *reactions)


def _shown(post: Post) -> Shown:
    buttons = {one["text"]: one.get("callback_data", "") for row in post.buttons for one in row}
    return Shown(post.words, buttons, "video" in post, post)


@asynccontextmanager
async def telegram(folder: Path, clip: bytes, new_id: Callable[[], str]) -> AsyncIterator[TelegramDriver]:
    async with a_room(folder, clip, new_id) as room:
        yield TelegramDriver(room)
