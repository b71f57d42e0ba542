"""Places go round by person."""

import asyncio

import pytest

from bot.media.sandbox.turns import Turns


class Queue:
    """Everybody takes a place and keeps it until told."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self.served: list[str] = []
        self._ends: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, name: str) -> None:
        """`a1` is the first file of `a`."""
        self._ends[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(self._wait(name))
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def _wait(self, name: str) -> None:
        async with self._turns.turn(name[0]):
            self.served.append(name)
            await self._ends[name].wait()

    async def end(self, name: str) -> None:
        self._ends[name].set()
        await self.tasks[name]
        await asyncio.sleep(0)


async def test_a_heap_stands_behind_a_single_one() -> None:
    queue = Queue(Turns(1))
    for name in ("a1", "a2", "a3", "a4", "b1", "c1"):
        await queue.come(name)
    while len(queue.served) < 6:
        await queue.end(queue.served[-1])
    assert queue.served == ["a1", "a2", "b1", "c1", "a3", "a4"]
    await queue.end("a4")


async def test_nobody_has_all_places() -> None:
    queue = Queue(Turns(4, each=2))
    for name in ("a1", "a2", "a3", "b1"):
        await queue.come(name)
    assert queue.served == ["a1", "a2", "b1"]
    await queue.end("b1")
    assert queue.served == ["a1", "a2", "b1"]
    await queue.end("a1")
    assert queue.served == ["a1", "a2", "b1", "a3"]
    for name in ("a2", "a3"):
        await queue.end(name)


@pytest.mark.parametrize("when", ["waiting", "just served"])
async def test_who_goes_away_leaves_the_place(when: str) -> None:
    queue = Queue(Turns(1))
    for name in ("a1", "b1", "c1"):
        await queue.come(name)
    if when == "just served":
        queue._ends["a1"].set()
        await asyncio.sleep(0)  # a1 leaves and hands over, b1 has not yet heard
    queue.tasks["b1"].cancel()
    await asyncio.gather(queue.tasks["b1"], return_exceptions=True)
    await queue.end("a1")
    await queue.end("c1")
    await queue.come("d1")
    assert queue.served[0] == "a1"
    assert queue.served[-2:] == ["c1", "d1"]
    await queue.end("d1")
    assert queue._turns._waiting == {}
    assert queue._turns._free == 1
