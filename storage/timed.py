"""A `Database` that reports how long each transaction takes, the wait for a connection included."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from storage.database import Database, Transaction

T = TypeVar("T")
Observe = Callable[[str, float], None]
"""Takes the kind of a transaction (`read`, `write`) and its seconds."""


class Timed:
    """Wraps a `Database`. Failed transactions are reported, too."""

    def __init__(self, database: Database, observe: Observe, clock: Callable[[], float] = time.perf_counter) -> None:
        self._db = database
        self._observe = observe
        self._clock = clock
        self.dialect = database.dialect

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._timed("read", self._db.read(work))

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._timed("write", self._db.write(work))

    async def write_along(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._db.write_along(work)  # which waits on purpose

    async def reshape(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._db.reshape(work)

    async def place(self) -> str:
        return await self._db.place()

    async def scrub(self) -> bool:
        return await self._db.scrub()

    async def close(self) -> None:
        await self._db.close()

    async def _timed(self, kind: str, doing: Awaitable[T]) -> T:
        began = self._clock()
        try:
            return await doing
        finally:
            self._observe(kind, self._clock() - began)
