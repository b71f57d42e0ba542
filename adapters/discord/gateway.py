"""The gateway: websocket connections that receive events, at the URL given by Discord."""

import asyncio
import logging
import re
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import discord
import yarl
from discord.gateway import DiscordWebSocket, KeepAliveHandler

from adapters.discord import first_response
from adapters.discord.client import LONGEST_WAIT
from adapters.discord.commands import Tree
from adapters.discord.corrections import Corrections, concerns
from adapters.discord.identify_budget import IdentifyBudget
from adapters.discord.interactions import Interaction, Interactions
from adapters.discord.messages import Messages
from adapters.discord.reactions import Reactions
from adapters.discord.render import PRESS
from adapters.discord.request import PLATFORM
from adapters.shared.notes import Notes
from bot.commands import table
from bot.core import Core

log = logging.getLogger(__name__)

FAREWELL = 1.0
"""Seconds to wait for Discord's close frames."""
LAST_BEAT = 1.0
"""Seconds to wait for running heartbeats then."""


UNUSED = ("MESSAGE_DELETE", "MESSAGE_DELETE_BULK")
"""Events that are dropped unparsed, such as echoes of our own removals."""


class Press(discord.ui.DynamicItem[discord.ui.Button[Any]], template=rf"{PRESS}(?P<command>.+)"):
    """A button of ours, on messages of any age."""

    def __init__(self, command: str) -> None:
        super().__init__(discord.ui.Button(label="-", custom_id=f"{PRESS}{command}"))
        self._command = command

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: Any, match: re.Match[str]) -> "Press":
        return cls(match["command"])

    async def callback(self, interaction: Interaction) -> None:
        client = interaction.client
        if isinstance(client, Gateway):
            await first_response.guarded(interaction, client.interactions.pressed(interaction, self._command))


class Gateway(discord.AutoShardedClient):
    """The connections. `closed` is called with the ids of deleted channels. Each start needs a new instance."""

    def __init__(
        self,
        core: Core,
        interactions: Interactions,
        messages: Messages,
        corrections: Corrections,
        budget: IdentifyBudget,
        closed: Callable[[Sequence[int]], Awaitable[None]],
        shards: str,
        *,
        between: float = 5.0,
        settled: float = 2.0,
    ) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, guild_reactions=True)
        count, ids = shares(shards)
        super().__init__(
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_ratelimit_timeout=LONGEST_WAIT,
            guild_ready_timeout=settled,
            shard_count=count,
            shard_ids=ids,  # type: ignore[arg-type]  # None is its own default
        )
        for event in UNUSED:
            self._connection.parsers.pop(event, None)
        self._connection.parsers["MESSAGE_UPDATE"] = self._updated
        self.interactions = interactions
        self._messages = messages
        self.spent = asyncio.Event()
        self.down: dict[int, float] = {}
        """Time of disconnection, by shard number."""
        self._core = core
        self._reactions = Reactions(core)
        self._corrections = corrections
        self._budget = budget
        self._closed = closed
        self._between = between
        self._tree = Tree(self, interactions, table.offered(core.context, PLATFORM))

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Press)
        _, url, _ = await self.http.get_bot_gateway()
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url)  # used when a session cannot be resumed
        await self._tree.publish(Notes(PLATFORM, self._core.context.store.inbox, self._core.context.clock))

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        if not await self._budget.spend():
            self.spent.set()
            await asyncio.Event().wait()  # until cancelled
        if not initial:
            await asyncio.sleep(self._between)

    async def close(self) -> None:
        """Close the connections, including unready ones and their heartbeats, which the library leaks.

        The library waits half a minute for Discord's close frame; we abort after `FAREWELL`.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await super().close()
        hearts = [one for one in threading.enumerate() if isinstance(one, KeepAliveHandler)]
        mine = [heart for heart in hearts if heart.ws._connection is self._connection]
        for heart in mine:
            heart.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await asyncio.gather(*(heart.ws.close() for heart in mine))
        await self.http.close()
        if mine:
            await asyncio.to_thread(_rest, mine)  # in a thread, as a last heartbeat needs the loop

    async def on_interaction(self, interaction: Interaction) -> None:
        if interaction.type is discord.InteractionType.modal_submit:
            await first_response.guarded(interaction, self.interactions.submitted(interaction))

    async def on_message(self, message: discord.Message) -> None:
        if self.user:
            await self._messages.heard(message, self.user.id)

    def _updated(self, event: Any) -> None:
        """Handle a raw MESSAGE_UPDATE: most are our own edits, which need not be parsed."""
        if self.user and concerns(event, self.user.id):
            self.dispatch("corrected", event)

    async def on_corrected(self, event: Any) -> None:
        await self._corrections.corrected(event)

    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        if self.user:
            await self._reactions.reacted(event, self.user.id)

    async def on_raw_reaction_remove(self, event: discord.RawReactionActionEvent) -> None:
        if self.user:
            await self._reactions.reacted(event, self.user.id)

    def embeds(self, channel: int) -> bool:
        """Whether our links are embedded in a channel; True if unknown."""
        found = self.get_channel(channel)
        guild = getattr(found, "guild", None)
        if guild is None or not isinstance(found, discord.abc.GuildChannel | discord.Thread):
            return True
        try:
            return found.permissions_for(guild.me).embed_links
        except (AttributeError, discord.ClientException):
            return True

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        await self._closed([channel.id])

    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        await self._closed([payload.thread_id])

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        await self._closed([one.id for one in (*guild.channels, *guild.threads)])

    async def on_shard_disconnect(self, shard_id: int) -> None:
        self.down.setdefault(shard_id, self._core.context.clock())

    async def on_shard_ready(self, shard_id: int) -> None:
        self.down.pop(shard_id, None)

    async def on_shard_resumed(self, shard_id: int) -> None:
        self.down.pop(shard_id, None)


def _rest(hearts: Sequence[KeepAliveHandler]) -> None:
    """Wait for all threads, at most `LAST_BEAT` seconds in total."""
    end = time.monotonic() + LAST_BEAT
    for heart in hearts:
        heart.join(max(0.0, end - time.monotonic()))


def shares(shards: str) -> tuple[int | None, list[int] | None]:
    """Total number of shards and the list of ours, from the setting; None: decided by Discord."""
    if shards == "auto":
        return None, None
    ours, _, count = shards.partition("/")
    if not count:
        return int(ours), None
    low, _, high = ours.partition("-")
    return int(count), list(range(int(low), int(high) + 1))


def invite(application_id: int) -> str:
    """The URL that adds the bot to a server, with the required permissions only."""
    needed = discord.Permissions(
        view_channel=True,
        send_messages=True,
        send_messages_in_threads=True,
        attach_files=True,
        embed_links=True,
        read_message_history=True,
    )
    return str(discord.utils.oauth_url(application_id, permissions=needed, scopes=("bot", "applications.commands")))
