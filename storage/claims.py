"""Claims: workers take, renew, save and release jobs; and the render times of past jobs."""

import math
from collections.abc import Callable, Collection, Sequence

from bot.model import Job, LedgerEntry, Render
from bot.ports import Step
from storage import queue, rows
from storage.database import Part, Transaction
from storage.restored import Restored

CLAIM = f"""
    UPDATE jobs SET claims = claims + 1, due_at = CAST($1 AS DOUBLE PRECISION) + $3
    WHERE id IN (
        SELECT id FROM jobs WHERE due_at <= $1 AND {queue.WORKING} AND platform = ANY($4) AND id <> ALL($5)
        ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING *"""
WAITING = """
    SELECT starts, (SELECT count(*) FROM jobs WHERE state = 'queued' AND halted = 0 AND due_at <= $1) AS n
    FROM gate WHERE id = 1"""
# Changes `due_at` alone, and only an unchanged job: an earlier save may have succeeded after all.
RENEW = "UPDATE jobs SET due_at = $4 WHERE id = $1 AND claims = $2 AND state = $3 RETURNING id"
NEXT = f"SELECT min(due_at) AS at FROM jobs WHERE {queue.WORKING} AND platform = ANY($1)"
ENDED = """
    SELECT accepted_at, settled_at AS seen FROM jobs
    WHERE outcome = 'clip' AND host = $1 AND model = $2 AND seconds = $3 ORDER BY settled_at DESC LIMIT $4"""
# Only a successful poll proves that the render was still running.
GOING = f"""
    SELECT accepted_at, changed_at AS seen FROM jobs
    WHERE {queue.AT_PROVIDER} AND state = 'running' AND tries = 0 AND host = $1 AND model = $2 AND seconds = $3"""


class Claims(Part):
    """A worker's queries. Each method is one transaction; times are Unix seconds, leases are seconds."""

    restored: Restored

    async def claim(
        self, now: float, lease: float, limit: int, platforms: Sequence[str], mine: Collection[str] = ()
    ) -> list[Job]:
        """Claim due jobs that have left the queue, for the length of the lease.

        `mine`: ids in the caller's hands, excluded so that a clock jump does not claim them twice.
        """
        found = await self._change(CLAIM, now, limit, lease, list(platforms), list(mine))
        return [rows.job(row) for row in found]

    async def start(
        self,
        now: float,
        lease: float,
        slots: int,
        limit: int,
        platforms: Sequence[str],
        hosts: Sequence[str],
        begin: Callable[[Job], Step],
        only: str | None = None,
    ) -> list[Job]:
        """Take up to `limit` queued jobs (`only`: that one), fairly, while fewer than `slots` are at `hosts`.

        Saves the result of `begin` for each, and returns the jobs to be bought now.
        """

        async def work(tx: Transaction) -> tuple[list[Job], int]:
            number, unbroken = await self.restored.count(tx, now)
            if not unbroken:
                return [], number
            return await queue.start(tx, now, lease, slots, limit, platforms, hosts, begin, only), number

        # Read first: it needs no write transaction.
        seen = await self._one(WAITING, now)
        if not seen or not seen["n"]:
            self.restored.saw(seen["starts"] if seen else 0)
            return []
        started, number = await self._db.write(work)
        self.restored.saw(number)
        if started:
            await self.restored.mark(number)
        return started

    async def save(self, job: Job, entry: LedgerEntry | None = None) -> None:
        """Save a claimed job and its ledger entry. Raises `Stale` when the job was claimed again meanwhile."""
        await self._db.write(lambda tx: queue.save(tx, job, entry))

    async def renew(self, job: Job, due_at: float) -> bool:
        """Extend the lease of a claimed job; False if it was claimed again or has changed state."""
        return bool(await self._change(RENEW, job.id, job.claims, job.state, due_at))

    async def release(self, job: Job, due_at: float) -> None:
        """End the lease of an unchanged claimed job; it is due again at `due_at`."""
        await self.renew(job, due_at)

    async def next_due(self, platforms: Sequence[str]) -> float | None:
        """The earliest `due_at` of jobs that have left the queue; None if there are none."""
        row = await self._one(NEXT, list(platforms))
        return row["at"] if row else None

    async def renders(self, host: str, model: str, seconds: int, limit: int = 200) -> list[Render]:
        """The latest `limit` finished renders, and those still running at their last poll; newest accepted first."""

        async def work(tx: Transaction) -> list[Render]:
            done = await tx.all(ENDED, host, model, seconds, limit)
            # Running renders count only within the period that the finished ones cover.
            since = done[-1]["seen"] if len(done) == limit else -math.inf
            found = [(row, True) for row in done]
            found += [(row, False) for row in await tx.all(GOING, host, model, seconds)]
            found.sort(key=lambda one: -one[0]["accepted_at"])
            return [
                Render(row["seen"] - row["accepted_at"], over, max(since - row["accepted_at"], 0.0))
                for row, over in found
            ]

        return await self._db.read(work)
