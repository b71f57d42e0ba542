"""The seam between our SQL and a database driver: one text per statement, rows as mappings, one transaction per call.

Statements are constants in PostgreSQL's dialect, so that both drivers' statement caches work. `storage.sqlite_sql`
translates three constructs for SQLite; the SQL may differ in nothing else:

    person = ANY($1), person <> ALL($1)             a list as one parameter; bind a `list` or `tuple`
    json_to_recordset($1) AS key(book TEXT, n BIGINT)   several rows as one parameter; bind the text of `records`
    FOR UPDATE, FOR UPDATE SKIP LOCKED              dropped on SQLite, where a writer has the file to itself
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeVar

T = TypeVar("T")
Row = Mapping[str, Any]
Dialect = Literal["sqlite", "postgresql"]


class Transaction(Protocol):
    """One open transaction."""

    async def all(self, sql: str, *args: object) -> list[Row]:
        """Run one statement; returns its rows."""

    async def one(self, sql: str, *args: object) -> Row | None:
        """Run one statement; returns its first row."""

    async def many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one statement for each row of parameters."""


class Database(Protocol):
    """Runs `work` in a transaction. Raises `StoreDown` when the database is unavailable, else the error of `work`.

    `work` may run more than once before the commit, so it may do nothing but SQL.
    """

    dialect: Dialect

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work` without changes."""

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work` with changes; they are on disk when this returns."""

    async def write_along(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """As `write`, for what is not urgent: it may share the commit of a write to come, some hundredths of a
        second later, where each commit costs."""

    async def reshape(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """`write` for work that rebuilds referenced tables; foreign keys are checked at the end, before the commit.

        Raises the driver's own error when they do not hold, and rolls back.
        """

    async def place(self) -> str:
        """Identity of this database, as opposed to a copy: parts divided by `/`, empty where unknown."""

    async def scrub(self) -> bool:
        """Remove deleted rows from the files, as far as the database can; False if some remain for now."""

    async def close(self) -> None:
        """Close every connection."""


class Wrapped:
    """A `Database` around another one, which a subclass changes in what it is for."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self.dialect = database.dialect

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._db.read(work)

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._db.write(work)

    async def write_along(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._db.write_along(work)

    async def reshape(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._db.reshape(work)

    async def place(self) -> str:
        return await self._db.place()

    async def scrub(self) -> bool:
        return await self._db.scrub()

    async def close(self) -> None:
        await self._db.close()


class Part:
    """A part of the store. `_all`, `_one`, `_change` and `_change_along` run one statement in a transaction of its
    own."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def _all(self, sql: str, *args: object) -> list[Row]:
        return await self._db.read(lambda tx: tx.all(sql, *args))

    async def _one(self, sql: str, *args: object) -> Row | None:
        return await self._db.read(lambda tx: tx.one(sql, *args))

    async def _change(self, sql: str, *args: object) -> list[Row]:
        return await self._db.write(lambda tx: tx.all(sql, *args))

    async def _change_along(self, sql: str, *args: object) -> list[Row]:
        return await self._db.write_along(lambda tx: tx.all(sql, *args))


def placeholders(columns: Sequence[str]) -> str:
    """Placeholders for these columns, from $1; for building constants."""
    return ", ".join(f"${i}" for i in range(1, len(columns) + 1))


def records(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows of texts, numbers and nulls as the one parameter of `json_to_recordset`."""
    return json.dumps([dict(zip(columns, row, strict=True)) for row in rows])
