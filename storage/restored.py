"""Detection of a database restored from a copy; halts orders that may have been bought since the copy.

Two signs. The database's identity: a copied file has another inode or creation time, a restored PostgreSQL another
system identifier. And a high-water mark outside the database: each start of an order raises a counter in the same
transaction, and the mark follows after the commit and before the paid request. A counter below the mark means an
earlier state of the database, also under a running process.

Queued orders then wait for the operator's decision; new orders are bought as usual.
"""

import asyncio
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import replace

from bot.model import Job
from bot.quotas.records import Act
from bot.texts import incidents
from storage import audit, rows, turns
from storage.database import Database, Part, Transaction
from storage.marks import Marks

log = logging.getLogger(__name__)

LEAP = 1_000_000
"""Step of the counter above the mark after a detected restore: exceeds the marks of other machines."""

GATE = "SELECT name, place, starts FROM gate WHERE id = 1 FOR UPDATE"
ARRANGE = "UPDATE gate SET name = $1, place = $2, starts = $3 WHERE id = 1"
ANY_JOB = "SELECT 1 FROM jobs LIMIT 1"
COUNT = "UPDATE gate SET starts = starts + 1 WHERE id = 1 RETURNING name, starts"
CORRECT = "UPDATE gate SET name = $1, starts = $2 WHERE id = 1"
DOUBTS = """
    SELECT 1 FROM gate JOIN intake ON intake.at < gate.arrived_at
    WHERE gate.id = 1 AND intake.platform = $1 AND intake.done_at IS NULL LIMIT 1"""
ARRIVED = "SELECT arrived_at FROM gate WHERE id = 1"
ARRIVE = "UPDATE gate SET arrived_at = $1 WHERE id = 1"
HALTED = "SELECT * FROM jobs WHERE halted = 1 AND (changed_at < $1 OR $1 < 0) ORDER BY changed_at, id"
RELEASE = """
    UPDATE jobs SET halted = 0, claims = claims + 1, due_at = $1, changed_at = $1 WHERE halted = 1
    RETURNING id, state"""
HALT = """
    UPDATE jobs SET halted = 1, copied = 1, claims = claims + 1, changed_at = $1
    WHERE state IN ('queued', 'submitting') AND halted = 0 RETURNING id"""
NOTE = "INSERT INTO incidents (at, what, detail, host, job) VALUES ($1, $2, $3, '', '')"


class Restored(Part):
    """Halted orders: queued when the database was copied, and perhaps bought since.

    Call `open` first.
    """

    def __init__(self, database: Database, marks: Marks) -> None:
        super().__init__(database)
        self._marks = marks
        self._name = ""
        self._seen = 0
        """The highest count known to this process."""

    async def open(self, fresh_name: str) -> None:
        """Compare the signs; `fresh_name` names a database that has no name yet."""
        place, marks, now = await self._db.place(), await asyncio.to_thread(self._marks.highest), time.time()

        async def work(tx: Transaction) -> tuple[str, int, str, int]:
            gate = await tx.one(GATE)
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
            await tx.all(ARRANGE, name, place, starts)
            if not gate["name"] and not await tx.one(ANY_JOB):  # new, not migrated from an older version
                await tx.all(ARRIVE, now)
            return name, starts, why, await _halt(tx, why, now) if why else 0

        self._name, self._seen, why, count = await self._db.write(work)
        _log(why, count)

    async def count(self, tx: Transaction, now: float) -> tuple[int, bool]:
        """Count a start, in its transaction; returns the number, and False if the database was restored meanwhile.

        In that case queued orders are halted, and the caller must start nothing.
        """
        gate = await tx.one(COUNT)
        assert gate is not None
        if gate["name"] == self._name and gate["starts"] > self._seen:
            return gate["starts"], True
        starts = self._seen + LEAP
        await tx.all(CORRECT, self._name, starts)
        why = f"it knows {gate['starts'] - 1} starts, and there were {self._seen}"
        _log(why, await _halt(tx, why, now))
        return starts, False

    def saw(self, number: int) -> None:
        """Record a committed count, ours or another process's."""
        self._seen = max(self._seen, number)

    async def doubts(self, tx: Transaction, platform: str) -> bool:
        """Whether an order from this platform may be a repeat: updates from before the restore are being handled."""
        return await tx.one(DOUBTS, platform) is not None

    async def mark(self, number: int) -> None:
        """Write the mark to disk. A full disk does not stop orders: the mark is a second line of defence."""
        try:
            await asyncio.to_thread(self._marks.put, self._name, number)
        except OSError as error:
            log.error("the high-water mark cannot be kept (MARK_DIR): %s", error.strerror or error)

    async def arrived(self) -> float:
        """When the database was first opened here, or last restored; Unix seconds."""
        gate = await self._one(ARRIVED)
        return float(gate["arrived_at"]) if gate else 0.0

    # ── The operator's decision ──────────────────────────────────────────────────────────────────────────────────────

    async def halted(self, before: float | None = None) -> list[Job]:
        """Halted jobs, oldest first; with `before`, those halted until then."""
        return [rows.job(row) for row in await self._all(HALTED, -1.0 if before is None else before)]

    async def release(self, act: Act) -> tuple[int, int]:
        """Release halted jobs; returns how many are queued again, and how many were past it.

        A worker asks the hosts' logs about the latter, or fails them.
        """

        async def work(tx: Transaction) -> tuple[int, int]:
            await turns.hold_gate(tx)
            found = await tx.all(RELEASE, act.at)
            await _enter(tx, act, [row["id"] for row in found])
            queued = sum(row["state"] == "queued" for row in found)
            return queued, len(found) - queued

        return await self._db.write(work)

    async def noted(self, act: Act, jobs: Sequence[str]) -> None:
        """Write an act about each of these jobs into the audit log."""
        await self._db.write(lambda tx: _enter(tx, act, jobs))


async def _halt(tx: Transaction, why: str, now: float) -> int:
    """Halt jobs that are queued or being submitted, and report to the operator; returns the count."""
    count = len(await tx.all(HALT, now))
    await tx.all(NOTE, now, incidents.RESTORED.packed, incidents.orders_in_line(why, count).packed)
    await tx.all(ARRIVE, now)
    return count


def _log(why: str, count: int) -> None:
    if why:
        level = logging.ERROR if count else logging.WARNING
        log.log(level, "%s: %s; orders on hold: %d", incidents.RESTORED, why, count)


async def _enter(tx: Transaction, act: Act, jobs: Sequence[str]) -> None:
    if jobs:
        await audit.enter(tx, replace(act, after=json.dumps({"jobs": jobs})))


def _elsewhere(before: str, now: str) -> bool:
    """Whether two identities differ in a part known of both."""
    return any(a and b and a != b for a, b in zip(before.split("/"), now.split("/"), strict=False))
