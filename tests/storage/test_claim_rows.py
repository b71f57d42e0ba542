"""Claims on both databases: one worker's until the lease ends, slots for all together, turns among people."""

import asyncio
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Illegal, Stale
from bot.jobs import machine
from bot.jobs.machine import apply
from bot.model import Accepted, Address, Job, Refused
from bot.ports import Step
from storage import open_store
from storage.jobs import Store
from tests.samples import a_job, an_order
from tests.storage.steps import CLIP, HERE, LEASE, begin, claim, ledger, polled, run, start, submit


async def test_a_claim_is_ones_own_until_the_lease_is_over(store: Store) -> None:
    await submit(store, a_job())
    (job,) = await start(store)
    await run(store, job, Accepted("local", "1"), machine.Rendered(CLIP))
    (first,) = (await claim(store, 2000.0)).jobs
    assert (first.due_at, await store.job("job1")) == (2020.0, first)
    assert (await claim(store, 2019.9)).jobs == []
    (second,) = (await claim(store, 2020.0)).jobs
    assert second.claims == first.claims + 1
    with pytest.raises(Stale):
        await run(store, first, machine.Sent())
    await run(store, second, machine.Sent())
    assert [row["kind"] for row in await ledger(store)] == ["hold", "capture"]


async def test_a_poll_is_nobodys_and_the_next_is_on_record(store: Store) -> None:
    await submit(store, a_job())
    (job,) = await start(store)
    job = await run(store, job, Accepted("local", "1"))
    first = await polled(store, 2000.5)
    assert (first.due_at, first.claims, first.polls, first.changed_at) == (2030.5, job.claims, 1, 2000.5)
    assert await store.job("job1") == first
    # Whoever has asked may die here, or find nothing: it is polled again all the same.
    assert (await claim(store, 2030.0)).polls == []
    second = await polled(store, 2030.5)
    assert (second.polls, second.claims) == (2, job.claims)
    # A poll that was slower than the gap is as good as the second one; only one of them goes on.
    assert await store.take([first], 2080.0) == {"job1"}
    assert await store.take([second], 2080.0) == set()
    await store.put_off([replace(second, tries=3, waits="silence", due_at=9000.0)])
    taken = await store.job("job1")
    assert taken == replace(second, claims=job.claims + 1, due_at=2080.0)
    assert (await claim(store, 2079.0)).polls == []
    await run(store, taken, machine.Rendered(CLIP))
    with pytest.raises(Stale):
        await run(store, second, Refused("failed"))


async def test_who_dies_between_taking_and_settling_is_followed_by_a_poll(store: Store) -> None:
    await submit(store, a_job())
    (job,) = await start(store)
    await run(store, job, Accepted("local", "1"))
    first = await polled(store, 2000.0)
    assert await store.take([first], 2020.0) == {"job1"}
    again = await polled(store, 2020.0)
    assert again.claims == first.claims + 1
    assert await store.take([again], 2080.0) == {"job1"}


async def test_failed_polls_are_saved_together_where_nobody_went_on(store: Store) -> None:
    for n in range(3):
        await submit(store, a_job(f"job{n}"))
    for job in await start(store):
        await run(store, job, Accepted("local", job.id))
    jobs = (await claim(store, 2000.0)).polls
    assert await store.take([job for job in jobs if job.id == "job1"], 2020.0) == {"job1"}
    await store.put_off([replace(job, tries=2, waits="silence", due_at=2044.125) for job in jobs])
    kept = [await store.job(f"job{n}") for n in range(3)]
    assert [(job.tries, job.waits, job.due_at) for job in kept if job] == [
        (2, "silence", 2044.125),
        (0, None, 2020.0),
        (2, "silence", 2044.125),
    ]


async def test_what_a_worker_is_busy_with_is_not_handed_out_again(store: Store) -> None:
    await submit(store, a_job("polling"))
    await submit(store, a_job("taken"))
    await submit(store, a_job("sending"))
    for job in await start(store):
        job = await run(store, job, Accepted("local", job.id))
        if job.id == "sending":
            await run(store, job, machine.Rendered(CLIP))
    due = await claim(store, 2000.0)
    mine = {job.id: job.claims for job in (*due.polls, *due.jobs)}
    assert await store.take([job for job in due.polls if job.id == "taken"], 2020.0) == {"taken"}
    before = {job_id: await store.job(job_id) for job_id in mine}
    again = await store.claim(3000.0, LEASE, 10, HERE, lambda *_: 30.0, mine)  # a clock that has leapt, too
    assert (again.polls, again.jobs) == ([], [])
    polling = before.pop("polling")
    assert polling
    assert await store.job("polling") == replace(polling, due_at=3030.0)
    assert {job_id: await store.job(job_id) for job_id in before} == before


async def test_the_next_poll_follows_from_the_kind_of_render(store: Store) -> None:
    await submit(store, a_job(order=an_order(seconds=10)))
    (job,) = await start(store)
    await run(store, job, Accepted("local", "1"), now=2007.0)
    asked = []

    def next_poll(*of: Any) -> float:
        asked.append(of)
        return 11.5

    due = await store.claim(2010.0, LEASE, 10, HERE, next_poll)
    assert asked == [(("local", "kling", 10), 3.0, 1)]
    assert [job.due_at for job in due.polls] == [2021.5]
    assert due.next_at == 2021.5
    assert (await store.claim(2030.0, LEASE, 0, HERE, next_poll)).next_at == 2021.5  # no room


async def test_eight_workers_never_take_the_same_job(database_url: str | None, tmp_path: Path) -> None:
    stores = await asyncio.gather(*(open_store(tmp_path, database_url) for _ in range(8)))
    try:
        for n in range(150):
            await submit(stores[0], a_job(f"job{n:03}"))
        rounds = await asyncio.gather(*(start(s, slots=150, limit=40) for s in stores))
        started = [job for jobs in rounds for job in jobs]
        assert len(started) == len({job.id for job in started}) == 150
        for job in started:
            await run(stores[0], job, Accepted("local", job.id))

        async def claims(store: Store) -> list[Job]:
            taken: list[Job] = []
            while jobs := (await store.claim(3000.0, LEASE, 7, HERE, lambda *_: 30.0)).polls:
                taken += jobs
            return taken

        taken = [job.id for jobs in await asyncio.gather(*map(claims, stores)) for job in jobs]
        assert len(taken) == len(set(taken)) == 150
    finally:
        await asyncio.gather(*(store.close() for store in stores))


async def test_a_worker_leaves_other_platforms_alone(store: Store) -> None:
    await submit(store, a_job(address=Address("telegram", "1")))
    assert await start(store) == []
    assert await store.next_due(HERE) is None
    assert len(await store.start(2000.0, 10.0, 5, 5, ("console", "telegram"), ("local",), begin(2000.0))) == 1
    assert (await claim(store, 9000.0)).jobs == []
    assert (await claim(store, 9000.0, platforms=())).jobs == []
    assert len((await claim(store, 9000.0, platforms=("telegram",))).jobs) == 1


async def test_slots_hold_for_all_workers_together(database_url: str | None, tmp_path: Path) -> None:
    stores = await asyncio.gather(*(open_store(tmp_path, database_url) for _ in range(6)))
    try:
        for n in range(20):
            await submit(stores[0], a_job(f"job{n:02}"))
        rounds = await asyncio.gather(*(start(s, slots=5) for s in stores))
        assert sum(map(len, rounds)) == 5
        job = next(job for jobs in rounds for job in jobs)
        await run(stores[0], job, Accepted("local", "1"))
        assert await start(stores[1], slots=5) == []
        await run(stores[0], job, Refused("failed"))
        assert len(await start(stores[1], slots=5)) == 1
    finally:
        await asyncio.gather(*(store.close() for store in stores))


async def test_whoever_has_one_goes_before_the_rest_of_whoever_has_twenty(store: Store) -> None:
    for n in range(20):
        await submit(store, a_job(f"many{n:02}", person="console:many", created_at=1000.0 + n))
    one = await submit(store, a_job("one", person="console:one", created_at=1100.0))
    late = await submit(store, a_job("late", person="console:late", created_at=1200.0))
    assert (await store.turn(one))[0] == 1
    assert (await store.turn(late))[0] == 2
    assert [job.id for job in sorted(await start(store, slots=4), key=lambda j: j.created_at)] == [
        "many00",
        "many01",
        "one",
        "late",
    ]
    # With slots in use by whoever has many, a newcomer is next, whatever the order of asking.
    new = await submit(store, a_job("new", person="console:new", created_at=1300.0))
    assert (await store.turn(new))[0] == 0
    assert [job.id for job in await start(store, slots=5)] == ["new"]


async def test_a_queued_job_waits_for_its_time(store: Store) -> None:
    await submit(store, a_job(due_at=2500.0))
    assert await start(store, now=2499.0) == []
    assert len(await start(store, now=2500.0)) == 1


async def test_a_change_fences_off_whoever_holds_the_job(store: Store) -> None:
    await submit(store, a_job(), 30)
    held = await store.job("job1")
    assert held is not None

    def cancel(job: Job) -> Step:
        return apply(job, machine.Cancelled(), 1500.0)

    changed = await store.change("job1", cancel)
    assert changed is not None
    assert await store.job("job1") == changed
    with pytest.raises(Stale):
        await run(store, held, machine.Started())
    with pytest.raises(Illegal):
        await store.change("job1", cancel)
    assert await store.change("nobody", cancel) is None
    assert await store.used("console:0", "day:2026-11-20") == 0
    assert [row["kind"] for row in await ledger(store)] == ["hold", "refund"]


async def test_cancelling_and_starting_at_once_ends_one_way(database_url: str | None, tmp_path: Path) -> None:
    stores = await asyncio.gather(*(open_store(tmp_path, database_url) for _ in range(2)))
    try:
        for n in range(30):
            await submit(stores[0], a_job(f"job{n:02}"), 1000)
        ids = [f"job{n:02}" for n in range(30)]
        random.Random(7).shuffle(ids)

        async def cancel(job_id: str) -> bool:
            try:
                await stores[0].change(job_id, lambda job: apply(job, machine.Cancelled(), 2000.0))
            except Illegal:
                return False
            return True

        cancelled, started = await asyncio.gather(
            asyncio.gather(*map(cancel, ids)), asyncio.gather(*(start(stores[1], limit=3) for _ in range(12)))
        )
        assert sum(cancelled) + sum(map(len, started)) == 30
        assert await stores[0].used("console:0", "day:2026-11-20") == 5 * sum(map(len, started))
    finally:
        await asyncio.gather(*(store.close() for store in stores))


async def test_the_next_due_job_is_known(store: Store) -> None:
    assert (await store.next_due(HERE), (await claim(store, 0.0)).next_at) == (None, None)
    await submit(store, a_job())
    assert [(await claim(store, at)).waits for at in (999.0, 1000.0)] == [False, True]
    (job,) = await start(store)
    assert (await store.next_due(HERE), (await claim(store, 0.0)).next_at) == (2010.0, 2010.0)
    job = replace((await run(store, job, Accepted("local", "1"))), due_at=2300.0)
    await store.save(job)
    due = await claim(store, 2000.0)
    assert (await store.next_due(HERE), due.next_at, due.waits) == (2300.0, 2300.0, False)
