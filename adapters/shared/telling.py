"""Sending of replies, with retries; a refused clip is replaced by a smaller one or a sentence."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from bot.conversation import Posted, Reply
from bot.core import Core
from bot.errors import ChatError, Flood, Gone, TooLarge, Unconfirmed, Unshowable
from bot.model import Address
from bot.ports import Chat

log = logging.getLogger(__name__)

PATIENCE = 600.0
"""Seconds for which a send to a failing platform is retried."""
LONGEST_PAUSE = 60.0


class Telling:
    """Sends replies in `chat`, and removes messages. What is said instead of a clip is in the reply's language."""

    def __init__(self, core: Core, chat: Chat, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._core = core
        self._chat = chat
        self._sleep = sleep

    async def tell(
        self, reply: Reply, send: Callable[[Reply], Awaitable[Posted | None]], once: Callable[[Reply], bool]
    ) -> Posted | None:
        """Post a reply by `send`; returns its result, or None after a failure or an unknown outcome.

        `once`: do not repeat after an `Unconfirmed`, as the message most likely arrived.
        """
        end, pause = self._core.context.clock() + PATIENCE, 1.0
        fit, language = self._core.context.fit, reply.text.language
        while True:
            wait = pause
            try:
                return await send(reply)
            except TooLarge as large:
                reply = (await fit.smaller(reply, large.limit)).into(language)
                continue
            except Unshowable as error:
                log.info("a clip is told in words: %s", error)
                reply = fit.told(reply, next(iter(reply.repeats), reply.job or "")).into(language)
                continue
            except Gone as error:
                log.info("an answer found nobody: %s", error)
                return None
            except Flood as flood:
                wait = flood.retry_after
            except Unconfirmed:
                if once(reply):
                    return None
            except ChatError as error:
                log.info("an answer is tried again: %s", error)
            if self._core.context.clock() + wait > end:
                log.warning("an answer was given up")
                return None
            await self._sleep(wait)
            pause = min(LONGEST_PAUSE, 2 * pause)

    async def under(self, reply: Reply, place: Address) -> tuple[Address, bool]:
        """The message to reply to, for a reply at `place`: the order's photo, not a question about it.

        And whether it was told: a status line that was sent before a restart, or whose job has ended meanwhile.
        """
        photo, told = await self._core.origin(reply)
        return photo if photo and photo.chat == place.chat else place, told

    async def track(self, reply: Reply, place: Address) -> None:
        """Save the place of a status line; if the job has ended meanwhile, remove the message."""
        if reply.job and not await self._core.track(reply.job, place.message, reply.text):
            await self.take_away(place)

    async def stands(self, reply: Reply, place: Address) -> None:
        """Record which clips the message at `place` shows; if one was deleted meanwhile, remove the message."""
        if not await self._core.stands(reply, place):
            await self.take_away(place)

    async def take_away(self, place: Address) -> None:
        """Remove a message, if the platform permits it."""
        with suppress(ChatError):
            await self._chat.remove(place, place.message)
