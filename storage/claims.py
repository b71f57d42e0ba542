"""Claims: workers take, renew, save and release jobs; and the render times of past jobs."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bot.model import Job, LedgerEntry, Render
from bot.ports import Step
from storage import queue, rows, turns
from storage.database import Part, Row, Transaction, records
from storage.restored import Restored

DUE = f"""
    SELECT * FROM jobs WHERE due_at <= $1 AND {queue.WORKING} AND platform = ANY($3)
    ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED"""
# The conditions repeat what the rows were when they were read: a change in between keeps its own `due_at`.
MOVE = """
    UPDATE jobs SET claims = jobs.claims + due.claimed, polls = jobs.polls + due.polled, due_at = due.next_at,
        changed_at = CASE due.polled WHEN 1 THEN $2 ELSE jobs.changed_at END
    FROM json_to_recordset($1) AS due(
        id TEXT, state TEXT, claims BIGINT, claimed BIGINT, polled BIGINT, next_at DOUBLE PRECISION)
    WHERE jobs.id = due.id AND jobs.state = due.state AND jobs.claims = due.claims AND jobs.due_at <= $2
    RETURNING jobs.id"""
NEXT = f"""
    SELECT starts, (SELECT min(due_at) FROM jobs WHERE {queue.WORKING} AND platform = ANY($2)) AS next_at,
        EXISTS (SELECT 1 FROM jobs WHERE {turns.QUEUED} AND due_at <= $1) AS waits
    FROM gate WHERE id = 1"""
FOUND = """
    UPDATE jobs SET claims = jobs.claims + 1, due_at = $2 FROM json_to_recordset($1) AS found(id TEXT, claims BIGINT)
    WHERE jobs.id = found.id AND jobs.claims = found.claims AND jobs.state = 'running' RETURNING jobs.id"""
PUT_OFF = """
    UPDATE jobs SET tries = poll.tries, waits = poll.waits, due_at = poll.due_at
    FROM json_to_recordset($1) AS poll(
        id TEXT, claims BIGINT, tries BIGINT, waits TEXT, due_at DOUBLE PRECISION)
    WHERE jobs.id = poll.id AND jobs.claims = poll.claims AND jobs.state = 'running'"""
# Changes `due_at` alone, and only an unchanged job: an earlier save may have succeeded after all.
RENEW = "UPDATE jobs SET due_at = $4 WHERE id = $1 AND claims = $2 AND state = $3 RETURNING id"
# What was cancelled in mid-save may be saved: with the lease, for a delivery by its worker that comes to nothing.
RELEASE = RENEW.replace("state = $3", "state IN ($3, 'delivering')")
# The last condition is `Job.was_watched`.
ENDED = """
    SELECT accepted_at, settled_at AS seen FROM jobs
    WHERE outcome = 'clip' AND host = $1 AND model = $2 AND seconds = $3
    AND (ask_until IS NULL AND copied = 0 OR polls > 1) ORDER BY settled_at DESC LIMIT $4"""
# Only a successful poll proves that the render was still running.
GOING = f"""
    SELECT accepted_at, changed_at AS seen FROM jobs
    WHERE {queue.AT_PROVIDER} AND state = 'running' AND tries = 0 AND host = $1 AND model = $2 AND seconds = $3"""


NextPoll = Callable[[tuple[str, str, int], float, int], float]
"""Seconds until the next poll of a render, by its kind (host, model, length), its age since acceptance in seconds, and
its polls."""


@dataclass(frozen=True, slots=True)
class Due:
    """Due work of a worker."""

    jobs: list[Job]
    """Claimed for the length of the lease."""
    polls: list[Job]
    """Jobs to be polled once. They are unclaimed; `due_at` is already the time of the next poll."""
    next_at: float | None
    """The next `due_at` of jobs that have left the queue, Unix seconds; None if there are none."""
    waits: bool
    """Whether queued jobs are due."""


class Claims(Part):
    """A worker's queries. Each method is one transaction; times are Unix seconds, leases are seconds."""

    restored: Restored
    _starts_nothing = True
    """Whether the last start found no free slot, or no job that could be started."""

    async def claim(
        self,
        now: float,
        lease: float,
        limit: int,
        platforms: Sequence[str],
        next_poll: NextPoll,
        mine: Mapping[str, int] | None = None,
    ) -> Due:
        """Up to `limit` due jobs that have left the queue; each is claimed for the length of the lease, or is a poll.

        A poll raises no claim: the next one is scheduled by `next_poll`, independent of this one's outcome. `mine`: the
        caller's running jobs, with their `claims`. They are not returned again; a poll that falls due during a running
        one is postponed.
        """

        async def work(tx: Transaction) -> tuple[Due, int]:
            due, busy = _Round(now, lease, limit, next_poll), mine or {}
            for row in await tx.all(DUE, now, limit + len(busy), list(platforms)):
                due.see(row, busy.get(row["id"]))
            moved = {row["id"] for row in await tx.all(MOVE, due.moves(), now)} if due.changes else set()
            gate = await tx.one(NEXT, now, list(platforms))
            assert gate is not None
            jobs, polls = due.moved(moved)
            return Due(jobs, polls, gate["next_at"], bool(gate["waits"])), gate["starts"]

        found, starts = await self._db.write(work)
        self.restored.saw(starts)
        return found

    async def take(self, jobs: Sequence[Job], due_at: float) -> set[str]:
        """Claim polled jobs until `due_at`; returns the ids of those that were not claimed or changed meanwhile."""
        found = records(("id", "claims"), sorted((job.id, job.claims) for job in jobs))
        return {row["id"] for row in await self._change_along(FOUND, found, due_at)}

    async def put_off(self, jobs: Sequence[Job]) -> None:
        """Save `tries`, `waits` and `due_at` of polled jobs, except for those claimed meanwhile."""
        columns = ("id", "claims", "tries", "waits", "due_at")
        jobs = sorted(jobs, key=lambda job: job.id)  # rows are locked in one order
        polls = [(job.id, job.claims, job.tries, job.waits, job.due_at) for job in jobs]
        await self._change(PUT_OFF, records(columns, polls))

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
        leave: queue.Leave = lambda job, platform: False,
        fewer: Mapping[str, int] = MappingProxyType({}),
    ) -> list[Job]:
        """Take up to `limit` queued jobs (`only`: that one), fairly, while fewer than `slots` are at `hosts`.

        Saves the result of `begin` for each, and returns the jobs to be bought now. `leave`: whether a slot is left for
        a job of another platform. `fewer`: slots of the models that have fewer.
        """

        async def work(tx: Transaction) -> tuple[list[Job], int]:
            number, unbroken = await self.restored.count(tx, now)
            if not unbroken:
                return [], number
            return await queue.start(tx, now, lease, slots, limit, platforms, hosts, begin, only, leave, fewer), number

        if self._starts_nothing:  # read first, which needs no write transaction
            seen = await self._one(queue.WAITING, now, list(hosts))
            if not seen or not seen["waits"] or seen["busy"] >= slots:
                self.restored.saw(seen["starts"] if seen else 0)
                return []
        started, number = await self._db.write(work)
        self.restored.saw(number)
        self._starts_nothing = not started
        if started:
            await self.restored.mark(number)
        return started

    async def save(self, job: Job, entry: LedgerEntry | None = None) -> Job:
        """Save a claimed job and its ledger entry; returns it with its status line as it is now.

        Raises `Stale` when the job was claimed again meanwhile.
        """
        return await self._db.write(lambda tx: queue.save(tx, job, entry))

    async def renew(self, job: Job, due_at: float) -> bool:
        """Extend the lease of a claimed job; False if it was claimed again or has changed state."""
        return bool(await self._change(RENEW, job.id, job.claims, job.state, due_at))

    async def release(self, job: Job, due_at: float) -> None:
        """End the lease of a claimed job that is unchanged, or to be delivered; it is due again at `due_at`."""
        await self._change(RELEASE, job.id, job.claims, job.state, due_at)

    async def next_due(self, platforms: Sequence[str]) -> float | None:
        """The earliest `due_at` of jobs that have left the queue; None if there are none."""
        row = await self._one(NEXT, 0.0, list(platforms))
        return row["next_at"] if row else None

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


class _Round:
    """Due rows and their changes."""

    def __init__(self, now: float, lease: float, limit: int, next_poll: NextPoll) -> None:
        self._now, self._lease, self._limit, self._next_poll = now, lease, limit, next_poll
        self._jobs: list[Job] = []
        self._polls: list[Job] = []
        self.changes: list[tuple[str, str, int, int, int, float]] = []

    def see(self, row: Row, busy: int | None) -> None:
        """Process a row; `busy`: its `claims` at the start of the caller's step, if one is running."""
        if row["state"] == "running":
            if busy is None and self._limit:
                at, polls = self._after(row, 1), row["polls"] + 1
                self._limit -= 1
                self._polls.append(rows.job({**row, "due_at": at, "changed_at": self._now, "polls": polls}))
                self._move(row, 0, 1, at)
            elif busy == row["claims"]:  # this poll is slower than the gap to the next
                self._move(row, 0, 0, self._after(row, 0))
        elif busy is None and self._limit:
            self._limit -= 1
            at = self._now + self._lease
            self._jobs.append(rows.job({**row, "claims": row["claims"] + 1, "due_at": at}))
            self._move(row, 1, 0, at)

    def _after(self, row: Row, polls: int) -> float:
        """`due_at` of the poll after this one."""
        kind, elapsed = (
            (row["host"], row["model"], row["seconds"]),
            self._now - (row["accepted_at"] or row["created_at"]),
        )
        return self._now + self._next_poll(kind, elapsed, row["polls"] + polls)

    def moves(self) -> str:
        return records(("id", "state", "claims", "claimed", "polled", "next_at"), self.changes)

    def moved(self, ids: Collection[str]) -> tuple[list[Job], list[Job]]:
        """Claimed jobs and polls whose rows were changed."""
        return [job for job in self._jobs if job.id in ids], [job for job in self._polls if job.id in ids]

    def _move(self, row: Row, claimed: int, polled: int, at: float) -> None:
        self.changes.append((row["id"], row["state"], row["claims"], claimed, polled, at))
