"""Workers that die, stop, or work beside others: bought at most once, saved in the end."""

import asyncio

import pytest

from bot.errors import StoreDown
from bot.jobs import claims, worker
from bot.jobs.history import History
from bot.jobs.steps import Steps
from bot.jobs.worker import Worker
from bot.model import Finished, Job, Refused
from tests.houses import House

pytestmark = pytest.mark.databases


def rival(house: House) -> Worker:
    """Another worker's process on the same store."""
    history = History(house.store, house.provider, house.clock)
    chats = {"telegram": house.chat}
    work = Steps(
        house.store, house.media, house.provider, chats, history, clock=house.clock, deadline=86_400, lease=120
    )
    return Worker(house.store, work, ("telegram",), clock=house.clock, slots=5)


async def test_a_purchase_that_a_dead_worker_began_is_lost_not_repeated(house: House) -> None:
    hang = asyncio.Event()
    bought = house.provider.create

    async def create(order: object, request_id: str) -> object:
        await bought(order, request_id)
        await hang.wait()
        raise AssertionError("this worker is dead")

    house.provider.create = create
    job = await house.order()
    await house.worker.round()
    await asyncio.sleep(0)
    other = rival(house)
    await other.round()
    assert (await house.job(job.id)).state == "submitting"
    house.clock.tick(121)
    for _ in range(3):
        await other.round()
        await other.idle()
    job = await house.job(job.id)
    assert (job.state, job.reason, len(house.provider.orders)) == ("done", "lost", 1)
    house.worker.stop()
    for task in house.worker._under_way:
        task.cancel()
    await house.worker.idle()
    assert await house.used() == 0


async def test_a_worker_that_was_overtaken_touches_nothing(house: House, clip: bytes) -> None:
    job = await house.order()
    await house.work()
    slow, gate = house.provider.poll, asyncio.Event()

    async def poll(host: str, remote_id: str, age: float, order: object) -> object:
        await gate.wait()
        return Refused("failed", "told too late")

    house.provider.poll = poll
    house.clock.now = (await house.job(job.id)).due_at
    await house.worker.round()
    await asyncio.sleep(0)
    house.provider.poll = slow
    house.provider.polls = [Finished("secret://clip")]
    other = rival(house)
    house.clock.tick(241)
    for _ in range(3):
        await other.round()
        await other.idle()
    gate.set()
    await house.worker.idle()
    job = await house.job(job.id)
    assert (job.state, job.outcome, house.chat.clips) == ("done", "clip", [clip])
    assert await house.used() == 5


async def test_an_accepted_order_is_saved_however_long_the_database_sulks(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await house.order()
    save, sulks = house.store.save, 4

    async def sulky(job: Job, entry: object = None) -> None:
        nonlocal sulks
        sulks -= 1
        if sulks >= 0:
            raise StoreDown("database is locked")
        await save(job, entry)

    monkeypatch.setattr(claims, "AGAIN", 0.0)
    monkeypatch.setattr(house.store, "save", sulky)
    await house.work()
    job = await house.job(job.id)
    assert (job.state, job.remote_id, len(house.provider.orders)) == ("running", "remote", 1)


async def test_stopping_lets_go_of_looks_and_settles_purchases(house: House) -> None:
    running = await house.order()
    await house.work()
    buying = await house.order()

    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    house.provider.poll = never
    house.provider.create = never
    house.clock.now = (await house.job(running.id)).due_at
    working = asyncio.create_task(house.worker.run())
    while len(house.worker._under_way) < 2:
        await asyncio.sleep(0.01)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "GRACE", 0.05)
        house.worker.stop()
        await working
    assert (await house.job(running.id)).state == "running"
    assert (await house.job(running.id)).due_at <= house.clock()
    assert (await house.job(buying.id)).reason == "lost"


async def test_the_worker_sleeps_until_it_is_poked(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "NAP", 3600.0)
    working = asyncio.create_task(house.worker.run())
    await asyncio.sleep(0.05)
    job = await house.order()
    async with asyncio.timeout(60):
        while (await house.job(job.id)).state != "running":
            await asyncio.sleep(0.01)
    house.worker.stop()
    await working
