"""A bot on the real discord.py, for the tests of the loopback Discord."""

import asyncio
import io
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import yarl

from tests.loopback.discord.server import DiscordApi

with warnings.catch_warnings():  # discord.py imports `audioop`, which warns from Python 3.11 on
    warnings.simplefilter("ignore", DeprecationWarning)
    import discord
    from discord import app_commands
    from discord.gateway import DiscordWebSocket

POST = "POST /channels/{channel}/messages"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + (64).to_bytes(4, "big") + (48).to_bytes(4, "big") + b"\x08\x02\0\0\0"

Handler = Callable[[discord.Interaction], Awaitable[Any]]


class Pointed:
    """What a real client must change to speak to another Discord: see `setup_hook`."""

    http: Any

    async def setup_hook(self) -> None:
        _, url, _ = await self.http.get_bot_gateway()
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """The usual one waits 5 s before every shard but the first."""


class Alone(Pointed, discord.Client):
    """One shard; it never asks where the gateway is, and takes the default."""


class Sharded(Pointed, discord.AutoShardedClient):
    """As many shards as the API says."""


class Bot:
    """A client with one command of each kind, which notes what it gets."""

    def __init__(self, client: discord.Client) -> None:
        self.client = client
        self.tree = app_commands.CommandTree(client)
        self.got: list[discord.Interaction] = []
        self.messages: list[discord.Message] = []
        self.events: list[str] = []
        self.answer: Handler = self.hello
        self.errors: list[Exception] = []
        self._register()

    async def hello(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message("hello", ephemeral=True)

    def channel(self, id: int) -> discord.TextChannel:
        found = self.client.get_channel(id)
        assert isinstance(found, discord.TextChannel)
        return found

    async def _take(self, interaction: discord.Interaction) -> None:
        self.got.append(interaction)
        try:
            await self.answer(interaction)
        except discord.DiscordException as failed:
            self.errors.append(failed)

    def _register(self) -> None:
        async def animate(
            interaction: discord.Interaction, prompt: str, image: discord.Attachment, loop: bool = False
        ) -> None:
            interaction.extras.update(prompt=prompt, image=image, loop=loop)
            await self._take(interaction)

        async def this(interaction: discord.Interaction, message: discord.Message) -> None:
            interaction.extras.update(message=message)
            await self._take(interaction)

        everywhere: dict[str, Any] = {
            "allowed_contexts": app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
            "allowed_installs": app_commands.AppInstallationType(guild=True, user=True),
        }
        self.tree.add_command(
            app_commands.Command(name="animate", description="Make it move", callback=animate, **everywhere)
        )
        self.tree.add_command(app_commands.ContextMenu(name="Animate this", callback=this, **everywhere))

        async def on_message(message: discord.Message) -> None:
            if message.author != self.client.user:
                self.messages.append(message)

        async def on_socket_event_type(name: str) -> None:
            self.events.append(name)

        self.client.event(on_message)
        self.client.event(on_socket_event_type)


@asynccontextmanager
async def running(
    api: DiscordApi, kind: type[discord.Client] = Alone, intents: discord.Intents | None = None, **more: Any
) -> AsyncIterator[Bot]:
    """A bot that has said ready and synced its commands."""
    client = kind(intents=intents or discord.Intents.default(), guild_ready_timeout=0.05, **more)
    bot = Bot(client)
    async with client:
        task = asyncio.create_task(client.start(api.token))
        await asyncio.wait({task, asyncio.create_task(_ready(client))}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        await bot.tree.sync()
        yield bot
    await asyncio.wait_for(task, 5)


async def _ready(client: discord.Client) -> None:
    while not client.is_ready():
        await asyncio.sleep(0.005)


def film(size: int = 1000, name: str = "film.mp4") -> discord.File:
    return discord.File(io.BytesIO(b"f" * size), name)
