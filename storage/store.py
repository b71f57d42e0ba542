"""The `Store`: every question and change of the core, each one transaction of plain SQL, the same on both databases."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from bot.errors import Stale
from bot.model import Address, Incident, Job, LedgerEntry
from bot.ports import Health, Step, Submission
from storage import rows
from storage.database import Database, Transaction
from storage.inbox import Inbox

_SAVE = (
    f"UPDATE jobs SET {', '.join(f'{column} = ${i}' for i, column in enumerate(rows.CHANGING, 3))} "
    "WHERE id = $1 AND claims = $2 RETURNING id"
)
_WORKING = "state IN ('submitting', 'running', 'delivering')"
_AT_PROVIDER = "state IN ('submitting', 'running')"
# Fair: in order of how many of the same person's jobs run already or stand before it in the queue. Whoever has twenty
# waiting takes one turn at a time; whoever has one goes next.
_LINE = f"""
    SELECT queued.id, queued.turn + coalesce(busy.n, 0) AS turn, queued.created_at, queued.due_at, queued.platform
    FROM (SELECT id, person, created_at, due_at, platform,
                 row_number() OVER (PARTITION BY person ORDER BY created_at, id) AS turn
          FROM jobs WHERE state = 'queued') AS queued
    LEFT JOIN (SELECT person, count(*) AS n FROM jobs WHERE {_AT_PROVIDER} GROUP BY person) AS busy
      ON busy.person = queued.person"""


class Store:
    """The port of the same name in `bot.ports`, over either database."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self.inbox = Inbox(database)

    async def close(self) -> None:
        await self._db.close()

    # ── A person's orders ────────────────────────────────────────────────────────────────────────────────────────────

    async def submit(self, job: Job, entry: LedgerEntry, allowance: int | None) -> Submission:
        async def work(tx: Transaction) -> Submission:
            if row := await tx.one("SELECT * FROM jobs WHERE key = $1", job.key):
                return Submission(rows.job(row), await _used(tx, job.person, job.window), fresh=False)
            # The row is made first, so that the condition of the UPDATE is all that decides, however many race.
            await tx.all("INSERT INTO allowances VALUES ($1, $2, 0) ON CONFLICT DO NOTHING", job.person, job.window)
            spent = await tx.one(
                "UPDATE allowances SET used = used + $3 WHERE person = $1 AND span = $2 AND used + $3 <= $4 "
                "RETURNING used",
                job.person,
                job.window,
                job.price,
                2**62 if allowance is None else allowance,
            )
            if spent is None:
                used = await _used(tx, job.person, job.window)
                if allowance is not None and used + job.price <= allowance:
                    raise _Raced  # something was given back between the two statements
                return Submission(None, used)
            fresh = job if allowance is None else replace(job, left=allowance - spent["used"])
            row = rows.values(fresh)
            sql = f"INSERT INTO jobs ({', '.join(row)}) VALUES ({_places(row, 1)}) ON CONFLICT DO NOTHING RETURNING id"
            if not await tx.all(sql, *row.values()):
                raise _Raced
            await _record(tx, entry)
            return Submission(fresh, spent["used"])

        while True:
            try:
                return await self._db.write(work)
            except _Raced:  # nothing of ours was kept: look again
                await asyncio.sleep(0)

    async def find(self, key: str) -> Job | None:
        return await self._job("SELECT * FROM jobs WHERE key = $1", key)

    async def job(self, job_id: str) -> Job | None:
        return await self._job("SELECT * FROM jobs WHERE id = $1", job_id)

    async def jobs(self, person: str, limit: int = 10, chat: Address | None = None) -> list[Job]:
        there = "AND platform = $3 AND chat = $4" if chat else ""
        sql = f"SELECT * FROM jobs WHERE person = $1 {there} ORDER BY created_at DESC LIMIT $2"
        return await self._jobs(sql, person, limit, *((chat.platform, chat.chat) if chat else ()))

    async def sent(self, address: Address) -> Job | None:
        sql = "SELECT * FROM jobs WHERE platform = $1 AND chat = $2 AND sent_id = $3"
        return await self._job(sql, address.platform, address.chat, address.message)

    async def queued(self, chat: Address) -> list[Job]:
        sql = "SELECT * FROM jobs WHERE platform = $1 AND chat = $2 AND state = 'queued'"
        return await self._jobs(sql, chat.platform, chat.chat)

    async def line(self, platforms: Sequence[str], limit: int) -> list[tuple[Job, int]]:
        sql = f"""
            SELECT jobs.*, line.ahead FROM jobs JOIN (
                SELECT id, row_number() OVER (ORDER BY turn, created_at, id) - 1 AS ahead FROM ({_LINE}) AS waiting
            ) AS line ON line.id = jobs.id
            WHERE jobs.status_id IS NOT NULL AND jobs.platform IN ({_places(platforms, 2)})
            ORDER BY line.ahead LIMIT $1"""

        async def work(tx: Transaction) -> list[tuple[Job, int]]:
            return [(rows.job(row), row["ahead"]) for row in await tx.all(sql, limit, *platforms)]

        return await self._db.read(work)

    async def changed(self, person: str, since: float, limit: int = 1000) -> list[Job]:
        sql = "SELECT * FROM jobs WHERE person = $1 AND changed_at >= $2 ORDER BY changed_at DESC LIMIT $3"
        return (await self._jobs(sql, person, since, limit))[::-1]

    async def used(self, person: str, window: str) -> int:
        return await self._db.read(lambda tx: _used(tx, person, window))

    async def ahead(self, job: Job) -> int:
        sql = f"""
            WITH line AS ({_LINE})
            SELECT count(*) AS n FROM line JOIN line AS own ON own.id = $1
            WHERE (line.turn, line.created_at, line.id) < (own.turn, own.created_at, own.id)"""
        return await self._count(sql, job.id)

    async def track(self, job_id: str, status_id: str, shown: str) -> bool:
        sql = "UPDATE jobs SET status_id = $2, shown = $3 WHERE id = $1 AND state <> 'done' RETURNING id"
        return bool(await self._db.write(lambda tx: tx.all(sql, job_id, status_id, shown)))

    async def shown(self, job_id: str, status_id: str, shown: str) -> None:
        sql = "UPDATE jobs SET shown = $3 WHERE id = $1 AND status_id = $2"
        await self._db.write(lambda tx: tx.all(sql, job_id, status_id, shown))

    async def change(self, job_id: str, step: Callable[[Job], Step]) -> Job | None:
        async def work(tx: Transaction) -> Job | None:
            row = await tx.one(f"SELECT * FROM jobs WHERE id = $1 {self._db.for_update}", job_id)
            if row is None:
                return None
            job = rows.job(row)
            changed, entry = step(job)
            await tx.all("UPDATE jobs SET claims = claims + 1 WHERE id = $1", job_id)
            changed = replace(changed, claims=job.claims + 1)
            await _save(tx, changed, entry)
            return changed

        return await self._db.write(work)

    # ── A worker's rounds ────────────────────────────────────────────────────────────────────────────────────────────

    async def claim(
        self, now: float, leases: dict[str, float], limit: int, platforms: Sequence[str], mine: Collection[str] = ()
    ) -> list[Job]:
        others = f"AND id NOT IN ({_places(mine, 6 + len(platforms))})" if mine else ""
        sql = f"""
            UPDATE jobs SET claims = claims + 1, due_at = CAST($1 AS DOUBLE PRECISION) + CASE state
                WHEN 'submitting' THEN $3 WHEN 'running' THEN $4 ELSE CAST($5 AS DOUBLE PRECISION) END
            WHERE id IN (
                SELECT id FROM jobs WHERE due_at <= $1 AND {_WORKING} AND platform IN ({_places(platforms, 6)})
                {others} ORDER BY due_at LIMIT $2 {self._db.skip_locked})
            RETURNING *"""
        spans = [leases[state] for state in ("submitting", "running", "delivering")]

        async def work(tx: Transaction) -> list[Job]:
            return [rows.job(row) for row in await tx.all(sql, now, limit, *spans, *platforms, *mine)]

        return await self._db.write(work)

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
        sql = f"""
            SELECT jobs.* FROM jobs JOIN ({_LINE}) AS line ON line.id = jobs.id
            WHERE line.due_at <= $1 AND line.platform IN ({_places(platforms, 3)})
            {f"AND line.id = ${3 + len(platforms)}" if only else ""}
            ORDER BY line.turn, line.created_at, line.id LIMIT $2"""
        # What was sent to a host that is no longer ours takes no room at those that are.
        at_ours = f"{_AT_PROVIDER} AND (host IS NULL OR host IN ({_places(hosts, 1)}))"

        async def work(tx: Transaction) -> list[Job]:
            await tx.all("UPDATE gate SET starts = starts + 1 WHERE id = 1")
            used = await tx.one(f"SELECT count(*) AS n FROM jobs WHERE {at_ours}", *hosts)
            free = min(slots - (used["n"] if used else 0), limit)
            started = []
            for row in await tx.all(sql, now, free, *platforms, *([only] if only else [])) if free > 0 else []:
                job = rows.job(row)
                # The claim before the state: whoever cancelled it meanwhile has raised `claims`, and then we leave it.
                taken = await tx.one(
                    "UPDATE jobs SET claims = claims + 1 WHERE id = $1 AND claims = $2 RETURNING claims",
                    job.id,
                    job.claims,
                )
                if taken is not None:
                    job, entry = begin(replace(job, claims=taken["claims"]))
                    # What expired in the queue goes on at once, by the way of all results.
                    job = replace(job, due_at=now + lease if job.state == "submitting" else now)
                    await _save(tx, job, entry)
                    if job.state == "submitting":
                        started.append(job)
            return started

        # Looking costs nothing; opening the gate is a write.
        if not await self._count("SELECT count(*) AS n FROM jobs WHERE state = 'queued' AND due_at <= $1", now):
            return []
        return await self._db.write(work)

    async def save(self, job: Job, entry: LedgerEntry | None = None) -> None:
        await self._db.write(lambda tx: _save(tx, job, entry))

    async def release(self, job: Job, due_at: float) -> None:
        # Nothing but when it is due, and only if nothing has happened: a save may have gone through after all.
        sql = "UPDATE jobs SET due_at = $4 WHERE id = $1 AND claims = $2 AND state = $3"
        await self._db.write(lambda tx: tx.all(sql, job.id, job.claims, job.state, due_at))

    async def next_due(self, platforms: Sequence[str]) -> float | None:
        places = _places(platforms, 1)

        async def work(tx: Transaction) -> float | None:
            sql = f"SELECT min(due_at) AS at FROM jobs WHERE {_WORKING} AND platform IN ({places})"
            row = await tx.one(sql, *platforms)
            return row["at"] if row else None

        return await self._db.read(work)

    async def renders(self, host: str, model: str, seconds: int, limit: int = 200) -> list[float]:
        sql = """
            SELECT settled_at - accepted_at AS took FROM jobs
            WHERE outcome = 'clip' AND host = $1 AND model = $2 AND seconds = $3 ORDER BY settled_at DESC LIMIT $4"""

        async def work(tx: Transaction) -> list[float]:
            return [row["took"] for row in await tx.all(sql, host, model, seconds, limit)]

        return await self._db.read(work)

    # ── The operator ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def note(self, incident: Incident) -> None:
        sql = "INSERT INTO incidents (at, what, detail, host, job) VALUES ($1, $2, $3, $4, $5)"
        row = (incident.at, incident.what, incident.detail, incident.host, incident.job)
        await self._db.write(lambda tx: tx.all(sql, *row))

    async def incidents(self, limit: int = 5) -> list[Incident]:
        async def work(tx: Transaction) -> list[Incident]:
            sql = "SELECT at, what, detail, host, job FROM incidents ORDER BY at DESC LIMIT $1"
            return [Incident(**row) for row in await tx.all(sql, limit)]

        return await self._db.read(work)

    async def health(self, now: float) -> Health:
        async def work(tx: Transaction) -> Health:
            states = await tx.all("SELECT state, count(*) AS n FROM jobs WHERE state <> 'done' GROUP BY state")
            oldest = await tx.one(f"SELECT min(due_at) AS at FROM jobs WHERE {_WORKING}")
            at = oldest["at"] if oldest else None
            return Health({row["state"]: row["n"] for row in states}, max(0.0, now - at) if at else 0.0)

        return await self._db.read(work)

    async def _job(self, sql: str, *args: object) -> Job | None:
        async def work(tx: Transaction) -> Job | None:
            row = await tx.one(sql, *args)
            return rows.job(row) if row else None

        return await self._db.read(work)

    async def _jobs(self, sql: str, *args: object) -> list[Job]:
        async def work(tx: Transaction) -> list[Job]:
            return [rows.job(row) for row in await tx.all(sql, *args)]

        return await self._db.read(work)

    async def _count(self, sql: str, *args: object) -> int:
        async def work(tx: Transaction) -> int:
            row = await tx.one(sql, *args)
            return int(row["n"]) if row else 0

        return await self._db.read(work)


class _Raced(Exception):
    """Undoes a submission that another transaction came between."""


def _places(values: Collection[object], first: int) -> str:
    return ", ".join(f"${first + i}" for i in range(len(values))) or "NULL"


async def _used(tx: Transaction, person: str, window: str) -> int:
    row = await tx.one("SELECT used FROM allowances WHERE person = $1 AND span = $2", person, window)
    return int(row["used"]) if row else 0


async def _save(tx: Transaction, job: Job, entry: LedgerEntry | None) -> None:
    row = rows.values(job)
    if not await tx.all(_SAVE, job.id, job.claims, *(row[column] for column in rows.CHANGING)):
        raise Stale(job.id)
    if entry:
        await _record(tx, entry)
        if entry.kind == "refund":
            sql = "UPDATE allowances SET used = used - $3 WHERE person = $1 AND span = $2"
            await tx.all(sql, job.person, job.window, job.price)


async def _record(tx: Transaction, entry: LedgerEntry) -> None:
    await tx.all(
        "INSERT INTO ledger (job, kind, step, person, span, held, spent, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        entry.job,
        entry.kind,
        "hold" if entry.kind == "hold" else "settle",
        entry.person,
        entry.window,
        entry.held,
        entry.spent,
        entry.at,
    )
