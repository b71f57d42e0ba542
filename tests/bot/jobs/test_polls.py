"""A poll claims nothing until it has found something, and a worker that dies during it loses nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bot.errors import StoreDown
from bot.jobs import worker
from bot.jobs.batch import Batch
from bot.jobs.worker import Worker
from bot.model import Finished, Job, Pending, Refused
from tests.houses import LEASE, House, another, attached

pytestmark = pytest.mark.databases

CLIP = Finished("secret://clip")


async def until(found: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not found():
            await asyncio.sleep(0.005)


async def due(house: House) -> Job:
    """A job that is due for its first poll."""
    job = await house.order()
    await house.core.track(job.id, "line", "")
    await house.work()
    job = await house.job(job.id)
    house.clock.now = job.due_at
    return job


class Gate:
    """The point at which a call of the first worker is held; later calls pass."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, of: object, name: str) -> None:
        self.calls = 0
        self.open = asyncio.Event()
        inner = getattr(of, name)

        async def held(*args: Any) -> Any:
            self.calls += 1
            if self.calls == 1:
                await self.open.wait()
            return await inner(*args)

        monkeypatch.setattr(of, name, held)


async def kill(one: Worker) -> None:
    """End a worker's tasks as a kill does: nothing of theirs is saved any more."""

    async def nothing(*_: object) -> None: ...

    one._let_go = nothing  # type: ignore[method-assign, assignment]
    for task in one._under_way:
        task.cancel()
    await one.idle()


async def test_a_poll_that_finds_nothing_writes_what_was_known_before(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.provider.polls = [Pending()]
    job = await due(house)
    await house.work()
    job = await house.job(job.id)
    house.clock.now = job.due_at
    writes, write = 0, house.store._db.write

    async def counted(work: Any) -> Any:
        nonlocal writes
        writes += 1
        return await write(work)

    monkeypatch.setattr(house.store._db, "write", counted)
    await house.work()
    again = await house.job(job.id)
    assert (writes, house.provider.polled) == (1, 2)
    assert (again.claims, again.polls) == (job.claims, job.polls + 1)
    assert again.due_at > house.clock()


async def test_polls_of_many_jobs_are_one_transaction(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.provider.polls = [Pending("HTTP 502", failed=True)]
    jobs = [await house.say("x", attached(), user=user) for user in "abcde"]
    await house.work()
    house.clock.tick(15)
    calls: dict[str, int] = {}
    for name in ("claim", "put_off"):

        def counting(name: str, inner: Any) -> Any:
            async def call(*args: Any) -> Any:
                calls[name] = calls.get(name, 0) + 1
                return await inner(*args)

            return call

        monkeypatch.setattr(house.store, name, counting(name, getattr(house.store, name)))
    await house.work()
    assert (house.provider.polled, calls) == (5, {"claim": 1, "put_off": 1})
    assert {(await house.job(reply.job or "")).tries for reply in jobs} == {1}


async def test_a_process_killed_before_its_poll_is_followed_at_the_next(house: House, clip: bytes) -> None:
    house.provider.polls = [CLIP]
    job = await due(house)
    (dead,) = (await house.store.claim(house.clock(), LEASE, 9, ("telegram",), lambda *_: 7.0)).polls
    other = another(house)
    assert await other.round() == 0
    house.clock.tick(7)
    assert (await house.job(job.id)).due_at == dead.due_at == house.clock()
    assert await other.round() == 1
    await other.idle()
    assert (await house.finish(job)).outcome == "clip"
    assert (house.provider.polled, house.chat.clips) == (1, [clip])


async def test_a_process_killed_before_it_took_what_it_found_is_followed_at_the_next_poll(
    house: House, monkeypatch: pytest.MonkeyPatch, clip: bytes
) -> None:
    house.provider.polls = [CLIP]
    job, gate = await due(house), Gate(monkeypatch, house.store, "take")
    await house.worker.round()
    await until(lambda: gate.calls)
    killed = asyncio.create_task(kill(house.worker))
    other = another(house)
    house.clock.now = (await house.job(job.id)).due_at
    for _ in range(2):
        await other.round()
        await other.idle()
    assert ((await house.job(job.id)).state, house.chat.clips) == ("done", [clip])
    gate.open.set()
    await killed
    assert (house.provider.polled, house.chat.clips) == (2, [clip])


async def test_a_process_killed_after_it_took_a_job_is_followed_when_the_lease_ends(
    house: House, monkeypatch: pytest.MonkeyPatch, clip: bytes
) -> None:
    house.provider.polls = [CLIP]
    job = await due(house)
    began, fetch = asyncio.Event(), house.provider.fetch

    async def never(*_: object) -> AsyncIterator[bytes]:
        began.set()
        await asyncio.Event().wait()
        yield b""

    monkeypatch.setattr(house.provider, "fetch", never)
    await house.worker.round()
    await began.wait()
    monkeypatch.setattr(house.provider, "fetch", fetch)
    await kill(house.worker)
    other = another(house)
    house.clock.tick(LEASE - 1)
    assert await other.round() == 0
    house.clock.tick(1)
    for _ in range(2):
        await other.round()
        await other.idle()
    assert ((await house.job(job.id)).state, house.chat.clips) == ("done", [clip])


@pytest.mark.parametrize("said", [CLIP, Refused("moderation", "no"), Pending(), Pending("HTTP 502", failed=True)])
async def test_a_poll_slower_than_the_gap_to_the_next_is_harmless(
    house: House, monkeypatch: pytest.MonkeyPatch, clip: bytes, said: Any
) -> None:
    """Another worker polls meanwhile, and finds the clip; the slow one, or the suspended process, is told anything."""
    house.provider.polls = [CLIP]
    job, poll = await due(house), house.provider.poll
    go = asyncio.Event()

    async def slow(*_: object) -> Any:
        await go.wait()
        return said

    monkeypatch.setattr(house.provider, "poll", slow)
    await house.worker.round()
    await asyncio.sleep(0)
    monkeypatch.setattr(house.provider, "poll", poll)
    house.clock.now = (await house.job(job.id)).due_at
    other = another(house)
    for _ in range(2):
        await other.round()
        await other.idle()
    done = await house.job(job.id)
    edits = len(house.chat.edits)
    go.set()
    await house.worker.idle()
    assert await house.job(job.id) == done
    assert (done.outcome, house.chat.clips, len(house.chat.edits)) == ("clip", [clip], edits)
    assert (await house.store.incidents(), await house.used()) == ([], 5)


async def test_two_that_find_the_clip_at_once_fetch_it_once(
    house: House, monkeypatch: pytest.MonkeyPatch, clip: bytes
) -> None:
    job, met = await due(house), asyncio.Barrier(2)

    async def both(*_: object) -> Finished:
        await met.wait()
        return CLIP

    monkeypatch.setattr(house.provider, "poll", both)
    fetch, fetched = house.provider.fetch, 0

    def counted(*args: Any) -> AsyncIterator[bytes]:
        nonlocal fetched
        fetched += 1
        return fetch(*args)

    monkeypatch.setattr(house.provider, "fetch", counted)
    other = another(house)
    assert await house.worker.round() == 1
    house.clock.now = (await house.job(job.id)).due_at
    assert await other.round() == 1
    await house.worker.idle()
    await other.idle()
    assert fetched == 1
    assert (await house.finish(job)).outcome == "clip"
    assert house.chat.clips == [clip]


async def test_a_process_polls_a_job_once_at_a_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    job, gate = await due(house), Gate(monkeypatch, house.provider, "poll")
    assert await house.worker.round() == 1
    for _ in range(5):
        house.clock.now = (await house.job(job.id)).due_at
        assert await house.worker.round() == 0
        assert (await house.job(job.id)).due_at > house.clock()  # nothing is overdue, and no other process sees to it
    assert (gate.calls, (await house.job(job.id)).polls) == (1, 1)
    gate.open.set()
    await house.worker.idle()
    assert (await house.finish(job)).outcome == "clip"


async def test_stopping_while_a_find_is_taken_lets_go_of_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.provider.polls = [CLIP]
    job, gate = await due(house), Gate(monkeypatch, house.store, "take")
    await house.worker.round()
    await until(lambda: gate.calls)
    house.worker.stop()
    winding = asyncio.create_task(house.worker._wind_down())
    await asyncio.sleep(0.01)
    gate.open.set()
    await winding
    left = await house.job(job.id)
    assert (left.state, left.due_at) == ("running", house.clock())


async def test_what_ends_meanwhile_shares_a_round(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PACE", 0.1)
    rounds, one = 0, house.worker.round

    async def counted() -> int:
        nonlocal rounds
        rounds += 1
        return await one()

    monkeypatch.setattr(house.worker, "round", counted)
    working, began = asyncio.create_task(house.worker.run()), asyncio.get_running_loop().time()
    while asyncio.get_running_loop().time() - began < 0.45:
        house.worker.poke()
        await asyncio.sleep(0.001)
    spent = asyncio.get_running_loop().time() - began
    assert 2 <= rounds <= spent / 0.1 + 1
    house.worker.stop()
    await working


# ── Batches ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_batch_is_one_call_and_each_has_its_own_result() -> None:
    calls: list[list[int]] = []

    async def double(numbers: Any) -> list[int]:
        calls.append(list(numbers))
        await asyncio.sleep(0)
        return [2 * number for number in numbers]

    batch = Batch(double)
    first = asyncio.gather(*(batch.add(number) for number in range(3)))
    while not calls:
        await asyncio.sleep(0)
    assert await asyncio.gather(*(batch.add(number) for number in (7, 8))) == [14, 16]
    assert await first == [0, 2, 4]
    assert calls == [[0, 1, 2], [7, 8]]
    assert await batch.add(9) == 18


async def test_an_error_is_everybodys_and_the_next_call_goes_on() -> None:
    errors: list[Exception] = [StoreDown("locked")]

    async def work(items: Any) -> list[int]:
        if errors:
            raise errors.pop()
        return list(items)

    batch = Batch(work)
    said = await asyncio.gather(*(batch.add(number) for number in range(3)), return_exceptions=True)
    assert [type(one) for one in said] == [StoreDown] * 3
    gone = asyncio.create_task(batch.add(1))
    await asyncio.sleep(0)
    gone.cancel()
    assert await batch.add(2) == 2
