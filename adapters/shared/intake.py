"""What comes in: in the database before it is promised, worked off once, replayed after a crash."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

from adapters.shared.lanes import Lane, Lanes
from adapters.shared.newest import Newest
from bot import platforms
from bot.core import Inbox
from bot.errors import StoreDown

log = logging.getLogger(__name__)

AGAIN = 1.0
"""Seconds between two tries to write."""
REMEMBERED = 2 * 86_400.0
"""Seconds for which an item is known again; Telegram keeps an update for a day."""
SWEEP = 3600.0
"""Seconds between two times that old keys and notes are forgotten."""
MOST = 10_000
"""Items of which it is remembered that nobody knows whether they were kept."""


class Item(Protocol):
    """Something that came in."""

    @property
    def key(self) -> str:
        """Unique, and the same each time that the platform sends it."""

    @property
    def lane(self) -> Lane:
        """With what it waits in line."""

    def pack(self) -> str:
        """For the database."""


T = TypeVar("T", bound=Item)


class Intake(Generic[T]):
    """Hands items to `work`, a few at a time; if that breaks, it is in the log, and `apologise` tells the person.

    `unpack` makes an item of a body: for the first time after a start, or for another try.
    """

    def __init__(
        self,
        platform: str,
        inbox: Inbox,
        work: Callable[[T], Awaitable[None]],
        apologise: Callable[[T], Awaitable[None]],
        unpack: Callable[[str], T],
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._platform = platform
        self._label = platforms.of(platform).label
        self._inbox = inbox
        self._work = work
        self._apologise = apologise
        self._unpack = unpack
        self._clock = clock
        self._sleep = sleep
        self._lanes: Lanes[T] = Lanes(
            inbox, self._run, lambda _, body: unpack(body), lambda item: item.lane, sleep=sleep
        )
        self._doubtful: Newest[str, None] = Newest(MOST)
        self._swept_at = 0.0
        self.trouble = ""

    async def keep(self, item: T) -> bool:
        """Write it down; whether it is to be begun. Raises `StoreDown`."""
        try:
            fresh = await self._inbox.take(item.key, self._platform, item.pack(), self._clock())
            if not fresh and item.key in self._doubtful:  # an earlier try was made after all; only its answer was lost
                fresh = not self._lanes.knows(item.key) and bool(await self._inbox.bodies([item.key]))
        except StoreDown as error:
            self._doubtful[item.key] = None
            self.trouble = f"messages from {self._label} cannot be kept"
            log.error("%s: %s", self.trouble, error)
            raise
        self._doubtful.pop(item.key, None)
        self.trouble = ""
        return fresh

    def begin(self, item: T) -> None:
        """Start on an item that is kept."""
        self._lanes.begin(item.key, item)

    async def take(self, item: T) -> None:
        """Keep an item, and begin on it if it is new. Raises `StoreDown`."""
        if await self.keep(item):
            self.begin(item)

    async def take_all(self, items: Sequence[T]) -> bool:
        """Keep all of them, for as long as it takes; only then are they begun, in their order. Whether any was new."""
        fresh = await asyncio.gather(*map(self._keep_surely, items))
        for item, is_fresh in zip(items, fresh, strict=True):
            if is_fresh:
                self.begin(item)
        return any(fresh)

    async def replay(self, keys: Sequence[str]) -> None:
        """Go on with what was kept and not finished."""
        self._lanes.replay(keys)
        await self._sweep()

    async def idle(self) -> None:
        """Until nothing is under way or waits."""
        await self._lanes.idle()

    async def close(self) -> None:
        """Let what is under way end, for a moment."""
        await self._lanes.close()

    async def _keep_surely(self, item: T) -> bool:
        while True:
            with suppress(StoreDown):  # which `keep` has told
                return await self.keep(item)
            await self._sleep(AGAIN)

    async def _run(self, key: str, item: T) -> None:
        while not await self._done(item):
            await self._sleep(AGAIN)
            item = self._unpack(item.pack())
        # Before the next of its lane begins: so a replay never comes after what was said later.
        while not await self._ticked_off(key):
            await self._sleep(AGAIN)

    async def _done(self, item: T) -> bool:
        """Work it off; False if the database did not take part, and it is to be begun anew."""
        try:
            await self._work(item)
        except StoreDown as error:
            log.error("something from %s waits for the database: %s", self._label, error)
            return False
        except Exception:  # a bug of ours: told, not worth a second time, and no reason to leave anybody waiting
            log.exception("something from %s broke", self._label)
            with suppress(Exception):  # there is nobody left to tell
                await self._apologise(item)
        return True

    async def _ticked_off(self, key: str) -> bool:
        try:
            await self._inbox.handled(key, self._clock())
            if self._clock() - self._swept_at > SWEEP:
                await self._sweep()
        except StoreDown as error:
            log.error("something from %s could not be ticked off: %s", self._label, error)
            return False
        return True

    async def _sweep(self) -> None:
        self._swept_at = self._clock()
        await self._inbox.sweep(self._platform, self._swept_at, REMEMBERED)
