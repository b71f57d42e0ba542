"""One behavioural suite for both databases: jobs as rows, allowances, figures, constraints."""

import asyncio
import json
from collections import Counter
from dataclasses import fields, replace
from pathlib import Path

import pytest

from bot.jobs import machine
from bot.jobs.machine import apply, hold
from bot.model import Accepted, Address, Brush, Incident, Order, Payment, Photo, Refused, Render
from bot.quotas.rules import Denied
from storage import open_store
from storage.jobs import Store
from tests.samples import a_job, an_order
from tests.storage.steps import CLIP, HERE, ledger, run, start, submit, upto


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


async def test_every_field_of_an_order_survives(store: Store) -> None:
    """Also one that is added: it has to have another value here than by default."""
    photo, mask = Photo("photo.jpg", 640, 480), Photo("mask.png", 640, 480)
    order = Order(
        model="kling",
        photo=photo,
        prompt="she smiles",
        seconds=10,
        negative="rain",
        cfg=0.7,
        end=Photo("end.jpg", 300, 400),
        static_mask=mask,
        brushes=(Brush(mask, ((1, 2), (3, 4))),),
        sample=True,
        cropped=True,
        sound=True,
        version=2,
    )
    assert [one.name for one in fields(Order) if getattr(order, one.name) == one.default] == []
    job = await submit(store, a_job(order=order))
    assert job.order == order
    assert (await store.job("job1") or job).order == order


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
