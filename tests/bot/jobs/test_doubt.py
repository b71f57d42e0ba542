"""The worst moments: a commit whose answer is lost, a stop in mid-save, a clock that leaps, a dead database."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot import texts
from bot.errors import Flood, StoreDown
from bot.jobs import claims, delivery, steps, worker
from bot.model import Accepted, Finished, Job, Order, Render
from tests.houses import House, another, attached

pytestmark = pytest.mark.databases


class Line:
    """The line to the database, which can be cut: `after` a write that counted, or `before` it."""

    def __init__(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        self.after = self.before = self.reads = 0
        database = house.store._db
        write, read = database.write, database.read

        async def cut_write(work: Callable[[Any], Awaitable[Any]]) -> Any:
            if self.before:
                self.before -= 1
                raise StoreDown("the line is dead")
            result = await write(work)
            if self.after:
                self.after -= 1
                raise StoreDown("the answer was lost")
            return result

        async def cut_read(work: Callable[[Any], Awaitable[Any]]) -> Any:
            if self.reads:
                self.reads -= 1
                raise StoreDown("the line is dead")
            return await read(work)

        monkeypatch.setattr(database, "write", cut_write)
        monkeypatch.setattr(database, "read", cut_read)


@pytest.fixture
def line(house: House, monkeypatch: pytest.MonkeyPatch) -> Line:
    monkeypatch.setattr(claims, "AGAIN", 0.0)
    return Line(house, monkeypatch)


async def running(house: House) -> Job:
    """A job at the provider whose clip is ready, and due."""
    house.provider.polls = [Finished("secret://clip")]
    job = await house.order()
    await house.work()
    job = await house.job(job.id)
    house.clock.now = job.due_at
    return job


async def test_an_order_whose_commit_is_in_doubt_is_answered_and_keeps_its_photo(house: House, line: Line) -> None:
    line.after = 1
    reply = await house.say("she smiles", attached())
    assert reply.job, reply.text
    assert len(await house.kept()) == 1
    assert (await house.finish(await house.job(reply.job))).outcome == "clip"


async def test_an_order_that_was_not_kept_leaves_no_photo(house: House, line: Line) -> None:
    line.before = 1
    assert (await house.say("she smiles", attached())).text == texts.chat.TRY_LATER
    assert (await house.kept(), await house.used()) == ([], 0)


async def test_an_order_that_was_kept_is_never_called_lost(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def down(_: Job) -> int:
        raise StoreDown("the line is dead")

    monkeypatch.setattr(house.store, "turn", down)
    assert (await house.say("she smiles", attached())).job


async def test_a_taken_order_needs_no_history_to_be_remembered(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def down(*_: object, **__: object) -> list[Render]:
        raise StoreDown("the line is dead")

    job = await house.order()
    monkeypatch.setattr(house.store, "renders", down)
    monkeypatch.setattr(house.core.context.history, "_known", {})
    await house.work()
    assert (await house.job(job.id)).remote_id == "remote"


async def test_a_clip_whose_commit_is_in_doubt_is_not_deleted(house: House, line: Line, clip: bytes) -> None:
    job = await running(house)
    keep = house.media.keep_clip

    async def keep_clip(stream: Any, person: str) -> Any:
        made = await keep(stream, person)
        line.after = 1
        return made

    house.media.keep_clip = keep_clip
    job = await house.finish(job)
    assert (job.outcome, house.chat.clips) == ("clip", [clip])
    assert await house.used() == 5


@pytest.mark.parametrize("pause", [0.0, 0.001, 0.003, 0.01])
async def test_a_stop_in_the_middle_of_a_save_undoes_nothing(house: House, clip: bytes, pause: float) -> None:
    job = await running(house)
    working = asyncio.create_task(house.worker.run())
    await asyncio.sleep(0.02 + pause)
    house.worker.stop()
    await working
    house.worker._stopping = False
    job = await house.finish(job)
    assert (job.outcome, house.chat.clips) == ("clip", [clip])


async def test_a_clip_whose_save_was_cut_off_by_a_stop_is_delivered_at_the_next_start(
    house: House, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    await running(house)
    save, saved = house.store.save, asyncio.Event()

    async def slow(*args: Any) -> Job:
        job = await save(*args)
        saved.set()
        await asyncio.Event().wait()
        return job

    monkeypatch.setattr(house.store, "save", slow)
    await house.worker.round()
    await saved.wait()
    await house.worker._wind_down()
    monkeypatch.setattr(house.store, "save", save)
    await house.work()
    assert house.chat.clips == [clip]


async def test_a_stop_while_the_line_is_tidied_up_sends_nothing_twice(house: House, clip: bytes) -> None:
    job = await running(house)
    await house.core.track(job.id, "status", "x")
    hang = asyncio.Event()

    async def remove(*_: object) -> None:
        hang.set()
        await asyncio.Event().wait()

    house.chat.remove = remove
    await house.worker.round()
    await hang.wait()
    for task in house.worker._under_way:
        task.cancel()
    await house.worker.idle()
    assert (await house.job(job.id)).state == "done"
    house.clock.tick(10_000)
    await house.work(3)
    assert house.chat.clips == [clip]


async def test_a_clock_that_leaps_takes_no_purchase_from_its_worker(house: House) -> None:
    create, gate = house.provider.create, asyncio.Event()

    async def slow(order: Order, request_id: str) -> Any:
        said = await create(order, request_id)
        await gate.wait()
        return said

    house.provider.create = slow
    job = await house.order()
    await house.worker.round()
    house.clock.tick(100_000)
    await house.worker.round()
    gate.set()
    await house.worker.idle()
    job = await house.job(job.id)
    assert (job.state, job.remote_id, len(house.provider.orders)) == ("running", "remote", 1)


@pytest.mark.parametrize("followed", [False, True])
async def test_who_is_suspended_before_the_purchase_buys_nothing_that_is_another_workers(
    house: House, monkeypatch: pytest.MonkeyPatch, followed: bool
) -> None:
    """As a process stopped by a signal, a machine that sleeps, or a disk that hangs while the mark is written."""
    job, mark, reached, gate = await house.order(), house.store.restored.mark, asyncio.Event(), asyncio.Event()

    async def slow(number: int) -> None:
        reached.set()
        await gate.wait()
        await mark(number)

    monkeypatch.setattr(house.store.restored, "mark", slow)
    suspended = asyncio.create_task(house.worker.round())
    await reached.wait()
    house.clock.tick(200)
    if followed:
        other = another(house)
        await other.round()
        await other.idle()
        assert (await house.job(job.id)).reason == "lost"
    gate.set()
    await suspended
    await house.worker.idle()
    assert len(house.provider.orders) == (0 if followed else 1)
    assert (await house.finish(job)).outcome == ("failed" if followed else "clip")
    assert len(house.provider.orders) == (0 if followed else 1)
    assert await house.used() == (0 if followed else 5)


async def test_a_stop_waits_for_an_upload_that_follows_a_poll(house: House, clip: bytes) -> None:
    job = await running(house)
    began, gate, send = asyncio.Event(), asyncio.Event(), house.chat.send

    async def slow(*args: Any, **more: Any) -> Any:
        began.set()
        await gate.wait()
        return await send(*args, **more)

    house.chat.send = slow
    await house.worker.round()
    await began.wait()
    stopping = asyncio.create_task(house.worker._wind_down())
    await asyncio.sleep(0.05)
    gate.set()
    await stopping
    assert ((await house.job(job.id)).state, house.chat.clips) == ("done", [clip])


async def test_what_a_stop_cuts_off_is_released_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a locked database is waited for each time."""
    monkeypatch.setattr(worker, "GRACE", 0.0)
    job = await running(house)
    began, release, released = asyncio.Event(), house.store.release, list[str]()

    async def hang(*_: object, **__: object) -> Any:
        began.set()
        await asyncio.Event().wait()

    async def noted(one: Job, due_at: float) -> None:
        released.append(one.state)
        await release(one, due_at)

    house.chat.send = hang
    monkeypatch.setattr(house.store, "release", noted)
    await house.worker.round()
    await began.wait()
    await house.worker._wind_down()
    assert released == ["delivering"]
    assert (await house.job(job.id)).due_at <= house.clock()


async def test_who_is_suspended_before_a_delivery_sends_nothing_a_second_time(
    house: House, monkeypatch: pytest.MonkeyPatch, clip: bytes
) -> None:
    job = await running(house)
    house.chat.trouble = [Flood(0.0)]  # else it would be delivered in the same round
    await house.work()
    assert (await house.job(job.id)).state == "delivering"
    claim, reached, gate = house.store.claim, asyncio.Event(), asyncio.Event()

    async def slow(*args: Any) -> Any:
        due = await claim(*args)
        if not reached.is_set():
            reached.set()
            await gate.wait()
        return due

    monkeypatch.setattr(house.store, "claim", slow)
    suspended = asyncio.create_task(house.worker.round())
    await reached.wait()
    house.clock.tick(200)
    other = another(house)
    await other.round()
    await other.idle()
    assert house.chat.clips == [clip]
    gate.set()
    await suspended
    await house.worker.idle()
    assert ((await house.job(job.id)).state, house.chat.clips) == ("done", [clip])


async def test_a_dead_database_does_not_hold_up_a_stop(
    house: House,
    line: Line,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(worker, "GRACE", 0.05)
    monkeypatch.setattr(steps, "LAST_WORD", 0.05)
    monkeypatch.setattr(claims, "AGAIN", 0.01)
    create = house.provider.create

    async def taken(order: Order, request_id: str) -> Any:
        said = await create(order, request_id)
        line.before = line.reads = 10**6
        return said

    house.provider.create = taken
    await house.order()
    caplog.set_level(logging.INFO)
    working = asyncio.create_task(house.worker.run())
    while not line.before:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    house.worker.stop()
    async with asyncio.timeout(60):
        await working
    line.before = line.reads = 0
    assert "remote at local" in caplog.text  # what was paid for can be found


async def test_a_clip_that_is_gone_from_the_disk_ends_the_job_with_a_sentence(house: House) -> None:
    job = await running(house)
    house.chat.trouble = [Flood(0.0)]
    await house.work()
    job = await house.job(job.id)
    assert job.clip
    await house.media.discard([job.clip.name])
    assert (await house.finish(job)).state == "done"
    assert house.chat.texts() == [texts.chat.CLIP_GONE]
    assert "gone" in (await house.store.incidents())[0].what


async def test_an_adapter_that_always_breaks_does_not_break_for_ever(
    house: House,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivery, "SEND_FOR", 600.0)

    async def send(*_: object, **__: object) -> str:
        raise KeyError("a mistake of ours")

    house.chat.send = send
    assert (await house.finish(await running(house))).state == "done"


async def test_readers_who_give_up_harm_nobody(house: House) -> None:
    job = await house.order()
    for n in range(60):
        reads = [asyncio.create_task(house.store.job(job.id)) for _ in range(3)]
        for _ in range(n % 5):
            await asyncio.sleep(0)
        for read in reads:
            read.cancel()
        await asyncio.gather(*reads, return_exceptions=True)
    assert (await house.job(job.id)).id == job.id


async def test_what_no_database_can_hold_is_left_out(house: House) -> None:
    job = await house.order("she\0 smiles \ud800now")
    assert job.order.prompt == "she smiles now"
    assert (await house.say("/cancel a\0b")).text == texts.chat.UNKNOWN_JOB
    assert (await house.say("/cancel " + "x" * 5000)).text == texts.chat.UNKNOWN_JOB


async def test_jobs_at_a_host_that_is_ours_no_more_take_no_room(house: House) -> None:
    house.provider.creates = [Accepted("gone", "r")]
    for user in "abcdef":
        await house.say("x", attached(), user=user)
    await house.work()
    house.provider.creates = [Accepted("local", "r")]
    await house.work()
    assert (await house.store.health(house.clock())).states == {"running": 6}


async def test_a_worker_may_be_told_to_see_to_one_job_only(house: House) -> None:
    other, own = await house.order(), await house.order()
    house.worker.only = own.id
    assert (await house.finish(own)).outcome == "clip"
    assert (await house.job(other.id)).state == "queued"
