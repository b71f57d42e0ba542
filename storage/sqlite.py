"""SQLite through aiosqlite: one writer, one reader, and group commit of small transactions.

A commit waits for the disk (`synchronous=FULL`: a paid order must survive a power cut), so the writer takes all
waiting work, runs it in sequence in one transaction and commits once; what is not urgent (`write_along`) lets others
start the round. Each of several pieces has a savepoint: an error undoes that piece alone. Results and errors are
delivered after the commit, since a refusal may rest on another piece of the same round. If the transaction itself fails
(a lock held by another process, a full disk) the whole round is rolled back, and all its callers get one `StoreDown`.

A transaction is a single visit to the connection's thread, whatever its number of statements: a thread switch costs
more than most statements. This works because transactions do nothing but SQL.
"""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import aiosqlite

from bot.errors import StoreDown
from storage.birth import birth
from storage.database import Dialect, Row, Transaction
from storage.sqlite_sql import for_sqlite, named

log = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[Transaction], Awaitable[Any]]

ALONG = 0.05
"""Seconds for which a `write_along` waits for another write, to share its commit."""
ROUND = 256
"""Pieces of work per commit; bounds the wait of the first one."""
STATEMENTS = 400
"""Size of a connection's statement cache: all our constants, and a reserve."""
SCRUB = 250
"""Milliseconds that scrubbing waits for another process's lock."""
SECURE = 1
"""`user_version` of a file that always had `secure_delete`, or was vacuumed since."""


class _Connection(aiosqlite.Connection):
    """An aiosqlite connection that can run a whole function in its thread."""

    async def visit(self, function: Callable[[sqlite3.Connection], T]) -> T:
        """Run `function` in the connection's thread."""
        return cast(T, await self._execute(function, self._conn))  # type: ignore[no-untyped-call]  # the library's own


class _Session:
    """A transaction inside the connection's thread; its methods never suspend."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def all(self, sql: str, *args: object) -> list[Row]:
        cursor = self._connection.execute(for_sqlite(sql), named(args))
        if not (rows := cursor.fetchall()):
            return []
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in rows]  # `sqlite3.Row` compares with each name in turn

    async def one(self, sql: str, *args: object) -> Row | None:
        rows = await self.all(sql, *args)
        return rows[0] if rows else None

    async def many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        self._connection.executemany(for_sqlite(sql), [named(row) for row in rows])


@dataclass(frozen=True, slots=True)
class _Raised:
    """The error of a piece of work."""

    error: Exception


class Sqlite:
    """A `Database` in one file. Create with `open`."""

    dialect: Dialect = "sqlite"

    def __init__(self, path: Path, writer: _Connection, reader: _Connection) -> None:
        self._path = path
        self._writer = writer
        self._reader = reader
        self._waiting: asyncio.Queue[tuple[Work, asyncio.Future[Any]]] = asyncio.Queue()
        self._along: list[tuple[Work, asyncio.Future[Any]]] = []
        """Work of `write_along`, until another write comes; not in the queue, so that it does not wake the writer."""
        self._along_timer: asyncio.TimerHandle | None = None
        self._task = asyncio.create_task(self._write_rounds(), name="sqlite-writer")

    @classmethod
    async def open(cls, path: Path, patience: float = 5.0) -> "Sqlite":
        """Open or create the file. `patience`: seconds to wait for another process's lock."""
        try:
            _create(path)
            writer = await _connect(path, patience)
            try:
                reader = await _connect(path, patience)
            except BaseException:
                await writer.close()
                raise
        except (sqlite3.Error, OSError) as error:
            raise StoreDown(f"cannot open the database {path.name}: {error}") from error
        return cls(path, writer, reader)

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        if self._task.done():
            raise StoreDown("the database is closed")
        try:
            return await self._reader.visit(lambda connection: _read(connection, work))
        except sqlite3.Error as error:
            raise StoreDown(str(error)) from error

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        if self._task.done():
            raise StoreDown("the database is closed")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((work, future))
        return await future

    async def write_along(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        if self._task.done():
            raise StoreDown("the database is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._along.append((work, future))
        if self._along_timer is None:
            self._along_timer = loop.call_later(ALONG, self._queue_along)
        return await future

    async def reshape(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        try:
            return await self._writer.visit(lambda connection: _reshaped(connection, work))
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as error:
            raise StoreDown(str(error)) from error

    async def place(self) -> str:
        """The file's inode and creation time: a copy that replaces the original may reuse the inode."""
        return f"{self._path.stat().st_ino}/{birth(self._path)}"

    async def scrub(self) -> bool:
        """Checkpoint the write-ahead log into the file, which overwrites deleted data (`secure_delete`).

        A file without that history is vacuumed the first time. False while another process reads the log or locks the
        file; call again later.
        """
        if self._task.done():
            raise StoreDown("the database is closed")
        try:
            return await self._writer.visit(_scrubbed)
        except sqlite3.Error as error:
            log.warning("the database could not be scrubbed: %s", error)
            return False

    async def close(self) -> None:
        if self._task.done():
            return
        self._queue_along()
        self._waiting.put_nowait((_stop, asyncio.get_running_loop().create_future()))
        await self._task
        await self._writer.close()
        await self._reader.close()

    async def _write_rounds(self) -> None:
        while True:
            round_ = [await self._waiting.get()]
            self._queue_along()
            while len(round_) < ROUND and not self._waiting.empty():
                round_.append(self._waiting.get_nowait())
            stopping = any(work is _stop for work, _ in round_)
            round_ = [(work, future) for work, future in round_ if work is not _stop and not future.cancelled()]
            await self._commit(round_)
            if stopping:
                self._refuse_rest()
                return

    def _queue_along(self) -> None:
        """Queue the work of `write_along`: another write has come, or `ALONG` is over."""
        if self._along_timer:
            self._along_timer.cancel()
            self._along_timer = None
        for piece in self._along:
            self._waiting.put_nowait(piece)
        self._along.clear()

    async def _commit(self, round_: list[tuple[Work, asyncio.Future[Any]]]) -> None:
        """Run a round in one transaction, then deliver its results and errors."""
        if not round_:
            return
        try:
            answers = await self._writer.visit(lambda connection: _committed(connection, [work for work, _ in round_]))
        except Exception as error:
            answers = [_Raised(StoreDown(str(error))) for _ in round_]
        for (_, future), answer in zip(round_, answers, strict=True):
            if future.done():
                continue  # the caller was cancelled
            if isinstance(answer, _Raised):
                future.set_exception(answer.error)
            else:
                future.set_result(answer)

    def _refuse_rest(self) -> None:
        """Refuse work queued during closing."""
        self._queue_along()
        while not self._waiting.empty():
            _, future = self._waiting.get_nowait()
            if not future.done():
                future.set_exception(StoreDown("the database is closed"))


async def _stop(_: Transaction) -> None:
    """Marks the end of the queue: the writer stops after the work before it."""


def _read(connection: sqlite3.Connection, work: Callable[[Transaction], Awaitable[T]]) -> T:
    connection.execute("BEGIN")
    try:
        return _result(work(_Session(connection)))
    finally:
        connection.rollback()


def _committed(connection: sqlite3.Connection, works: list[Work]) -> list[Any]:
    """The result or error of each piece of a round; raises if the round was rolled back."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        answers = [_piece(connection, work) for work in works] if len(works) > 1 else [_alone(connection, *works)]
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
    return answers


def _alone(connection: sqlite3.Connection, work: Work) -> Any:
    """The only piece of a round: its error undoes the transaction."""
    try:
        return _result(work(_Session(connection)))
    except Exception as error:
        connection.rollback()
        return _raised(error)


def _piece(connection: sqlite3.Connection, work: Work) -> Any:
    connection.execute("SAVEPOINT piece")
    try:
        answer = _result(work(_Session(connection)))
    except Exception as error:
        if not connection.in_transaction:
            raise  # some errors (a full disk, an I/O error) end the whole transaction
        connection.execute("ROLLBACK TO piece")
        answer = _raised(error)
    connection.execute("RELEASE piece")
    return answer


def _raised(error: Exception) -> _Raised:
    ours = not isinstance(error, sqlite3.Error) or isinstance(error, sqlite3.IntegrityError)
    return _Raised(error if ours else StoreDown(str(error)))


def _reshaped(connection: sqlite3.Connection, work: Callable[[Transaction], Awaitable[T]]) -> T:
    connection.execute("PRAGMA foreign_keys=OFF")  # no effect within a transaction
    try:
        connection.execute("BEGIN IMMEDIATE")
        answer = _result(work(_Session(connection)))
        if broken := connection.execute("PRAGMA foreign_key_check").fetchone():
            raise sqlite3.IntegrityError(f"a row of {broken[0]} refers to none of {broken[2]}")
        connection.commit()
    finally:
        connection.rollback()
        connection.execute("PRAGMA foreign_keys=ON")
    return answer


def _scrubbed(connection: sqlite3.Connection) -> bool:
    patience = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    connection.execute(f"PRAGMA busy_timeout={SCRUB}")  # writers wait meanwhile
    try:
        return _emptied(connection)
    finally:
        connection.execute(f"PRAGMA busy_timeout={patience}")


def _emptied(connection: sqlite3.Connection) -> bool:
    if connection.execute("PRAGMA user_version").fetchone()[0] < SECURE:
        connection.execute("VACUUM")
        connection.execute(f"PRAGMA user_version={SECURE}")
    return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]


def _result(work: Awaitable[T]) -> T:
    """The result of an awaitable that never suspends."""
    steps = work.__await__()
    try:
        next(steps)
    except StopIteration as end:
        return cast(T, end.value)
    raise RuntimeError("a transaction waited for something else than its database")


def _create(path: Path) -> None:
    """Create the file with mode 0600; its journals inherit that. Raises `OSError`, `sqlite3.Error`."""
    path.touch(mode=0o600)
    sqlite3.connect(path).close()  # aiosqlite would leave a thread behind for a file that cannot be opened


async def _connect(path: Path, patience: float) -> _Connection:
    # isolation_level=None: explicit transactions instead of the driver's implicit ones.
    settings: dict[str, Any] = {"timeout": patience, "isolation_level": None, "cached_statements": STATEMENTS}
    connection = _Connection(lambda: sqlite3.connect(path, **settings), 64)
    await connection
    try:
        fresh = not (await connection.visit(lambda file: file.execute("PRAGMA page_count").fetchone()))[0]
        await _use_wal(connection, patience)
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY", "secure_delete=ON"):
            await connection.execute_fetchall(f"PRAGMA {pragma}")
        if fresh:
            await connection.execute_fetchall(f"PRAGMA user_version={SECURE}")
    except BaseException:
        await connection.close()  # its thread would keep the process alive
        raise
    return connection


async def _use_wal(connection: _Connection, patience: float) -> None:
    """Switch to WAL. SQLite's busy timeout does not cover a concurrent switch by another process."""
    end = time.monotonic() + patience
    while True:
        try:
            await connection.execute_fetchall("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
        await asyncio.sleep(0.02)
