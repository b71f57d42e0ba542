"""Traffic under Telegram's limits, in a time that only passes when everybody waits."""

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass

from adapters.telegram.rate_limit import Kind, RateLimiter


@dataclass(frozen=True)
class Sent:
    at: float
    chat: str
    what: str


class World:
    """A clock, sleeps that end when it says so, and all that was sent."""

    def __init__(self, *, off: bool = False) -> None:
        self.now = 1_000.0
        self.sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self.numbers = itertools.count()
        self.sent: list[Sent] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.limiter = RateLimiter(lambda: self.now, sleep=self.sleep, off=off)

    async def sleep(self, seconds: float) -> None:
        end = asyncio.get_running_loop().create_future()
        heapq.heappush(self.sleepers, (self.now + seconds, next(self.numbers), end))
        await end

    async def calm(self) -> None:
        """Until everybody waits."""
        for _ in range(8):
            await asyncio.sleep(0)

    async def passes(self, seconds: float) -> None:
        end = self.now + seconds
        await self.calm()
        while self.sleepers and self.sleepers[0][0] <= end:
            at, _, sleeper = heapq.heappop(self.sleepers)
            if not sleeper.done():
                self.now = max(self.now, at)
                sleeper.set_result(None)
                await self.calm()
        self.now = max(self.now, end)

    def leaps(self, seconds: float) -> None:
        """The clock moves, and no sleep ends."""
        self.now += seconds

    def start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        self.tasks.append(asyncio.create_task(work))
        return self.tasks[-1]

    def say(self, chat: str, kind: Kind, what: str = "") -> asyncio.Task[None]:
        async def speak() -> None:
            await self.limiter.turn(chat, is_group(chat), kind)
            self.sent.append(Sent(self.now, chat, what or kind))

        return self.start(speak())

    def deliver(self, chat: str, key: str, late: float = 0.0) -> asyncio.Task[None]:
        async def job() -> None:
            while wait := self.limiter.book(chat, is_group(chat), key):
                await self.sleep(wait + late)
            self.sent.append(Sent(self.now, chat, key))

        return self.start(job())

    @property
    def what(self) -> list[str]:
        return [sent.what for sent in self.sent]

    def times(self, what: str) -> list[float]:
        return [sent.at - 1_000 for sent in self.sent if sent.what == what]


def is_group(chat: str) -> bool:
    return chat.startswith("-")


def run(story: Callable[[World], Awaitable[None]], *, off: bool = False) -> World:
    async def whole() -> World:
        world = World(off=off)
        await story(world)
        for task in world.tasks:
            task.cancel()
        await asyncio.gather(*world.tasks, return_exceptions=True)
        return world

    return asyncio.run(whole())


def kept(sent: Sequence[Sent]) -> bool:
    """Whether Telegram has nothing to complain of."""

    def at_most(most: int, span: float, times: Sequence[float]) -> bool:
        return all(late >= early + span for early, late in zip(times, times[most:], strict=False))

    chats = {one.chat: [other.at for other in sent if other.chat == one.chat] for one in sent}
    return (
        at_most(30, 1, [one.at for one in sent])
        and all(at_most(1, 1, times) for times in chats.values())
        and all(at_most(20, 60, times) for chat, times in chats.items() if is_group(chat))
    )
