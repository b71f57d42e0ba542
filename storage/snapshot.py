"""A consistent copy of an SQLite file while processes write to it (`VACUUM INTO`), and what such a copy holds."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bot.errors import StoreDown

FILE = "photoplay.db"
"""Name of the database in `DATA_DIR`."""
PATIENCE = 30.0
"""Seconds to wait for another process's lock."""
_STEPS = 10_000
"""Instructions of SQLite between two looks at `stopped`: some milliseconds."""

VERSION = "SELECT max(version) AS version FROM migrations"
MARK = "UPDATE gate SET place = $1"
COUNTS = """
    SELECT (SELECT count(*) FROM jobs) AS jobs, (SELECT count(DISTINCT person) FROM jobs) AS people,
        (SELECT count(*) FROM jobs WHERE state = 'queued') AS queued"""
"""Of tables that every version has, as a copy is made before a migration, too."""


@dataclass(frozen=True, slots=True)
class Contents:
    """`schema`: the number of the newest migration; `counts`: rows by what they are."""

    schema: int
    counts: Mapping[str, int]


def copy(source: Path, target: Path, stopped: Callable[[], bool]) -> None:
    """Write a compact copy, without deleted rows, to a new file. Blocks; raises `StoreDown`, also once `stopped()`."""
    target.touch(mode=0o600, exist_ok=False)
    try:
        with closing(sqlite3.connect(_uri(source, "rw"), uri=True, timeout=PATIENCE, isolation_level=None)) as database:
            database.set_progress_handler(lambda: int(stopped()), _STEPS)
            database.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.Error as error:
        raise StoreDown(f"the database could not be copied: {error}") from error


def mark(path: Path, place: str) -> None:
    """Record in a copy that it was elsewhere, so that it is opened as one. Raises `StoreDown`."""
    try:
        with closing(sqlite3.connect(_uri(path, "rw"), uri=True, isolation_level=None)) as database:
            database.execute(MARK, {"1": place})
    except sqlite3.Error as error:
        raise StoreDown(f"the copy cannot be written: {error}") from error


def contents(path: Path, mode: str = "ro") -> Contents:
    """What a copy holds. `mode` is `rw` for a database that was in use. Raises `StoreDown`."""
    try:
        with closing(sqlite3.connect(_uri(path, mode), uri=True)) as database:
            database.row_factory = sqlite3.Row
            return Contents(database.execute(VERSION).fetchone()["version"], dict(database.execute(COUNTS).fetchone()))
    except sqlite3.Error as error:
        raise StoreDown(f"the copy cannot be read: {error}") from error


def damage(path: Path) -> str:
    """What SQLite finds wrong with a copy; empty if nothing. Raises `StoreDown`."""
    try:
        with closing(sqlite3.connect(_uri(path, "ro"), uri=True)) as database:
            found = [str(row[0]) for row in database.execute("PRAGMA integrity_check(3)")]
            broken = database.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as error:
        return str(error)
    if found != ["ok"]:
        return "; ".join(found)
    return f"a row of {broken[0]} refers to none of {broken[2]}" if broken else ""


def _uri(path: Path, mode: str) -> str:
    return f"{path.resolve().as_uri()}?mode={mode}"
