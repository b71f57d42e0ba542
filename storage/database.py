"""The seam between our SQL and a database driver: one text per statement, rows as mappings, one transaction per call.

Statements are constants in PostgreSQL's own words, so that both drivers find them prepared. Three of these words are
put into SQLite's by `storage.sqlite_sql`; nothing else in the SQL may differ:

    person = ANY($1), person <> ALL($1)             a list as one value; a `list` or `tuple` is bound
    json_to_recordset($1) AS key(book TEXT, n BIGINT)   several rows as one value; the text of `records` is bound
    FOR UPDATE, FOR UPDATE SKIP LOCKED              no word at all on SQLite, where a writer has the file to itself
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
        """Run one statement; its rows."""

    async def one(self, sql: str, *args: object) -> Row | None:
        """Run one statement; its first row."""

    async def many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one statement once for each row of values."""


class Database(Protocol):
    """Runs `work` in a transaction. Raises `StoreDown` when the database cannot take it, else what `work` raises.

    `work` may run more than once before it counts, so it must do nothing but SQL.
    """

    dialect: Dialect

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """For work that changes nothing."""

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """For work that changes something; it is on disk when this returns."""

    async def reshape(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """`write`, for work that may rebuild tables which others refer to; references hold again at its end.

        Raises the driver's own error where they do not, and keeps nothing.
        """

    async def place(self) -> str:
        """What tells this database from a copy of it, in parts divided by `/`; those that are unknown are empty."""

    async def scrub(self) -> bool:
        """Remove deleted rows from the files, as far as the database can do that; False if some remain for now."""

    async def close(self) -> None:
        """Close every connection."""


class Part:
    """A part of the store. `_all`, `_one` and `_change` run one statement in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def _all(self, sql: str, *args: object) -> list[Row]:
        return await self._db.read(lambda tx: tx.all(sql, *args))

    async def _one(self, sql: str, *args: object) -> Row | None:
        return await self._db.read(lambda tx: tx.one(sql, *args))

    async def _change(self, sql: str, *args: object) -> list[Row]:
        return await self._db.write(lambda tx: tx.all(sql, *args))


def places(columns: Sequence[str]) -> str:
    """Placeholders for these columns, from $1 on; for the text of constants."""
    return ", ".join(f"${i}" for i in range(1, len(columns) + 1))


def records(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows of texts and whole numbers as the one value that `json_to_recordset` takes apart."""
    return json.dumps([dict(zip(columns, row, strict=True)) for row in rows])
