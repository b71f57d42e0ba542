"""Migrations: how files are read, where every older database ends, and rebuilding a table that others refer to."""

import asyncio
import re
import shutil
import sqlite3
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from bot import catalogue
from bot.errors import Misconfigured
from bot.gallery.model import Preferences
from bot.model import Address
from storage import open_store
from storage.jobs import Store
from storage.migrate import files, migrate, statements
from tests.bookkeeping import rows
from tests.galleries import ANN, NOW, a_posted_share
from tests.older import database_of
from tests.schema import schema_of

HOUSE = Path(__file__).parents[2] / "storage" / "schema"
VERSIONS = [number for number, _, _ in files("sqlite")]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the folder of migrations, which is read instead."""
    copy = tmp_path / "schema"
    shutil.copytree(HOUSE, copy)
    monkeypatch.setattr(import_module("storage.migrate"), "FOLDER", copy)
    return copy


async def test_processes_that_start_together_migrate_once(database_url: str | None, tmp_path: Path) -> None:
    stores = await asyncio.gather(*(open_store(tmp_path, database_url) for _ in range(5)))
    versions = await rows(stores[0], "SELECT version FROM migrations ORDER BY version")
    assert [row["version"] for row in versions] == [0, *VERSIONS]
    await asyncio.gather(*(store.close() for store in stores))


async def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    await store._db.write(lambda tx: tx.all("INSERT INTO migrations VALUES (9999, 'future', 0)"))
    with pytest.raises(Misconfigured, match="newer"):
        await migrate(store._db)
    await store.close()


def test_a_file_is_split_into_its_statements() -> None:
    trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  DELETE FROM b;\n  DELETE FROM c;\nEND;"
    text = f"CREATE TABLE a (b TEXT); -- c;\n/* ; */ {trigger} INSERT INTO a VALUES (';\n--');\n-- the end;\n\n"
    assert statements(text) == [
        "CREATE TABLE a (b TEXT);",
        f"-- c;\n/* ; */ {trigger}",
        "INSERT INTO a VALUES (';\n--');",
    ]
    with pytest.raises(ValueError, match="DROP TABLE"):
        statements("SELECT 1;\n-- more\nDROP TABLE a\n")


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_each_database_has_one_file_of_each_number(dialect: str) -> None:
    numbers = [number for number, _, _ in files(dialect)]
    assert numbers == sorted(set(numbers)) == VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
async def test_every_older_database_ends_at_the_fresh_schema(
    version: int,
    database_url: str | None,
    store: Store,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fresh = await schema_of(store._db)
    await store.close()
    place = tmp_path_factory.mktemp("older")
    older = await database_of(version, database_url, place, monkeypatch)
    assert (await schema_of(older) == fresh) is (version == VERSIONS[-1])
    await older.close()
    migrated = await open_store(place, database_url)
    assert await schema_of(migrated._db) == fresh
    assert all(fresh[kind] for kind in ("columns", "constraints", "indexes"))
    await migrated.close()


# ── A table that others refer to ─────────────────────────────────────────────────────────────────────────────────────

REFERRING = ("ledger", "repeats", "shares")
TABLES = ("jobs", *REFERRING, "hearts", "reports", "showings")


@pytest.fixture
async def before(store: Store) -> dict[str, list[dict[str, Any]]]:
    """The rows of a database in which every table that refers to jobs, or to what does, has some."""
    share = await a_posted_share(store)
    await store.gallery.heart(share.id, ANN, True, "tap", NOW)
    await store.gallery.report(share.id, ANN, "no", NOW, 9)
    await store.gallery.showed(share.id, Address("telegram", "7", "8"))
    await store.retention.repeated([share.job], Address("telegram", "7", "9"), NOW)
    found = await contents(store)
    assert all(found.values())
    return found


async def contents(store: Store) -> dict[str, list[dict[str, Any]]]:
    return {table: await rows(store, f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES}


@pytest.fixture
async def rebuild(store: Store, before: object, folder: Path) -> Callable[[str, str], None]:
    """Writes a migration that changes the CHECK of `jobs.seconds` and keeps some of the rows."""
    made: list[tuple[str, str]] = []
    if store._db.dialect == "sqlite":
        found = await rows(store, "SELECT type, sql FROM sqlite_master WHERE tbl_name = 'jobs' AND sql IS NOT NULL")
        made = sorted(((row["type"], row["sql"]) for row in found), key=lambda one: one[0] != "table")

    def write(allowed: str, kept: str = "") -> None:
        if made:
            table = re.sub(r"CHECK \(seconds BETWEEN 1 AND 60\)", f"CHECK (seconds IN ({allowed}))", made[0][1])
            steps = [
                table.replace('CREATE TABLE "jobs"', "CREATE TABLE jobs_new", 1),
                f"INSERT INTO jobs_new SELECT * FROM jobs {kept}",
                *("DROP TABLE jobs", "ALTER TABLE jobs_new RENAME TO jobs"),
                *(sql for _, sql in made[1:]),
            ]
            (folder / "9000_seconds.sqlite.sql").write_text("".join(f"{step};\n" for step in steps))
        else:
            steps = [
                "ALTER TABLE jobs DROP CONSTRAINT jobs_seconds_check",
                f"ALTER TABLE jobs ADD CONSTRAINT jobs_seconds_check CHECK (seconds IN ({allowed}))",
                *([f"DELETE FROM jobs WHERE NOT ({kept.removeprefix('WHERE ')})"] if kept else []),
            ]
            (folder / "9000_seconds.postgresql.sql").write_text("".join(f"{step};\n" for step in steps))

    return write


async def test_a_clip_may_have_the_seconds_of_any_model(store: Store, before: object) -> None:
    longest = max(model.seconds[-1] for model in catalogue.ROWS)
    for seconds in (1, longest, 60):
        await store._db.write(lambda tx, seconds=seconds: tx.all("UPDATE jobs SET seconds = $1", seconds))
    for seconds in (0, 61):
        with pytest.raises((sqlite3.IntegrityError, asyncpg.CheckViolationError)):
            await store._db.write(lambda tx, seconds=seconds: tx.all("UPDATE jobs SET seconds = $1", seconds))


QUEUED = """
    INSERT INTO jobs (id, key, person, platform, chat, thread, message, model, seconds, details, price, spent_from,
        state, due_at, claims, tries, shown, created_at, account)
    VALUES ($1, $1, $1, 'telegram', '7', '', '1', 'm', $2, '{}', 5, '', 'queued', 1, 0, 0, '', 1, $1)"""


async def test_jobs_and_their_counts_survive_the_change_of_seconds(
    store: Store, database_url: str | None, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On SQLite the table is made anew, with its triggers: what is there is not counted twice, and what comes is."""
    await store.close()
    place = tmp_path_factory.mktemp("older")
    number = next(number for number, name, _ in files("sqlite") if name.endswith("seconds.sqlite.sql"))
    older = await database_of(VERSIONS[VERSIONS.index(number) - 1], database_url, place, monkeypatch)
    tables = ("jobs", "turns")

    async def insert(database: Any, id: str, seconds: int) -> None:
        await database.write(lambda tx: tx.all(QUEUED, id, seconds))

    async def found(database: Any) -> list[Any]:
        return [await database.read(lambda tx, t=table: tx.all(f"SELECT * FROM {t} ORDER BY 1, 2")) for table in tables]

    await insert(older, "a", 5)
    await insert(older, "b", 10)
    before = await found(older)
    assert [len(rows) for rows in before] == [2, 4]
    await older.close()
    migrated = await open_store(place, database_url)
    after = await found(migrated._db)
    for old, new in zip(before, after, strict=True):
        kept = dict(old[0]).keys() & dict(new[0]).keys()  # words have moved since
        assert [{name: row[name] for name in kept} for row in new] == [
            {name: row[name] for name in kept} for row in old
        ]
    await insert(migrated._db, "c", 15)
    assert [len(rows) for rows in await found(migrated._db)] == [3, 6]
    await migrated.close()


async def test_preferences_survive_and_name_no_model(
    store: Store, database_url: str | None, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.close()
    place = tmp_path_factory.mktemp("older")
    number = next(number for number, name, _ in files("sqlite") if "own_model" in name)
    older = await database_of(VERSIONS[VERSIONS.index(number) - 1], database_url, place, monkeypatch)
    before = "INSERT INTO sharing_preferences (account, named, remixes, agreed_at) VALUES ($1, 1, 0, 5)"
    await older.write(lambda tx: tx.all(before, ANN))
    await older.close()
    migrated = await open_store(place, database_url)
    assert await migrated.gallery.preferences(ANN) == Preferences(True, None, False, 5.0)
    assert await migrated.gallery.prefer(ANN, model="best") == Preferences(True, None, False, 5.0, "best")
    await migrated.close()


async def test_orders_under_way_survive_the_state_of_those_without_an_answer(
    store: Store, database_url: str | None, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An order on its way keeps the number of its request, and one on hold is known to have been in line before."""
    await store.close()
    place = tmp_path_factory.mktemp("older")
    number = next(number for number, name, _ in files("sqlite") if name.endswith("asking.sqlite.sql"))
    older = await database_of(VERSIONS[VERSIONS.index(number) - 1], database_url, place, monkeypatch)
    states = {"line": "queued", "held": "queued", "way": "submitting", "made": "running"}
    for id in states:
        await older.write(lambda tx, id=id: tx.all(QUEUED, id, 5))
    for sql in (
        "UPDATE jobs SET halted = 1, claims = 1 WHERE id = 'held'",
        "UPDATE jobs SET state = 'submitting', claims = 3 WHERE id = 'way'",
        "UPDATE jobs SET state = 'running', host = 'local', remote_id = 'r', claims = 2 WHERE id = 'made'",
    ):
        await older.write(lambda tx, sql=sql: tx.all(sql))
    await older.close()
    migrated = await open_store(place, database_url)
    found = {row["id"]: row for row in await rows(migrated, "SELECT * FROM jobs")}
    assert {id: row["state"] for id, row in found.items()} == states
    assert {id: row["posted"] for id, row in found.items()} == {"line": 0, "held": 0, "way": 3, "made": 0}
    assert {id for id, row in found.items() if row["copied"]} == {"held"}
    assert {row["unlogged"] for row in found.values()} == {0}
    # What is at a provider still counts, and an order that a log does not have counts no more.
    for sql, busy in (
        ("UPDATE jobs SET state = 'asking', ask_until = 9 WHERE id = 'way'", 1),
        ("UPDATE jobs SET unlogged = 1 WHERE id = 'way'", 0),
        ("UPDATE jobs SET state = 'running', unlogged = 0, host = 'local', remote_id = 'r' WHERE id = 'way'", 1),
    ):
        await migrated._db.write(lambda tx, sql=sql: tx.all(sql))
        assert [row["busy"] for row in await rows(migrated, "SELECT busy FROM turns WHERE person = 'way'")] == [busy]
    await migrated.close()


@pytest.mark.parametrize(
    "change",
    [
        "state = 'asking'",
        "state = 'asking', ask_until = 9, remote_id = 'r', host = 'local'",
        "state = 'asking', ask_until = 9, remote_id = 'r'",
        "host = 'local'",
        "unlogged = 1",
        "state = 'asking', ask_until = 9, unlogged = 2",
        "state = 'asking', ask_until = 9, halted = 1",
    ],
)
async def test_the_schema_states_what_an_order_without_an_answer_may_be(store: Store, change: str) -> None:
    await store._db.write(lambda tx: tx.all(QUEUED, "a", 5))
    with pytest.raises((sqlite3.IntegrityError, asyncpg.CheckViolationError)):
        await store._db.write(lambda tx: tx.all(f"UPDATE jobs SET {change}"))
    await store._db.write(lambda tx: tx.all("UPDATE jobs SET state = 'asking', ask_until = 9, host = 'local'"))


async def test_a_referred_table_is_rebuilt_and_nothing_is_lost(
    store: Store, before: object, rebuild: Callable[[str], None], folder: Path
) -> None:
    old = await schema_of(store._db)
    rebuild("5, 10, 15")
    assert await migrate(store._db) == 9000
    assert await contents(store) == before
    new = await schema_of(store._db)
    changed = {kind: [one for one in new[kind] if one not in old[kind]] for kind in new}
    assert [kind for kind, found in changed.items() if found] == ["constraints"]
    assert len(changed["constraints"]) == 1
    assert "15" in repr(changed["constraints"])
    assert {kind: len(found) for kind, found in new.items()} == {kind: len(found) for kind, found in old.items()}
    await store._db.write(lambda tx: tx.all("UPDATE jobs SET seconds = 15"))
    # References are checked again from here on.
    with pytest.raises((sqlite3.IntegrityError, asyncpg.ForeignKeyViolationError)):
        await store._db.write(lambda tx: tx.all("DELETE FROM jobs"))


@pytest.mark.parametrize(("allowed", "kept"), [("7", ""), ("5, 10", "WHERE id = 'another'")])
async def test_a_rebuild_that_breaks_a_promise_is_refused(
    store: Store, before: object, rebuild: Callable[[str, str], None], allowed: str, kept: str
) -> None:
    old = await schema_of(store._db)
    rebuild(allowed, kept)
    with pytest.raises((sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError)):
        await migrate(store._db)
    assert await schema_of(store._db) == old
    assert await contents(store) == before
    assert await rows(store, "SELECT * FROM migrations WHERE version = 9000") == []
    with pytest.raises((sqlite3.IntegrityError, asyncpg.ForeignKeyViolationError)):
        await store._db.write(lambda tx: tx.all("DELETE FROM jobs"))
