"""A `Database` that reports how long each transaction takes, the wait for a connection included."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from storage.database import Database, Transaction, Wrapped

T = TypeVar("T")
Observe = Callable[[str, float], None]
"""Takes the kind of a transaction (`read`, `write`) and its seconds."""


class Timed(Wrapped):
    """Failed transactions are reported, too; not `write_along`, which waits on purpose."""

    def __init__(self, database: Database, observe: Observe, clock: Callable[[], float] = time.perf_counter) -> None:
        super().__init__(database)
        self._observe = observe
        self._clock = clock

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._timed("read", self._db.read(work))

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._timed("write", self._db.write(work))

    async def _timed(self, kind: str, doing: Awaitable[T]) -> T:
        began = self._clock()
        try:
            return await doing
        finally:
            self._observe(kind, self._clock() - began)
