"""Edits of people's messages."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from adapters.discord.delivery import DiscordChat
from adapters.discord.request import PLATFORM
from bot.conversation import Inbound
from bot.core import Core
from bot.errors import ChatError, StoreDown
from bot.model import Address

log = logging.getLogger(__name__)


def concerns(event: Mapping[str, Any], me: int) -> bool:
    """Whether a MESSAGE_UPDATE is a person's edit of a possible request: in private, or with a mention of the bot.

    Discord also sends one for each link preview and for each of our own edits.
    """
    if not event.get("edited_timestamp") or event.get("webhook_id") or event.get("author", {}).get("bot"):
        return False
    return "author" in event and (
        "guild_id" not in event or str(me) in {one["id"] for one in event.get("mentions", ())}
    )


class Corrections:
    """Passes edits to the core, and its replies to the person."""

    def __init__(self, core: Core, chat: DiscordChat) -> None:
        self._core = core
        self._chat = chat

    async def corrected(self, event: Mapping[str, Any]) -> None:
        """Handle an edit that passed `concerns`."""
        message = str(event["id"])
        where = Address(PLATFORM, str(event["channel_id"]), message)
        try:
            inbound = Inbound(where, str(event["author"]["id"]), f"{PLATFORM}:{message}", edited=True)
            reply = await self._core.handle(inbound)
        except StoreDown as error:
            log.error("whether a changed message is an order is not known: %s", error)
            return
        if reply.text:
            with suppress(ChatError):
                await self._chat.send(where, reply, nonce=f"{message}e")
