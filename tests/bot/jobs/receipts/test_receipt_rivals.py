"""Looks into a host's log by workers that die, stop, or work beside others: made once, and no answer is lost."""

import asyncio

import pytest

from bot import texts
from bot.jobs import receipts, worker
from bot.jobs.machine import Lost
from bot.model import Accepted, Job, Order, Refused
from tests.bot.jobs.receipts.unanswered import TAKEN, asking, hanging, killed
from tests.houses import LEASE, House, another

pytestmark = pytest.mark.databases


async def test_a_purchase_that_a_dead_worker_began_is_asked_of_every_host(house: House, clip: bytes) -> None:
    job = await house.order()
    async with hanging(house, "create") as reached:
        await house.worker.round()
        await reached.wait()
        await killed(house)
    house.clock.tick(LEASE + 1)
    other = another(house)
    await other.round()
    await other.idle()
    job = await house.job(job.id)
    assert (job.state, job.host) == ("asking", None)
    house.provider.log = [TAKEN]
    job = await house.finish(job)
    assert [host for host, *_ in house.provider.looks] == [None]
    assert (job.outcome, job.host, house.chat.clips, len(house.provider.orders)) == ("clip", "local", [clip], 1)


async def test_a_look_that_a_dead_worker_began_is_made_again(house: House) -> None:
    job = await asking(house)
    house.provider.log = [TAKEN]
    house.clock.tick(receipts.FIRST)
    async with hanging(house, "look") as reached:
        await house.worker.round()
        await reached.wait()
        await killed(house)
    assert (await house.job(job.id)).state == "asking"
    house.clock.tick(LEASE + 1)
    job = await house.finish(job)
    assert (job.outcome, len(house.provider.orders), len(house.provider.looks)) == ("clip", 1, 2)


@pytest.mark.parametrize("step", ["create", "look"])
async def test_a_stop_leaves_the_question_to_the_next_worker(house: House, step: str) -> None:
    job = await house.order() if step == "create" else await asking(house)
    house.clock.tick(receipts.FIRST)
    async with hanging(house, step) as reached:
        working = asyncio.create_task(house.worker.run())
        await reached.wait()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(worker, "GRACE", 0.05)
            house.worker.stop()
            await working
    job = await house.job(job.id)
    assert (job.state, job.due_at <= house.clock()) == ("asking", True)
    house.provider.log = [TAKEN]
    assert (await house.finish(job)).outcome == "clip"
    assert len(house.provider.orders) == 1


async def test_two_workers_look_once(house: House) -> None:
    job = await asking(house)
    house.clock.tick(receipts.FIRST)
    other = another(house)
    async with hanging(house, "look") as reached:
        await house.worker.round()
        await reached.wait()
        assert await other.round() == 0
        await killed(house)
    assert len(house.provider.looks) == 1
    assert (await house.job(job.id)).state == "asking"


async def test_who_was_suspended_in_a_look_changes_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    job, look = await asking(house), house.provider.look
    reached, gate = asyncio.Event(), asyncio.Event()

    async def slow(*args: object) -> object:
        reached.set()
        await gate.wait()
        return Refused("failed")

    monkeypatch.setattr(house.provider, "look", slow)
    house.clock.tick(receipts.FIRST)
    await house.worker.round()
    await reached.wait()
    monkeypatch.setattr(house.provider, "look", look)
    house.clock.tick(LEASE + 1)
    house.provider.log = [TAKEN]
    other = another(house)
    await other.round()
    await other.idle()
    assert (await house.job(job.id)).state == "running"
    gate.set()
    await house.worker.idle()
    assert (await house.job(job.id)).state == "running"
    assert (await house.finish(job)).outcome == "clip"


async def bought_unheard(house: House) -> tuple[Job, asyncio.Event]:
    """An order that its host has taken; the answer comes once the event is set."""
    house.provider.creates = [Accepted("local", "heard")]
    job, create = await house.order(), house.provider.create
    reached, gate = asyncio.Event(), asyncio.Event()

    async def slow(order: Order, request_id: str) -> object:
        said = await create(order, request_id)
        reached.set()
        await gate.wait()
        return said

    house.provider.create = slow
    await house.worker.round()
    await reached.wait()
    return job, gate


async def test_an_answer_that_comes_when_another_worker_asks_is_believed(house: House) -> None:
    """As after a suspension, or where the database was away."""
    job, gate = await bought_unheard(house)
    house.clock.tick(LEASE + 1)
    other = another(house)
    await other.round()
    await other.idle()
    assert (await house.job(job.id)).state == "asking"
    gate.set()
    await house.worker.idle()
    job = await house.job(job.id)
    assert (job.state, job.remote_id) == ("running", "heard")
    assert await house.store.incidents() == []
    assert (await house.finish(job)).outcome == "clip"
    assert (len(house.provider.orders), house.provider.looks) == (1, [])


async def test_an_answer_that_comes_when_it_was_given_up_is_an_incident(house: House) -> None:
    job, gate = await bought_unheard(house)
    await house.store.change(job.id, lambda job: receipts.machine.apply(job, Lost(), house.clock()))
    gate.set()
    await house.worker.idle()
    assert texts.incidents.TAKEN_LATE in [incident.what for incident in await house.store.incidents()]
    assert await house.used() == 0


async def test_without_a_log_an_order_is_lost_at_once(house: House) -> None:
    house.provider.receipts = 0.0
    job = await house.order()
    await house.work()
    assert (await house.job(job.id)).reason == "lost"
    assert (house.provider.looks, await house.used()) == ([], 0)
