"""Telegram for the suite that every platform passes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bot.model import Address
from tests.adapters.driving import Shown
from tests.adapters.telegram.telegram_rig import Rig, a_rig
from tests.loopback.telegram.faults import Flood, Refuse
from tests.loopback.telegram.model import JSON, Chat, Post


class TelegramDriver:
    """Ann."""

    name = "telegram"
    chats = True

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.house = rig.house
        self.chat: Chat = rig.private

    async def say(self, words: str = "", photo: bytes | None = None, to: Shown | None = None) -> JSON:
        api, replied = self.rig.api, {"reply_to": to.handle} if to else {}
        said = words if self.chat.is_private or to else f"@{api.me.username} {words}"
        if photo:
            api.photo(self.rig.ann, self.chat, photo, said, **replied)
        else:
            api.say(self.rig.ann, self.chat, said, **replied)
        return api.updates[-1]

    async def again(self, said: JSON) -> None:
        self.rig.api.again(said)

    def shown(self) -> list[Shown]:
        popped = [Shown(str(answer.get("text", ""))) for answer in self.rig.api.answers.values()]
        return [*popped, *(_shown(post) for post in self.rig.api.sent(self.chat) if not post.deleted)]

    def is_reply(self, shown: Shown, said: JSON) -> bool:
        return bool(shown.handle.reply_to == said["message"]["message_id"])

    async def tap(self, shown: Shown, label: str) -> None:
        self.rig.api.press(self.rig.ann, shown.handle, label)

    async def kill(self) -> None:
        task = self.rig.tasks.pop(0)
        task.cancel()
        await asyncio.wait({task})

    async def start(self) -> None:
        await self.rig.attend()
        self.rig.tasks.insert(0, self.rig.tasks.pop())

    async def gather(self) -> tuple[Address, str]:
        api = self.rig.api
        self.chat = api.supergroup(self.rig.ann, creator=self.rig.ann)
        api.set_member(api.me, self.chat, "administrator")
        return Address(self.name, str(self.chat.id)), f"telegram:{self.chat.id}"

    def interject(self, words: str, to: Shown) -> None:
        self.rig.api.say(self.rig.api.user("Ben"), self.chat, words, reply_to=to.handle)

    def flood(self) -> None:
        self.rig.api.trouble["sendVideo"] += [Flood(1)]

    def gone(self) -> None:
        self.rig.api.trouble["sendVideo"] += [Refuse(403, "Forbidden: bot was blocked by the user")]

    async def react(self, message: str, *reactions: str) -> None:
        self.rig.api.react(self.rig.ann, self.chat.posts[int(message)], *reactions)


def _shown(post: Post) -> Shown:
    buttons = {one["text"]: one.get("callback_data", "") for row in post.buttons for one in row}
    return Shown(post.words, buttons, "video" in post, post)


@asynccontextmanager
async def telegram(folder: Path, clip: bytes, new_id: Callable[[], str]) -> AsyncIterator[TelegramDriver]:
    async with a_rig(folder, clip, new_id) as rig:
        yield TelegramDriver(rig)
