"""What the database keeps of people: how it is deleted, and that the sums stay right. On both databases."""

import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.gallery.model import line_removal
from bot.jobs import machine
from bot.jobs.machine import apply
from bot.media.library import Media
from bot.model import Address, Refused
from bot.privacy.export import MOVEMENTS
from bot.quotas import pricing
from bot.quotas.records import Act, Grant
from bot.quotas.rules import about
from storage import erase, open_store, redaction
from storage.jobs import Store
from storage.sqlite import Sqlite
from tests.bookkeeping import check, rows
from tests.traces import TOWN, a_past, a_share, cells

NOW = 1_800_000_000.0
ANN, BOB = "telegram:900100200", "telegram:700100200"
SPANS = sorted(window.key for window in pricing.windows(NOW).values())
DAY = pricing.window(NOW).key


@pytest.fixture
async def media(tmp_path: Path, new_id: Callable[[], str]) -> AsyncIterator[Media]:
    media = Media(tmp_path / "media", new_id=new_id)
    yield media
    await media.close()


def an_act(id: str, verb: str, who: str = "", actor: str = BOB) -> Act:
    return Act(id, NOW, actor, TOWN, verb, about("person", who) if who else "", "why", label="@label", name="name")


async def husk(store: Store, person: str, *ids: str) -> int:
    return await store.retention.anonymise(person, ids, NOW, SPANS, "gone:x")


async def test_a_husk_has_its_place_in_the_sums_and_nothing_else(store: Store, media: Media) -> None:
    before = await a_past(store, media, "one", ANN, NOW, scope=TOWN, label="Ann", follows=None)
    await a_past(store, media, "bobs", BOB, NOW, scope=TOWN)
    assert await husk(store, ANN, "one", "bobs") == 1  # nobody else's
    found = await store.job("one")
    assert found
    assert (found.person, found.account, found.label, found.order.prompt) == ("gone:x", "gone:x", "", "")
    assert (found.price, found.scope, found.outcome, found.settled_at) == (5, TOWN, "clip", before.settled_at)
    assert found.address == Address("telegram", "", "", "")
    told = " ".join(value for table, _, value in await cells(store) if table == "jobs")
    for word in (ANN, "Ann", "words of one", "onep", "onec", "asked-one", "sent-one", "copy-one", "r-one"):
        assert word not in told
    assert await husk(store, ANN, "one") == 0
    assert await store.figures.used(f"{TOWN}/{ANN}", DAY) == 5
    assert await store.figures.used(f"{TOWN}/gone:x", DAY) == 5
    assert await store.figures.used(f"scope:{TOWN}", pricing.window(NOW, "month").key) == 10
    assert len(await rows(store, "SELECT * FROM outbox WHERE kind = 'remove' AND message = 'sent-one'")) == 1
    assert (await store.job("bobs")) is not None
    await check(store)


async def test_what_shows_a_clip_once_more_goes_with_it(store: Store, media: Media) -> None:
    for name in ("one", "two"):
        await a_past(store, media, name, ANN, NOW, scope=TOWN)
    await a_past(store, media, "bobs", BOB, NOW, scope=TOWN)
    joined, again = (Address("telegram", "-1", message, "7") for message in ("joined", "again"))
    for _ in range(2):  # a repeat harms nothing
        assert await store.retention.repeated(["one", "bobs"], joined, NOW)
        assert await store.retention.repeated(["two"], again, NOW)
    await husk(store, ANN, "two", "one")
    sql = "SELECT chat, thread FROM outbox WHERE kind = 'remove' AND message = '{}'"
    for message in ("joined", "again"):
        assert await rows(store, sql.format(message)) == [{"chat": "-1", "thread": "7"}]
    assert [row["job"] for row in await rows(store, "SELECT job FROM repeats")] == ["bobs"]
    assert not await store.retention.repeated(["bobs", "one"], again, NOW), "one of them was forgotten meanwhile"
    assert len(await rows(store, "SELECT job FROM repeats")) == 1


async def test_a_status_line_that_still_stands_there_goes_with_the_clip(store: Store, media: Media) -> None:
    for id in ("new", "old"):
        await a_past(store, media, id, ANN, NOW - 60, status_id=f"line-{id}")
    old = await store.job("old")
    assert old
    await store.outbox.done(line_removal(old))
    await husk(store, ANN, "new", "old")
    gone = await rows(store, "SELECT message FROM outbox WHERE kind = 'remove' ORDER BY message")
    assert [row["message"] for row in gone] == ["line-new", "sent-new", "sent-old"]


async def test_credits_of_a_husk_can_still_be_given_back(store: Store, media: Media) -> None:
    await a_past(store, media, "one", ANN, NOW, scope=TOWN)
    await husk(store, ANN, "one")
    assert await store.quotas.pardon(an_act("act1", "refund"), "one") == 5
    assert await store.figures.used(f"{TOWN}/{ANN}", DAY) == 5
    await check(store)


async def test_why_credits_were_given_back_goes_and_that_they_were_stays(store: Store, media: Media) -> None:
    await a_past(store, media, "one", ANN, NOW, scope=TOWN)
    await store.quotas.pardon(an_act("act1", "refund"), "one")
    await husk(store, ANN, "one")
    given = await rows(store, "SELECT because FROM ledger WHERE job = 'one' AND step = 'pardon'")
    assert given
    assert {row["because"] for row in given} == {""}
    await check(store)


async def test_old_days_move_as_a_whole(store: Store, media: Media) -> None:
    await a_past(store, media, "old", ANN, NOW - 5 * 86_400)
    await a_past(store, media, "new", ANN, NOW)
    await husk(store, ANN, "old", "new")
    assert await store.figures.used(ANN, pricing.window(NOW - 5 * 86_400).key) == 0
    assert await store.figures.used(ANN, DAY) == 5
    kept = await rows(store, f"SELECT book, span, spent, job, because FROM ledger WHERE person = '{ANN}'")
    assert kept == [{"book": ANN, "span": DAY, "spent": 5, "job": None, "because": "forgotten"}]
    await check(store)
    await store.retention.lapse(ANN)
    await store.retention.trim(NOW + 2 * 86_400)  # empty counters go
    assert await rows(store, f"SELECT 1 FROM ledger WHERE person = '{ANN}'") == []
    assert await rows(store, f"SELECT 1 FROM books WHERE book = '{ANN}'") == []
    await check(store)


async def test_what_is_under_way_can_still_be_given_back_to_where_it_came_from(store: Store, media: Media) -> None:
    job = await a_past(store, media, "one", ANN, NOW, state="running")
    assert await store.retention.forget(ANN, NOW, SPANS, "gone:x") == [ANN]
    assert await husk(store, ANN, "one") == 0
    failed, entry = apply(job, Refused("failed"), NOW + 9)
    await store.save(failed, entry)
    assert await store.figures.used(ANN, DAY) == 0
    await check(store)


@pytest.mark.parametrize("left", [False, True])
async def test_no_turn_in_the_queue_keeps_the_name_of_an_account_that_is_over(
    store: Store, media: Media, left: bool
) -> None:
    """The account bears one person's name, and the order under way is the other's."""
    other = "discord:900100201"
    await store.accounts.offer(ANN, "code", NOW + 9)
    assert await store.accounts.join(other, "code", NOW, 9) == ("joined", ANN)
    job = replace(await a_past(store, media, "one", other, NOW, state="running"), account=ANN)
    await store._db.write(lambda tx: tx.all("UPDATE jobs SET account = $1", ANN))
    if left:
        await store.accounts.leave(ANN, SPANS, NOW)
    await store.retention.forget(ANN, NOW, SPANS, "gone:y")
    await check(store)
    job = replace(job, account=other)
    failed, entry = apply(job, Refused("failed"), NOW + 9)
    await store.save(failed, entry)
    done, _ = apply(failed, machine.Sent("m"), NOW + 9)
    await store.save(done)
    if not left:
        await husk(store, other, "one")
    assert {row["party"] for row in await rows(store, "SELECT party FROM turns")} == ({f"={other}"} if left else set())
    await check(store)


async def test_two_who_forget_and_order_at_once_leave_the_books_right(store: Store, media: Media) -> None:
    for n in range(12):
        await a_past(store, media, f"job{n:02}", ANN, NOW)
    ids = [f"job{n:02}" for n in range(12)]
    done = await asyncio.gather(
        husk(store, ANN, *ids),
        husk(store, ANN, *reversed(ids)),
        store.retention.forget(ANN, NOW, SPANS, "gone:y"),
        *(a_past(store, media, f"more{n}", ANN, NOW) for n in range(6)),
    )
    assert done[0] + done[1] == 12
    assert await store.figures.used(ANN, DAY) == 90
    await check(store)


async def test_an_admin_who_is_forgotten_leaves_deeds_without_a_doer(store: Store) -> None:
    for id, who in (("a1", ANN), ("a2", BOB)):
        act = an_act(id, "grant", who, actor=ANN)
        await store.quotas.grant(act, Grant(id, TOWN, who, 9, 0, None, NOW, ANN, "why"))
    await store.quotas.amend(an_act("a3", "list"), lambda rule: replace(rule, people=(ANN, BOB)))
    await store.quotas.amend(an_act("a4", "ban", ANN), lambda rule: replace(rule, banned=9e9, because="why"))
    was = {act.id: act for act in await store.figures.audit(TOWN, 9)}
    await store.retention.forget(ANN, NOW, SPANS, "gone:x")
    acts = {act.id: act for act in await store.figures.audit(TOWN, 9)}
    assert len(acts) == 4
    nobody = about("person", "gone:x")
    assert (acts["a1"].actor, acts["a1"].name, acts["a1"].about, acts["a1"].label) == ("gone:x", "", nobody, "")
    assert (acts["a2"].actor, acts["a2"].about, acts["a2"].label) == ("gone:x", about("person", BOB), "@label")
    assert acts["a2"].because == "why"
    assert ANN not in acts["a3"].after
    assert f'"{BOB}"' in acts["a3"].after
    assert (acts["a4"].actor, acts["a4"].because, acts["a4"].after) == (BOB, "", '{"banned": 9000000000.0}')
    for id, act in acts.items():  # what was done, when and with which amounts, stays
        assert (act.at, act.verb, act.undoes, act.scope) == (NOW, was[id].verb, None, TOWN)
    assert json.loads(acts["a1"].after) == json.loads(was["a1"].after)
    assert await store.quotas.grants(TOWN, [ANN], NOW) == []
    assert [(grant.left, grant.actor) for grant in await store.quotas.grants(TOWN, [BOB], NOW)] == [(9, "gone:x")]
    assert await rows(store, f"SELECT 1 FROM ledger WHERE actor = '{ANN}' OR person = '{ANN}'") == []
    await check(store)


async def test_a_person_whose_id_begins_like_anothers_is_another(store: Store, media: Media) -> None:
    longer, member = f"{ANN}9", "discord:9/x"
    for n, person in enumerate((ANN, longer)):
        await a_past(store, media, f"job{n}", person, NOW, scope=TOWN)
        await store.inbox.remember("telegram", "-1", f"asked:{n}", "x", NOW + 9, [person])
    await store.quotas.amend(an_act("a1", "list"), lambda rule: replace(rule, people=(ANN, longer, member)))
    await store.retention.forget(ANN, NOW, SPANS, "gone:x")
    await husk(store, ANN, "job0", "job1")
    await store.retention.lapse(ANN)
    assert (await store.quotas.rules(TOWN))[""].people == (ANN, longer, member)  # not a list
    assert [note["name"] for note in await rows(store, "SELECT name FROM notes")] == ["asked:1"]
    assert await store.figures.used(f"{TOWN}/{longer}", DAY) == 5
    kept = await store.job("job1")
    assert kept
    assert kept.person == longer
    await check(store)


async def test_the_ledger_of_a_person_is_theirs(store: Store, media: Media) -> None:
    await a_past(store, media, "one", ANN, NOW, scope=TOWN)
    await a_past(store, media, "two", BOB, NOW, scope=TOWN)
    await store.quotas.grant(an_act("a1", "grant", ANN), Grant("a1", "discord:5", ANN, 9, 0, None, NOW, BOB, "why"))
    moves = await store.retention.ledger([ANN], MOVEMENTS)
    assert {move.person for move in moves} == {ANN}
    assert sorted((move.kind, move.job) for move in moves) == [("capture", "one"), ("grant", ""), ("hold", "one")]
    assert len(await store.retention.ledger([ANN], 1)) == 1


async def test_history_goes_page_by_page(store: Store, media: Media) -> None:
    for n in range(7):
        await a_past(store, media, f"job{n}", ANN, NOW + n // 3)
    await a_past(store, media, "bobs", BOB, NOW)
    seen: list[str] = []
    last = (0.0, "")
    while page := await store.retention.history([ANN], last, 2):
        seen += [job.id for job in page]
        last = page[-1].created_at, page[-1].id
    assert seen == [f"job{n}" for n in range(7)]


# ── Append only ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_forgetting_takes_names_from_what_is_append_only_and_changes_nothing_else_of_it() -> None:
    changed: dict[str, dict[str, set[str]]] = {"audit": {}, "ledger": {}}
    deleted: dict[str, str] = {}
    for module in (erase, redaction):
        for name, sql in vars(module).items():
            if not name.isupper() or not isinstance(sql, str):
                continue
            if found := re.search(r"UPDATE (audit|ledger) SET (.*?)\sWHERE", sql, re.DOTALL):
                changed[found[1]][name] = set(re.findall(r"(\w+) =", found[2]))
            if found := re.search(r"DELETE FROM (?:audit|ledger) WHERE (.*?)\s+RETURNING", sql):
                deleted[name] = found[1]
    assert changed["audit"] == {
        "UNNAME_ACTOR": {"actor", "name"},
        "UNNAME_SUBJECT": {"about", "label", "because", "before", "after"},
        "RELIST": {"before", "after"},
    }
    assert changed["ledger"] == {
        "MOVE_PAID": {"book", "person", "actor", "because"},
        "MOVE_ADJUSTED": {"book", "person", "actor"},
        "MOVE_GRANTED": {"person", "because"},
        "UNNAME_ACTOR": {"actor"},
    }
    assert deleted == {"NO_NUMBERS": "person = $1 AND because = $2 AND job IS NULL"}  # only what it wrote itself


# ── Secure deletion ──────────────────────────────────────────────────────────────────────────────────────────────────


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("photoplay.db*"))


async def test_what_is_deleted_is_overwritten_in_every_file_of_the_database(
    tmp_path: Path, new_id: Callable[[], str]
) -> None:
    store, media = await open_store(tmp_path), Media(tmp_path / "media", new_id=new_id)
    words = {
        id: f"secret words of {id} that nobody else has {'x' * (n % 7 * 90)}"
        for n, id in enumerate(map(str, range(300)))
    }
    for n, (id, prompt) in enumerate(words.items()):
        job = await a_past(
            store, media, f"j{id}", f"telegram:{n % 3}0000", NOW, prompt=prompt, label=f"name{id}!", scope=TOWN
        )
        if n % 5 == 0:
            await store.gallery.add(a_share(job, f"s{id}", NOW, prompt=prompt))
    await store.retention.scrub()
    assert all(prompt.encode() in bytes_of(tmp_path) for prompt in words.values())
    for person in ("telegram:00000", "telegram:10000"):
        await store.retention.forget(person, NOW, SPANS, "gone:x")
        await store.gallery.remove([share.id for share in await store.gallery.mine(person)], NOW)
        while found := await store.retention.orders(person, NOW, 50):
            await husk(store, person, *(job.id for job in found))
    await store.retention.scrub()
    whole = bytes_of(tmp_path)
    for n, (id, prompt) in enumerate(words.items()):
        stays = n % 3 == 2
        assert (prompt.encode() in whole, f"name{id}!".encode() in whole) == (stays, stays), id
    assert (tmp_path / "photoplay.db-wal").stat().st_size == 0
    await check(store)
    await media.close()
    await store.close()


async def test_a_reader_elsewhere_only_delays_the_scrubbing_and_no_write(tmp_path: Path) -> None:
    database = await Sqlite.open(tmp_path / "x.db", patience=40.0)
    await database.write(lambda tx: tx.all("CREATE TABLE t (words TEXT)"))
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT * FROM t").fetchall()
    await database.write(lambda tx: tx.all("INSERT INTO t VALUES ('secret words')"))
    await database.write(lambda tx: tx.all("DELETE FROM t"))
    assert not await asyncio.wait_for(database.scrub(), 20)
    other.execute("COMMIT")
    assert await database.scrub()
    other.close()
    assert not any(b"secret words" in path.read_bytes() for path in tmp_path.glob("x.db*"))
    await database.close()


async def test_an_older_file_is_written_anew_once(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    old.execute("PRAGMA secure_delete=OFF")
    old.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, words TEXT)")
    old.executemany("INSERT INTO t VALUES (?, ?)", [(n, f"secret words {n}") for n in range(50)])
    old.execute("DELETE FROM t WHERE n % 2 = 0")
    old.close()
    assert b"secret words 4" in (tmp_path / "x.db").read_bytes()
    database = await Sqlite.open(tmp_path / "x.db")
    assert await database.scrub()
    data = (tmp_path / "x.db").read_bytes()
    assert b"secret words 48" not in data
    assert b"secret words 49" in data
    assert await database.scrub()
    await database.close()
    fresh = await Sqlite.open(tmp_path / "y.db")
    for made in ("x.db", "y.db"):
        with sqlite3.connect(tmp_path / made) as connection:
            assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        connection.close()
    await fresh.close()


async def test_scrubbing_works_on_both_and_disturbs_nobody(store: Store, media: Media) -> None:
    orders = (a_past(store, media, f"job{n}", ANN, NOW) for n in range(5))
    await asyncio.gather(store.retention.scrub(), *orders)
    assert len(await store.jobs(ANN)) == 5


async def test_the_search_for_what_is_due_uses_its_index(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    for stage in ("swept = 0", "swept = 1"):
        sql = f"""
            EXPLAIN QUERY PLAN SELECT * FROM jobs WHERE state = 'done' AND swept < 2 AND {stage} AND done_at <= 5
            ORDER BY done_at LIMIT 9"""
        (plan,) = await rows(store, sql)
        assert "jobs_unswept (swept=? AND done_at<?)" in plan["detail"]
    await store.close()
