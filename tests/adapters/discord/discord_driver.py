"""Discord for the suite that every platform passes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.discord.render import PRESS
from bot.model import Address
from tests.adapters.discord.discord_rig import Rig, a_rig
from tests.adapters.driving import Shown
from tests.loopback.discord.faults import error, too_many
from tests.loopback.discord.messages import Interaction, Message, parts
from tests.loopback.discord.permissions import MANAGE_GUILD, USUAL_PERMISSIONS

POST = "POST /channels/{channel}/messages"


class DiscordDriver:
    """Ann."""

    name = "discord"
    chats = True

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.house = rig.house
        self.channel = rig.api.dm(rig.ann)
        self.asked: list[Interaction] = []
        rig.api.keeps_files = True

    async def say(self, words: str = "", photo: bytes | None = None, to: Shown | None = None) -> Message:
        if not photo:  # nobody answers a question before the bot knows that it was posted
            await self.rig.discord._intake.idle()
        files = [("me.jpg", photo)] if photo else []
        called = self.channel.guild is not None  # a reply calls nobody here
        replied = to.handle if to else None
        return self.rig.api.say(self.rig.ann, self.channel, words, files, replied, mention_bot=called)

    async def again(self, said: Message) -> None:
        self.rig.api.again(said)

    def shown(self) -> list[Shown]:
        aside = [one for asked in self.asked for one in asked.responses if one.ephemeral and not one.deleted]
        return [self._shown(one) for one in [*aside, *self.rig.posts(self.channel)]]

    def is_reply(self, shown: Shown, said: Message) -> bool:
        return shown.handle.reply_to is said

    async def tap(self, shown: Shown, label: str) -> None:
        self.asked.append(self.rig.api.press(self.rig.ann, shown.handle, label))

    async def kill(self) -> None:
        task = self.rig.tasks.pop(0)
        task.cancel()
        await asyncio.wait({task})

    async def start(self) -> None:
        self.rig.tasks.insert(0, asyncio.create_task(self.rig.supervisor.run()))
        await self.rig.api.until(lambda: self.rig.api.connected and not self.rig.discord.trouble())

    async def gather(self) -> tuple[Address, str]:
        self.channel = self.rig.channel
        rights = self.rig.api.role(self.rig.guild, "admins", USUAL_PERMISSIONS | MANAGE_GUILD)
        self.rig.api.member(self.rig.ann, self.rig.guild, [rights])
        return Address(self.name, str(self.channel.id)), f"discord:{self.rig.guild.id}"

    def interject(self, words: str, to: Shown) -> None:
        ben = self.rig.api.user("ben")
        self.rig.api.member(ben, self.rig.guild)
        self.rig.api.say(ben, self.channel, words, (), to.handle, mention_bot=True)

    def flood(self) -> None:
        self.rig.api.script(POST, too_many(0.05))

    def gone(self) -> None:
        self.rig.api.script(POST, error(403, 50007, "Cannot send messages to this user"))

    async def react(self, message: str, *reactions: str) -> None:
        post = next(one for one in self.rig.posts(self.channel) if str(one.id) == message)
        ann = self.rig.ann
        for emoji, user in list(post.reactions):
            if user == ann.id and emoji not in reactions:
                self.rig.api.unreact(ann, post, emoji)
        for emoji in reactions:
            if (emoji, ann.id) not in post.reactions:
                self.rig.api.react(ann, post, emoji)

    def _shown(self, one: Message) -> Shown:
        found = [part for part in parts(one.components) if part.get("custom_id")]
        buttons = {str(part.get("label")): str(part["custom_id"]).removeprefix(PRESS) for part in found}
        return Shown(one.content, buttons, bool(self.rig.api.plays(one)), one)


@asynccontextmanager
async def discord(folder: Path, clip: bytes, new_id: Callable[[], str]) -> AsyncIterator[DiscordDriver]:
    async with a_rig(folder, clip, new_id) as rig:
        yield DiscordDriver(rig)
