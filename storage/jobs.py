"""The store: jobs from order to status line, composed with the other parts of the database."""

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bot.errors import StoreDown
from bot.model import EVERYTHING, UNREADABLE, Address, Job, LedgerEntry, Search
from bot.ports import Step, Submission
from bot.quotas.rules import Bill, Denied, Line, Member, Plan, Quote, Rulebook
from storage import charging, counters, queue, rows, rules, turns
from storage.accounts import Accounts
from storage.answers import Answers
from storage.bills import Bills
from storage.claims import Claims
from storage.counters import Raced
from storage.database import Transaction, placeholders, records
from storage.figures import Figures
from storage.gallery import Gallery
from storage.inbox import Inbox
from storage.incidents import Incidents
from storage.operator_sessions import OperatorSessions
from storage.outbox import Outbox
from storage.overview import Overview
from storage.people import PEOPLE
from storage.quotas import Quotas
from storage.restored import Restored
from storage.retention import Retention
from storage.sealed import Sealed
from storage.tombstones import Tombstones
from storage.unsealed import Unsealed
from storage.vitals import Vitals

BY_KEY = "SELECT * FROM jobs WHERE key = $1"
BY_ID = "SELECT * FROM jobs WHERE id = $1"
HELD = f"{BY_ID} FOR UPDATE"
# Row lock: a concurrent unshare would miss this job, and leave the maker's name in it.
ORIGINAL = "SELECT 1 FROM shares WHERE id = $1 FOR UPDATE"
NEW = f"""
    INSERT INTO jobs ({", ".join(rows.COLUMNS)}) VALUES ({placeholders(rows.COLUMNS)})
    ON CONFLICT DO NOTHING RETURNING id"""
_KEPT = "state = 'done' AND outcome = 'clip' AND swept < 2"
_FOUND = f"""
    FROM jobs WHERE person IN ({PEOPLE}) AND (created_at < $3 OR (created_at = $3 AND id < $4))
    AND ($5 = 0 OR favourite = 1) AND ($6 = 0 OR ({_KEPT})) AND ($7 = '' OR (platform = $7 AND chat = $8))
    ORDER BY created_at DESC, id DESC LIMIT $2"""
LATEST = f"SELECT * {_FOUND}"
NAMES = f"SELECT id {_FOUND}"
SAID = "SELECT id, person, wording FROM jobs WHERE id = ANY($1)"
THESE = "SELECT * FROM jobs WHERE id = ANY($1) ORDER BY created_at DESC, id DESC"
FAVOUR = f"UPDATE jobs SET favourite = $3 WHERE person IN ({PEOPLE}) AND id = $2 AND {_KEPT} RETURNING id"
SENT = "SELECT * FROM jobs WHERE platform = $1 AND chat = $2 AND sent_id = $3"
QUEUED = "SELECT * FROM jobs WHERE platform = $1 AND chat = $2 AND state = 'queued'"
UNDER_WAY = f"""
    SELECT * FROM jobs WHERE {queue.WORKING} AND state <> 'delivering' AND due_at > $1 AND changed_at < $2
    AND status_id IS NOT NULL AND platform = ANY($4) ORDER BY due_at DESC LIMIT $3"""
CHANGED = f"""
    SELECT * FROM jobs WHERE person IN ({PEOPLE}) AND changed_at >= $2 ORDER BY changed_at DESC LIMIT $3"""
TRACK = "UPDATE jobs SET status_id = $2, shown = $3 WHERE id = $1 AND state <> 'done' RETURNING id"
SHOWN = """
    UPDATE jobs SET shown = line.shown FROM json_to_recordset($1) AS line(id TEXT, status_id TEXT, shown TEXT)
    WHERE jobs.id = line.id AND jobs.status_id = line.status_id"""
FENCE = "UPDATE jobs SET claims = claims + 1 WHERE id = $1"


SEARCHED = 50_000
"""Latest orders of a person that a search looks at, at most."""
SEARCH_PAGE = 200


class Store(Claims, Incidents):
    """Jobs and their prices. Each method is one transaction; raises `StoreDown` when the database is unavailable.

    Times are Unix seconds, prices are credits.
    """

    def __init__(self, database: Sealed, restored: Restored, tombstones: Tombstones) -> None:
        super().__init__(database)
        self._cipher = database.cipher
        self.restored = restored
        self.tombstones = tombstones
        self.inbox = Inbox(database)
        self.answers = Answers(database)
        self.bills = Bills(database)
        self.quotas = Quotas(database, tombstones)
        self.accounts = Accounts(database)
        self.figures = Figures(database)
        self.gallery = Gallery(database, tombstones)
        self.outbox = Outbox(database)
        self.retention = Retention(database, tombstones)
        self.vitals = Vitals(database)
        self.overview = Overview(database)
        self.operator_sessions = OperatorSessions(database)

    def unsealed(self) -> Unsealed | None:
        """The pass through the words that are not encrypted yet; None if none are to be."""
        return Unsealed(self._db) if self._cipher.seals else None

    async def has_sealed(self) -> bool:
        """Whether anybody's words are encrypted."""
        return await Unsealed(self._db).any_sealed()

    async def close(self) -> None:
        """Close the database."""
        await self._db.close()

    async def submit(
        self, job: Job, entry: LedgerEntry, plan: Plan | None = None, tiers: frozenset[str] = frozenset()
    ) -> Submission:
        """Charge by `plan` (None: no limits), write the hold (`entry`) and queue the job, all or nothing.

        Repeating `job.key` returns the first job.
        """
        member = Member(job.scope, job.person, tiers)

        def free(_: Rulebook) -> Bill:
            return Bill((Line("allowance", "own", member.book, job.spent_from, job.price, None),))

        async def work(tx: Transaction) -> Submission:
            if row := await tx.one(BY_KEY, job.key):
                return Submission(rows.job(row), fresh=False)
            gone = job.remix_of is not None and await tx.one(ORIGINAL, job.remix_of) is None
            fresh = await charging.pay(tx, job, member, plan or free)
            if isinstance(fresh, Denied):
                return Submission(None, denied=fresh)
            fresh = replace(fresh, remix_after="") if gone else fresh
            doubts = await self.restored.doubts(tx, job.address.platform)
            fresh = replace(fresh, halted=doubts, copied=doubts)
            row = rows.values(fresh)
            if not await tx.all(NEW, *(row[column] for column in rows.COLUMNS)):
                raise Raced
            await charging.record(tx, fresh, entry)
            return Submission(fresh, turn=await _turn(tx, fresh.id))

        while True:
            try:
                return await self._db.write(work)
            except Raced:  # nothing was committed: try again
                await asyncio.sleep(0)

    async def find(self, key: str) -> Job | None:
        """The job started by the message with this key."""
        return await self._job(BY_KEY, key)

    async def find_or_quote(self, key: str, member: Member, plan: Plan, now: float) -> Job | Quote:
        """The job started by the message with this key; without one, whether its order would pass now."""

        async def work(tx: Transaction) -> Job | Quote:
            row = await tx.one(BY_KEY, key)
            return rows.job(row) if row else await charging.quote(tx, member, plan, now)

        return await self._db.read(work)

    async def job(self, job_id: str) -> Job | None:
        """A job by its id."""
        return await self._job(BY_ID, job_id)

    async def jobs(
        self, person: str, limit: int = 10, chat: Address | None = None, search: Search = EVERYTHING
    ) -> list[Job]:
        """The latest jobs of a person's account that `search` allows, newest first; with `chat`, those of that chat."""
        flags = int(search.favourites), int(search.clips)
        where = (*(search.before or (math.inf, "")), *flags, *((chat.platform, chat.chat) if chat else ("", "")))
        if not (wanted := rows.wanted(search.words)):
            return await self._jobs(LATEST, person, limit, *where)
        # Words are encrypted, so they are read and compared here, a page at a time.
        names, found = [row["id"] for row in await self._all(NAMES, person, SEARCHED, *where)], list[str]()
        for start in range(0, len(names), SEARCH_PAGE):
            page = names[start : start + SEARCH_PAGE]
            said = {row["id"]: row["wording"] for row in await self._all(SAID, page)}
            fits = await asyncio.to_thread(_fitting, said, wanted)
            found += [name for name in page if name in fits]
            if len(found) >= limit:
                break
        return await self._jobs(THESE, found[:limit])

    async def favour(self, person: str, job_id: str, on: bool) -> bool:
        """Mark a finished clip of a person's account as a favourite, or not; False if there is no such clip."""
        return bool(await self._change(FAVOUR, person, job_id, int(on)))

    async def sent(self, address: Address) -> Job | None:
        """The job whose clip is the message at `address`."""
        return await self._job(SENT, address.platform, address.chat, address.message)

    async def queued(self, chat: Address) -> list[Job]:
        """Queued jobs of a chat."""
        return await self._jobs(QUEUED, chat.platform, chat.chat)

    async def line(self, platforms: Sequence[str], limit: int) -> list[tuple[Job, int]]:
        """The first queued jobs with a status line, each with its number of predecessors."""
        return await self._db.read(lambda tx: queue.front(tx, platforms, limit))

    async def under_way(self, platforms: Sequence[str], due: float, changed: float, limit: int) -> list[Job]:
        """Jobs between queue and delivery with a status line, due after `due` and last changed before `changed`.

        Latest `due_at` first.
        """
        return await self._jobs(UNDER_WAY, due, changed, limit, list(platforms))

    async def changed(self, person: str, since: float, limit: int = 1000) -> list[Job]:
        """Jobs of a person's account that changed at `since` or later, oldest change first."""
        return (await self._jobs(CHANGED, person, since, limit))[::-1]

    async def used(self, person: str, window: str) -> int:
        """Credits held or spent from an allowance."""
        return await self._db.read(lambda tx: counters.used(tx, person, window))

    async def turn(self, job: Job) -> tuple[int, bool]:
        """Number of jobs that leave the queue before this one, and whether the operator has paused purchases."""
        return await self._db.read(lambda tx: _turn(tx, job.id))

    async def track(self, job_id: str, status_id: str, shown: str) -> bool:
        """Store the message id and digest of a job's status line; False when the job is done already."""
        return bool(await self._change(TRACK, job_id, status_id, shown))

    async def shown(self, lines: Sequence[tuple[str, str, str]]) -> None:
        """Store the digests of status lines, where it is still the same message; each: job, message, digest."""
        await self._change_along(SHOWN, records(("id", "status_id", "shown"), sorted(lines)))

    async def change(self, job_id: str, step: Callable[[Job], Step]) -> Job | None:
        """Apply `step` to a job that no worker has claimed, and bump `claims` so that saves of older claims fail.

        An error of `step` rolls back. None if there is no such job.
        """

        async def work(tx: Transaction) -> Job | None:
            row = await tx.one(HELD, job_id)
            if row is None:
                return None
            job = rows.job(row)
            changed, entry = step(job)
            await tx.all(FENCE, job_id)
            changed = replace(changed, claims=job.claims + 1)
            return await queue.save(tx, changed, entry)

        return await self._db.write(work)

    async def digest(self, text: str) -> str:
        """A keyed hash of a text, which `track` and `shown` store in its place."""
        if self._cipher.knows(""):
            return self._cipher.digest(text)
        try:
            return await asyncio.to_thread(self._cipher.digest, text)
        except OSError as error:
            raise StoreDown(f"people's keys cannot be read: {error.strerror or error}") from error

    async def _job(self, sql: str, *args: object) -> Job | None:
        row = await self._one(sql, *args)
        return rows.job(row) if row else None

    async def _jobs(self, sql: str, *args: object) -> list[Job]:
        return [rows.job(row) for row in await self._all(sql, *args)]


async def _turn(tx: Transaction, job_id: str) -> tuple[int, bool]:
    row = await tx.one(turns.AHEAD, job_id)
    return int(row["n"]) if row else 0, await tx.one(rules.PAUSED) is not None


def _fitting(said: Mapping[str, str], wanted: Sequence[str]) -> set[str]:
    """The orders whose prompt has all of these; `said`: their wording by id."""
    prompts = {name: rows.fold(rows.said(wording)[0]) for name, wording in said.items() if wording != UNREADABLE}
    return {name for name, prompt in prompts.items() if all(word in prompt for word in wanted)}
