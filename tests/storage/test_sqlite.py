"""What SQLite alone can do to us: locks, full disks, files that are none, commits shared by many."""

import asyncio
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import Illegal, Stale, StoreDown
from storage import open_store, sqlite
from storage.database import Transaction
from storage.sqlite import ROUND, Sqlite


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Sqlite]:
    database = await Sqlite.open(tmp_path / "x.db", patience=0.1)
    yield database
    await database.close()


async def test_many_small_writes_share_a_commit_and_one_failure_harms_nobody(database: Sqlite) -> None:
    await database.write(lambda tx: tx.all("CREATE TABLE t (n BIGINT PRIMARY KEY)"))

    async def add(n: int) -> int:
        async def work(tx: Transaction) -> int:
            await tx.all("INSERT INTO t VALUES ($1)", n)
            if n == 7:
                raise LookupError("seven")
            return n

        return await database.write(work)

    answers = await asyncio.gather(*map(add, [*range(50), 3]), return_exceptions=True)
    assert answers[:7] == list(range(7))
    assert isinstance(answers[7], LookupError)
    assert answers[8:50] == list(range(8, 50))
    assert isinstance(answers[50], sqlite3.IntegrityError)
    rows = await database.read(lambda tx: tx.all("SELECT n FROM t ORDER BY n"))
    assert [row["n"] for row in rows] == [n for n in range(50) if n != 7]


async def test_a_locked_file_is_waited_for_once_and_refuses_the_whole_round(tmp_path: Path) -> None:
    database = await Sqlite.open(tmp_path / "x.db", patience=0.3)
    await database.write(lambda tx: tx.all("CREATE TABLE t (n BIGINT)"))
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begun = time.monotonic()
    add = [database.write(lambda tx: tx.all("INSERT INTO t VALUES (1)")) for _ in range(200)]
    answers = await asyncio.gather(*add, return_exceptions=True)
    assert time.monotonic() - begun < 3, "each piece waited for the lock: 200 times 0.3 s"
    assert {type(answer) for answer in answers} == {StoreDown}
    other.execute("ROLLBACK")
    other.close()
    await database.write(lambda tx: tx.all("INSERT INTO t VALUES (2)"))
    assert [row["n"] for row in await database.read(lambda tx: tx.all("SELECT n FROM t"))] == [2]
    await database.close()


async def test_a_refused_piece_undoes_itself_alone_and_is_run_once(database: Sqlite) -> None:
    await database.write(lambda tx: tx.all("CREATE TABLE t (n BIGINT PRIMARY KEY)"))
    runs: Counter[int] = Counter()

    async def add(n: int) -> None:
        async def work(tx: Transaction) -> None:
            runs[n] += 1
            await tx.all("INSERT INTO t VALUES ($1)", n)
            if n % 3 == 0:
                raise (Stale, Illegal)[n % 2](str(n))
            if n % 5 == 0:
                await tx.all("INSERT INTO nowhere VALUES (1)")

        await database.write(work)

    answers = await asyncio.gather(*map(add, range(60)), return_exceptions=True)
    refusals = {n: type(answer) for n, answer in enumerate(answers) if answer is not None}
    assert refusals == {
        n: (Stale, Illegal)[n % 2] if n % 3 == 0 else StoreDown for n in range(60) if n % 3 == 0 or n % 5 == 0
    }
    assert set(runs.values()) == {1}
    rows = await database.read(lambda tx: tx.all("SELECT n FROM t ORDER BY n"))
    assert [row["n"] for row in rows] == [n for n in range(60) if n not in refusals]


async def test_a_refusal_is_told_only_when_what_it_rests_on_is_kept(database: Sqlite) -> None:
    """The second piece is refused because of what the first wrote, and then nothing of the round is kept."""
    await database.write(lambda tx: tx.all("CREATE TABLE t (text TEXT)"))

    async def first(tx: Transaction) -> None:
        await tx.all("INSERT INTO t VALUES ('here')")

    async def second(tx: Transaction) -> None:
        if await tx.one("SELECT 1 FROM t WHERE text = 'here'"):
            raise Illegal("it is here already")

    async def third(tx: Transaction) -> None:
        await tx.all("ROLLBACK")  # as SQLite does by itself after some errors
        raise sqlite3.OperationalError("disk I/O error")

    answers = await asyncio.gather(*map(database.write, (first, second, third)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [StoreDown] * 3
    assert await database.read(lambda tx: tx.all("SELECT 1 FROM t")) == []


async def test_what_comes_while_it_closes_is_refused_and_not_left_waiting(tmp_path: Path) -> None:
    database = await Sqlite.open(tmp_path / "x.db")
    closing = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    # More than a round: the last of them comes behind the end.
    writes = [asyncio.create_task(database.write(lambda tx: tx.all("SELECT 1"))) for _ in range(2 * ROUND)]
    answers = await asyncio.wait_for(asyncio.gather(*writes, return_exceptions=True), 5)
    await closing
    assert {type(answer) for answer in answers} <= {list, StoreDown}


async def test_what_was_written_before_closing_is_there(tmp_path: Path) -> None:
    database = await Sqlite.open(tmp_path / "x.db")
    await database.write(lambda tx: tx.all("CREATE TABLE t (n BIGINT)"))
    writes = [asyncio.create_task(database.write(lambda tx: tx.all("INSERT INTO t VALUES (1)"))) for _ in range(300)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*writes)
    with pytest.raises(StoreDown):
        await database.write(lambda tx: tx.all("SELECT 1"))
    with sqlite3.connect(tmp_path / "x.db") as connection:
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (300,)
    connection.close()


async def test_a_database_locked_by_another_process_is_said_and_recovers(database: Sqlite, tmp_path: Path) -> None:
    await database.write(lambda tx: tx.all("CREATE TABLE t (n BIGINT)"))
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreDown, match="locked"):
        await database.write(lambda tx: tx.all("INSERT INTO t VALUES (1)"))
    assert await database.read(lambda tx: tx.all("SELECT * FROM t")) == []
    other.execute("ROLLBACK")
    other.close()
    await database.write(lambda tx: tx.all("INSERT INTO t VALUES (1)"))


async def test_a_full_disk_is_said_and_recovers(database: Sqlite) -> None:
    await database.write(lambda tx: tx.all("CREATE TABLE t (text TEXT)"))
    await database.write(lambda tx: tx.all("PRAGMA max_page_count = 10"))
    with pytest.raises(StoreDown, match="full"):
        await database.write(lambda tx: tx.all("INSERT INTO t VALUES ($1)", "x" * 200_000))
    await database.write(lambda tx: tx.all("INSERT INTO t VALUES ($1)", "x"))
    assert len(await database.read(lambda tx: tx.all("SELECT * FROM t"))) == 1


async def test_nobody_else_on_the_machine_may_read_it(database: Sqlite, tmp_path: Path) -> None:
    await database.write(lambda tx: tx.all("CREATE TABLE t (n BIGINT)"))
    assert {path.stat().st_mode & 0o777 for path in tmp_path.glob("*.db*")} == {0o600}


async def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "photoplay.db").write_bytes(b"hello" * 1000)
    with pytest.raises(StoreDown, match=r"photoplay\.db"):
        await open_store(tmp_path)
    with pytest.raises(StoreDown):
        await open_store(tmp_path / "nowhere")


async def test_someone_who_gave_up_waiting_does_not_stop_the_others(database: Sqlite) -> None:
    await database.write(lambda tx: tx.all("CREATE TABLE t (n BIGINT)"))
    gone = asyncio.create_task(database.write(lambda tx: tx.all("INSERT INTO t VALUES (1)")))
    await asyncio.sleep(0)
    gone.cancel()
    await database.write(lambda tx: tx.all("INSERT INTO t VALUES (2)"))


async def test_what_may_wait_shares_the_commit_of_the_next_write(
    database: Sqlite, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database.write(lambda tx: tx.all("CREATE TABLE t (n BIGINT PRIMARY KEY)"))
    commits = list[int]()
    committed = sqlite._committed

    def counted(connection: sqlite3.Connection, works: list[sqlite.Work]) -> list[object]:
        commits.append(len(works))
        return committed(connection, works)

    monkeypatch.setattr(sqlite, "_committed", counted)
    monkeypatch.setattr(sqlite, "ALONG", 60.0)
    waiting = [asyncio.create_task(database.write_along(add(n))) for n in (1, 2, 1)]
    await asyncio.sleep(0.02)
    assert not commits
    await database.write(add(3))
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(answer) for answer in answers] == [list, list, sqlite3.IntegrityError]
    assert commits == [4]
    monkeypatch.setattr(sqlite, "ALONG", 0.0)
    await database.write_along(add(4))  # nobody comes
    assert commits == [4, 1]
    rows = await database.read(lambda tx: tx.all("SELECT n FROM t ORDER BY n"))
    assert [row["n"] for row in rows] == [1, 2, 3, 4]


async def test_what_waits_for_another_write_is_written_before_closing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "ALONG", 60.0)
    database = await Sqlite.open(tmp_path / "x.db")
    await database.write(lambda tx: tx.all("CREATE TABLE t (n BIGINT)"))
    waiting = asyncio.create_task(database.write_along(add(1)))
    await asyncio.sleep(0)
    await database.close()
    await waiting
    with pytest.raises(StoreDown):
        await database.write_along(add(2))


def add(n: int) -> sqlite.Work:
    return lambda tx: tx.all("INSERT INTO t VALUES ($1)", n)
