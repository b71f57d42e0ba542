"""Orders whose answer never came, where a host keeps a log of requests: asked about, never sent again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot import texts
from bot.errors import Ambiguous, NotSent
from bot.jobs import receipts, worker
from bot.jobs.machine import Lost
from bot.model import Accepted, Finished, Job, Order, Pending, Refused
from bot.privacy.retention import STRANDED, Retention
from bot.quotas.records import Act
from bot.quotas.rules import HOUSE
from storage import restored
from tests.bookkeeping import check
from tests.houses import LEASE, House, another, attached

pytestmark = pytest.mark.databases

TAKEN = Accepted("local", "found")
AWAY = Pending("HTTP 502", failed=True)


def silence(host: str | None = "local") -> Ambiguous:
    """A create without an answer."""
    error = Ambiguous("it gave no answer: ReadTimeout")
    error.host = host
    return error


@pytest.fixture
def house(house: House) -> House:
    """A house whose host keeps a log, and takes an order without an answer."""
    house.provider.receipts = 1800.0
    house.provider.creates = [silence()]
    return house


async def asking(house: House) -> Job:
    """An order whose answer never came."""
    job = await house.order()
    await house.work()
    job = await house.job(job.id)
    assert job.state == "asking", job
    return job


async def until(house: House, state: str, job: Job) -> Job:
    """Work until the job is in `state`, at the times at which it is due."""
    for _ in range(500):
        job = await house.job(job.id)
        if job.state == state:
            return job
        house.clock.now = max(house.clock.now, job.due_at)
        await house.work()
    raise AssertionError(f"the job stays {job.state}")


# ── What the log says ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_order_in_the_log_is_polled_and_delivered_and_bought_once(house: House, clip: bytes) -> None:
    job = await asking(house)
    sent_at = job.started_at or 0.0
    house.provider.log = [Pending(), AWAY, Accepted("local", "found", sent_at + 2)]
    house.clock.tick(40)
    job = await until(house, "running", job)
    assert (job.host, job.remote_id, job.accepted_at) == ("local", "found", sent_at + 2)
    assert house.clock() > sent_at + 2, "it was found later than it was taken"
    assert await house.used() == 5
    job = await house.finish(job)
    assert (job.outcome, house.chat.clips, len(house.provider.orders)) == ("clip", [clip], 1)
    assert await house.used() == 5
    assert await house.store.incidents() == []
    await check(house.store)


async def test_the_time_in_the_log_is_no_earlier_than_the_order_and_no_later_than_now(house: House) -> None:
    for odd in (-9e5, 9e5):
        job = await asking(house)
        house.provider.log = [Accepted("local", "found", house.clock() + odd)]
        job = await until(house, "running", job)
        assert job.accepted_at == (job.started_at if odd < 0 else house.clock())


async def test_an_order_that_the_log_calls_failed_is_not_charged(house: House) -> None:
    job = await asking(house)
    house.provider.log = [Refused("failed", "local logged it as failed")]
    job = await house.finish(job)
    assert (job.reason, await house.used(), len(house.provider.orders)) == ("failed", 0, 1)
    assert "not charged" in house.chat.texts()[0]
    assert [incident.what for incident in await house.store.incidents()] == [texts.incidents.ORDER_REFUSED]
    await check(house.store)


async def test_an_order_in_no_log_is_lost_after_its_time_and_not_before(house: House) -> None:
    job = await asking(house)
    began = house.clock()
    job = await until(house, "delivering", job)
    assert (job.reason, job.host, await house.used(), len(house.provider.orders)) == ("lost", None, 0, 1)
    assert house.clock() == began + 1800.0
    assert [incident.what for incident in await house.store.incidents()] == [texts.incidents.NO_ANSWER]
    assert 15 <= len(house.provider.looks) <= 30, "often enough, and no more often than the answer changes"
    await check(house.store)


async def test_a_late_row_is_found(house: House) -> None:
    job = await asking(house)
    house.provider.log = [Pending()] * 12 + [TAKEN]
    job = await until(house, "running", job)
    assert house.clock() - (job.started_at or 0.0) > 300
    assert (await house.finish(job)).outcome == "clip"


async def test_a_log_that_cannot_be_read_holds_the_credits_no_longer(house: House) -> None:
    job = await asking(house)
    began = house.clock()
    house.provider.log = [AWAY]
    job = await until(house, "delivering", job)
    assert (job.reason, house.clock(), await house.used()) == ("lost", began + 1800.0, 0)
    assert [incident.detail for incident in await house.store.incidents()] == ["HTTP 502"]


async def test_the_log_is_asked_about_this_request_and_its_time(house: House) -> None:
    house.provider.creates = [NotSent("429", 30.0), silence()]
    job = await house.order()
    await house.work()
    house.clock.now = (await house.job(job.id)).due_at
    sent_at = house.clock()
    await house.work()
    house.provider.log = [TAKEN]
    await until(house, "running", job)
    assert house.provider.requests == [f"{job.id}.1", f"{job.id}.2"]
    host, request, since, till = house.provider.looks[0]
    assert (host, request) == ("local", f"{job.id}.2")
    assert since == sent_at - receipts.MARGIN
    assert sent_at + receipts.MARGIN <= till < sent_at + receipts.MARGIN + 1


@pytest.mark.parametrize("log", [Pending(), AWAY])
async def test_after_a_long_stop_there_is_still_a_look(house: House, log: Pending) -> None:
    job = await asking(house)
    house.clock.tick(10_000)
    house.provider.log = [log, TAKEN]
    await house.work()
    job = await house.job(job.id)
    assert (job.state, job.reason) == (("delivering", "lost") if log == Pending() else ("asking", None))
    if log == AWAY:
        assert (await until(house, "running", job)).remote_id == "found"


# ── Money, slots, and what people see ────────────────────────────────────────────────────────────────────────────────


async def test_the_line_says_what_is_asked_and_until_when(house: House) -> None:
    job = await asking(house)
    line = await house.core.status(job)
    assert "asking whether it took your order" in line.text
    assert "you have your credits back in about 30 min at the latest" in line.text
    assert line.buttons == ()
    assert line.ready_at is None
    await house.core.track(job.id, "line", line.text)
    job = await until(house, "delivering", job)
    assert any("in about 15 min at the latest" in text for _, text in house.chat.edits)
    assert len(house.chat.edits) < 15


async def test_it_cannot_be_cancelled(house: House) -> None:
    job = await asking(house)
    for words in (f"/cancel {job.id}", "/cancel"):
        assert (await house.say(words)).text == texts.jobs.ASKED
    assert "being asked after" in (await house.say("/jobs")).text
    assert (await house.job(job.id)).state == "asking"
    assert await house.used() == 5


async def test_it_takes_a_slot_until_a_whole_look_found_nothing(house: House) -> None:
    for user in "abcde":
        await house.say("x", attached(), user=user)
    await house.work()
    assert (await house.store.health(house.clock())).states == {"asking": 5}
    house.provider.creates = [Accepted("local", "r")]
    house.provider.polls = [Pending()]
    await house.say("x", attached(), user="f")
    house.provider.log = [AWAY]
    house.clock.tick(receipts.FIRST)
    await house.work(2)
    assert (await house.store.health(house.clock())).states == {"asking": 5, "queued": 1}
    await check(house.store)
    house.provider.log = [Pending()]
    house.clock.tick(receipts.LONGEST)
    await house.work(2)
    assert (await house.store.health(house.clock())).states == {"asking": 5, "running": 1}
    await check(house.store)
    house.provider.log = [TAKEN]
    house.clock.tick(receipts.LONGEST)
    await house.work()
    assert (await house.store.health(house.clock())).states == {"running": 6}
    await check(house.store)


async def test_a_render_counts_for_the_history_if_a_poll_saw_it_going(house: House) -> None:
    for polls, counted in (([Finished("secret://clip")], 0), ([Pending(), Finished("secret://clip")], 1)):
        job = await asking(house)
        house.provider.log, house.provider.polls = [Pending()] * 3 + [TAKEN], list(polls)
        job = await house.finish(job)
        renders = await house.store.renders("local", job.order.model, job.order.seconds)
        assert len(renders) == counted
    assert renders[0].seen == (job.settled_at or 0) - (job.accepted_at or 0)


async def test_who_is_forgotten_meanwhile_is_gone_when_it_ends(house: House) -> None:
    job = await asking(house)
    words = [button.command for button in (await house.say("/forgetme")).buttons]
    said = await house.say(next(one for one in words if "yes" in one))
    assert "1 clip is still being made" in said.text
    assert (await house.job(job.id)).state == "asking", "it may be paid for, so it is waited for"
    house.provider.log = [TAKEN]
    job = await house.finish(job)
    assert job.outcome == "clip"
    keeper = Retention(house.store, house.media, clock=house.clock, photos=9e9, clips=9e9, platforms=("telegram",))
    house.clock.tick(10)
    await keeper.round()
    assert (await house.job(job.id)).person != "telegram:7"
    await check(house.store)


async def test_it_ends_with_its_platform(house: House) -> None:
    job = await asking(house)
    house.clock.tick(STRANDED + 1)
    await Retention(house.store, house.media, clock=house.clock, photos=9e9, clips=9e9, platforms=("web",)).round()
    job = await house.job(job.id)
    assert (job.state, job.reason, await house.used()) == ("done", "lost", 0)
    await check(house.store)


# ── Crashes, stops, several workers ──────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def hanging(house: House, name: str) -> AsyncIterator[asyncio.Event]:
    """A call to the provider that hangs when it has been made; yields whether it was."""
    call, reached = getattr(house.provider, name), asyncio.Event()

    async def hang(*args: object) -> object:
        if name == "create":
            house.provider.creates = [Accepted("local", "unheard")]
        await call(*args)
        reached.set()
        await asyncio.Event().wait()

    setattr(house.provider, name, hang)
    yield reached
    setattr(house.provider, name, call)


async def killed(house: House) -> None:
    """End the tasks of the worker without a word, as `kill -9` does."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("save", "renew"):
            patch.setattr(house.store, name, _never)
        for task in house.worker._under_way:
            task.cancel()
        async with asyncio.timeout(60):
            while house.worker._under_way:
                for task in house.worker._under_way:
                    task.cancel()
                await asyncio.sleep(0)


async def _never(*_: object) -> None:
    await asyncio.Event().wait()


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


async def test_an_answer_that_comes_when_another_worker_asks_is_believed(house: House) -> None:
    """As after a suspension, or where the database was away."""
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


# ── Copies of the data ───────────────────────────────────────────────────────────────────────────────────────────────


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
