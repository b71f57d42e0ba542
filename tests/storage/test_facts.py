"""What is searched for is in columns, whatever people write into titles, words and reasons. On both databases."""

import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from bot.gallery.model import OutboxEntry
from bot.model import Address, Search
from bot.quotas.records import Act
from bot.quotas.rules import Rule, about
from storage import backfill, open_store
from storage.jobs import Store
from storage.rows import values as job_row
from tests.bookkeeping import rows
from tests.older import database_of
from tests.samples import a_job, an_order

NOW = 1_800_000_000.0
ANN, BOB, TOWN = "telegram:900100200", "telegram:700100200", "telegram:-100555"
HOSTILE = '{"paused": true, "best": "week", "public": true, "people": ["telegram:900100200"], "x": "-100555/"}'


def an_act(id: str, scope: str = TOWN, about: str = "") -> Act:
    return Act(id, NOW, BOB, scope, "set", about)


async def put(store: Store, id: str, rule: Rule, scope: str = TOWN, about: str = "") -> None:
    await store.quotas.amend(an_act(id, scope, about), lambda _: rule)


def test_no_fact_is_found_by_searching_a_text() -> None:
    """Only people search: their own history, for words."""
    root = Path(__file__).parent.parent.parent / "storage"
    for path in sorted(root.glob("*.py")):
        found = re.findall(
            r"(?<!words )\bLIKE\b|\bSUBSTR\w*\(|\bINSTR\(|\bSTRPOS\(|= replace\(\w+, \$", path.read_text("utf-8")
        )
        assert not found, path.name
        written = re.findall(r"(?:INTO|UPDATE|DELETE FROM) (?:rules|list_members)\b", path.read_text("utf-8"))
        assert not written or path.name == "rules.py", "a rule and what is searched of it are written together"


async def test_columns_say_what_the_rule_says(store: Store) -> None:
    rules = [
        Rule(paused=True),
        Rule(best="month", public=True, title=HOSTILE, words=(HOSTILE,)),
        Rule(paused=False, public=False, because=HOSTILE),
        Rule(),
    ]
    for n, rule in enumerate(rules):
        await put(store, f"a{n}", rule)
        (row,) = await rows(store, "SELECT kind, value, paused, best, public FROM rules")
        assert Rule.load(row["value"]) == rule
        found = (row["kind"], row["paused"], row["best"], row["public"])
        assert found == ("", int(bool(rule.paused)), rule.best, int(bool(rule.public)))


async def test_words_that_look_like_a_fact_are_none(store: Store) -> None:
    await put(store, "a1", Rule(title=HOSTILE, because=HOSTILE, words=(HOSTILE, "-100555/")), scope="*")
    await put(store, "a2", Rule(title=HOSTILE, words=(HOSTILE, "-100555/"), gallery="-100555/7", places=("-100555/",)))
    assert await store.gallery.punctual() == []
    assert await store.gallery.web_galleries() == []
    assert not await store._db.read(lambda tx: tx.one("SELECT 1 FROM rules WHERE paused = 1"))
    await store.inbox.move("telegram", "-100555", "-100999")
    rule = (await store.quotas.rules(TOWN))[""]
    assert rule.words == (HOSTILE, "-100555/")
    assert rule.title == HOSTILE
    assert (rule.gallery, rule.places) == ("-100999/7", ("-100999/",))


async def test_a_chat_that_moves_twice_takes_its_places_along_and_leaves_others(store: Store) -> None:
    await put(store, "a1", Rule(places=("-5/", "-5/8", "-55/"), gallery="-5/", review="-55/1"), scope="telegram:-5")
    await put(store, "a2", Rule(gallery="-55/"), scope="telegram:-55")
    await store.inbox.move("telegram", "-5", "-1005")
    await store.inbox.move("telegram", "-1005", "-10055")
    rule = (await store.quotas.rules("telegram:-5"))[""]
    assert rule == Rule(places=("-10055/", "-10055/8", "-55/"), gallery="-10055/", review="-55/1")
    assert (await store.quotas.rules("telegram:-55"))[""] == Rule(gallery="-55/")


async def test_an_undo_brings_the_columns_back(store: Store) -> None:
    await put(store, "a1", Rule(best="week"))
    await put(store, "a2", Rule())
    assert await store.gallery.punctual() == []
    await store.quotas.undo("a2", replace(an_act("a3"), verb="undo"))
    assert [scope for scope, _ in await store.gallery.punctual()] == [TOWN]


async def test_who_is_forgotten_leaves_every_list_and_the_log_of_it(store: Store) -> None:
    staff = about("list", "staff")
    await put(store, "a1", Rule(people=(ANN, BOB), title=HOSTILE), about=staff)
    await put(store, "a2", Rule(people=(BOB,), title=HOSTILE), about=staff)
    await put(store, "a3", Rule(people=(ANN, BOB), title=HOSTILE), about=staff)
    await store.retention.forget(ANN, NOW, [], "gone:x")
    rule = (await store.quotas.rules(TOWN))[staff]
    assert (rule.people, rule.title) == ((BOB,), HOSTILE)
    acts = {act.id: act for act in await store.figures.audit(TOWN, 9)}
    assert [Rule.load(acts[id].after).people for id in ("a1", "a2", "a3")] == [("gone:x", BOB), (BOB,), ("gone:x", BOB)]
    assert Rule.load(acts["a2"].before).people == ("gone:x", BOB)
    assert Rule.load(acts["a1"].after).title == HOSTILE  # a text is not a name
    for table in ("list_members", "act_members"):
        assert {row["person"] for row in await rows(store, f"SELECT person FROM {table}")} == {BOB}


async def test_a_note_goes_with_whom_it_names_and_not_with_who_looks_alike(store: Store) -> None:
    inbox = store.inbox
    await inbox.remember("telegram", "-1", "asked:1", "x", NOW, [ANN, BOB])
    await inbox.remember("telegram", "-1", "asked:2", f'["{ANN[9:]}"]', NOW, [BOB])
    await inbox.remember("telegram", "-1", "asked:3", "x", NOW, [ANN])
    await inbox.remember("telegram", "-1", "asked:3", "x", NOW, [BOB])  # asked anew
    await inbox.remember("telegram", "-1", "asked:4", "x", NOW, [ANN])
    await inbox.move("telegram", "-1", "-9")
    await store.retention.forget(ANN, NOW, [], "gone:x")
    assert [row["name"] for row in await rows(store, "SELECT name FROM notes ORDER BY name")] == ["asked:2", "asked:3"]
    assert {row["person"] for row in await rows(store, "SELECT person FROM note_people")} == {BOB}


async def test_what_is_to_be_said_goes_with_what_it_shows(store: Store) -> None:
    place = Address("telegram", "-1")
    for id, shows in (("one", ("s1", "s2")), ("two", ("s2",)), ("words", ())):
        await store.outbox.put(OutboxEntry(id, "tell", place, NOW, text="see /show s1", shows=shows))
    for entry in await store.outbox.claim(NOW, 60.0, 9, ["telegram"]):
        if entry.id == "two":
            await store.outbox.done(entry)
    assert {row["entry"] for row in await rows(store, "SELECT entry FROM outbox_shares")} == {"one"}


# ── What an older version wrote ──────────────────────────────────────────────────────────────────────────────────────

BEST = Rule(best="week", public=True, title=HOSTILE, gallery="-100555/", web="town").dump()
OLD: list[tuple[str, list[tuple[Any, ...]]]] = [
    (
        "INSERT INTO rules (scope, about, value) VALUES ($1, $2, $3)",
        [
            ("*", "", '{"paused": true}'),
            (TOWN, "", BEST),
            ("telegram:-7", "", Rule(title=HOSTILE).dump()),
            (TOWN, "list:staff", Rule(people=(ANN, BOB)).dump()),
            (TOWN, f"person:{ANN}", Rule(credits=3).dump()),
            (TOWN, "tier:9", Rule(credits=4).dump()),
        ],
    ),
    (
        "INSERT INTO audit (id, at, actor, name, scope, verb, about, label, because, before, after) "
        "VALUES ($1, 1, 'discord:1', '', $2, 'list', 'list:staff', '', '', $3, $4)",
        [("a1", TOWN, "", Rule(people=(ANN, BOB)).dump())],
    ),
    (
        "INSERT INTO errands (id, kind, platform, chat, thread, message, share, body, due_at) "
        "VALUES ($1, 'tell', 'telegram', '-1', '', '', $2, $3, 1)",
        [
            ("reported", "s1", json.dumps({"text": "x", "buttons": [["Hide", "/hide s1"], ["Keep", "/keep s1"]]})),
            ("best", "", json.dumps({"text": "x", "buttons": [["1", "/show s1"], ["2", "/show s2"]]})),
            ("words", "", json.dumps({"text": "/show s1 and /hide s1", "buttons": []})),
        ],
    ),
    (
        "INSERT INTO notes (platform, chat, name, value, until) VALUES ($1, $2, $3, $4, 9e9)",
        [
            ("telegram", "-1", "asked:1", json.dumps([ANN[9:], "/again x", [], ""])),
            ("telegram", "", "name:ann", ANN[9:]),
            ("telegram", "-1", "asked:2", json.dumps([BOB[9:], "/again x", [], ""])),
            ("telegram", "-1", "privacy", "told"),
        ],
    ),
    (
        "INSERT INTO books (book, span, used) VALUES ($1, $2, $3)",
        [
            (f"guesses:{ANN}", "hour:500000", 4),
            (ANN, "day:2026-11-20", 0),
            (f"scope:{TOWN}", "month:2026-11", 7),
            ("operator", "credits:day:2026-11-20", 7),
            (f"scope:{TOWN}", "flight", 0),
        ],
    ),
    (
        "INSERT INTO ledger (at, actor, kind, step, book, span, person, scope, held, spent, given, because) "
        "VALUES ($1, '', $2, $2, $3, '', $4, $5, 0, 0, 9, '')",
        [(NOW, "grant", "grant:g1", ANN, TOWN), (NOW, "adjust", ANN, ANN, "")],
    ),
    ("INSERT INTO forgetting (person, at) VALUES ($1, $2)", [("telegram:1", NOW)]),
]


async def test_a_database_of_version_6_keeps_its_facts(
    database_url: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await database_of(6, database_url, tmp_path, monkeypatch)
    for sql, values in OLD:
        for row in values:
            await database.write(lambda tx, sql=sql, row=row: tx.all(sql, *row))
    await database.close()

    store = await open_store(tmp_path, database_url)
    try:
        kinds = await rows(store, "SELECT about, kind, paused, best, public FROM rules ORDER BY scope, about")
        assert [tuple(row.values()) for row in kinds] == [
            ("", "", 1, None, 0),
            ("", "", 0, "week", 1),
            ("list:staff", "list", 0, None, 0),
            (f"person:{ANN}", "person", 0, None, 0),
            ("tier:9", "tier", 0, None, 0),
            ("", "", 0, None, 0),
        ]
        assert [scope for scope, _ in await store.gallery.punctual()] == [TOWN]
        for table in ("list_members", "act_members"):
            found = await rows(store, f"SELECT person FROM {table} ORDER BY person")
            assert [row["person"] for row in found] == [BOB, ANN]
        topics = await rows(store, "SELECT id FROM outbox WHERE topic = 'report'")
        assert [row["id"] for row in topics] == ["reported"]
        shown = await rows(store, "SELECT entry, share FROM outbox_shares ORDER BY share")
        assert [tuple(row.values()) for row in shown] == [("best", "s1"), ("best", "s2")]
        assert await rows(store, "SELECT * FROM guesses") == [{"person": ANN, "hour": 500_000, "used": 4}]
        counters = await rows(store, "SELECT book, span, kind FROM books ORDER BY book, span")
        assert [tuple(row.values()) for row in counters] == [
            ("operator", "credits:day:2026-11-20", "cap"),
            (f"scope:{TOWN}", "flight", "flight"),
            (f"scope:{TOWN}", "month:2026-11", "cap"),
            (ANN, "day:2026-11-20", "own"),
        ]
        assert await store.figures.communities("month:2026-11") == [(TOWN, 7)]
        sources = await rows(store, "SELECT book, source FROM ledger ORDER BY book")
        assert [tuple(row.values()) for row in sources] == [("grant:g1", "grant"), (ANN, "own")]
        await store.retention.forget(ANN, NOW, [], "gone:x")
        assert (await store.quotas.rules(TOWN))["list:staff"].people == (BOB,)
        notes = await rows(store, "SELECT name FROM notes ORDER BY name")
        assert [row["name"] for row in notes] == ["asked:2", "privacy"]
    finally:
        await store.close()


LATER = frozenset({"wording", "favourite", "waits", "halted", "polls", "posted", "ask_until", "unlogged", "copied"})
"""Columns of jobs that version 7 had not yet."""


async def test_orders_of_a_database_of_version_7_can_be_searched(
    database_url: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill, "PAGE", 2)
    database = await database_of(7, database_url, tmp_path, monkeypatch)
    for id in "abc":
        order = an_order(prompt=f"{id} LAKE \x00 \ud800")
        details = {name: value for name, value in asdict(order).items() if name not in ("model", "seconds")}
        row = {**job_row(a_job(id, order=order)), "details": json.dumps(details)}
        kept = {name: value for name, value in row.items() if name not in LATER}
        places = ", ".join(f"${n}" for n, _ in enumerate(kept, 1))
        sql = f"INSERT INTO jobs ({', '.join(kept)}) VALUES ({places})"
        await database.write(lambda tx, sql=sql, kept=kept: tx.all(sql, *kept.values()))
    await database.close()
    store = await open_store(tmp_path, database_url)
    try:
        found = await store.jobs("console:0", search=Search("lake"))
        assert [(job.id, job.favourite) for job in found] == [("c", False), ("b", False), ("a", False)]
    finally:
        await store.close()
