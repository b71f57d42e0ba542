"""Requests on their way in: in the database before anything is promised, worked off once, replayed after a crash."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from adapters.discord.request import PLATFORM, Request, unpack
from adapters.shared.lanes import Lane, Lanes
from bot.errors import StoreDown
from bot.ports import Inbox

log = logging.getLogger(__name__)

AGAIN = 1.0
"""Seconds between two tries to write."""
REMEMBERED = 2 * 86_400.0
"""Seconds for which a request is known again."""


class Intake:
    """Hands requests to `work`, a few at a time; those of one person in one channel one after the other."""

    def __init__(
        self,
        inbox: Inbox,
        work: Callable[[Request], Awaitable[None]],
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._inbox = inbox
        self._work = work
        self._clock = clock
        self._sleep = sleep
        self._lanes: Lanes[Request] = Lanes(inbox, self._run, lambda _, body: unpack(body).again(), _lane, sleep=sleep)
        self.trouble = ""

    async def keep(self, request: Request) -> bool:
        """Put a request into the database; False if it was there before. Raises `StoreDown`."""
        try:
            fresh = await self._inbox.take(request.key, PLATFORM, request.pack(), self._clock())
        except StoreDown as error:
            self.trouble = "requests from Discord cannot be kept"
            log.error("%s: %s", self.trouble, error)
            raise
        self.trouble = ""
        return fresh

    def begin(self, request: Request) -> None:
        """Start on a request that is kept."""
        self._lanes.begin(request.key, request)

    def replay(self, keys: Sequence[str]) -> None:
        """Go on with what was kept and not finished."""
        self._lanes.replay(keys)

    async def sweep(self) -> None:
        """Forget what Discord will not send again."""
        await self._inbox.sweep(PLATFORM, self._clock(), REMEMBERED)

    async def close(self) -> None:
        """Let what is under way end, for a moment."""
        await self._lanes.close()

    async def _run(self, key: str, request: Request) -> None:
        while not await self._done(request):
            await self._sleep(AGAIN)
            request = request.again()
        # Before the next of its lane begins: so a replay never comes after what was said later.
        while not await self._ticked_off(key):
            await self._sleep(AGAIN)

    async def _done(self, request: Request) -> bool:
        """Work it off; False if the database did not take part, and it is to be begun anew."""
        try:
            await self._work(request)
        except StoreDown as error:
            log.error("a request waits for the database: %s", error)
            return False
        except Exception:  # one person's mistake is not the others', nor is it worth a second time
            log.exception("a request broke")
        return True

    async def _ticked_off(self, key: str) -> bool:
        try:
            await self._inbox.handled(key, self._clock())
        except StoreDown as error:
            log.error("a request could not be ticked off: %s", error)
            return False
        return True


def _lane(request: Request) -> Lane:
    return Lane(request.channel, f"{request.channel}:{request.user}")
