"""The `Restored`: notices a database that came back from a copy, and halts what may have been bought since.

Two signs tell. The database's place: a copied file has another inode or another time of birth, a restored PostgreSQL
another identity. And a high-water mark outside the database: each start of an order raises a counter in the same
transaction, and the mark follows once that is committed and before anything is sent. So a counter below the mark means
that the database was put back to an earlier state, also under a running process.

What is in line then waits for the operator's word; new orders are bought as ever.
"""

import asyncio
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import replace

from bot.model import Job
from bot.quotas.rules import Act
from storage import rows, rules_and_grants
from storage.database import Database, Transaction
from storage.marks import Marks

log = logging.getLogger(__name__)

LEAP = 1_000_000
"""What the counter is raised by, above the mark, once a return was noticed: the marks of other machines lie below."""
WHAT = "the database came back from a copy"


class Restored:
    """The port of the same name in `bot.ports_restored`. `open` comes first."""

    def __init__(self, database: Database, marks: Marks) -> None:
        self._db = database
        self._marks = marks
        self._name = ""
        self._seen = 0
        """The highest count that this process knows of."""

    async def open(self, fresh_name: str) -> None:
        """Look for signs; `fresh_name` is for a database that has none yet."""
        place, marks, now = await self._db.place(), await asyncio.to_thread(self._marks.highest), time.time()

        async def work(tx: Transaction) -> tuple[str, int, str, int]:
            gate = await tx.one(f"SELECT name, place, starts FROM gate WHERE id = 1 {self._db.for_update}")
            assert gate is not None
            name, starts = gate["name"] or fresh_name, gate["starts"]
            mark, why = marks.get(name, 0), ""
            if not gate["name"] and marks:
                why = "it is older than the marks beside it"
            elif _elsewhere(gate["place"], place):
                why = "it lies elsewhere than before"
            elif starts < mark:
                why = f"it knows {starts} starts, and there were {mark}"
            starts = starts if starts >= mark else mark + LEAP
            await tx.all("UPDATE gate SET name = $1, place = $2, starts = $3 WHERE id = 1", name, place, starts)
            if not gate["name"] and not await tx.one("SELECT 1 FROM jobs LIMIT 1"):  # new, and not of an older version
                await _arrived(tx, now)
            return name, starts, why, await _halt(tx, why, now) if why else 0

        self._name, self._seen, why, count = await self._db.write(work)
        _log(why, count)

    async def count(self, tx: Transaction, now: float) -> tuple[int, bool]:
        """Count a start, in its transaction; the number, and whether the database is as we left it.

        If it is not, what is in line is halted, and nothing may be started.
        """
        gate = await tx.one("UPDATE gate SET starts = starts + 1 WHERE id = 1 RETURNING name, starts")
        assert gate is not None
        if gate["name"] == self._name and gate["starts"] > self._seen:
            return gate["starts"], True
        starts = self._seen + LEAP
        await tx.all("UPDATE gate SET name = $1, starts = $2 WHERE id = 1", self._name, starts)
        why = f"it knows {gate['starts'] - 1} starts, and there were {self._seen}"
        _log(why, await _halt(tx, why, now))
        return starts, False

    def saw(self, number: int) -> None:
        """What was counted is committed, by us or by another."""
        self._seen = max(self._seen, number)

    async def doubts(self, tx: Transaction, platform: str) -> bool:
        """Whether an order of there may have been made before: messages of before the return are being worked off."""
        sql = """
            SELECT 1 FROM gate JOIN intake ON intake.at < gate.arrived_at
            WHERE gate.id = 1 AND intake.platform = $1 AND intake.done_at IS NULL LIMIT 1"""
        return await tx.one(sql, platform) is not None

    async def mark(self, number: int) -> None:
        """Put the mark on the disk. Without room for it orders are bought all the same: it is a second line."""
        try:
            await asyncio.to_thread(self._marks.put, self._name, number)
        except OSError as error:
            log.error("the high-water mark cannot be kept (MARK_DIR): %s", error.strerror or error)

    async def arrived(self) -> float:
        """When the database was first opened here, or last came back; Unix seconds."""
        gate = await self._db.read(lambda tx: tx.one("SELECT arrived_at FROM gate WHERE id = 1"))
        return float(gate["arrived_at"]) if gate else 0.0

    # ── The operator's word ──────────────────────────────────────────────────────────────────────────────────────────

    async def halted(self, before: float | None = None) -> list[Job]:
        sql = "SELECT * FROM jobs WHERE halted = 1 AND (changed_at < $1 OR $1 < 0) ORDER BY changed_at, id"
        found = await self._db.read(lambda tx: tx.all(sql, -1.0 if before is None else before))
        return [rows.job(row) for row in found]

    async def release(self, act: Act) -> tuple[int, int]:
        async def work(tx: Transaction) -> tuple[int, int]:
            sql = """
                UPDATE jobs SET halted = 0, claims = claims + 1, due_at = $1, changed_at = $1 WHERE halted = 1
                RETURNING id, state"""
            found = await tx.all(sql, act.at)
            await _enter(tx, act, [row["id"] for row in found])
            queued = sum(row["state"] == "queued" for row in found)
            return queued, len(found) - queued

        return await self._db.write(work)

    async def noted(self, act: Act, jobs: Sequence[str]) -> None:
        await self._db.write(lambda tx: _enter(tx, act, jobs))


async def _halt(tx: Transaction, why: str, now: float) -> int:
    """Halt what is in line or on its way to the provider, and tell the operator; how many orders that were."""
    sql = """
        UPDATE jobs SET halted = 1, claims = claims + 1, changed_at = $1
        WHERE state IN ('queued', 'submitting') AND halted = 0 RETURNING id"""
    count = len(await tx.all(sql, now))
    detail = f"{why}; {count or 'no'} order{'' if count == 1 else 's'} in line"
    await tx.all("INSERT INTO incidents (at, what, detail, host, job) VALUES ($1, $2, $3, '', '')", now, WHAT, detail)
    await _arrived(tx, now)
    return count


async def _arrived(tx: Transaction, now: float) -> None:
    await tx.all("UPDATE gate SET arrived_at = $1 WHERE id = 1", now)


def _log(why: str, count: int) -> None:
    if why:
        log.log(logging.ERROR if count else logging.WARNING, "%s: %s; orders on hold: %d", WHAT, why, count)


async def _enter(tx: Transaction, act: Act, jobs: Sequence[str]) -> None:
    if jobs:
        await rules_and_grants.enter(tx, replace(act, after=json.dumps({"jobs": jobs})))


def _elsewhere(before: str, now: str) -> bool:
    """Whether two places differ in something that is known of both."""
    return any(a and b and a != b for a, b in zip(before.split("/"), now.split("/"), strict=False))
