"""A claim is renewed during work, and lost by a worker that fell silent."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bot.errors import Stale, StoreDown
from bot.jobs import claims, delivery
from bot.jobs.claims import Claims
from bot.jobs.history import History
from bot.jobs.steps import Steps
from bot.jobs.worker import PAUSE, Worker
from bot.model import Finished, Job
from tests.houses import House

pytestmark = pytest.mark.databases

LEASE = 0.3


def worker(house: House) -> Worker:
    """One more worker on the house's store."""
    history = History(house.store, house.provider, house.clock)
    chats = {"telegram": house.chat}
    work = Steps(
        house.store, house.media, house.provider, chats, history, clock=house.clock, deadline=86_400, lease=LEASE
    )
    return Worker(house.store, work, ("telegram",), clock=house.clock, slots=5)


@dataclass
class Hold:
    """The point at which a worker's call is held."""

    reached: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def here(self) -> None:
        self.reached += 1
        await self.gate.wait()


@pytest.fixture(params=["send", "fetch"])
def hold(house: House, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Hold:
    """Sending or fetching takes until it is let go."""
    held, send, fetch = Hold(), house.chat.send, house.provider.fetch

    async def slow_send(*args: Any, **named: Any) -> Any:
        await held.here()
        return await send(*args, **named)

    async def slow_fetch(*args: Any) -> AsyncIterator[bytes]:
        await held.here()
        async for chunk in fetch(*args):
            yield chunk

    if request.param == "send":
        monkeypatch.setattr(house.chat, "send", slow_send)
    else:
        monkeypatch.setattr(house.provider, "fetch", slow_fetch)
    return held


async def at_it(house: House, hold: Hold) -> tuple[Job, Worker]:
    """A worker that has come to the point at which it is held."""
    house.provider.polls = [Finished("secret://clip")]
    job, first = await house.order(), worker(house)
    while not hold.reached:
        job = await house.job(job.id)
        house.clock.now = max(house.clock.now, job.due_at)
        await first.round()
        await until(lambda: hold.reached or not first._under_way)
    return job, first


async def until(found: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not found():
            await asyncio.sleep(0.01)


async def test_what_takes_longer_than_a_lease_is_done_once(
    house: House, hold: Hold, monkeypatch: pytest.MonkeyPatch, clip: bytes
) -> None:
    renew, until_then = house.store.renew, 0.0

    async def noted(job: Job, due_at: float) -> bool:
        nonlocal until_then
        kept = await renew(job, due_at)
        until_then = due_at
        return kept

    monkeypatch.setattr(house.store, "renew", noted)
    job, first = await at_it(house, hold)
    second = worker(house)
    for _ in range(5):
        await until(lambda: until_then == house.clock() + LEASE)
        house.clock.tick(LEASE * 0.9)
        assert await second.round() == 0
    hold.gate.set()
    await first.idle()
    assert (await house.finish(job)).outcome == "clip"
    assert (hold.reached, house.chat.clips) == (1, [clip])


async def test_who_falls_silent_is_noticed_within_the_lease(house: House, hold: Hold, clip: bytes) -> None:
    job, first = await at_it(house, hold)
    for task in asyncio.all_tasks():  # as a kill has it: the renewals end, and nothing is let go
        if task.get_name() == f"claim-{job.id}":
            task.cancel()
    house.clock.tick(LEASE)
    hold.gate.set()
    stuck = set(first._under_way)
    for task in stuck:
        task.cancel()  # it comes to nothing: the claim is another's
    second = worker(house)
    assert await second.round() == 1
    await second.idle()
    await first.idle()
    assert (await house.finish(job)).outcome == "clip"
    assert house.chat.clips == [clip]


async def claimed(house: House, job: Job) -> Job:
    """The job, polled and taken."""
    await house.work()
    at = (await house.job(job.id)).due_at
    (job,) = (await house.store.claim(at, LEASE, 1, ("telegram",), lambda *_: 30.0)).polls
    assert await house.store.take([job], at + LEASE) == {job.id}
    return await house.job(job.id)


async def test_who_was_overtaken_breaks_off(house: House) -> None:
    job = await claimed(house, await house.order())
    rival = replace(job, claims=job.claims + 1, due_at=house.clock() + 10_000)
    assert await house.store.take([job], rival.due_at) == {job.id}
    with pytest.raises(Stale):
        async with Claims(house.store, house.clock, LEASE).held(job):
            await asyncio.sleep(10)
    assert await house.job(job.id) == rival


async def test_a_renewal_that_fails_is_made_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "AGAIN", 0.0)
    job = await claimed(house, await house.order())
    renew, tries = house.store.renew, 0

    async def sulky(job: Job, due_at: float) -> bool:
        nonlocal tries
        tries += 1
        if tries < 5:
            raise StoreDown("database is locked")
        return await renew(job, due_at)

    monkeypatch.setattr(house.store, "renew", sulky)
    house.clock.tick(5)
    async with Claims(house.store, house.clock, LEASE).held(job):
        await until(lambda: tries >= 5)
    assert (await house.job(job.id)).due_at == house.clock() + LEASE


async def test_a_renewal_under_way_ends_before_the_save_that_follows(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await claimed(house, await house.order())
    renew, began, go = house.store.renew, asyncio.Event(), asyncio.Event()

    async def slow(job: Job, due_at: float) -> bool:
        began.set()
        await go.wait()
        return await renew(job, due_at)

    monkeypatch.setattr(house.store, "renew", slow)

    async def work() -> None:
        async with Claims(house.store, house.clock, LEASE).held(job):
            await began.wait()
        await house.store.release(job, 7.0)

    working = asyncio.create_task(work())
    await began.wait()
    await asyncio.sleep(0.05)
    go.set()
    await working
    assert (await house.job(job.id)).due_at == 7.0


async def test_a_taken_order_is_saved_before_anything_is_asked_of_the_database(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object, **__: object) -> list[float]:
        await asyncio.Event().wait()
        raise AssertionError

    job = await house.order()
    monkeypatch.setattr(house.store, "renders", never)
    house.worker._steps._history._known.clear()
    await house.worker.round()
    async with asyncio.timeout(5):
        while (await house.job(job.id)).state != "running":
            await asyncio.sleep(0.01)
    assert (await house.job(job.id)).remote_id == "remote"
    assert (await house.job(job.id)).due_at > house.clock()
    for task in house.worker._under_way:
        task.cancel()


async def test_an_act_that_breaks_is_taken_up_again_soon(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    job = await house.order()
    await house.work()
    house.clock.now = (await house.job(job.id)).due_at
    with monkeypatch.context() as patch:
        patch.setattr(house.provider, "poll", broken)
        await house.work()
    assert (await house.job(job.id)).due_at == house.clock() + PAUSE
    assert (await house.finish(job)).outcome == "clip"


async def test_a_hiccup_before_a_delivery_costs_a_button_at_most(
    house: House, monkeypatch: pytest.MonkeyPatch, clip: bytes
) -> None:
    async def down(*_: object) -> None:
        raise StoreDown("database is locked")

    monkeypatch.setattr("bot.gallery.lookup.offered", down)
    house.provider.polls = [Finished("secret://clip")]
    job = await house.order()
    await house.work()
    house.clock.now = (await house.job(job.id)).due_at
    await house.work(2)
    assert (house.chat.clips, (await house.job(job.id)).state) == ([clip], "done")


@pytest.mark.parametrize("once", [True, False])
async def test_a_chat_that_meets_a_dead_database_sent_nothing(house: House, clip: bytes, once: bool) -> None:
    house.chat.once = once
    house.provider.polls = [Finished("secret://clip")]
    job = await house.order()
    await house.work()
    house.clock.now = (await house.job(job.id)).due_at
    house.chat.trouble = [StoreDown("database is locked")] * 3
    await house.work()
    job = await house.job(job.id)
    assert (job.state, job.sends) == ("delivering", 0)
    assert house.clock() < job.due_at <= house.clock() + delivery.backoff(1)
    await house.finish(job)
    assert house.chat.clips == [clip]
