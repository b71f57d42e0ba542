"""A house whose Discord is the real library over sockets, with the other end on loopback."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from discord.gateway import DiscordWebSocket, KeepAliveHandler
from discord.http import Route

from adapters.discord.client import RestClient
from adapters.discord.delivery import DiscordChat
from adapters.discord.interaction_tokens import InteractionTokens
from adapters.discord.platform import Discord, Pace
from bot.gallery.outbox import Runner
from bot.jobs.supervisor import Supervisor
from bot.model import Job
from tests.fakes import QuickProvider, briefly
from tests.houses import House, configure, wired
from tests.loopback.discord.guilds import Channel, Guild, User
from tests.loopback.discord.messages import Interaction, Message
from tests.loopback.discord.server import DiscordApi

QUICK = Pace(between=0.0, settled=0.05)


class Now:
    """The time, which a test may push on."""

    def __init__(self) -> None:
        self.later = 0.0

    def __call__(self) -> float:
        return time.time() + self.later


@dataclass
class Rig:
    """Ann in a channel of a guild with the bot, the bot's house, and the Discord between them."""

    api: DiscordApi
    house: House
    rest: RestClient
    chat: DiscordChat
    discord: Discord
    supervisor: Supervisor
    runner: Runner
    now: Now
    ann: User
    guild: Guild
    channel: Channel
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def open(self) -> None:
        """Let platform and worker run."""
        runs = self.supervisor.run(), self.house.worker.run(), self.runner.run()
        self.tasks = [asyncio.create_task(run) for run in runs]
        await self.api.until(lambda: self.api.connected and not self.discord.trouble())

    async def close(self) -> None:
        self.house.worker.stop()
        self.runner.stop()
        for task in self.tasks[:1]:
            task.cancel()
        await asyncio.wait(self.tasks)
        loop = asyncio.get_running_loop()
        left = [one for one in threading.enumerate() if isinstance(one, KeepAliveHandler) and one.ws.loop is loop]
        assert not left, "a heartbeat outlives its connection"

    def posts(self, channel: Channel | None = None) -> list[Message]:
        """The bot's messages in a channel, oldest first."""
        return [one for one in (channel or self.channel).messages if one.author is self.api.me]

    async def clips(self, count: int = 1, channel: Channel | None = None, within: float = 60) -> list[Message]:
        """The messages with a clip, once there are so many."""

        def found() -> list[Message]:
            films = [one for one in self.posts(channel) if self.api.plays(one)]
            return films if len(films) >= count else []

        return list(await self.api.until(found, within))

    async def whispers(self, asked: Interaction) -> list[str]:
        """What only the person was told, once there is something."""
        found = await self.api.until(lambda: [one for one in asked.responses if one.ephemeral and one.content])
        return [one.content for one in found]

    def slash(self, command: str = "animate", options: dict[str, Any] | None = None, **more: Any) -> Interaction:
        """Ann uses a slash command."""
        return self.api.slash(more.pop("user", self.ann), more.pop("channel", self.channel), command, options, **more)


@contextmanager
def elsewhere() -> Iterator[None]:
    """Put back where the library looks for Discord."""
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


@asynccontextmanager
async def a_rig(
    folder: Path,
    clip: bytes,
    new_id: Callable[[], str],
    *,
    api: DiscordApi | None = None,
    token: str | None = None,
    shards: str = "auto",
    start: bool = True,
    base: str | None = None,
    url: str | None = None,
) -> AsyncIterator[Rig]:
    """A rig with everything running. With `base` the Discord is running already."""
    now = Now()
    api = api or DiscordApi(clock=now)
    if base is None:
        async with (
            api.serve() as served,
            a_rig(folder, clip, new_id, api=api, token=token, shards=shards, start=start, base=served, url=url) as rig,
        ):
            yield rig
        return
    if isinstance(api.clock, Now):
        now = api.clock
    with elsewhere():
        rest = RestClient(token or api.token, base)
        chats: dict[str, Any] = {}
        provider = QuickProvider(clip)
        chats["discord"] = None
        async with wired(folder, now, new_id, clip, chats, url, provider) as house:
            chat = DiscordChat(rest, InteractionTokens(house.store.inbox, now), clock=now)
            chats["discord"] = chat
            discord = Discord(house.core, rest, chat, shards=shards, pace=QUICK, sleep=briefly)
            supervisor = Supervisor([discord], clock=time.monotonic, sleep=briefly)
            runner = Runner(house.store, house.media, chats, clock=now, web=house.core.context.links.web)
            configure(house.core, outbox=runner.poke)
            guild = next(iter(api.guilds.values()), None) or api.guild()
            channel = next((one for one in guild.channels if not one.is_thread), None) or api.channel(guild)
            ann = next((one for one in api.users.values() if one.name == "ann"), None) or api.user("ann")
            rig = Rig(api, house, rest, chat, discord, supervisor, runner, now, ann, guild, channel)
            if start:
                await rig.open()
            try:
                yield rig
            finally:
                if rig.tasks:
                    await rig.close()
                await chat.close()
                await rest.hang_up()


async def ended(rig: Rig, user: User | None = None) -> Job | None:
    """The person's latest job, if it is over."""
    job = (await rig.house.store.jobs(f"discord:{(user or rig.ann).id}"))[0]
    return job if job.state == "done" else None


async def kept(rig: Rig, count: int) -> list[tuple[str, str]]:
    """Messages that wait to be worked off, if there are so many."""
    waiting = await rig.house.store.inbox.waiting("discord")
    return waiting if len(waiting) == count else []
