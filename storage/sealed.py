"""A `Database` in which what people wrote is encrypted: parameters that are `Words`, and the columns that hold them.

A ciphertext is bound to its column and person, so it can be read in no other place. One that cannot be read is
`UNREADABLE` to the caller, as is a row that somebody changed; a disk that is away is `StoreDown`.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TypeVar

from bot.errors import StoreDown
from bot.model import UNREADABLE
from bot.sealing.words import TextCipher, UnreadableText, is_sealed
from storage.database import Database, Row, Transaction, Wrapped
from storage.words import COLUMNS, OF_PERSON, Column, Words

log = logging.getLogger(__name__)

T = TypeVar("T")


class Sealed(Wrapped):
    """`cipher` encrypts and opens the words."""

    def __init__(self, database: Database, cipher: TextCipher) -> None:
        super().__init__(database)
        self.cipher = cipher

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._db.read(lambda tx: work(self._sealed(tx)))

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._db.write(lambda tx: work(self._sealed(tx)))

    async def write_along(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._db.write_along(lambda tx: work(self._sealed(tx)))

    async def reshape(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._db.reshape(lambda tx: work(self._sealed(tx)))

    def _sealed(self, tx: Transaction) -> "_Session":
        return _Session(tx, self.cipher, in_thread=self.dialect == "sqlite")


class _Session:
    """A transaction. `in_thread`: it runs in a thread of its own, in which files may be read."""

    def __init__(self, tx: Transaction, cipher: TextCipher, *, in_thread: bool) -> None:
        self._tx, self._cipher, self._in_thread = tx, cipher, in_thread

    async def all(self, sql: str, *args: object) -> list[Row]:
        return await self._opened(sql, await self._tx.all(sql, *await self._bound(args)))

    async def one(self, sql: str, *args: object) -> Row | None:
        row = await self._tx.one(sql, *await self._bound(args))
        return (await self._opened(sql, [row]))[0] if row is not None else None

    async def many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        if any(isinstance(value, Words) for row in rows for value in row):
            rows = await self._blocking(lambda: [_sealed(self._cipher, row) for row in rows])
        await self._tx.many(sql, rows)

    async def _bound(self, args: Sequence[object]) -> Sequence[object]:
        if not any(isinstance(value, Words) for value in args):
            return args
        return await self._blocking(lambda: _sealed(self._cipher, args))

    async def _opened(self, sql: str, rows: list[Row]) -> list[Row]:
        known = _columns(sql)
        names = [name for name in rows[0].keys() if name in known] if rows and known else ()  # noqa: SIM118  # asyncpg.Record
        found = [(row, {name: row[name] for name in names if is_sealed(row[name])}) for row in rows] if names else []
        if not any(sealed for _, sealed in found):
            return rows

        def opened() -> list[Row]:
            return [_open(self._cipher, row, sealed, known) if sealed else row for row, sealed in found]

        if all(self._cipher.knows(text) for _, sealed in found for text in sealed.values()):
            return opened()
        return await self._blocking(opened)

    async def _blocking(self, function: Callable[[], T]) -> T:
        try:
            return function() if self._in_thread else await asyncio.to_thread(function)
        except OSError as error:
            raise StoreDown(f"people's keys cannot be read: {error.strerror or error}") from error


def _sealed(cipher: TextCipher, values: Iterable[object]) -> list[object]:
    """Parameters with their words encrypted; an empty text stays what it is."""
    return [
        (cipher.seal(value.text, value.column, value.owner) if value.text else "")
        if isinstance(value, Words)
        else value
        for value in values
    ]


def _open(cipher: TextCipher, row: Row, sealed: Mapping[str, str], known: Mapping[str, Sequence[Column]]) -> Row:
    return {**row, **{name: _text(cipher, row, text, known[name]) for name, text in sealed.items()}}


def _text(cipher: TextCipher, row: Row, sealed: str, columns: Sequence[Column]) -> str:
    why: UnreadableText | None = None
    for column in columns:
        try:
            return cipher.open(sealed, column, row["person"] if column in OF_PERSON else "")
        except UnreadableText as error:
            why = error
    log.error("words in %s cannot be read: %s", columns[0], why)
    return UNREADABLE


@lru_cache(1024)
def _columns(sql: str) -> Mapping[str, Sequence[Column]]:
    """The encrypted columns of the tables that a statement names, by the column's own name."""
    found: dict[str, list[Column]] = {}
    for column in COLUMNS:
        table, name = column.split(".")
        if re.search(rf"\b{table}\b", sql):
            found.setdefault(name, []).append(column)
    return found
