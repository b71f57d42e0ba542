"""What the account was asked for and charged: one row per request, in an SQLite file that several processes share.

Every call opens a connection of its own, so it may come from any thread. Database errors are raised as `OSError`.
"""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KEEP = 92 * 86_400.0
"""Seconds for which a row is kept: the longest window that may be asked for."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS receipts (
    position   INTEGER PRIMARY KEY AUTOINCREMENT,
    inference  TEXT NOT NULL UNIQUE,
    client     TEXT,            -- X-Client-Request-Id
    request    TEXT NOT NULL,   -- id of the HTTP call
    model      TEXT NOT NULL,
    created    REAL NOT NULL,   -- Unix seconds
    finished   REAL,            -- NULL while it is under way
    succeeded  INTEGER,
    credits    INTEGER NOT NULL -- held while under way, charged if it succeeded
);
CREATE INDEX IF NOT EXISTS receipts_created ON receipts (created);
CREATE INDEX IF NOT EXISTS receipts_finished ON receipts (finished) WHERE succeeded = 1;
"""
BUSY = 5.0  # seconds to wait for another process's write


@dataclass(frozen=True, slots=True)
class Asked:
    """A create. `client`: the caller's id of it."""

    inference: str
    client: str | None
    request: str
    model: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A finished row. `credits` is what was charged, 0 for failed work."""

    position: int
    inference: str
    client: str | None
    request: str
    model: str
    created: float
    finished: float
    succeeded: bool
    credits: int


class Receipts:
    """The rows at `path`; `clock` returns Unix seconds."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path, self._clock = path, clock
        with self._open() as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.executescript(SCHEMA)

    def begin(self, asked: Asked, credits: int) -> None:
        """Accepted work: its price is held."""
        self._insert(asked, credits, None, None)

    def refuse(self, asked: Asked) -> None:
        """A create that was refused: a failed row that cost nothing."""
        self._insert(asked, 0, self._clock(), False)

    def settle(self, inference: str, *, succeeded: bool) -> None:
        """Finished work: charged, or its hold is released. Only the first outcome counts."""
        with self._open() as db:
            db.execute(
                "UPDATE receipts SET finished = ?, succeeded = ? WHERE inference = ? AND finished IS NULL",
                (self._clock(), succeeded, inference),
            )

    def charged(self, inference: str) -> int:
        """Credits that were charged for it so far."""
        with self._open() as db:
            found = db.execute("SELECT credits FROM receipts WHERE inference = ? AND succeeded = 1", (inference,))
            row = found.fetchone()
        return int(row[0]) if row else 0

    def taken(self) -> int:
        """All credits charged or held."""
        with self._open() as db:
            found = db.execute("SELECT coalesce(sum(credits), 0) FROM receipts WHERE succeeded IS NOT 0")
            return int(found.fetchone()[0])

    def log(
        self, start: float, end: float, *, models: Sequence[str], succeeded: bool | None, limit: int, offset: int
    ) -> tuple[Sequence[Receipt], int]:
        """Finished rows created from `start` until `end`, newest first, and how many there are.

        `models`: whole ids, or those without their source; empty for any.
        """
        where, given = "finished IS NOT NULL AND created >= ? AND created < ?", [start, end]
        values: list[Any] = [*given]
        if succeeded is not None:
            where += " AND succeeded = ?"
            values.append(succeeded)
        if models:
            marks = ", ".join("?" * len(models))
            where += f" AND (model IN ({marks}) OR substr(model, instr(model, '/') + 1) IN ({marks}))"
            values += [*models, *models]
        with self._open() as db:
            total = db.execute(f"SELECT count(*) FROM receipts WHERE {where}", values).fetchone()[0]
            rows = db.execute(
                f"SELECT * FROM receipts WHERE {where} ORDER BY created DESC, position DESC LIMIT ? OFFSET ?",
                (*values, limit, offset),
            ).fetchall()
        return [_receipt(row) for row in rows], int(total)

    def charges(self, start: float, end: float, *, limit: int, after: tuple[float, int] | None) -> Sequence[Receipt]:
        """Charges made from `start` until `end`, newest first; `after`: time and position of the last one seen."""
        moment, position = after or (end, 0)
        with self._open() as db:
            rows = db.execute(
                "SELECT * FROM receipts WHERE succeeded = 1 AND finished >= ? AND finished < ?"
                " AND (finished < ? OR (finished = ? AND position < ?))"
                " ORDER BY finished DESC, position DESC LIMIT ?",
                (start, end, moment, moment, position, limit),
            ).fetchall()
        return [_receipt(row) for row in rows]

    def durations(self, seconds: float) -> Sequence[tuple[str, float]]:
        """Model and seconds of the work that succeeded within the last `seconds`."""
        with self._open() as db:
            return db.execute(
                "SELECT model, finished - created FROM receipts WHERE succeeded = 1 AND finished >= ?",
                (self._clock() - seconds,),
            ).fetchall()

    def forget(self) -> None:
        with self._open() as db:
            db.execute("DELETE FROM receipts WHERE created < ?", (self._clock() - KEEP,))

    def _insert(self, asked: Asked, credits: int, finished: float | None, succeeded: bool | None) -> None:
        with self._open() as db:
            db.execute(
                "INSERT INTO receipts (inference, client, request, model, created, finished, succeeded, credits)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(asked.inference, asked.client, asked.request, asked.model),
                    *(self._clock(), finished, succeeded, credits),
                ),
            )

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with contextlib.closing(sqlite3.connect(self._path, timeout=BUSY)) as db:
                db.execute("PRAGMA synchronous = NORMAL")
                with db:
                    yield db
        except sqlite3.Error as error:
            raise OSError(None, f"the receipts cannot be used: {error}") from error


def _receipt(row: tuple[Any, ...]) -> Receipt:
    position, inference, client, request, model, created, finished, succeeded, credits = row
    charged = credits if succeeded else 0
    return Receipt(position, inference, client, request, model, created, finished, bool(succeeded), charged)
