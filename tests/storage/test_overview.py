"""What the operator's page reads, on both databases."""

import re

from bot.jobs import machine
from bot.model import Accepted, Clip, Incident, Job, Refused
from bot.quotas.records import Act
from bot.quotas.rules import Rule
from bot.sentence import verbatim
from storage import overview
from storage.database import Transaction
from storage.jobs import Store
from storage.sqlite_sql import for_sqlite, named
from tests.samples import a_job

NOW = 1_800_000_000.0


async def lived(store: Store, id: str, at: float, outcome: str = "clip", **changes: object) -> Job:
    """A job that was ordered at `at`; `outcome` empty: it is still in line."""
    job = a_job(id, created_at=at, due_at=at, person=f"telegram:{id}", **changes)
    submitted = await store.submit(job, machine.hold(job))
    assert submitted.job
    job = submitted.job  # with what paid for it
    if not outcome:
        return job
    made = machine.Rendered(Clip(f"{id}.mp4", 640, 480, 5.0, 1000)) if outcome == "clip" else Refused("moderation")
    for event in (machine.Started(), Accepted("local", "r"), made, machine.Sent("1")):
        job, entry = machine.apply(job, event, at + 5, at + 9e6)
        await store.save(job, entry)
    return job


async def test_unfinished_oldest_first_and_done_newest_first(store: Store) -> None:
    await lived(store, "late", NOW - 10, "")
    await lived(store, "early", NOW - 20, "")
    for n, outcome in enumerate(("clip", "failed", "clip")):
        await lived(store, f"done{n}", NOW - 100 * n - 50, outcome)
    await store._db.write(lambda tx: tx.all("UPDATE jobs SET swept = 1 WHERE id = 'done2'"))
    see = store.overview
    assert [job.id for job in await see.unfinished(10)] == ["early", "late"]
    assert [job.id for job in await see.unfinished(1)] == ["early"]
    assert [job.id for job in await see.done(NOW, 10)] == ["done0", "done1", "done2"]
    assert [job.id for job in await see.done(NOW, 10, "clip")] == ["done0", "done2"]
    assert [job.id for job in await see.done(NOW - 45, 1, "failed")] == ["done1"]
    assert [job.id for job in await see.done(NOW - 145, 10)] == ["done2"]
    assert await see.ended(NOW - 200, 10) == [(NOW - 45, "clip"), (NOW - 145, "failed")]
    assert await see.ended(NOW - 200, 1) == [(NOW - 45, "clip")]


async def test_a_jobs_movements_and_incidents(store: Store) -> None:
    await lived(store, "one", NOW - 100)
    await lived(store, "two", NOW - 50, "failed")
    await store.note(Incident(NOW, verbatim("odd"), "x", "local", "one"))
    assert [(move.kind, move.held, move.spent) for move in await store.overview.moves("one")] == [
        ("hold", 5, 0),
        ("capture", -5, 5),
    ]
    assert [move.kind for move in await store.overview.moves("two")] == ["hold", "refund"]
    assert [found.what for found in await store.overview.incidents("one")] == ["odd"]
    assert await store.overview.incidents("two") == []


async def test_sessions_of_the_page(store: Store) -> None:
    sessions = store.operator_sessions
    await sessions.offer("link", "telegram:1", NOW, NOW + 60)
    assert await sessions.begin("link", "s1", NOW + 61, NOW + 100) is None
    assert await sessions.begin("other", "s1", NOW, NOW + 100) is None
    assert await sessions.begin("link", "s1", NOW, NOW + 100) == "telegram:1"
    assert await sessions.begin("link", "s2", NOW, NOW + 100) is None
    await sessions.offer("link", "telegram:1", NOW, NOW + 60)  # the same message again
    assert await sessions.begin("link", "s2", NOW, NOW + 100) is None
    assert await sessions.whose("s1", NOW + 99) == "telegram:1"
    assert await sessions.whose("s1", NOW + 100) is None
    assert await sessions.whose("link", NOW) is None
    await sessions.end("s1")
    assert await sessions.whose("s1", NOW) is None
    await sessions.offer("late", "telegram:1", NOW + 200, NOW + 300)  # which sweeps what is over
    assert await sessions.end_all(NOW + 200) == 1
    rows = await store._db.read(lambda tx: tx.all("SELECT hash FROM operator_sessions"))
    assert rows == []


async def test_people_with_their_latest_names_and_where_they_are_known(store: Store) -> None:
    await lived(store, "a", NOW - 20, label="old")
    await lived(store, "b", NOW - 30, "", label="B", scope="telegram:-1")
    job = a_job("c", person="telegram:a", label="new", scope="telegram:-2", created_at=NOW - 10, due_at=NOW)
    await store.submit(job, machine.hold(job))
    assert [(one.id, one.label, one.at) for one in await store.overview.people(10)] == [
        ("telegram:a", "new", NOW - 10),
        ("telegram:b", "B", NOW - 30),
    ]
    assert len(await store.overview.people(1)) == 1
    await store.quotas.amend(Act("a1", NOW, "x", "telegram:-3", "ban", "person:telegram:a"), lambda _: Rule(banned=9e9))
    assert await store.overview.scopes_of("telegram:a") == ["", "telegram:-2", "telegram:-3"]
    assert await store.overview.scopes_of("telegram:nobody") == []
    assert sorted(await store.overview.scopes()) == ["telegram:-1", "telegram:-2"]
    await store.quotas.amend(Act("a2", NOW + 1, "x", "*", "pause"), lambda _: Rule(paused=True))
    assert [act.id for act in await store.overview.acts(10)] == ["a2", "a1"]
    assert [act.id for act in await store.overview.acts(1)] == ["a2"]


async def test_no_statement_reads_all_jobs(store: Store, database_url: str | None) -> None:
    """Asked of SQLite, which decides without statistics."""
    if database_url:
        return
    for name in ("UNFINISHED", "ENDED", "DONE", "MOVES", "PEOPLE", "SCOPES_OF", "TAKEN", "PARTS", "SCOPES"):
        text = for_sqlite(getattr(overview, name))
        values = named(["[]" if name == "TAKEN" else 0.0] * len(set(re.findall(r"\$\d", getattr(overview, name)))))

        async def plan(tx: Transaction, text: str = text, values: dict[str, object] = values) -> list[str]:
            return [row["detail"] for row in await tx.all(f"EXPLAIN QUERY PLAN {text}", *values.values())]

        read = [line for line in await store._db.read(plan) if re.search(r"\b(jobs|ledger|charges)\b", line)]
        assert read, name
        assert all(line.startswith("SEARCH") or "jobs_alive" in line for line in read), f"{name}: {read}"
        if name in ("TAKEN", "PARTS"):  # sums of many rows
            assert all("COVERING" in line for line in read), f"{name}: {read}"


async def test_what_was_spent_and_on_what(store: Store) -> None:
    await lived(store, "a", NOW - 20, scope="telegram:-1", price=30)
    await lived(store, "b", NOW - 30, price=5)
    await lived(store, "c", NOW - 40, price=7)
    await lived(store, "d", NOW - 50, "failed", price=100)
    await lived(store, "e", NOW - 5000, price=100)
    model = a_job().order.model
    sql = "INSERT INTO charges (reference, host, job, usd, at) VALUES ($1, 'local', $2, $3, $4)"
    for reference, job, usd, at in (("r1", "a", 70, NOW), ("r2", "a", 5, NOW - 100), ("r3", None, 9, NOW - 100)):
        await store._db.write(lambda tx, values=(reference, job, usd, at): tx.all(sql, *values))
    days = [(NOW - 1000, NOW - 35), (NOW - 35, NOW)]
    found = await store.overview.parts(days)
    assert [(one.scope, one.host, one.model, one.clips, one.used, one.usd) for one in found] == [
        ("telegram:-1", "local", model, 1, 30, 75),
        ("", "local", model, 2, 12, 0),
    ]
    assert [one.used for one in await store.overview.parts(days[:1])] == [7]
    assert await store.overview.taken([(NOW - 200, NOW), (NOW, NOW + 1), (NOW + 1, NOW + 2)]) == [14, 70, 0]
    spent = "INSERT INTO books (book, span, kind, at, used) VALUES ('operator', 'credits:day:x', 'cap', 0, 12)"
    await store._db.write(lambda tx: tx.all(spent))
    assert await store.overview.spent(["credits:day:x", "credits:day:y"]) == {"credits:day:x": 12}
