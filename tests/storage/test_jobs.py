"""One behavioural suite for both databases: orders, allowances, claims, fairness."""

import asyncio
import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Illegal, Stale
from bot.jobs import machine
from bot.jobs.machine import apply, hold
from bot.model import Accepted, Address, Brush, Incident, Job, Payment, Photo, Refused, Render, Search
from bot.ports import Step
from bot.quotas.rules import Denied
from storage import open_store
from storage.jobs import Store
from tests.samples import a_job, an_order
from tests.storage.steps import CLIP, HERE, LEASE, begin, claim, ledger, polled, run, start, submit, upto


async def test_a_job_comes_back_as_it_went_in(store: Store) -> None:
    mask = Photo("mask.png", 640, 480)
    order = an_order(
        seconds=5,
        negative="rain",
        cfg=0.7,
        static_mask=mask,
        brushes=(Brush(mask, ((1, 2), (3, 4))), Brush(mask, ((5, 6), (7, 8), (9, 10)))),
    )
    job = a_job(order=order, address=Address("console", "chat", "message", "thread"))
    submission = await store.submit(job, hold(job), upto(job, 30))
    paid = (Payment("own", "console:0", "day:2026-11-20", 5),)
    assert submission.job == replace(job, credits_left=25, account="console:0", paid=paid)
    assert await store.job("job1") == await store.find("console:job1") == submission.job
    assert await store.job("job2") is await store.find("console:job2") is None
    end = a_job("job2", order=an_order(end=Photo("end.jpg", 300, 400)))
    assert await submit(store, end) == await store.job("job2")


async def test_every_field_survives_the_whole_way(store: Store) -> None:
    await submit(store, a_job())
    await store.track("job1", "status-7", "shown text")
    (job,) = await start(store)
    for event, changes in (
        (Accepted("local", "uuid:a/b"), {"host": "local", "remote_id": "uuid:a/b"}),
        (machine.Rendered(CLIP), {"clip": CLIP, "outcome": "clip"}),
        (machine.Sent(), {"done_at": 2000.0}),
    ):
        job = await run(store, job, event)
        assert await store.job("job1") == job
        for name, value in changes.items():
            assert getattr(job, name) == value
    assert (job.status_id, job.shown) == ("status-7", "shown text")


async def test_the_same_message_again_finds_its_first_job(store: Store) -> None:
    first = await submit(store, a_job(), 30)
    again = await store.submit(a_job("job2", key="console:job1"), hold(a_job("job2")), upto(first, 30))
    assert (again.job, again.fresh) == (first, False)
    assert len(await ledger(store)) == 1


async def test_an_allowance_is_spent_and_no_more(store: Store) -> None:
    for number in range(6):
        await submit(store, a_job(f"job{number}"), 30)
    refused = await store.submit(a_job("job7"), hold(a_job("job7")), upto(a_job(), 30))
    assert refused.job is None
    assert refused.denied == Denied("allowance", 30, 0)
    assert await store.used("console:0", "day:2026-11-20") == 30
    assert await store.used("console:0", "day:2026-11-21") == 0
    assert await store.job("job7") is None
    await submit(store, a_job("job8", spent_from="day:2026-11-21"), 30)
    await submit(store, a_job("job9", person="console:1"), 30)


async def test_a_race_for_the_last_credits_spends_just_those(database_url: str | None, tmp_path: Path) -> None:
    stores = await asyncio.gather(*(open_store(tmp_path, database_url) for _ in range(8)))
    try:
        jobs = [a_job(f"job{n}", price=1) for n in range(60)]
        answers = await asyncio.gather(
            *(stores[n % 8].submit(job, hold(job), upto(job, 10)) for n, job in enumerate(jobs))
        )
        assert sum(answer.job is not None for answer in answers) == 10
        assert await stores[0].used("console:0", "day:2026-11-20") == 10
        assert len(await ledger(stores[0])) == 10
    finally:
        await asyncio.gather(*(store.close() for store in stores))


async def test_one_message_submitted_by_all_at_once_is_one_job(database_url: str | None, tmp_path: Path) -> None:
    stores = await asyncio.gather(*(open_store(tmp_path, database_url) for _ in range(4)))
    try:
        jobs = [a_job(f"job{n}", key="console:one") for n in range(40)]
        answers = await asyncio.gather(
            *(stores[n % 4].submit(job, hold(job), upto(job, 30)) for n, job in enumerate(jobs))
        )
        assert len({answer.job.id for answer in answers if answer.job}) == 1
        assert sum(answer.fresh for answer in answers) == 1
        assert await stores[0].used("console:0", "day:2026-11-20") == 5
    finally:
        await asyncio.gather(*(store.close() for store in stores))


async def test_a_failure_gives_back_and_a_clip_does_not(store: Store) -> None:
    await submit(store, a_job("good"), 30)
    await submit(store, a_job("bad", created_at=1001.0), 30)
    good, bad = sorted(await start(store), key=lambda j: j.created_at)
    await run(store, good, Accepted("local", "1"), machine.Rendered(CLIP), machine.Sent())
    await run(store, bad, Accepted("local", "2"), Refused("failed"), machine.Sent())
    assert await store.used("console:0", "day:2026-11-20") == 5
    rows = await ledger(store)
    assert Counter(row["kind"] for row in rows) == {"hold": 2, "capture": 1, "refund": 1}
    assert (sum(row["held"] for row in rows), sum(row["spent"] for row in rows)) == (0, 5)


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


async def test_past_renders_are_told_apart(store: Store) -> None:
    for n, (seconds, took) in enumerate(((5, 60.0), (10, 120.0), (5, 70.0))):
        job = a_job(f"job{n}", order=an_order(seconds=seconds))
        await submit(store, job)
        (job,) = await start(store)
        job = await run(store, job, Accepted("local", str(n)))
        await run(store, job, machine.Rendered(CLIP), now=2000.0 + took)
    assert sorted(render.seen for render in await store.renders("local", "kling", 5)) == [60.0, 70.0]
    assert [render.seen for render in await store.renders("local", "kling", 5, limit=1)] == [70.0]
    assert await store.renders("local", "kling", 10) == [Render(120.0)]
    assert await store.renders("aimlapi", "kling", 5) == []


async def test_renders_still_going_count_up_to_their_last_good_look(store: Store) -> None:
    jobs = []
    for n in range(5):
        await submit(store, a_job(f"job{n}"))
        (job,) = await start(store)
        jobs.append(await run(store, job, Accepted("local", str(n)), now=2000.0 + n))
    await run(store, jobs[0], machine.Rendered(CLIP), now=2050.0)
    await run(store, jobs[1], machine.Waiting(), now=2031.0)
    await run(store, jobs[2], machine.Waiting(tries=1), now=2032.0)  # a look that went wrong says nothing
    await run(store, jobs[3], Refused("failed"), now=2033.0)
    assert await store.renders("local", "kling", 5) == [Render(0.0, False), Render(30.0, False), Render(50.0)]
    # With no more than one known, what was going before that one ended is cut off.
    assert await store.renders("local", "kling", 5, limit=1) == [
        Render(0.0, False, since=46.0),
        Render(30.0, False, since=49.0),
        Render(50.0, since=50.0),
    ]


async def test_lines_of_jobs_at_a_provider_are_found_but_for_the_new_and_those_soon_due(store: Store) -> None:
    for n in range(6):
        await submit(store, a_job(f"job{n}"))
        (job,) = await start(store)
        if n:  # the first stays on its way to the provider
            changed, _ = apply(job, Accepted("local", str(n)), 2001.0 + n, 2100.0 + n)
            await store.save(changed)
        if n != 3:
            assert await store.track(job.id, f"line{n}", "…")
    await submit(store, a_job("queued"))
    await store.track("queued", "line", "…")
    found = await store.under_way(HERE, 2000.0, 2006.0, 10)
    assert [job.id for job in found] == ["job4", "job2", "job1", "job0"]
    assert [job.id for job in await store.under_way(HERE, 2101.5, 2010.0, 2)] == ["job5", "job4"]
    assert await store.under_way(("telegram",), 2000.0, 2010.0, 10) == []


async def test_an_order_parked_by_an_older_version_is_read(store: Store) -> None:
    job = a_job(account="console:0")
    body = json.loads(store.quotas.write(job))
    assert await store.quotas.read(json.dumps(body)) == job
    for column in ("halted", "waits", "favourite", "polls"):  # they came later than the first parked orders
        del body[column]
    assert await store.quotas.read(json.dumps(body)) == job


async def test_why_a_job_waits_is_kept_until_it_goes_on(store: Store) -> None:
    await submit(store, a_job())
    (job,) = await start(store)
    await run(store, job, machine.PutBack("account"))
    again = await store.job(job.id)
    assert again
    assert (again.waits, again.tries) == ("account", 1)
    (job,) = await start(store)
    assert job.waits is None
    job = await run(store, job, Accepted("local", "1"), machine.Waiting(2, "clip"))
    again = await store.job(job.id)
    assert again
    assert (again.waits, again.tries) == ("clip", 2)
    await run(store, job, machine.Rendered(CLIP))
    again = await store.job(job.id)
    assert again
    assert again.waits is None


async def test_a_person_sees_the_latest_jobs_first(store: Store) -> None:
    for n in range(12):
        await submit(store, a_job(f"job{n:02}", created_at=1000.0 + n))
    await submit(store, a_job("other", person="console:1", created_at=5000.0))
    assert [job.id for job in await store.jobs("console:0")] == [f"job{n:02}" for n in range(11, 1, -1)]


async def with_clip(store: Store, id: str, prompt: str, at: float, person: str = "console:0") -> None:
    order = replace(an_order(), prompt=prompt)
    await submit(store, a_job(id, person=person, order=order, created_at=at, due_at=at))
    (job,) = await start(store)
    events = (Accepted("local", "r"), machine.Rendered(CLIP), machine.Sent())
    await run(store, job, *events)


async def found(store: Store, words: str = "", person: str = "console:0", **search: Any) -> str:
    return " ".join([job.id for job in await store.jobs(person, search=Search(words, **search))])


async def test_a_history_is_searched_by_words(store: Store) -> None:
    said = {
        "a": "The  BOAT drifts over the lake",
        "b": "100% Nebel, Straße_1!",
        "c": "ｆｕｌｌ wi\x00dth \ud800",
        "d": "İstanbul",
    }
    for n, (id, prompt) in enumerate(said.items()):
        await submit(store, a_job(id, order=replace(an_order(), prompt=prompt), created_at=1000.0 + n))
    await submit(store, a_job("x", person="console:1", order=replace(an_order(), prompt="a lake"), created_at=1.0))
    for words, ids in {
        "lake": "a",
        "lake boat": "a",
        "boat the LAKE  over": "a",
        "lake nebel": "",
        "%": "b",
        "_1": "b",
        "100% !": "b",
        "STRASSE": "b",
        "full": "c",
        "a_t": "",
        "İSTANBUL": "d",
        "b\x00oat": "a",
        "lake \ud800": "a",
        "": "d c b a",
        "lake " * 40: "a",
    }.items():
        assert await found(store, words) == ids, words


async def test_a_history_goes_on_where_it_ended(store: Store) -> None:
    for id in "abcdef":
        await submit(store, a_job(id, created_at=1000.0 if id < "d" else 1001.0))
    jobs = [job for job in await store.jobs("console:0", 2)]
    seen = [*jobs]
    while jobs:
        jobs = await store.jobs("console:0", 2, search=Search(before=(jobs[-1].created_at, jobs[-1].id)))
        seen += jobs
    assert [job.id for job in seen] == list("fedcba")


async def test_favourites_are_ones_own_finished_clips(store: Store) -> None:
    for n, id in enumerate("abc"):
        await with_clip(store, id, "a lake", 1000.0 + n)
    await with_clip(store, "x", "a lake", 1.0, "console:1")
    await submit(store, a_job("q", created_at=2000.0))
    assert await found(store, clips=True) == "c b a"
    assert await store.favour("console:0", "b", True)
    assert await store.favour("console:0", "b", True)
    assert [await store.favour("console:0", id, True) for id in ("x", "q", "nope")] == [False] * 3
    assert (await found(store, favourites=True), await found(store, person="console:1", favourites=True)) == ("b", "")
    assert await found(store, "lake", favourites=True, clips=True) == "b"
    await store.retention.anonymise("console:0", ["b"], 3000.0, (), "gone:x")
    assert (await found(store, favourites=True), await found(store, person="gone:x", favourites=True)) == ("", "")
    rows = await store._db.read(lambda tx: tx.all("SELECT wording, favourite FROM jobs WHERE id = 'b'"))
    assert [dict(row) for row in rows] == [{"wording": "", "favourite": 0}]
    assert await store.favour("console:0", "c", True)
    assert await store.favour("console:0", "c", False)
    assert await found(store, favourites=True) == ""
    await store.retention.swept(["c", "a"], clips=True)
    assert (await found(store, clips=True), await store.favour("console:0", "c", True)) == ("", False)


async def test_a_status_line_that_comes_late_is_told(store: Store) -> None:
    await submit(store, a_job())
    assert await store.track("job1", "s1", "text")
    (job,) = await start(store)
    await run(store, job, Accepted("local", "1"), machine.Rendered(CLIP), machine.Sent())
    assert not await store.track("job1", "s2", "text")


async def test_health_counts_what_is_not_done(store: Store) -> None:
    await submit(store, a_job("a"))
    await submit(store, a_job("b"))
    (job, _) = await start(store)
    await run(store, job, Accepted("local", "1"), machine.Rendered(CLIP), machine.Sent())
    health = await store.health(2100.0)
    assert (health.states, health.overdue) == ({"submitting": 1}, 90.0)


async def test_incidents_are_kept_newest_first(store: Store) -> None:
    told = [Incident(1000.0 + n, f"what {n}", "detail", "local", "job") for n in range(7)]
    for incident in told:
        await store.note(incident)
    assert await store.incidents() == told[:1:-1]


async def test_the_schema_refuses_what_the_machine_would_never_do(store: Store) -> None:
    await submit(store, a_job())
    for nonsense in (
        "UPDATE jobs SET state = 'done'",
        "UPDATE jobs SET state = 'running'",
        "UPDATE jobs SET outcome = 'clip'",
        "UPDATE jobs SET state = 'delivering', outcome = 'clip', settled_at = 1",
        "UPDATE jobs SET state = 'flying'",
        "UPDATE books SET used = -1",
        "INSERT INTO ledger VALUES (0, '', 'refund', 'hold', 'job1', 'b', 's', 'p', '', 0, 0, 0, '', 'own')",
        "INSERT INTO ledger VALUES (0, '', 'hold', 'hold', 'nobody', 'b', 's', 'p', '', 0, 0, 0, '', 'own')",
        "INSERT INTO ledger VALUES (0, '', 'grant', 'grant', 'job1', 'b', 's', 'p', '', 0, 0, 0, '', 'own')",
    ):
        with pytest.raises(Exception, match=r"(?i)constraint"):
            await store._db.write(lambda tx, sql=nonsense: tx.all(sql))
