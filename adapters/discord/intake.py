"""Requests on their way in: in the database before anything is promised, worked off once, replayed after a crash."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

from adapters.discord.requests import PLATFORM, Request, unpack
from bot.errors import StoreDown
from bot.ports import Inbox

log = logging.getLogger(__name__)

AGAIN = 1.0
"""Seconds between two tries to write."""
REMEMBERED = 2 * 86_400.0
"""Seconds for which a request is known again."""
GRACE = 3.0
"""Seconds that work under way gets at a stop; what is cut off is replayed."""


class Intake:
    """Hands each request to `work` as a task of its own; those of one person in one channel one after the other."""

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
        self._tasks: set[asyncio.Task[None]] = set()
        self._lanes: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._known: set[str] = set()
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
        self._known.add(request.key)
        task = asyncio.create_task(self._run(request), name=request.key)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def replay(self, key: str, body: str) -> None:
        """Go on with what was kept and not finished."""
        if key not in self._known:
            self.begin(unpack(body).again())

    async def sweep(self) -> None:
        """Forget what Discord will not send again."""
        await self._inbox.sweep(PLATFORM, self._clock(), REMEMBERED)

    async def close(self) -> None:
        """Let what is under way end, for a moment."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=GRACE)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _run(self, request: Request) -> None:
        try:
            while not await self._done(request):
                await self._sleep(AGAIN)
                request = request.again()
            while not await self._ticked_off(request.key):
                await self._sleep(AGAIN)
        finally:
            self._known.discard(request.key)

    async def _done(self, request: Request) -> bool:
        """Work it off; False if the database did not take part, and it is to be begun anew."""
        name = f"{request.channel}:{request.user}"
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = asyncio.Lock()
        try:
            async with lane:
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
