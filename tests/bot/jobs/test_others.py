"""Workers of different platforms share the slots: none waits because another is quicker."""

import pytest

from bot.jobs.history import History
from bot.jobs.machine import hold
from bot.jobs.others import AWAY, PATIENCE
from bot.jobs.steps import Steps
from bot.jobs.worker import NAP, Worker
from bot.model import Address, Finished
from tests.fakes import RecordingChat
from tests.houses import LEASE, House
from tests.samples import a_job

pytestmark = pytest.mark.databases


def a_worker(house: House, platform: str) -> Worker:
    """A worker of one platform, with a single slot."""
    history = History(house.store, house.provider, house.clock)
    work = Steps(
        house.store,
        house.media,
        house.provider,
        {platform: RecordingChat()},
        history,
        clock=house.clock,
        deadline=86_400,
        lease=LEASE,
    )
    return Worker(house.store, work, (platform,), clock=house.clock, slots=1)


async def order(house: House, platform: str, number: int) -> None:
    job = a_job(
        f"{platform}{number}",
        person=f"{platform}:{number}",
        address=Address(platform, "chat"),
        created_at=house.clock() + number / 1000,
        due_at=house.clock(),
    )
    await house.store.submit(job, hold(job))


async def ended(house: House, platform: str, count: int) -> int:
    jobs = [await house.job(f"{platform}{number}") for number in range(count)]
    return sum(job.outcome == "clip" for job in jobs)


async def rounds(worker: Worker, count: int) -> None:
    for _ in range(count):
        await worker.round()
        await worker.idle()


async def test_the_quicker_worker_leaves_the_slot_to_whose_turn_it_is(house: House) -> None:
    house.provider.polls = [Finished("secret://clip")]
    quick, slow = a_worker(house, "telegram"), a_worker(house, "discord")
    await order(house, "telegram", 0)
    await rounds(quick, 1)  # it has the slot
    for platform, numbers in (("discord", range(3)), ("telegram", range(1, 9))):
        house.clock.tick(1)
        for number in numbers:
            await order(house, platform, number)
    for _ in range(500):
        if await ended(house, "discord", 3) == 3:
            break
        await rounds(quick, 3)  # as soon as a slot is free; the other one looks from time to time
        house.clock.tick(NAP)
        await rounds(quick, 1)
        await rounds(slow, 1)
    assert (await ended(house, "telegram", 9), await ended(house, "discord", 3)) == (1, 3)


async def test_orders_of_a_platform_without_a_worker_hold_nobody_up(house: House) -> None:
    await order(house, "discord", 0)
    for number in range(2):
        await order(house, "telegram", number)
    worker = a_worker(house, "telegram")
    await rounds(worker, 1)
    assert house.provider.orders == []
    house.clock.tick(PATIENCE + 1)
    await rounds(worker, 1)
    assert len(house.provider.orders) == 1
    for _ in range(9):
        house.clock.tick(AWAY / 20)
        await rounds(worker, 2)
    assert await ended(house, "telegram", 2) == 2, "not one patience for each"
