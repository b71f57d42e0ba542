"""Intake of updates: saved before they are acknowledged, processed once, replayed after a crash."""

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
"""Seconds between attempts to write."""
REMEMBERED = 2 * 86_400.0
"""Seconds for which keys are remembered; Telegram repeats an update for up to a day."""
SWEEP = 3600.0
"""Seconds between deletions of old keys and notes."""
MOST = 10_000
"""Maximum remembered items whose write had an unknown outcome."""


class Item(Protocol):
    """An update from a platform."""

    @property
    def key(self) -> str:
        """Unique per update, and the same each time the platform repeats it."""

    @property
    def lane(self) -> Lane:
        """The lane in which it is ordered."""

    def pack(self) -> str:
        """Serialised, for the inbox."""


T = TypeVar("T", bound=Item)


class Intake(Generic[T]):
    """Passes items to `work`, a few at a time; an exception is logged, and `apologise` informs the person.

    `unpack` parses a serialised item, after a restart or for a retry.
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
        """Save an item; returns whether it is new, and so to be started. Raises `StoreDown`."""
        try:
            fresh = await self._inbox.take(item.key, self._platform, item.pack(), self._clock())
            if not fresh and item.key in self._doubtful:  # an earlier write succeeded, but its confirmation was lost
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
        """Start processing a saved item."""
        self._lanes.begin(item.key, item)

    async def take(self, item: T) -> None:
        """Save an item, and start it if it is new. Raises `StoreDown`."""
        if await self.keep(item):
            self.begin(item)

    async def take_all(self, items: Sequence[T]) -> bool:
        """Save all items, with retries until it succeeds, then start them in order. Returns whether any was new."""
        fresh = await asyncio.gather(*map(self._keep_surely, items))
        for item, is_fresh in zip(items, fresh, strict=True):
            if is_fresh:
                self.begin(item)
        return any(fresh)

    async def replay(self, keys: Sequence[str] | None = None) -> None:
        """Start the saved items that were not finished: all of them, or these. Raises `StoreDown`."""
        self._lanes.replay(await self._inbox.keys(self._platform) if keys is None else keys)
        await self._sweep()

    async def idle(self) -> None:
        """Wait until nothing is running or waiting."""
        await self._lanes.idle()

    async def close(self) -> None:
        """Stop; running items get a grace period."""
        await self._lanes.close()

    async def _keep_surely(self, item: T) -> bool:
        while True:
            with suppress(StoreDown):  # logged by `keep`
                return await self.keep(item)
            await self._sleep(AGAIN)

    async def _run(self, key: str, item: T) -> None:
        while not await self._done(item):
            await self._sleep(AGAIN)
            item = self._unpack(item.pack())
        # Before the next item of the lane starts, so that a replay never follows a later item.
        while not await self._ticked_off(key):
            await self._sleep(AGAIN)

    async def _done(self, item: T) -> bool:
        """Process an item; False if the database was unavailable, so that it is to be retried."""
        try:
            await self._work(item)
        except StoreDown as error:
            log.error("something from %s waits for the database: %s", self._label, error)
            return False
        except Exception:  # our own bug: logged and not retried, and the person is informed
            log.exception("something from %s broke", self._label)
            with suppress(Exception):  # nothing else can be done
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
