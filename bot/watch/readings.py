"""What the metrics read: each thing at most as often as it may cost, however often they are asked for."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from bot.app import App
from bot.backup import manifest
from bot.billing import Comparison
from bot.errors import StoreDown
from bot.quotas import pricing
from bot.quotas.pricing import MILLIONTHS
from bot.watch.metrics import Reading
from storage.vitals import Snapshot

log = logging.getLogger(__name__)

T = TypeVar("T")

ROWS = 10.0
"""Seconds between reads of the database."""
BALANCES = 300.0
"""Seconds between questions to the hosts for our balance, and"""
PATIENCE = 5.0
"""seconds that they may take."""
FILES = 600.0
"""Seconds between counts of the files, and"""
LEDGER = 3600.0
"""seconds between sums of the whole ledger."""


@dataclass(frozen=True, slots=True)
class _Numbers:
    snapshot: Snapshot
    outbox_overdue: float
    comparisons: Sequence[Comparison]


class Every(Generic[T]):
    """What `read` returned, at most `seconds` ago; None when it failed. Callers at the same time share one reading."""

    def __init__(self, seconds: float, read: Callable[[], Awaitable[T]], clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._read = read
        self._clock = clock
        self._at: float | None = None
        self._value: T | None = None
        self._lock = asyncio.Lock()

    async def get(self) -> T | None:
        """The value."""
        async with self._lock:
            if self._at is None or self._clock() - self._at >= self._seconds:
                try:
                    self._value = await self._read()
                except (StoreDown, OSError) as error:
                    self._value = None
                    log.info("a figure for the metrics is missing: %s", error)
                self._at = self._clock()
            return self._value


class Readings:
    """Reads an app; `process`: `run` or `worker`."""

    def __init__(self, app: App, process: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._process = process
        self._numbers = Every(ROWS, self._count, clock)
        self._balances = Every(BALANCES, self._ask, clock)
        self._media = Every(FILES, app.media.size, clock)
        self._room = Every(ROWS, self._free, clock)
        self._ledger = Every(LEDGER, app.store.vitals.ledger_error, clock)
        self._backup = Every(ROWS, self._since_backup, clock)

    async def read(self) -> Reading:
        """The latest reading."""
        app = self._app
        numbers, balances = await self._numbers.get(), await self._balances.get()
        reading = Reading(
            self._process,
            balances=balances or {},
            troubles=app.supervisor.troubles(),
            connections={platform.name: platform.connections() for platform in app.platforms},
            floods={name: count() for name, count in app.floods.items()},
            last_round=app.worker.last_round,
            media_bytes=await self._media.get(),
            disk_free=await self._room.get(),
            backup_age=await self._backup.get(),
        )
        if numbers is None:
            return reading
        return replace(
            reading,
            snapshot=numbers.snapshot,
            outbox_overdue=numbers.outbox_overdue,
            ceilings=self._ceilings(numbers.snapshot),
            ledger_error=await self._ledger.get(),
            comparisons=numbers.comparisons,
        )

    async def _count(self) -> _Numbers:
        app, now = self._app, time.time()
        day = pricing.window(now, "day")
        spans = [line.span for line in pricing.ceilings(0, now, app.settings.policy)]
        platforms = [platform.name for platform in app.platforms]
        snapshot = await app.store.vitals.snapshot(now, day.ends_at - 86_400, spans, platforms)
        return _Numbers(snapshot, await app.runner.overdue(), await app.store.bills.comparisons())

    async def _free(self) -> int:
        return await asyncio.to_thread(self._app.media.free_space)

    async def _since_backup(self) -> float | None:
        folder = self._app.settings.backup_dir
        return await asyncio.to_thread(manifest.age, folder, time.time(), self._app.mark) if folder else None

    async def _ask(self) -> Mapping[str, float]:
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                return await self._app.providers.balances()
        return {}

    def _ceilings(self, snapshot: Snapshot) -> dict[tuple[str, str], tuple[float, float | None]]:
        found = dict[tuple[str, str], tuple[float, float | None]]()
        for line in pricing.ceilings(0, time.time(), self._app.settings.policy):
            unit, span = line.span.split(":")[:2]
            scale = MILLIONTHS if unit == "money" else 1
            limit = None if line.limit is None else line.limit / scale
            found[unit, span] = snapshot.spent.get(line.span, 0) / scale, limit
        return found
