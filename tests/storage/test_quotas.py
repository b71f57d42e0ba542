"""Bills, grants, caps and pardons, on both databases; many orders at once spend no more than there is."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Illegal
from bot.jobs import machine
from bot.jobs.machine import apply, hold
from bot.model import Job
from bot.quotas.pricing import Policy
from bot.quotas.rules import Rule
from storage import open_store
from storage.jobs import Store
from tests.bookkeeping import check, rows
from tests.layers import MODULES
from tests.older import database_of
from tests.storage.paying import CLIP, DAY, MONTH, NOW, TOWN, an_act, end, give, order, planned, rule, taken, town_job

# ── Paying ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_allowance_then_grants_the_soonest_expiry_first(store: Store) -> None:
    late, never, soon = await give(store, 4, NOW + 900), await give(store, 4), await give(store, 4, NOW + 100)
    policy = Policy(3)
    first = await taken(store, town_job("a"), policy)
    assert [(p.kind, p.book, p.amount) for p in first.paid if p.kind in ("own", "grant")] == [
        ("own", f"{TOWN}/discord:7", 3),
        ("grant", f"grant:{soon.id}", 2),
    ]
    assert (first.credits_left, first.credits_extra, first.spent_from) == (0, 10, DAY)
    second = await taken(store, town_job("b"), policy)
    assert [(p.book, p.amount) for p in second.paid if p.kind == "grant"] == [
        (f"grant:{soon.id}", 2),
        (f"grant:{late.id}", 3),
    ]
    third = await taken(store, town_job("c"), policy)
    assert [(p.book, p.amount) for p in third.paid if p.kind == "grant"] == [
        (f"grant:{late.id}", 1),
        (f"grant:{never.id}", 4),
    ]
    assert await order(store, town_job("d"), policy) == "allowance"
    await check(store)
    await end(store, second, clip=False)
    assert [(g.id, g.left) for g in await store.quotas.grants(TOWN, ["discord:7"], NOW)] == [(soon.id, 2), (late.id, 3)]
    await end(store, third, clip=False, now=NOW + 950)  # what it took from the grant that is over is not given back
    ledger = await rows(store, "SELECT book, kind, held, spent FROM ledger WHERE job = 'c' AND step = 'settle'")
    assert sorted((r["book"], r["kind"], r["held"], r["spent"]) for r in ledger) == sorted(
        [(f"grant:{late.id}", "lapse", -1, 1), (f"grant:{never.id}", "refund", -4, 0)]
    )
    await check(store)


async def test_a_revoked_grant_gets_nothing_back(store: Store) -> None:
    await give(store, 10)
    job = await taken(store, town_job("a"), Policy(0))
    done, amount = await store.quotas.revoke(an_act("revoke"), ["discord:7"])
    assert amount == 5
    await end(store, job, clip=False)
    assert await store.quotas.grants(TOWN, ["discord:7"], NOW) == []
    await check(store)
    await store.quotas.undo(done.id, an_act("undo"))
    assert [g.left for g in await store.quotas.grants(TOWN, ["discord:7"], NOW)] == [5]
    await check(store)


@pytest.mark.parametrize(
    ("about", "values", "policy", "cause"),
    [
        ("", {"flight": 1}, Policy(30), "flight"),
        ("person:discord:7", {"flight": 1}, Policy(30), "flight"),
        ("", {"flights": 1}, Policy(30), "community_flight"),
        ("", {"cap": 9}, Policy(30), "community_month"),
        ("", {"credits": 9}, Policy(30), "allowance"),
        ("", {}, Policy(30, day=9), "ceiling_day"),
        ("", {}, Policy(30, month=9), "ceiling_month"),
        ("", {}, Policy(30, price=100, money_day=999), "money_day"),
        ("", {}, Policy(30, price=100, money_month=999), "money_month"),
    ],
)
async def test_each_cap_refuses_the_second_and_a_refund_frees_it(
    store: Store, about: str, values: dict[str, Any], policy: Policy, cause: str
) -> None:
    await rule(store, about, **values)
    first = await taken(store, town_job("a"), policy)
    assert await order(store, town_job("b"), policy) == cause
    await end(store, first, clip=False)
    assert isinstance(await order(store, town_job("c"), policy), Job)
    await check(store)


async def test_a_delivered_clip_frees_its_place_and_keeps_its_price(store: Store) -> None:
    await rule(store, flight=1, flights=1, cap=10)
    await end(store, await taken(store, town_job("a")), clip=True)
    await taken(store, town_job("b", person="discord:8"))
    assert await store.figures.used(f"scope:{TOWN}", MONTH) == 10
    await check(store)


async def test_nobody_buys_while_it_is_paused(store: Store) -> None:
    waiting = await taken(store, town_job("a"))
    done = await rule(store, scope="*", paused=True)
    assert await order(store, town_job("b")) == "paused"
    args = (NOW, 10.0, 5, 5, ("discord",), ("local",), lambda job: apply(job, machine.Started(), NOW))
    assert await store.start(*args) == []
    await store.quotas.undo(done.id, an_act("undo"))
    assert [job.id for job in await store.start(*args)] == [waiting.id]


async def test_communities_are_closed_books(store: Store) -> None:
    await rule(store, "person:discord:7", credits=5)
    await give(store, 5)
    await taken(store, town_job("a"))
    await taken(store, town_job("b"))
    assert await order(store, town_job("c")) == "allowance"
    elsewhere = await taken(store, town_job("d", scope="discord:2"))
    assert (elsewhere.credits_left, elsewhere.credits_extra) == (25, 0)
    own = await taken(store, town_job("e", scope=""))
    assert (own.credits_left, own.credits_extra) == (25, 0)
    await check(store)


async def test_an_act_is_undone_once_and_only_if_nothing_came_between(store: Store) -> None:
    first = await rule(store, credits=10)
    second = await rule(store, credits=20)
    with pytest.raises(Illegal):
        await store.quotas.undo(first.id, an_act("undo"))
    await store.quotas.undo(second.id, an_act("undo"))
    assert (await store.quotas.rules(TOWN))[""].credits == 10
    with pytest.raises(Illegal):
        await store.quotas.undo(second.id, an_act("undo"))
    (undone,) = (act for act in await store.figures.audit(TOWN, 10) if act.undoes)
    assert (Rule.load(undone.before).credits, Rule.load(undone.after).credits) == (20, 10)
    given = await give(store, 10)
    await taken(store, town_job("a"), Policy(0, day=100))
    await store.quotas.undo(given.id, an_act("undo"))
    assert await store.quotas.grants(TOWN, ["discord:7"], NOW) == []
    await check(store)


async def test_a_paid_clip_is_pardoned_once(store: Store) -> None:
    await give(store, 3)
    job = await taken(store, town_job("a"), Policy(5))
    other = await taken(store, town_job("b", person="discord:8"), Policy(5))
    for wrong in (job.id, "nobody"):
        with pytest.raises(Illegal):
            await store.quotas.pardon(an_act("refund"), wrong)
    await end(store, job, clip=True)
    await end(store, other, clip=False)
    with pytest.raises(Illegal):
        await store.quotas.pardon(an_act("refund"), other.id)
    with pytest.raises(Illegal):
        await store.quotas.pardon(an_act("refund", scope="discord:2"), job.id)
    assert await store.quotas.pardon(an_act("refund", because="black"), job.id) == 5
    with pytest.raises(Illegal):
        await store.quotas.pardon(an_act("refund"), job.id)
    assert await store.figures.used(job.paid[0].book, DAY) == 0
    assert await store.figures.used(f"scope:{TOWN}", MONTH) == 5  # that money is spent
    await check(store)


# ── Races ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("source", ["allowance", "grant", "both", "cap", "ceiling", "linked"])
async def test_two_hundred_at_once_spend_ten_credits_and_no_more(
    database_url: str | None, tmp_path: Path, source: str
) -> None:
    stores = await asyncio.gather(*(open_store(tmp_path, database_url) for _ in range(8)))
    try:
        policy = Policy({"allowance": 10, "linked": 10, "grant": 0, "both": 4}.get(source, 1000))
        if source == "ceiling":
            policy = replace(policy, day=10)
        if source == "cap":
            await rule(stores[0], cap=10)
        if source in ("grant", "both"):
            for amount in (3, 3) if source == "both" else (2, 3, 5):
                await give(stores[0], amount)
        if source == "linked":
            await stores[0].accounts.offer("telegram:7", "code", NOW + 9)
            await stores[0].accounts.join("discord:7", "code", NOW, 5)
        scope = "" if source == "linked" else TOWN
        people = {"linked": ("telegram:7", "discord:7"), "cap": ("discord:7", "discord:8", "discord:9")}
        who = people.get(source, ("discord:7",))
        jobs = [town_job(f"j{n}", who[n % len(who)], price=1, scope=scope) for n in range(200)]
        async with asyncio.timeout(50):
            answers = await asyncio.gather(
                *(stores[n % 8].submit(job, hold(job), planned(job, policy)) for n, job in enumerate(jobs))
            )
        assert sum(answer.job is not None for answer in answers) == 10
        paid = "SELECT sum(held) AS n FROM ledger WHERE kind = 'hold'"
        assert int((await rows(stores[0], paid))[0]["n"]) == 10
        await check(stores[0])
    finally:
        await asyncio.gather(*(store.close() for store in stores))


async def test_orders_and_refunds_crossing_never_lock_up(database_url: str | None, tmp_path: Path) -> None:
    stores = await asyncio.gather(*(open_store(tmp_path, database_url) for _ in range(6)))
    try:

        async def live(store: Store, worker: int) -> None:
            for n in range(12):
                job = town_job(f"w{worker}n{n}", f"discord:{n % 3}", scope=TOWN if (n + worker) % 2 else "")
                made = await order(store, job, Policy(1000, day=10**6, price=5))
                assert isinstance(made, Job)
                await end(store, made, clip=n % 3 == 0)

        async with asyncio.timeout(50):
            await asyncio.gather(*(live(store, n) for n, store in enumerate(stores)))
        await check(stores[0])
        assert await stores[0].figures.used("discord:0", "flight") == 0
    finally:
        await asyncio.gather(*(store.close() for store in stores))


# ── From version 3 ───────────────────────────────────────────────────────────────────────────────────────────────────

_OLD = """
    INSERT INTO jobs (id, key, person, platform, chat, thread, message, model, seconds, details, price, spent_from,
        state, outcome, reason, due_at, claims, tries, host, remote_id, clip, shown, created_at, settled_at, done_at)
    VALUES ($1, $1, 'discord:7', 'discord', 'c', '', '', 'kling', 5, $2, 5, $3, $4, $5, $6, 1, 0, 0, $7, $8, $9, '',
        1, $10, $11)"""


async def test_a_database_of_version_3_goes_on_where_it_was(
    database_url: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await database_of(3, database_url, tmp_path, monkeypatch)
    details = json.dumps(
        {
            "photo": {"name": "p.jpg", "width": 1, "height": 1},
            **{"prompt": "x", "negative": "", "cfg": None, "end": None, "static_mask": None, "brushes": []},
        }
    )
    clip = json.dumps({"name": "c.mp4", "width": 1, "height": 1, "seconds": 5.0, "size": 1, "sound": False})
    old = [
        ("queued", None, None, None, None, None, None, None),
        ("submitting", None, None, None, None, None, None, None),
        ("running", None, None, "local", "r", None, None, None),
        ("delivering", "clip", None, "local", "r", clip, 2.0, None),
        ("done", "clip", None, "local", "r", clip, 2.0, 3.0),
        ("done", "failed", "failed", None, None, None, 2.0, 3.0),
    ]
    span = DAY
    for n, (state, *rest) in enumerate(old):
        await database.write(lambda tx, row=(f"j{n}", details, span, state, *rest): tx.all(_OLD, *row))
        for kind, step in (
            ("hold", "hold"),
            *((("capture" if rest[0] == "clip" else "refund"), "settle"),) * bool(rest[0]),
        ):
            held, spent = (5, 0) if kind == "hold" else (-5, 5 if kind == "capture" else 0)
            row = (f"j{n}", kind, step, "discord:7", span, held, spent, float(n))
            sql = "INSERT INTO ledger VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
            await database.write(lambda tx, row=row, sql=sql: tx.all(sql, *row))
    sql = "INSERT INTO allowances VALUES ('discord:7', $1, 25)"
    await database.write(lambda tx: tx.all(sql, span))
    await database.close()

    store = await open_store(tmp_path, database_url)
    try:
        used = store.figures.used
        assert await used("discord:7", span) == 25
        assert await used("discord:7", "flight") == 3
        assert await used("operator", f"credits:{span}") == await used("operator", f"credits:{MONTH}") == 25
        events: list[tuple[str, machine.Event]] = [
            ("j0", machine.Cancelled()),
            ("j1", machine.Lost()),
            ("j2", machine.Rendered(CLIP)),
        ]
        for name, event in events:
            job = await store.job(name)
            assert job
            await store.save(*apply(job, event, NOW))
        assert await used("discord:7", span) == 15
        assert await used("discord:7", "flight") == 0
        assert await used("operator", f"credits:{span}") == await used("operator", f"credits:{MONTH}") == 15
        sums = await rows(store, "SELECT sum(held) AS held, sum(spent) AS spent FROM ledger")
        assert (int(sums[0]["held"]), int(sums[0]["spent"])) == (0, 15)
        assert await store.quotas.pardon(an_act("refund", scope=""), "j4") == 5
        job = await store.job("j3")
        assert job
        await store.save(*apply(job, machine.Sent(), NOW))
        fresh = await taken(store, town_job("new", scope="", spent_from=span))
        assert fresh.credits_left == 15
    finally:
        await store.close()


def test_nothing_changes_or_deletes_what_was_written() -> None:
    for path in MODULES.values():
        if path.name in ("erase.py", "redaction.py"):  # take names out; test_retention_rows.py says what else they do
            continue
        text = " ".join(path.read_text("utf-8").upper().split())
        for table in ("AUDIT", "LEDGER"):
            for verb in (f"UPDATE {table}", f"DELETE FROM {table}", f"DROP TABLE {table}", f"REPLACE INTO {table}"):
                assert verb not in text, path
