"""The `Store`: every question and change of the core, each one transaction of plain SQL, the same on both databases."""

import asyncio
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from bot.model import EVERYTHING, Address, Incident, Job, LedgerEntry, Render, Search
from bot.ports import Health, Step, Submission
from bot.quotas.rules import Bill, Denied, Line, Member, Plan, Rulebook
from storage import charging, queue, rows
from storage.accounts import Accounts
from storage.answers import Answers
from storage.charging import Raced
from storage.database import Database, Transaction
from storage.figures import Figures
from storage.gallery import Gallery
from storage.inbox import Inbox
from storage.outbox import Errands
from storage.restored import Restored
from storage.retention import Traces
from storage.rules_and_grants import Books

_PEOPLE = """
    SELECT CAST($1 AS TEXT) UNION SELECT b.person FROM accounts AS a JOIN accounts AS b ON b.account = a.account
    WHERE a.person = $1"""
_KEPT = "AND state = 'done' AND outcome = 'clip' AND swept < 2"


class Store:
    """The port of the same name in `bot.ports`, over either database."""

    def __init__(self, database: Database, restored: Restored) -> None:
        self._db = database
        self.restored = restored
        self.inbox = Inbox(database)
        self.answers = Answers(database)
        self.books = Books(database)
        self.accounts = Accounts(database)
        self.figures = Figures(database)
        self.gallery = Gallery(database)
        self.errands = Errands(database)
        self.traces = Traces(database)

    async def close(self) -> None:
        await self._db.close()

    # ── A person's orders ────────────────────────────────────────────────────────────────────────────────────────────

    async def submit(
        self, job: Job, entry: LedgerEntry, plan: Plan | None = None, tiers: frozenset[str] = frozenset()
    ) -> Submission:
        member = Member(job.scope, job.person, tiers)

        def free(_: Rulebook) -> Bill:
            return Bill((Line("allowance", "own", member.book, job.window, job.price, None),))

        async def work(tx: Transaction) -> Submission:
            if row := await tx.one("SELECT * FROM jobs WHERE key = $1", job.key):
                return Submission(rows.job(row), fresh=False)
            # Held, so that it cannot be taken back without this job: its maker's name would stay in it.
            original = f"SELECT 1 FROM shares WHERE id = $1 {self._db.for_update}"
            gone = job.remix_of is not None and await tx.one(original, job.remix_of) is None
            fresh = await charging.pay(tx, job, member, plan or free, self._db.for_update)
            if isinstance(fresh, Denied):
                return Submission(None, denied=fresh)
            fresh = replace(fresh, after="") if gone else fresh
            fresh = replace(fresh, halted=await self.restored.doubts(tx, job.address.platform))
            row = rows.values(fresh)
            sql = f"INSERT INTO jobs ({', '.join(row)}) VALUES ({_places(row, 1)}) ON CONFLICT DO NOTHING RETURNING id"
            if not await tx.all(sql, *row.values()):
                raise Raced
            await charging.record(tx, fresh, entry)
            return Submission(fresh)

        while True:
            try:
                return await self._db.write(work)
            except Raced:  # nothing of ours was kept: look again
                await asyncio.sleep(0)

    async def find(self, key: str) -> Job | None:
        return await self._job("SELECT * FROM jobs WHERE key = $1", key)

    async def job(self, job_id: str) -> Job | None:
        return await self._job("SELECT * FROM jobs WHERE id = $1", job_id)

    async def jobs(
        self, person: str, limit: int = 10, chat: Address | None = None, search: Search = EVERYTHING
    ) -> list[Job]:
        there = "AND platform = $5 AND chat = $6" if chat else ""
        place = (chat.platform, chat.chat) if chat else ()
        patterns = rows.patterns(search.words)
        sql = f"""
            SELECT * FROM jobs
            WHERE person IN ({_PEOPLE}) AND (created_at < $3 OR (created_at = $3 AND id < $4)) {there}
            {"AND favourite = 1" if search.favourites else ""} {_KEPT if search.clips else ""}
            {" ".join(f"AND words LIKE ${i} ESCAPE '!'" for i, _ in enumerate(patterns, 5 + len(place)))}
            ORDER BY created_at DESC, id DESC LIMIT $2"""
        return await self._jobs(sql, person, limit, *(search.before or (math.inf, "")), *place, *patterns)

    async def favour(self, person: str, job_id: str, on: bool) -> bool:
        sql = f"UPDATE jobs SET favourite = $3 WHERE person IN ({_PEOPLE}) AND id = $2 {_KEPT} RETURNING id"
        return bool(await self._db.write(lambda tx: tx.all(sql, person, job_id, int(on))))

    async def sent(self, address: Address) -> Job | None:
        sql = "SELECT * FROM jobs WHERE platform = $1 AND chat = $2 AND sent_id = $3"
        return await self._job(sql, address.platform, address.chat, address.message)

    async def queued(self, chat: Address) -> list[Job]:
        sql = "SELECT * FROM jobs WHERE platform = $1 AND chat = $2 AND state = 'queued'"
        return await self._jobs(sql, chat.platform, chat.chat)

    async def line(self, platforms: Sequence[str], limit: int) -> list[tuple[Job, int]]:
        sql = f"""
            SELECT jobs.*, line.ahead FROM jobs JOIN (
                SELECT id, row_number() OVER (ORDER BY turn, served, created_at, id) - 1 AS ahead
                FROM ({queue.LINE}) AS waiting
            ) AS line ON line.id = jobs.id
            WHERE jobs.status_id IS NOT NULL AND jobs.platform IN ({_places(platforms, 2)})
            ORDER BY line.ahead LIMIT $1"""

        async def work(tx: Transaction) -> list[tuple[Job, int]]:
            return [(rows.job(row), row["ahead"]) for row in await tx.all(sql, limit, *platforms)]

        return await self._db.read(work)

    async def under_way(self, platforms: Sequence[str], due: float, changed: float, limit: int) -> list[Job]:
        sql = f"""
            SELECT * FROM jobs WHERE {queue.WORKING} AND {queue.AT_PROVIDER} AND due_at > $1 AND changed_at < $2
            AND status_id IS NOT NULL AND platform IN ({_places(platforms, 4)}) ORDER BY due_at DESC LIMIT $3"""
        return await self._jobs(sql, due, changed, limit, *platforms)

    async def changed(self, person: str, since: float, limit: int = 1000) -> list[Job]:
        sql = f"""
            SELECT * FROM jobs WHERE person IN ({_PEOPLE}) AND changed_at >= $2 ORDER BY changed_at DESC LIMIT $3"""
        return (await self._jobs(sql, person, since, limit))[::-1]

    async def used(self, person: str, window: str) -> int:
        return await self._db.read(lambda tx: charging.used(tx, person, window))

    async def ahead(self, job: Job) -> int:
        sql = f"""
            WITH line AS ({queue.LINE})
            SELECT count(*) AS n FROM line JOIN line AS own ON own.id = $1
            WHERE (line.turn, line.served, line.created_at, line.id)
                < (own.turn, own.served, own.created_at, own.id)"""
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
            await queue.save(tx, changed, entry, self._db.for_update)
            return changed

        return await self._db.write(work)

    # ── A worker's rounds ────────────────────────────────────────────────────────────────────────────────────────────

    async def claim(
        self, now: float, lease: float, limit: int, platforms: Sequence[str], mine: Collection[str] = ()
    ) -> list[Job]:
        others = f"AND id NOT IN ({_places(mine, 4 + len(platforms))})" if mine else ""
        sql = f"""
            UPDATE jobs SET claims = claims + 1, due_at = CAST($1 AS DOUBLE PRECISION) + $3
            WHERE id IN (
                SELECT id FROM jobs WHERE due_at <= $1 AND {queue.WORKING} AND platform IN ({_places(platforms, 4)})
                {others} ORDER BY due_at LIMIT $2 {self._db.skip_locked})
            RETURNING *"""

        async def work(tx: Transaction) -> list[Job]:
            return [rows.job(row) for row in await tx.all(sql, now, limit, lease, *platforms, *mine)]

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
        lock = self._db.for_update

        async def work(tx: Transaction) -> tuple[list[Job], int]:
            number, unbroken = await self.restored.count(tx, now)
            if not unbroken:
                return [], number
            return await queue.start(tx, now, lease, slots, limit, platforms, hosts, begin, only, lock), number

        # Looking costs nothing; opening the gate is a write.
        waiting = "SELECT count(*) FROM jobs WHERE state = 'queued' AND halted = 0 AND due_at <= $1"
        look = f"SELECT starts, ({waiting}) AS n FROM gate WHERE id = 1"
        seen = await self._db.read(lambda tx: tx.one(look, now))
        if not seen or not seen["n"]:
            self.restored.saw(seen["starts"] if seen else 0)
            return []
        started, number = await self._db.write(work)
        self.restored.saw(number)
        if started:
            await self.restored.mark(number)
        return started

    async def save(self, job: Job, entry: LedgerEntry | None = None) -> None:
        await self._db.write(lambda tx: queue.save(tx, job, entry, self._db.for_update))

    async def renew(self, job: Job, due_at: float) -> bool:
        # Nothing but when it is due, and only if nothing has happened: a save may have gone through after all.
        sql = "UPDATE jobs SET due_at = $4 WHERE id = $1 AND claims = $2 AND state = $3 RETURNING id"
        return bool(await self._db.write(lambda tx: tx.all(sql, job.id, job.claims, job.state, due_at)))

    async def release(self, job: Job, due_at: float) -> None:
        await self.renew(job, due_at)

    async def next_due(self, platforms: Sequence[str]) -> float | None:
        places = _places(platforms, 1)

        async def work(tx: Transaction) -> float | None:
            sql = f"SELECT min(due_at) AS at FROM jobs WHERE {queue.WORKING} AND platform IN ({places})"
            row = await tx.one(sql, *platforms)
            return row["at"] if row else None

        return await self._db.read(work)

    async def renders(self, host: str, model: str, seconds: int, limit: int = 200) -> list[Render]:
        kind = "host = $1 AND model = $2 AND seconds = $3"
        ended = f"""
            SELECT accepted_at, settled_at AS seen FROM jobs
            WHERE outcome = 'clip' AND {kind} ORDER BY settled_at DESC LIMIT $4"""
        # Only a look that went well says that the render was still going.
        going = f"""
            SELECT accepted_at, changed_at AS seen FROM jobs
            WHERE {queue.AT_PROVIDER} AND state = 'running' AND tries = 0 AND {kind}"""

        async def work(tx: Transaction) -> list[Render]:
            done = await tx.all(ended, host, model, seconds, limit)
            # Before the oldest of them ended nothing is known of others that ended, so nothing of those going counts.
            since = done[-1]["seen"] if len(done) == limit else -math.inf
            found = [(row, True) for row in done]
            found += [(row, False) for row in await tx.all(going, host, model, seconds)]
            found.sort(key=lambda one: -one[0]["accepted_at"])
            return [
                Render(row["seen"] - row["accepted_at"], over, max(since - row["accepted_at"], 0.0))
                for row, over in found
            ]

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
            oldest = await tx.one(f"SELECT min(due_at) AS at FROM jobs WHERE {queue.WORKING}")
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


def _places(values: Collection[object], first: int) -> str:
    return ", ".join(f"${first + i}" for i in range(len(values))) or "NULL"
