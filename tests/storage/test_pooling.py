"""PostgreSQL behind a pooler, and addresses as hosters write them: tried against the real ones."""

import asyncio
import importlib
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from bot.errors import Misconfigured, StoreDown
from bot.jobs import machine
from bot.jobs.machine import apply, hold
from bot.model import Accepted, Clip
from storage import open_store
from storage.database import Transaction
from storage.jobs import Store
from storage.outage import Outage
from storage.postgres import Postgres, Way
from storage.sealed import Sealed
from tests.bookkeeping import check
from tests.conftest import a_database
from tests.poolers import PGBOUNCER, PORT, free_port, keeping, pgbouncer
from tests.samples import a_job

DIRECT = Way(pooled=False, keeps=True)
UNAWARE = Way(pooled=True, keeps=False)
HARD = "p#a/s@s?:%41&=+'\"x"
needs_pgbouncer = pytest.mark.skipif(PGBOUNCER is None, reason="PgBouncer is not installed (Debian: pgbouncer)")


@pytest.fixture
async def url(postgres: str) -> AsyncIterator[str]:
    async with a_database(postgres) as url:
        yield url


def server(url: str) -> Path:
    return Path(parse_qs(urlsplit(url).query)["host"][0])


def through(folder: Path, url: str, parameters: str = "", who: str = "postgres:") -> str:
    """The same database, by the pooler's socket there."""
    name = urlsplit(url).path
    return f"postgresql://{who}@{name}?host={folder}&port={PORT}{parameters and f'&{parameters}'}"


def way(store: Store) -> Way:
    assert isinstance(store._db, Sealed)
    assert isinstance(store._db._db, Outage)
    assert isinstance(store._db._db._db, Postgres)
    return store._db._db._db.way


async def a_life(store: Store, n: int) -> str:
    job = a_job(f"job{n}", key=f"key{n}", person=f"telegram:{n % 5}")
    submitted = await store.submit(job, hold(job))
    assert submitted.job
    job = submitted.job
    clip = Clip("c.mp4", 64, 48, 5.0, 9)
    for event in (machine.Started(), Accepted("local", f"r{n}"), machine.Rendered(clip), machine.Sent(f"m{n}")):
        job, entry = apply(job, event, 2000.0)
        await store.save(job, entry)
    found = await store.job(job.id)
    assert found
    return found.state


async def meet(first: Store, second: Store) -> None:
    """The first program's next statement goes to another of the pooler's connections than the one before."""

    async def last(tx: Transaction) -> None:
        await tx.all("SELECT 1")
        await first._db.read(lambda tx: tx.all("SELECT 2"))

    await first._db.read(lambda tx: tx.all("SELECT 2"))
    await second._db.read(last)  # the connection that was given back last is the next one's


async def twenty_lives(tmp_path: Path, url: str) -> list[Way]:
    """Of two programs at once, which share the pooler's two connections."""
    stores = [await open_store(tmp_path, url) for _ in range(2)]
    try:
        await meet(*stores)
        states = await asyncio.gather(*(a_life(stores[n % 2], n) for n in range(20)))
        assert states == ["done"] * 20
        await check(stores[0])
        return [way(store) for store in stores]
    finally:
        for store in stores:
            await store.close()


@needs_pgbouncer
@pytest.mark.parametrize("mode", ["transaction", "session"])
async def test_all_come_through_a_pooler_that_loses_statements(tmp_path: Path, url: str, mode: str) -> None:
    async with pgbouncer(server(url), mode, size=2 if mode == "transaction" else 20) as folder:
        assert await twenty_lives(tmp_path, through(folder, url)) == [UNAWARE] * 2


@needs_pgbouncer
@pytest.mark.parametrize("parameters", ["pgbouncer=true", "schema=public&options=-c%20lock_timeout%3D9s"])
async def test_also_when_it_is_told_or_has_settings_to_carry(tmp_path: Path, url: str, parameters: str) -> None:
    async with pgbouncer(server(url)) as folder:
        assert await twenty_lives(tmp_path, through(folder, url, parameters)) == [UNAWARE] * 2


@needs_pgbouncer
async def test_a_pooler_that_comes_later_is_noticed_and_nothing_lost(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def not_there(_: object) -> Way:
        return DIRECT

    monkeypatch.setattr(importlib.import_module("storage.postgres"), "_explore", not_there)
    async with pgbouncer(server(url)) as folder:
        ways = await twenty_lives(tmp_path, through(folder, url))
    assert UNAWARE in ways
    assert "going on without" in caplog.text


async def test_what_keeps_statements_is_given_them_to_keep(tmp_path: Path, url: str) -> None:
    prepared = "SELECT count(*) AS n FROM pg_prepared_statements WHERE name LIKE $1"
    async with keeping(server(url)) as folder:
        for address, way, name in (
            (url, DIRECT, "__asyncpg%"),
            (through(folder, url), Way(pooled=True, keeps=True), "PGBOUNCER_%"),
        ):
            database = await Postgres.open(address, connections=1)
            for _ in range(2):
                await database.read(lambda tx: tx.all("SELECT 1"))
            found = (await database.read(lambda tx, name=name: tx.all(prepared, name)))[0]["n"]
            assert (database.way, found > 0) == (way, True)
            await database.close()
        assert await twenty_lives(tmp_path, through(folder, url)) == [Way(pooled=True, keeps=True)] * 2


@needs_pgbouncer
async def test_settings_are_those_of_the_address_and_nobody_elses(url: str) -> None:
    async def schema(database: Postgres) -> str:
        async def work(tx: Transaction) -> str:
            return str((await tx.all("SELECT current_schema() AS s"))[0]["s"])

        return await database.read(work)

    direct = await Postgres.open(url)
    for name in ("one", "two"):
        await direct.write(lambda tx, name=name: tx.all(f"CREATE SCHEMA {name}"))
    async with pgbouncer(server(url)) as folder:
        found = [await Postgres.open(through(folder, url, f"schema={name}"), 2) for name in ("one", "two", "public")]
        for _ in range(3):
            all_of_them = await asyncio.gather(*(schema(database) for database in found * 5))
            assert all_of_them == ["one", "two", "public"] * 5
        assert await schema(direct) == "public"
        for database in (*found, direct):
            await database.close()


@needs_pgbouncer
async def test_what_a_pooler_refuses_is_said(url: str) -> None:
    async with pgbouncer(server(url), "statement") as folder:
        with pytest.raises(Misconfigured, match="statement mode"):
            await Postgres.open(through(folder, url))
    async with pgbouncer(server(url), password=HARD) as folder:
        for written in (quote(HARD, safe=""), HARD.replace("%", "%25")):
            database = await Postgres.open(through(folder, url, who=f"postgres:{written}"))
            assert await database.read(lambda tx: tx.all("SELECT 1"))
            await database.close()
        for who in ("postgres:hunter2", "nobody:hunter2"):
            with pytest.raises(Misconfigured, match="user") as caught:
                await Postgres.open(through(folder, url, who=who))
            assert "hunter2" not in str(caught.value)
        with pytest.raises(Misconfigured, match="no database of that name"):
            await Postgres.open(through(folder, url, "dbname=hunter2", who=f"postgres:{quote(HARD, safe='')}"))


@needs_pgbouncer
async def test_tls_that_is_not_there_is_said(url: str) -> None:
    port = free_port()
    async with pgbouncer(server(url), port=port):
        address = f"postgresql://postgres@127.0.0.1:{port}{urlsplit(url).path}"
        database = await Postgres.open(f"{address}?sslmode=prefer&channel_binding=prefer")
        await database.close()
        with pytest.raises(Misconfigured, match="offers no TLS"):
            await Postgres.open(f"{address}?sslmode=require&channel_binding=require")
        with pytest.raises(Misconfigured, match="a file that it names"):
            await Postgres.open(f"{address}?sslmode=verify-full&sslrootcert=/nowhere/ca.pem")
        with pytest.raises(Misconfigured, match="offers no TLS"):
            await Postgres.open(f"{address}?sslmode=verify-full&sslrootcert=system")
        with pytest.raises(Misconfigured, match="sslmode needs sslrootcert"):
            await Postgres.open(f"{address}?sslmode=verify-full")


async def test_who_waits_for_a_server_that_is_gone_is_refused_with_all_others(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.import_module("storage.postgres"), "PATIENCE", 0.3)
    database = await Postgres.open(url, connections=1)
    slow = asyncio.create_task(database.read(lambda tx: tx.all("SELECT pg_sleep(40)")))  # as if it never answered
    await asyncio.sleep(0)  # it has the only connection
    waiting = [database.read(lambda tx: tx.all("SELECT 1")) for _ in range(50)]
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert {str(answer) for answer in answers} == {"it does not answer"}
    slow.cancel()
    await asyncio.wait([slow])
    monkeypatch.undo()
    assert await database.read(lambda tx: tx.all("SELECT 1"))
    await database.close()


@needs_pgbouncer
async def test_a_server_that_goes_and_comes_back(url: str, caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    address = f"postgresql://postgres@127.0.0.1:{port}{urlsplit(url).path}"

    async def ask(database: Postgres) -> set[str]:
        some = (database.read(lambda tx: tx.all("SELECT 1")) for _ in range(20))
        return {str(answer) for answer in await asyncio.gather(*some, return_exceptions=True)}

    async with pgbouncer(server(url), port=port):
        database = await Postgres.open(address)
        (well,) = await ask(database)
    away = await ask(database) | await ask(database)
    assert away <= {"nobody answers at its host and port", "the connection broke"}
    async with pgbouncer(server(url), port=port):
        assert await ask(database) == {well}
        await database.close()
    assert [record for record in caplog.records if record.levelname != "INFO"] == [], "the library's tracebacks"


async def test_what_the_server_says_is_said_in_words(tmp_path: Path, url: str) -> None:
    hosters = "sslmode=prefer&channel_binding=prefer&connection_limit=1&connect_timeout=10&foo=bar&pool_timeout=5"
    more = "application_name=me&schema=public&options=-c%20statement_timeout%3D9s"
    store = await open_store(tmp_path, f"{url}&{hosters}&{more}")
    assert await a_life(store, 1) == "done"
    row = await store._db.read(lambda tx: tx.one("SELECT current_setting('application_name') AS name"))
    assert row
    assert row["name"] == "me"
    await store.close()
    for wrong, words in (
        (f"postgresql://postgres:hunter2@127.0.0.1:{free_port()}/x", "nobody answers"),
        (url.replace("/test", "/hunter2"), "no database of that name"),
        (f"{url}&options=-c%20nonsense%3Dhunter2", "sets something that the server has not"),
        (f"{url}&statement_timeout=hunter2", "refuses one of the parameters"),
        (f"{url}&host=/nowhere/hunter2", "is not there"),
        (f"{url}&schema=hunter2", "its schema does not exist"),
    ):
        with pytest.raises((Misconfigured, StoreDown), match=words) as caught:
            await open_store(tmp_path, wrong)
        assert "hunter2" not in str(caught.value)
