"""A `Database` that logs the beginning and the end of an outage, in one line each."""

import logging
import math
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.errors import StoreDown
from storage.database import Database, Transaction, Wrapped

log = logging.getLogger(__name__)

T = TypeVar("T")
QUIET = 60.0
"""Minimum seconds between two outages that are logged: on a full disk some writes fail, and others do not."""


class Outage(Wrapped):
    """Errors that it has logged are marked, so that callers do not log them again."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(database)
        self._clock = clock
        self._since: float | None = None
        self._said, self._said_at = False, -math.inf
        self._failed: dict[str, int] = {}
        self._calls = 0
        self._closed = False

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._watched("read", self._db.read(work))

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._watched("write", self._db.write(work))

    async def write_along(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._watched("write", self._db.write_along(work))

    async def reshape(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._watched("write", self._db.reshape(work))

    async def close(self) -> None:
        self._closed = True
        await super().close()

    async def _watched(self, kind: str, doing: Awaitable[T]) -> T:
        self._calls += 1
        call = self._calls
        try:
            result = await doing
        except StoreDown as error:
            if not self._closed:
                self._down(kind, error)
            raise
        self._up(kind, call)
        return result

    def _down(self, kind: str, error: StoreDown) -> None:
        error.told = True
        self._failed[kind] = self._calls
        now = self._clock()
        if self._since is None:
            self._since = now
        if not self._said and now - self._said_at >= QUIET:
            self._said, self._said_at = True, now
            log.error("the database is away: %s; what needs it is tried again until it is back", str(error))

    def _up(self, kind: str, call: int) -> None:
        """Log recovery of the failed kind of call: a locked file can still be read, and earlier calls may end later."""
        if self._since is None or call <= self._failed.get(kind, self._calls):
            return
        del self._failed[kind]
        if not self._failed:
            if self._said:
                log.warning("the database is back, after %.0f s", self._clock() - self._since)
            self._since, self._said = None, False
