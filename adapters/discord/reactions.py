"""Reactions to messages."""

import asyncio
import logging
from weakref import WeakValueDictionary

import discord

from adapters.discord import people
from adapters.discord.request import PLATFORM
from bot.conversation import Inbound, Reaction
from bot.core import Core
from bot.errors import StoreDown
from bot.model import Address

log = logging.getLogger(__name__)


class Reactions:
    """Passes reactions to the core; those of one person to one message in order."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._lanes: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def reacted(self, event: discord.RawReactionActionEvent, me: int) -> None:
        """Handle an added or removed reaction. For removed ones Discord does not tell whether they were a bot's."""
        bot = event.member is not None and event.member.bot
        others = event.message_author_id not in (None, me)  # known for added reactions only
        if event.user_id == me or bot or others or event.guild_id is None:
            return
        if event.emoji.id is not None:
            return  # a custom emoji
        sign = (event.emoji.name,)
        name = f"{event.message_id}:{event.user_id}"
        inbound = Inbound(
            Address(PLATFORM, str(event.channel_id), str(event.message_id)),
            str(event.user_id),
            "",  # no key: the event has no id, and is not repeated
            shared=True,
            label=event.member.display_name if event.member else "",
            scope=people.scope(event.guild_id),
            reaction=Reaction(after=sign) if event.event_type == "REACTION_ADD" else Reaction(before=sign),
        )
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = asyncio.Lock()
        async with lane:
            try:
                await self._core.handle(inbound)
            except StoreDown as error:
                log.error("a heart could not be counted: %s", error)
