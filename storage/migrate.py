"""Numbered, forward-only SQL files; each runs once. All pending ones run in one transaction, with their marks.

`0014_name.sql` is for both databases. Where they need different statements there are two files of that number,
`0014_name.sqlite.sql` and `0014_name.postgresql.sql`. To change a CHECK, SQLite rebuilds the table (create `t_new`,
copy, drop `t`, rename, recreate its indexes and triggers); other tables may refer to it meanwhile, as foreign keys are
checked at the end. PostgreSQL drops the constraint and adds the new one.
"""

import re
import sqlite3
import time
from collections.abc import Awaitable, Callable
from importlib import resources
from importlib.resources.abc import Traversable

from bot.errors import Misconfigured
from storage.backfill import AFTER
from storage.database import Database, Transaction

FOLDER: Traversable = resources.files("storage") / "schema"
_NAME = re.compile(r"(\d{4})_\w+(?:\.(sqlite|postgresql))?\.sql", re.ASCII)

MAKE = """
    CREATE TABLE IF NOT EXISTS migrations
    (version BIGINT PRIMARY KEY, name TEXT NOT NULL, at DOUBLE PRECISION NOT NULL)"""
FIRST = "INSERT INTO migrations (version, name, at) VALUES (0, '', 0) ON CONFLICT DO NOTHING"
LOCK = "UPDATE migrations SET name = name WHERE version = 0"
DONE = "SELECT version FROM migrations"
MARK = "INSERT INTO migrations (version, name, at) VALUES ($1, $2, $3)"


def files(dialect: str) -> list[tuple[int, str, str]]:
    """Number, name and SQL of each migration for that dialect, in order."""
    named = [(file, _NAME.fullmatch(file.name)) for file in FOLDER.iterdir()]
    chosen = [(file, name) for file, name in named if name and name[2] in (None, dialect)]
    return sorted((int(name[1]), file.name, file.read_text("utf-8")) for file, name in chosen)


def newest(dialect: str) -> int:
    """The number of the newest migration."""
    return files(dialect)[-1][0]


def statements(text: str) -> list[str]:
    """The statements of a file, with their comments. Raises `ValueError` if the last one is incomplete."""
    found, rest = [], ""
    for part in re.split(r"(?<=;)", text):
        rest += part
        if sqlite3.complete_statement(rest):
            found.append(rest.strip())
            rest = ""
    if any(line.strip() and not line.lstrip().startswith("--") for line in rest.splitlines()):
        raise ValueError(f"a statement without its end: {rest.strip()[:80]}")
    return found


Before = Callable[[int], Awaitable[None]]
"""Called with the schema of before, once per process, before a database with data is migrated."""


async def migrate(database: Database, before: Before | None = None) -> int:
    """Migrate to the newest schema; returns its version. Concurrent processes do it once.

    Raises `Misconfigured` for a database of a newer version, and the driver's error for rows that violate a
    constraint of the new schema; both change nothing.
    """
    known = files(database.dialect)

    async def prepare(tx: Transaction) -> None:
        await tx.all(MAKE)
        await tx.all(FIRST)

    async def missing(tx: Transaction) -> list[tuple[int, str, str]]:
        done = {row["version"] for row in await tx.all(DONE)}
        if max(done) > known[-1][0]:
            raise Misconfigured(
                f"The database is of a newer Photoplay (schema {max(done)}; this one knows {known[-1][0]}). Update "
                "this one, or put back the backup that was made before the update: docs/upgrade.md has the steps."
            )
        return [one for one in known if one[0] not in done]

    async def advance(tx: Transaction) -> None:
        await tx.all(LOCK)  # on PostgreSQL the second process waits here for the first
        for version, name, text in await missing(tx):
            for statement in statements(text):
                await tx.all(statement)
            if version in AFTER:
                await AFTER[version](tx)
            await tx.all(MARK, version, name, time.time())

    await database.write(prepare)
    if pending := await database.read(missing):
        if before and len(pending) < len(known):  # not a new one
            await before(max(number for number, _, _ in known if number < pending[0][0]))
        await database.reshape(advance)
    return known[-1][0]
