"""What people wrote, in the database: encrypted in every column, read as before, and found by search."""

import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.conversation import Button
from bot.errors import StoreDown
from bot.gallery.model import OutboxEntry, Share
from bot.jobs.machine import hold
from bot.model import UNREADABLE, Address, Job, Search
from bot.quotas.records import Parked
from bot.sealing.keys import open_keys
from bot.sealing.masters import Masters
from bot.sealing.words import MARK, TextCipher
from bot.sentence import verbatim
from storage import Store, open_store, unsealed
from storage.words import COLUMNS
from tests.galleries import CLIP, NOW
from tests.samples import a_job, an_order
from tests.templates import put

MARKER = "marzipan lighthouse"
WHERE = Address("telegram", "7")
Open = Callable[..., Awaitable[Store]]


def a_cipher(folder: Path, *, seals: bool = True) -> TextCipher:
    return TextCipher(open_keys(folder, Masters(folder), make=True), seals=seals)


@pytest.fixture
async def opened(database_url: str | None, tmp_path: Path) -> AsyncIterator[Open]:
    """Opens the test's database with a cipher, by default one of the keys in `tmp_path`."""
    found: list[Store] = []
    if database_url is None:
        await put(tmp_path)

    async def open(cipher: TextCipher | None = None) -> Store:
        found.append(await open_store(tmp_path, database_url, cipher=cipher or a_cipher(tmp_path)))
        return found[-1]

    yield open
    for store in found:
        await store.close()


@pytest.fixture
async def sealed(opened: Open) -> Store:
    return await opened()


def words_of(id: str = "job1", **changes: object) -> Job:
    return a_job(id, order=replace(an_order(), prompt=MARKER, negative=f"no {MARKER}"), **changes)


async def fill(store: Store) -> Job:
    """Words in every column; returns the order."""
    job = words_of()
    await store.submit(job, hold(job))
    await store.track(job.id, "s1", await store.digest(f"line {MARKER}"))
    later = words_of("job2", key="console:later")
    parked = Parked(later.id, later.person, "", store.quotas.write(later), (), NOW + 9)
    await store.quotas.park(parked)
    assert await store.quotas.rewrite(parked)
    await store.gallery.add(Share("s1", job.id, "", job.person, "Ann", MARKER, True, CLIP, NOW, WHERE))
    await store.gallery.report((await store.gallery.of_job(job.id))[0].id, "telegram:3", MARKER, NOW, 9)
    await store.inbox.take("u1", "telegram", f"body {MARKER}", NOW)
    await store.inbox.remember("telegram", "7", "asked", f"note {MARKER}", NOW + 99)
    await store.answers.keep("u1", f"answer {MARKER}", job.person, [], NOW)
    entry = OutboxEntry("o1", "tell", WHERE, NOW, text=verbatim(MARKER), buttons=(Button(verbatim(MARKER), "/x"),))
    await store.outbox.put(entry)
    return job


async def check(store: Store, job: Job) -> None:
    """Everything of `fill` is read as it was written."""
    share = (await store.gallery.of_job(job.id))[0]
    assert (share.prompt, (await store.gallery.reports(share.id))[0].reason) == (MARKER, MARKER)
    found = await store.job(job.id)
    assert found
    assert found.order == job.order
    parked = await store.quotas.parked("job2")
    assert parked
    assert (await store.quotas.read(parked.body)).order == job.order
    assert [one.id for one, _ in await store.retention.parked(job.person)] == ["job2"]
    assert await store.inbox.waiting("telegram") == [("u1", f"body {MARKER}")]
    assert await store.inbox.bodies(["u1"]) == {"u1": f"body {MARKER}"}
    assert await store.inbox.recall("telegram", "7", "asked", NOW) == f"note {MARKER}"
    assert await store.answers.given("u1", job.person) == f"answer {MARKER}"
    (entry,) = [one for one in await store.outbox.claim(NOW, 0.0, 9, ["telegram"]) if one.id == "o1"]
    assert (str(entry.text), str(entry.buttons[0].label)) == (MARKER, MARKER)


async def plain(store: Store) -> list[str]:
    """The columns in which the marker can be read, in any table."""
    inner = store._db._db  # type: ignore[attr-defined]  # the database that encrypts nothing
    tables = (
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if inner.dialect == "sqlite"
        else "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
    )
    found = []
    for name in [row["name"] for row in await inner.read(lambda tx: tx.all(tables))]:
        rows = await inner.read(lambda tx, name=name: tx.all(f"SELECT * FROM {name}"))
        found += [f"{name}.{key}" for row in rows for key, value in dict(row).items() if MARKER in str(value)]
    return sorted(found)


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("photoplay.db*"))


async def test_words_are_read_as_before_and_stand_nowhere(sealed: Store, opened: Open, tmp_path: Path) -> None:
    job = await fill(sealed)
    await check(sealed, job)
    other = await opened()  # of another process
    await check(other, job)
    found = await sealed.job(job.id)
    assert found
    assert found.shown == await other.digest(f"line {MARKER}")
    assert await plain(sealed) == []
    assert MARKER.encode() not in bytes_of(tmp_path)


async def test_a_database_of_before_is_encrypted_a_few_rows_at_a_time(opened: Open, tmp_path: Path) -> None:
    off = await opened(a_cipher(tmp_path, seals=False))
    job = await fill(off)
    assert set(await plain(off)) >= set(COLUMNS)
    assert off.unsealed() is None
    store = await opened()
    await check(store, job)
    work, other = store.unsealed(), (await opened()).unsealed()
    assert work
    assert other
    assert await work.count() == len(COLUMNS) + 1  # the share's posting, too
    counts = [count async for count in until_none(work)]
    assert (sum(counts), await work.count()) == (len(COLUMNS) + 1, 0)
    assert sum([count async for count in until_none(other)]) == 0
    assert await plain(store) == []
    assert await store.retention.scrub()
    assert MARKER.encode() not in bytes_of(tmp_path)
    assert await off.quotas.parked("job2")  # a process without encryption reads on


async def test_an_order_that_the_version_before_parked_meanwhile_is_read(sealed: Store) -> None:
    job = words_of("job2")
    row = json.loads(sealed.quotas.write(job))
    row["details"] = json.dumps(json.loads(row["details"]) | json.loads(row.pop("wording")))
    await sealed.quotas.park(Parked(job.id, job.person, "", json.dumps({**row, "words": MARKER}), (), NOW + 9))
    parked = await sealed.quotas.parked(job.id)
    assert parked
    assert (await sealed.quotas.read(parked.body)).order == job.order


async def until_none(work: unsealed.Unsealed) -> AsyncIterator[int]:
    while (count := await work.seal(1)) is not None:
        yield count


async def test_who_is_being_forgotten_gets_no_new_key(opened: Open, tmp_path: Path) -> None:
    off = await opened(a_cipher(tmp_path, seals=False))
    job = await fill(off)
    await off.retention.forget(job.person, NOW, (), "gone:x")
    work = (await opened()).unsealed()
    assert work
    keys = {path.name for path in (tmp_path / "keys").iterdir()}
    _ = [count async for count in until_none(work)]
    assert len({path.name for path in (tmp_path / "keys").iterdir()} - keys) == 1  # the bot's own


async def test_words_of_others_do_not_come_from_a_changed_row(sealed: Store) -> None:
    job = await fill(sealed)
    other = a_job("job3", person="console:9")
    await sealed.submit(other, hold(other))
    await sealed._db.write(
        lambda tx: tx.all(
            "UPDATE jobs SET wording = (SELECT wording FROM jobs WHERE id = $1) WHERE id = 'job3'", job.id
        )
    )
    found = await sealed.job("job3")
    assert found
    assert found.order.prompt == UNREADABLE


async def test_without_its_key_nothing_is_wrong_but_the_words(sealed: Store, opened: Open, tmp_path: Path) -> None:
    job = await fill(sealed)
    shutil.rmtree(tmp_path / "keys")
    store = await opened()
    found = await store.job(job.id)
    assert found
    assert found.order == replace(job.order, prompt=UNREADABLE, negative="")
    assert await store.quotas.parked("job2") is None
    assert await store.retention.parked(job.person) == []
    assert [one.id for one, _ in await store.retention.parked(job.person, unreadable=True)] == ["job2"]
    share = (await store.gallery.of_job(job.id))[0]
    assert (share.prompt, (await store.gallery.reports(share.id))[0].reason) == (UNREADABLE, UNREADABLE)
    assert await store.inbox.keys("telegram") == ["u1"]
    assert (await store.inbox.waiting("telegram"), await store.inbox.bodies(["u1"])) == ([], {})
    assert await store.inbox.keys("telegram") == []  # nothing waits for ever, and one that comes again is new
    assert await store.inbox.take("u1", "telegram", "body", NOW)
    assert await store.inbox.recall("telegram", "7", "asked", NOW) is None
    assert await store.answers.given("u1", job.person) is None
    claimed = await store.outbox.claim(NOW, 0.0, 9, ["telegram"])
    assert [str(one.text) for one in claimed if one.id == "o1"] == [UNREADABLE]
    assert [one.id for one in await store.jobs(job.person, search=Search(words="marzipan"))] == []
    assert [one.id for one in await store.jobs(job.person, search=Search(words="key is missing"))] == []


async def test_keys_that_are_away_are_waited_for(sealed: Store, opened: Open, tmp_path: Path) -> None:
    job = await fill(sealed)
    store = await opened()
    (tmp_path / "keys").rename(tmp_path / "away")
    with pytest.raises(StoreDown):
        await store.job(job.id)
    with pytest.raises(StoreDown):
        await store.submit(words_of("job4"), hold(words_of("job4")))
    (tmp_path / "away").rename(tmp_path / "keys")
    await check(store, job)
    assert await store.job("job4") is None


async def test_a_search_goes_through_all_pages(sealed: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.jobs.SEARCH_PAGE", 3)
    for n in range(20):
        prompt = f"a lake {n}" if n % 4 == 0 else "a boat"
        job = a_job(f"job{n:02}", order=replace(an_order(), prompt=prompt), created_at=1000.0 + n)
        await sealed.submit(job, hold(job))

    async def found(limit: int, **search: object) -> list[str]:
        jobs = await sealed.jobs("console:0", limit, search=Search(words="LAKE", **search))  # type: ignore[arg-type]
        return [job.id for job in jobs]

    assert await found(10) == ["job16", "job12", "job08", "job04", "job00"]
    assert await found(2) == ["job16", "job12"]
    assert await found(2, before=(1012.0, "job12")) == ["job08", "job04"]
    assert [job.id for job in await sealed.jobs("console:0", 9, WHERE, Search(words="lake"))] == []
    monkeypatch.setattr("storage.jobs.SEARCHED", 5)
    assert await found(10) == ["job16"]


async def test_each_encrypted_text_has_the_mark(sealed: Store) -> None:
    await fill(sealed)
    inner = sealed._db._db  # type: ignore[attr-defined]
    for column in COLUMNS:
        table, name = column.split(".")
        rows = await inner.read(lambda tx, table=table: tx.all(f"SELECT * FROM {table}"))
        assert rows, column
        assert all(row[name].startswith(MARK) for row in rows), column


async def test_a_note_of_the_bot_itself_needs_no_cipher(opened: Open) -> None:
    """Each start reads some, and the cipher takes memory; a note about somebody is encrypted, whatever its chat."""
    store = await opened()
    await store.inbox.remember("telegram", "", "menus", "known", NOW + 99)
    await store.inbox.remember("telegram", "", "name:ann", "7", NOW + 99, ["telegram:7"])
    for _ in range(2):
        rows = await store._db._db.read(lambda tx: tx.all("SELECT name, value FROM notes ORDER BY name"))  # type: ignore[attr-defined]
        assert [(row["name"], row["value"].startswith(MARK)) for row in rows] == [("menus", False), ("name:ann", True)]
        assert [await store.inbox.recall("telegram", "", name, NOW) for name in ("menus", "name:ann")] == ["known", "7"]
        work = store.unsealed()
        assert work
        assert sum([count async for count in until_none(work)]) == 0
