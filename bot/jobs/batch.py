"""Batches: concurrent requests of several tasks become one call."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

MOST = 256
"""Maximum items per call; bounds the wait of the first one."""


class Batch(Generic[T, R]):
    """Passes items to `work`, one call at a time; items added during a call are in the next one.

    `work` returns a result per item. Its exception is raised for every item of the call.
    """

    def __init__(self, work: Callable[[Sequence[T]], Awaitable[Sequence[R]]]) -> None:
        self._work = work
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._running: asyncio.Task[None] | None = None

    async def add(self, item: T) -> R:
        """Add an item, and return its result. It is processed even if the caller is cancelled."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._running is None:
            self._running = asyncio.create_task(self._run(), name="batch")
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(0)  # collects all items of this iteration of the loop
                some, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._call(some)
        finally:
            self._running = None

    async def _call(self, some: list[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            results = await self._work([item for item, _ in some])
        except Exception as error:
            for _, future in some:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), result in zip(some, results, strict=True):
            if not future.done():  # else the caller was cancelled
                future.set_result(result)
