"""Discord, inbound: the connection to the gateway, and the composition of the handlers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import discord

from adapters.discord.client import BadToken, RestClient
from adapters.discord.corrections import Corrections
from adapters.discord.delivery import DiscordChat
from adapters.discord.files import Files
from adapters.discord.gateway import FAREWELL, Gateway
from adapters.discord.handler import Handler
from adapters.discord.identify_budget import IdentifyBudget
from adapters.discord.interactions import Interactions
from adapters.discord.messages import Messages
from adapters.discord.modals import Modals
from adapters.discord.replies import Replies
from adapters.discord.request import PLATFORM, unpack
from adapters.discord.user_install import LATE_KEY, UserInstall
from adapters.shared.intake import Intake
from adapters.shared.notes import Notes
from bot.core import Core
from bot.errors import ChatError, Misconfigured
from bot.model import Address

log = logging.getLogger(__name__)

BAD_TOKEN = 4004
CLOSES = {
    4010: "Discord has no such share of the connections. Check DISCORD_SHARDS.",
    4011: "Discord wants more connections for this bot. Set DISCORD_SHARDS to auto, or to a larger number.",
    4012: "Discord no longer speaks this version of its protocol. Update Photoplay.",
    4013: "Discord does not know what this program asks to be told. Update Photoplay.",
    4014: "Discord does not let this bot know what it asks to be told. Check its intents in the Developer Portal.",
}
"""Close codes after which a reconnection is useless."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Waits of the library in seconds: between connections, and for the last guild at the start."""

    between: float = 5.0
    settled: float = 2.0


class Discord:
    """The platform. `shards` is as `DISCORD_SHARDS` says."""

    name = PLATFORM

    def __init__(
        self,
        core: Core,
        rest: RestClient,
        chat: DiscordChat,
        *,
        shards: str = "auto",
        pace: Pace | None = None,
        budget: IdentifyBudget | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._core = core
        self._rest = rest
        self._chat = chat
        self._shards = shards
        self._pace = pace or Pace()
        self._sleep = sleep
        inbox = core.context.store.inbox
        self._budget = budget or IdentifyBudget(inbox, core.context.clock)
        self._files = Files(rest, sleep)
        self._modals = Modals(Notes(PLATFORM, inbox, core.context.clock))
        self._guests = UserInstall(core, chat, sleep)
        answers = Replies(core, chat, self._modals, self._guests, sleep)
        handler = Handler(core, chat, answers, self._guests, self._files)
        now = core.context.clock
        self._intake = Intake(
            PLATFORM, inbox, handler.work, handler.apologise, lambda body: unpack(body).again(), clock=now, sleep=sleep
        )
        self._front = Interactions(core, chat, self._intake, self._modals, self._files)
        self._messages = Messages(core, chat, self._intake, self._modals)
        self._gateway: Gateway | None = None
        self._trouble = ""
        chat.embeds = self._embeds

    async def run(self) -> None:
        """Listen until cancelled. Raises `Misconfigured` for a rejected token, `ChatError` without Discord."""
        self._trouble = "not connected yet"
        try:
            await self._rest.client()
            await self._replay()
            while True:
                await self._within_budget()
                await self._connected()
        except BadToken as error:
            raise Misconfigured(str(error)) from None
        finally:
            await self._intake.close()
            await self._guests.close()
            await self._modals.settle()
            await self._files.close()

    def trouble(self) -> str:
        """The current trouble in a few words; empty if it works."""
        if self._intake.trouble:
            return self._intake.trouble
        gateway = self._gateway
        if gateway is None or not gateway.is_ready():
            return self._trouble
        if not gateway.down:
            return ""
        return f"no connection to Discord for {self._core.context.clock() - min(gateway.down.values()):.0f} s"

    def connections(self) -> Mapping[str, bool]:
        """Whether each shard is connected, by number; none are known before the first one has begun."""
        gateway = self._gateway
        if gateway is None:
            return {}
        return {
            str(shard): not socket.is_closed() and shard not in gateway.down for shard, socket in gateway.shards.items()
        }

    async def hook(self, headers: Mapping[str, str], body: Callable[[], Awaitable[bytes]]) -> int:
        """Unused: Discord sends no webhooks."""
        return 404

    async def _replay(self) -> None:
        inbox = self._core.context.store.inbox
        keys = await inbox.keys(PLATFORM)
        late = [key for key in keys if key.startswith(LATE_KEY)]
        for key, body in (await inbox.bodies(late) if late else {}).items():
            self._guests.replay(key, body)
        await self._intake.replay([key for key in keys if not key.startswith(LATE_KEY)])

    async def _within_budget(self) -> None:
        """Wait while today's sessions are used up."""
        while wait := await self._budget.wait():
            self._trouble = f"begun too often today; Discord is left alone for {wait / 3600:.1f} h"
            log.error("Discord: %s", self._trouble)
            await self._sleep(wait)
        self._trouble = "not connected yet"

    async def _connected(self) -> None:
        """Run the gateway, which reconnects itself. Returns when today's sessions are used up."""
        pace = self._pace
        gateway = Gateway(
            self._core,
            self._front,
            self._messages,
            Corrections(self._core, self._chat),
            self._budget,
            self._closed,
            self._shards,
            between=pace.between,
            settled=pace.settled,
        )
        async with gateway:
            self._gateway = gateway
            tasks = {
                asyncio.create_task(self._start(gateway), name="discord-gateway"),
                asyncio.create_task(gateway.spent.wait()),
            }
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                self._gateway = None
                await gateway.close()  # first, as the library swallows a cancellation while it reconnects
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks, timeout=FAREWELL)
        if not gateway.spent.is_set():
            raise ChatError("Discord closed the connection")

    async def _start(self, gateway: Gateway) -> None:
        with self._rest.mapped():
            try:
                await gateway.start(self._rest.token)
            except discord.PrivilegedIntentsRequired:
                raise Misconfigured(CLOSES[4014]) from None
            except discord.ConnectionClosed as closed:
                if closed.code == BAD_TOKEN:
                    raise BadToken from None
                if closed.code in CLOSES:
                    raise Misconfigured(CLOSES[closed.code]) from None
                raise

    def _embeds(self, chat: str) -> bool:
        return self._gateway is None or not chat.isdigit() or self._gateway.embeds(int(chat))

    async def _closed(self, channels: Sequence[int]) -> None:
        for channel in channels:
            self._chat.gone(str(channel))
            await self._core.closed(Address(PLATFORM, str(channel)))
