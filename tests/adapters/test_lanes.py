"""A day's backlog is worked off a few at a time, in order where that matters, and a stop loses nothing."""

import asyncio
import json
from collections import Counter
from typing import Any

import pytest

from adapters.shared import lanes
from adapters.shared.lanes import Lane, Lanes
from bot.errors import StoreDown
from storage.jobs import Store

pytestmark = pytest.mark.databases

Item = dict[str, Any]


class Works:
    """Items that take a moment each, and what was seen of them."""

    def __init__(self, store: Store, takes: float = 0.001) -> None:
        self.inbox = store.inbox
        self.takes = takes
        self.done: list[Item] = []
        self.under_way: Counter[str] = Counter()
        self.most = 0
        self.most_of_a_chat = 0
        self.in_hand = 0
        self.held: set[str] = set()
        self.go = asyncio.Event()
        self.ends: list[asyncio.Future[None]] = []
        self.lanes: Lanes[Item] = Lanes(self.inbox, self.run, lambda _, body: json.loads(body), lane, sleep=briefly)

    async def run(self, key: str, item: Item) -> None:
        self.under_way[item["chat"]] += 1
        self.most = max(self.most, self.under_way.total())
        self.most_of_a_chat = max(self.most_of_a_chat, *self.under_way.values())
        self.in_hand = max(self.in_hand, self.lanes._held)
        try:
            if item["chat"] in self.held:
                await self.go.wait()
            await asyncio.sleep(self.takes)
            self.ends.append(asyncio.ensure_future(self.end(key, item)))
            await asyncio.shield(self.ends[-1])
        finally:
            self.under_way[item["chat"]] -= 1

    async def end(self, key: str, item: Item) -> None:
        """A stop on a busy machine may come between the two, and the item would be handled and not seen."""
        await self.inbox.handled(key, 1.0)
        self.done.append(item)

    async def keep(self, number: int, chat: str, user: str = "7", album: str = "") -> tuple[str, Item]:
        item = {"chat": chat, "user": user, "number": number, "album": album}
        key = f"k{number:06}"
        assert await self.inbox.take(key, "telegram", json.dumps(item), float(number))
        return key, item

    def order_holds(self) -> bool:
        last: dict[str, int] = {}
        for item in self.done:
            name = f"{item['chat']}:{item['user']}"
            if not item["album"]:
                if last.get(name, -1) >= item["number"]:
                    return False
                last[name] = item["number"]
        return True


def lane(item: Item) -> Lane:
    if item["album"]:
        return Lane(item["chat"], f"album:{item['album']}", together=True)
    return Lane(item["chat"], f"{item['chat']}:{item['user']}")


async def briefly(_: float) -> None:
    await asyncio.sleep(0.001)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AT_ONCE": 8,
        "OF_A_CHAT": 3,
        "IN_HAND": 40,
        "IN_HAND_OF_A_CHAT": 8,
        "PAGE": 10,
        "GRACE": 0.05,
    }.items():
        monkeypatch.setattr(lanes, name, value)


async def test_a_backlog_is_worked_off_a_few_at_a_time_in_order_while_more_comes(store: Store) -> None:
    works = Works(store)
    for number in range(200):
        await works.keep(number, f"c{number % 5}", f"u{number % 3}")
    works.lanes.replay(await store.inbox.keys("telegram"))
    for number in range(200, 300):
        works.lanes.begin(*await works.keep(number, f"c{number % 5}", f"u{number % 3}"))
    await asyncio.wait_for(works.lanes.idle(), 60)
    assert sorted(item["number"] for item in works.done) == list(range(300))
    assert works.order_holds()
    assert works.most <= 8
    assert works.most_of_a_chat <= 3
    assert works.in_hand <= 60
    assert not works.lanes._lines
    assert not works.lanes._chats
    assert await store.inbox.keys("telegram") == []


async def test_a_burst_that_comes_live_is_bounded_as_well(store: Store) -> None:
    works = Works(store)
    kept = [await works.keep(number, f"c{number}") for number in range(150)]
    for key, item in kept:
        works.lanes.begin(key, item)
        works.lanes.begin(key, item)  # twice is once
    assert works.lanes._held <= 40
    await asyncio.wait_for(works.lanes.idle(), 60)
    assert len(works.done) == 150
    assert works.most <= 8


async def test_a_chat_that_hangs_is_in_nobody_elses_way(store: Store) -> None:
    works = Works(store)
    works.held = {"slow"}
    for number in range(60):
        works.lanes.begin(*await works.keep(number, "slow" if number < 30 else f"c{number}", f"u{number}"))
    async with asyncio.timeout(60):
        while len(works.done) < 30:
            await asyncio.sleep(0.01)
    assert works.under_way["slow"] == 3
    works.go.set()
    await asyncio.wait_for(works.lanes.idle(), 60)
    assert len(works.done) == 60


@pytest.mark.parametrize("begins", [7, 9])
async def test_an_album_is_together_wherever_a_page_ends(store: Store, begins: int) -> None:
    works, all_there = Works(store), asyncio.Event()
    parts = range(begins, begins + 5)
    for number in range(60):
        await works.keep(number, f"c{number}", album="a" if number in parts else "")
    run = works.lanes._run
    waiting: set[str] = set()

    async def part(key: str, item: Item) -> None:
        if item["album"]:
            waiting.add(key)
            if len(waiting) == len(parts):
                all_there.set()
            await asyncio.wait_for(all_there.wait(), 30)
        await run(key, item)

    works.lanes._run = part
    for number in range(60):
        item = json.loads((await store.inbox.bodies([f"k{number:06}"]))[f"k{number:06}"])
        item["chat"] = "same" if item["album"] else item["chat"]
        await store._db.write(
            lambda tx, n=number, i=item: tx.all("UPDATE intake SET body = $2 WHERE key = $1", f"k{n:06}", json.dumps(i))
        )
    works.lanes.replay(await store.inbox.keys("telegram"))
    await asyncio.wait_for(works.lanes.idle(), 60)
    assert len(works.done) == 60


async def test_a_stop_in_the_middle_loses_nothing_and_does_nothing_twice(store: Store) -> None:
    works = Works(store, takes=0.002)
    for number in range(120):
        await works.keep(number, f"c{number % 9}", f"u{number % 2}")
    while keys := await store.inbox.keys("telegram"):
        works.lanes.replay(keys)
        async with asyncio.timeout(60):
            before = len(works.done)
            while len(works.done) < min(120, before + 30) and works.lanes._known:
                await asyncio.sleep(0.001)
        await works.lanes.close()
        await asyncio.gather(*works.ends)
        works.lanes.begin("late", {"chat": "c", "user": "u", "number": -1, "album": ""})  # kept, and for the next start
        assert works.under_way.total() == 0
    assert sorted(item["number"] for item in works.done) == list(range(120))
    assert works.order_holds()


async def test_a_database_that_is_away_is_waited_for_and_who_breaks_holds_nobody_up(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    works = Works(store)
    for number in range(60):
        await works.keep(number, f"c{number % 4}")
    real, tries = store.inbox.bodies, []

    async def bodies(keys: Any) -> dict[str, str]:
        tries.append(1)
        if len(tries) < 4:
            raise StoreDown("away")
        return await real(keys)

    monkeypatch.setattr(store.inbox, "bodies", bodies)
    run = works.lanes._run

    async def broken(key: str, item: Item) -> None:
        if item["number"] == 5:
            raise ValueError(item)
        await run(key, item)

    works.lanes._run = broken
    works.lanes.replay(await store.inbox.keys("telegram"))
    await asyncio.wait_for(works.lanes.idle(), 60)
    assert len(works.done) == 59
    assert "ValueError" in caplog.text
