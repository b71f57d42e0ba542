"""A process of ours on Discord that may be killed, with its data folder, a Discord and a paid host that stay up."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from chat_killed import ChatWorld, ended
from forks import Forked
from killed import end

from adapters.discord.render import plain
from adapters.discord.user_install import LATE_KEY
from bot import texts
from bot.model import Job
from storage.jobs import Store as SqlStore
from tests.houses import picture
from tests.loopback.discord.faults import FINE, hang
from tests.loopback.discord.guilds import Channel
from tests.loopback.discord.messages import Message
from tests.loopback.discord.server import DiscordApi
from tests.loopback.provider.paid import PaidHost

PATIENT = 30.0
"""Seconds for an acknowledgement: how quick it is, is measured where the machine has nothing else to do."""
PHOTO = ("me.jpg", picture())


class World(ChatWorld):
    """A Discord, a paid host, one data folder, and the process that may be killed."""

    def __init__(self, folder: Path, api: DiscordApi, host: PaidHost) -> None:
        super().__init__(folder, host, api.reached, {"DISCORD_TOKEN": api.token, "DISCORD_API_URL": api.base})
        self.api = api
        self.ann = api.user("ann", installed=True)
        self.home = api.channel(api.guild())
        self.far = api.channel(api.guild("far", bot=False))
        self.private = api.dm(self.ann)

    async def start(self) -> Forked:
        """A process that hears what happens from now on."""
        before = len(self.api.identifies)
        process = await super().start()
        try:
            await self.api.until(lambda: len(self.api.identifies) > before and self.api.connected)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{await end(process)}") from None
        return process

    async def killed(self) -> None:
        await super().killed()
        await self.api.until(lambda: not self.api.connected)
        self.let_go()

    def let_go(self) -> None:
        """Nothing else gets stuck; what is stuck in Discord stays so until the end."""
        self.host.let_go()
        self.api._faults.clear()

    def hang(self, route: str, at: Any, passes: int) -> None:
        """A call of this kind gets stuck."""
        if at == "host":
            self.host.hang_at = route
        else:
            self.api.script(route, *[FINE] * passes, hang(at))

    async def ask(self, way: str, prompt: str = "one") -> None:
        """Ann wants a clip."""
        api, ann, home = self.api, self.ann, self.home
        match way:
            case "slash":
                api.slash(ann, home, "animate", {"image": PHOTO, "prompt": prompt})
            case "guest":
                api.slash(ann, self.far, "animate", {"image": PHOTO, "prompt": prompt})
            case "mention":
                api.say(ann, home, prompt, [PHOTO], mention_bot=True)
            case "private":
                api.say(ann, self.private, prompt, [PHOTO])
            case "form":
                asked = api.slash(ann, home, "animate", {"image": PHOTO})
                api.submit(await api.until(lambda: asked.modal), {"words": prompt})
            case "button":  # of the clip that `prepare` has made
                api.press(ann, next(one for one in self.standing() if one.attachments), texts.chat.again(5))

    async def prepare(self, way: str) -> int:
        """What is there before; how many jobs there will be in the end."""
        if way != "button":
            return 1
        await self.ask("slash")
        await self.over(1)
        return 2

    async def jobs(self, store: SqlStore) -> list[Job]:
        return sorted(await store.jobs(f"discord:{self.ann.id}", 100), key=lambda job: job.created_at)

    async def waiting(self, store: SqlStore) -> list[str]:
        return [key for key, _ in await store.inbox.waiting("discord") if not key.startswith(LATE_KEY)]

    def standing(self) -> list[Message]:
        """What the bot said, and which messages are still there."""
        where: Sequence[Channel] = (self.home, self.far, self.private)
        return [one for channel in where for one in channel.messages if one.author is self.api.me]

    def films(self, job: Job) -> list[Message]:
        return [one for one in self.standing() if one.attachments and f"“{job.order.prompt}”" in one.content]

    async def check_the_books(self, jobs: list[Job]) -> None:
        """Paid once at most; a clip is charged and there once, all else given back and said."""
        said = [one.content for one in self.standing()]
        for job in jobs:
            twins = [one for one in jobs if one.order.prompt == job.order.prompt]
            clips = sum(one.outcome == "clip" for one in twins)
            assert clips <= self.host.bought[job.order.prompt] <= len(twins)
            assert len(self.films(job)) == clips, f"{job} {said}"
            if job.outcome != "clip":
                assert any(plain(texts.jobs.failed(job.reason or "", job.price)) in words for words in said), (
                    f"{job} {said}"
                )
        await self.check_the_ledger(jobs)

    async def stands_alone(self, jobs: list[Job]) -> None:
        """No status line is left behind."""
        await self.api.until(lambda: len(self.standing()) == len(jobs))


@asynccontextmanager
async def a_world(folder: Path, clip: bytes) -> AsyncIterator[World]:
    folder.mkdir(exist_ok=True)
    api, host = DiscordApi(), PaidHost(clip)
    api.first_answer_within = PATIENT
    host.renders_after = 0
    async with api.serve(), host.serve():
        world = World(folder, api, host)
        async with ended(world):
            yield world
