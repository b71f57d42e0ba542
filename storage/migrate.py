"""Numbered, forward-only SQL files; each runs once, in one transaction with its mark."""

import re
import time
from importlib import resources

from bot.errors import Misconfigured
from storage.backfill import AFTER
from storage.database import Database, Transaction

_LOCK = "UPDATE migrations SET name = name WHERE version = 0"


def files() -> list[tuple[int, str, str]]:
    """Number, name and SQL of each migration, in order."""
    found = (f for f in resources.files("storage").joinpath("schema").iterdir() if f.name.endswith(".sql"))
    return sorted((int(f.name[:4]), f.name, f.read_text("utf-8")) for f in found)


def statements(sql: str) -> list[str]:
    """The statements of a file: comments go, and a semicolon at a line's end closes one."""
    bare = re.sub(r"--[^\n]*", "", sql)
    return [s.strip() for s in re.split(r";\s*(?:\n|$)", bare) if s.strip()]


async def migrate(database: Database) -> int:
    """Bring the database to the newest schema; returns its version. Two processes at once do it once."""

    async def prepare(tx: Transaction) -> None:
        await tx.all(
            "CREATE TABLE IF NOT EXISTS migrations "
            "(version BIGINT PRIMARY KEY, name TEXT NOT NULL, at DOUBLE PRECISION NOT NULL)"
        )
        await tx.all("INSERT INTO migrations VALUES (0, '', 0) ON CONFLICT DO NOTHING")

    async def advance(tx: Transaction) -> int:
        await tx.all(_LOCK)  # on PostgreSQL the second process waits here until the first is through
        done = {row["version"] for row in await tx.all("SELECT version FROM migrations")}
        known = files()
        if done and max(done) > known[-1][0]:
            raise Misconfigured("The database was made by a newer Photoplay. Please update this one.")
        for version, name, sql in known:
            if version not in done:
                for statement in statements(sql):
                    await tx.all(statement)
                if version in AFTER:
                    await AFTER[version](tx)
                await tx.all("INSERT INTO migrations VALUES ($1, $2, $3)", version, name, time.time())
        return known[-1][0]

    await database.write(prepare)
    return await database.write(advance)
