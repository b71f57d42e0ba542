"""Figures for the metrics: what they count, on both databases, and that no statement reads a whole table."""

import re
from dataclasses import replace

import pytest

from bot.jobs import machine
from bot.model import Accepted, Clip, Incident, Job
from bot.quotas.records import Act
from bot.quotas.rules import Rule
from bot.sentence import EMPTY
from storage import vitals
from storage.database import Transaction
from storage.jobs import Store
from storage.sqlite_sql import for_sqlite, named
from tests.samples import a_job

NOW = 1_800_000_000.0
MIDNIGHT = NOW - 3600
SPAN = "credits:day:2027-01-15"


async def submitted(store: Store, id: str, scope: str, at: float = NOW - 60) -> Job:
    job = a_job(id, scope=scope, person=f"telegram:{id}", created_at=at, due_at=at)
    found = await store.submit(job, machine.hold(job))
    assert found.job
    return found.job


async def stepped(store: Store, job: Job, *events: machine.Event, due_at: float | None = None) -> Job:
    for event in events:
        job, entry = machine.apply(job, event, job.created_at + 1, due_at)
        await store.save(job, entry)
    return job


async def look(store: Store) -> vitals.Snapshot:
    return await store.vitals.snapshot(NOW, MIDNIGHT, [SPAN], ["telegram", "discord"])


async def test_an_empty_installation(store: Store) -> None:
    found = await look(store)
    assert (found.states, found.oldest_due, found.in_doubt, found.spent, found.moved) == ({}, None, 0, {}, {})
    assert (found.ledger_error, found.heard, found.waiting, found.paused, found.incidents) == (0, {}, {}, False, 0)


async def test_movements_of_all_communities_since_midnight(store: Store) -> None:
    made = machine.Rendered(Clip("clip.mp4", 5.0, 640, 480, 1000))
    await submitted(store, "waits", "")
    done = await submitted(store, "done", "telegram:-1")
    done = await stepped(store, done, machine.Started(), Accepted("local", "r"), made)
    await stepped(store, await submitted(store, "gone", "telegram:-2"), machine.Cancelled())
    old = await submitted(store, "old", "telegram:-1", MIDNIGHT - 100)
    await stepped(store, old, machine.Cancelled())
    found = await look(store)
    assert found.moved == {"hold": 15, "capture": 5, "refund": 5}
    assert found.states == {"queued": 1, "delivering": 3}
    assert found.ledger_error == 0


async def test_orders_in_doubt_are_purchases_whose_lease_is_over(store: Store) -> None:
    for id, due_at in (("fresh", NOW + 60), ("over", NOW - 1)):
        await stepped(store, await submitted(store, id, ""), machine.Started(), due_at=due_at)
    found = await look(store)
    assert (found.in_doubt, found.oldest_due) == (1, NOW - 1)
    asked = await submitted(store, "asked", "")
    await stepped(store, asked, machine.Started(), machine.Unanswered(NOW + 600), due_at=NOW + 60)
    assert (await look(store)).in_doubt == 2


@pytest.mark.parametrize("statement", ["DELETE FROM ledger WHERE step = '{}'", "UPDATE ledger SET held = held + 1"])
async def test_a_ledger_that_is_off_is_seen(store: Store, statement: str) -> None:
    job = await submitted(store, "one", "")
    await store._db.write(lambda tx: tx.all(statement.format("hold")))
    assert (await look(store)).ledger_error in (1, 5)
    assert job.price == 5


async def test_a_finished_job_that_still_holds_something_is_seen(store: Store) -> None:
    job = await stepped(store, await submitted(store, "one", ""), machine.Cancelled())
    await stepped(store, replace(job, created_at=NOW - 30), machine.Sent("1"))
    assert (await look(store)).ledger_error == 0
    await store._db.write(lambda tx: tx.all("UPDATE ledger SET held = held - 2 WHERE step = 'settle'"))
    assert (await look(store)).ledger_error == 2
    assert await store.vitals.ledger_error() == 2
    await store._db.write(lambda tx: tx.all("UPDATE jobs SET done_at = done_at - 86400"))
    assert (await look(store)).ledger_error == 0
    assert await store.vitals.ledger_error() == 2, "however long ago it ended"


async def test_the_whole_ledger_agrees_with_lives_of_all_kinds(store: Store) -> None:
    assert await store.vitals.ledger_error() == 0
    await submitted(store, "line", "")
    await stepped(store, await submitted(store, "sent", ""), machine.Started(), due_at=NOW + 60)
    await stepped(store, await submitted(store, "over", ""), machine.Cancelled())
    assert await store.vitals.ledger_error() == 0


async def test_updates_troubles_and_the_switch(store: Store) -> None:
    await store.inbox.take("telegram:1", "telegram", "{}", NOW - 50)
    await store.inbox.take("telegram:2", "telegram", "{}", NOW - 40)
    await store.inbox.handled("telegram:1", NOW - 30)
    await store.inbox.take("web:1", "web", "{}", NOW)
    await store.note(Incident(NOW - 5, EMPTY, EMPTY))
    await store.note(Incident(NOW - 2 * vitals.DAY, EMPTY, EMPTY))
    await store.quotas.amend(Act("a1", NOW, "telegram:1", "*", "pause"), lambda rule: replace(rule, paused=True))
    found = await look(store)
    assert (found.heard, found.waiting) == ({"telegram": NOW - 30}, {"telegram": NOW - 40})
    assert (found.paused, found.incidents) == (True, 1)
    assert Rule(paused=True) == (await store.quotas.rules("*"))[""]


async def test_no_statement_reads_a_whole_table(store: Store, database_url: str | None) -> None:
    """Asked of SQLite, which decides without statistics."""
    if database_url:
        return
    for name in ("DOUBT", "SPENT", "MOVED", "OWED", "KEPT", "HEARD", "TROUBLES"):
        text = for_sqlite(getattr(vitals, name))
        values = named([0.0] if name not in ("SPENT", "HEARD") else ["[]"])

        async def plan(tx: Transaction, text: str = text, values: dict[str, object] = values) -> list[str]:
            return [row["detail"] for row in await tx.all(f"EXPLAIN QUERY PLAN {text}", *values.values())]

        scans = [line for line in await store._db.read(plan) if line.startswith("SCAN")]
        small = re.compile("CONSTANT ROW|scopes|json_each|(jobs .*INDEX jobs_(alive|halted|due))")
        assert all(small.search(line) for line in scans), f"{name}: {scans}"
