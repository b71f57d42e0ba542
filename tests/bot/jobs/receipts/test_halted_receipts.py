"""Orders that a restored copy of the data still has in line: looked for in the log before they are bought."""

import asyncio

import pytest

from bot.jobs import receipts, worker
from bot.model import Accepted, Job, Pending, Refused
from bot.quotas.records import Act
from bot.quotas.rules import HOUSE
from storage import restored
from tests.bookkeeping import check
from tests.bot.jobs.receipts.unanswered import AWAY, hanging, killed
from tests.houses import LEASE, House

pytestmark = pytest.mark.databases


async def released(house: House) -> Job:
    """An order that was in line when a copy of the database was taken, after the operator's word."""
    house.provider.creates = [Accepted("local", "anew")]
    job = await house.order()
    await house.store._db.write(lambda tx: restored._halt(tx, "it lies elsewhere than before", house.clock()))
    assert (await house.job(job.id)).copied
    house.clock.tick(3600)
    await house.store.restored.release(Act("act1", house.clock(), "console:0", HOUSE, "release"))
    return await house.job(job.id)


async def test_what_the_host_has_already_is_not_bought_again(house: House, clip: bytes) -> None:
    job = await released(house)
    house.provider.log = [Accepted("local", "before", job.created_at + 60)]
    await house.work()
    job = await house.job(job.id)
    assert (job.state, job.remote_id, job.accepted_at) == ("running", "before", job.created_at + 60)
    job = await house.finish(job)
    assert (job.outcome, house.chat.clips, house.provider.orders, await house.used()) == ("clip", [clip], [], 5)
    host, request, since, until = house.provider.looks[0]
    assert (host, request.rpartition(".")[0]) == (None, job.id)
    assert (since, until) == (job.created_at - receipts.MARGIN, job.created_at + 3600 + receipts.MARGIN)
    await check(house.store)


@pytest.mark.parametrize("log", [Pending(), Refused("failed")])
async def test_what_no_host_has_is_bought(house: House, log: Pending | Refused) -> None:
    job = await released(house)
    house.provider.log = [log]
    job = await house.finish(job)
    assert (job.outcome, job.remote_id, len(house.provider.orders), len(house.provider.looks)) == ("clip", "anew", 1, 1)


async def test_nothing_is_bought_while_the_log_cannot_be_read(house: House) -> None:
    job = await released(house)
    house.provider.log = [AWAY]
    await house.work()
    waits = await house.job(job.id)
    assert (waits.state, waits.waits) == ("queued", "silence")
    job = await house.finish(job)
    assert (job.reason, house.provider.orders, await house.used()) == ("busy", [], 0)
    await check(house.store)


async def test_an_order_that_came_later_is_bought_without_a_look(house: House) -> None:
    house.provider.creates = [Accepted("local", "r")]
    await released(house)
    later = await house.order()
    house.worker.only = later.id
    await house.work()
    assert ((await house.job(later.id)).state, house.provider.looks) == ("running", [])


async def test_where_no_log_is_kept_the_word_counts(house: House) -> None:
    house.provider.receipts = 0.0
    job = await house.finish(await released(house))
    assert (job.outcome, len(house.provider.orders), house.provider.looks) == ("clip", 1, [])


async def test_a_stop_before_the_order_is_sent_leaves_it_in_line(house: House) -> None:
    job = await released(house)
    async with hanging(house, "look") as reached:
        working = asyncio.create_task(house.worker.run())
        await reached.wait()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(worker, "GRACE", 0.05)
            house.worker.stop()
            await working
    assert (await house.job(job.id)).state == "queued"
    assert (await house.finish(job)).outcome == "clip"
    assert len(house.provider.orders) == 1


async def test_a_worker_that_dies_before_the_order_is_sent_leaves_a_question(house: House) -> None:
    """It is not known that it was not sent. What was bought in the other life is found all the same."""
    job = await released(house)
    async with hanging(house, "look") as reached:
        await house.worker.round()
        await reached.wait()
        await killed(house)
    house.clock.tick(LEASE + 1)
    house.provider.log = [Accepted("local", "before", job.created_at + 60)]
    job = await house.finish(job)
    assert (job.outcome, job.remote_id, house.provider.orders) == ("clip", "before", [])
    assert house.provider.looks[-1][2] == job.created_at - receipts.MARGIN
