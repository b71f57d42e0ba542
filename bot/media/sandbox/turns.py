"""Fair scheduling of waiting requests: round robin by person, so that one person's many do not delay another's one."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """`slots` at once, at most `each` per person."""

    def __init__(self, slots: int, each: int | None = None) -> None:
        self._free, self._each = slots, each or slots
        self._taken: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        """In the order of turns."""

    @asynccontextmanager
    async def turn(self, person: str) -> AsyncIterator[None]:
        """Wait for a slot, and hold it inside the block."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(person, deque()).append(waiter)
        self._hand_out()
        try:
            await waiter
            yield
        finally:
            if waiter.done() and not waiter.cancelled():
                self._free += 1
                self._taken -= Counter([person])
            else:
                self._leave_line(person, waiter)
            self._hand_out()

    def _hand_out(self) -> None:
        for person in list(self._waiting):
            waiter = self._waiting[person][0]
            if self._free and self._taken[person] < self._each and not waiter.done():
                self._leave_line(person, waiter)
                if person in self._waiting:
                    self._waiting[person] = self._waiting.pop(person)  # to the back of the line
                self._free -= 1
                self._taken[person] += 1
                waiter.set_result(None)

    def _leave_line(self, person: str, waiter: "asyncio.Future[None]") -> None:
        self._waiting[person].remove(waiter)
        if not self._waiting[person]:
            del self._waiting[person]
