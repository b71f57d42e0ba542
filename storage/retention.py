"""The `Traces`: what is kept of people, and how it goes, over either database."""

import json
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import fields

from bot.model import Address, Job
from bot.quotas.rules import Movement, Parked
from storage import erase, rows
from storage.charging import places
from storage.database import Database, Row, Transaction

DAY = 86_400.0
WEEKS = 40 * DAY
"""Seconds for which it is known that something was handled; an alarm is given once a month."""
INCIDENTS = 90 * DAY
REPEATS = 90 * DAY
TURNS = 30 * DAY
PAGE = 1000
"""Jobs whose files are looked up together."""
COUNTERS = 400 * DAY
"""Seconds after its last change in which a counter goes."""
LATE = DAY
"""Seconds for which an order that was being taken when its maker asked to be forgotten may still turn up."""
# What is left of somebody who asked to be forgotten; a later order of theirs is another matter.
_THEIRS = "SELECT 1 FROM jobs WHERE jobs.person = forgetting.person AND jobs.created_at <= forgetting.at"
_BESIDES = """
    EXISTS (SELECT 1 FROM parked WHERE parked.person = forgetting.person)
    OR EXISTS (SELECT 1 FROM shares JOIN jobs ON jobs.id = shares.job
        WHERE shares.person = forgetting.person AND jobs.created_at <= forgetting.at)"""
_LEFT = f"(EXISTS ({_THEIRS}) OR {_BESIDES})"
# What of it can be removed now: an order that is with the provider, or being delivered, comes back first.
_REMOVABLE = f"(EXISTS ({_THEIRS} AND jobs.state IN ('queued', 'done')) OR {_BESIDES})"
TAKEN = "(SELECT 1 FROM jobs WHERE jobs.id = parked.id) AS taken"


class Traces:
    """The port of the same name in `bot.ports_traces`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def overexposed(self, before: float, limit: int) -> list[Job]:
        # `swept < 2` is said for the partial index.
        sql = """
            SELECT * FROM jobs WHERE state = 'done' AND swept < 2 AND swept = 0 AND done_at <= $1
            ORDER BY done_at LIMIT $2"""
        return await self._jobs(sql, before, limit)

    async def outworn(self, before: float, limit: int) -> list[Job]:
        sql = """
            SELECT * FROM jobs WHERE state = 'done' AND swept < 2 AND swept = 1 AND done_at <= $1
            AND NOT EXISTS (SELECT 1 FROM shares WHERE shares.job = jobs.id) ORDER BY done_at LIMIT $2"""
        return await self._jobs(sql, before, limit)

    async def swept(self, job_ids: Sequence[str], *, clips: bool) -> None:
        # A job that failed has nothing but photos.
        value = "2" if clips else "CASE outcome WHEN 'clip' THEN 1 ELSE 2 END"
        sql = f"UPDATE jobs SET swept = {value} WHERE state = 'done' AND swept < 2 AND id IN ({places(job_ids, 1)})"
        await self._db.write(lambda tx: tx.all(sql, *job_ids))

    async def overdue(self, before: float, limit: int) -> list[tuple[Parked, bool]]:
        sql = f"SELECT *, {TAKEN} FROM parked WHERE until < $1 ORDER BY until LIMIT $2"
        return [_parked(row) for row in await self._db.read(lambda tx: tx.all(sql, before, limit))]

    async def named(self) -> AsyncIterator[set[str]]:
        # In the order of a job's life, so that none slips from one question to the next unseen.
        parked = await self._all("SELECT photos FROM parked")
        yield {name for row in parked for name in json.loads(row["photos"])}
        yield _names(await self._all("SELECT details, clip FROM jobs WHERE state <> 'done'"))
        sql = """
            SELECT id, done_at, details, clip FROM jobs WHERE state = 'done' AND swept < 2 AND swept = $1
            AND done_at >= $2 AND (done_at > $2 OR id > $3) ORDER BY done_at, id LIMIT $4"""
        for swept in (0, 1):
            last = (0.0, "")
            while page := await self._all(sql, swept, *last, PAGE):
                yield _names(page, photos=not swept)
                last = page[-1]["done_at"], page[-1]["id"]

    async def stranded(self, platforms: Sequence[str], before: float, limit: int) -> list[Job]:
        sql = f"""
            SELECT * FROM jobs WHERE state <> 'done' AND created_at < $1 AND changed_at < $1
            AND platform NOT IN ({places(platforms, 3)}) ORDER BY created_at LIMIT $2"""
        return await self._jobs(sql, before, limit, *platforms)

    async def trim(self, now: float) -> None:
        async def work(tx: Transaction) -> None:
            await tx.all("DELETE FROM intake WHERE at < $1 AND coalesce(done_at, at) < $1", now - WEEKS)
            await tx.all("DELETE FROM answers WHERE at < $1", now - WEEKS)
            await tx.all("DELETE FROM codes WHERE until < $1", now)
            await tx.all("DELETE FROM notes WHERE until < $1", now)
            await tx.all("DELETE FROM incidents WHERE at < $1", now - INCIDENTS)
            await tx.all("DELETE FROM repeats WHERE at < $1", now - REPEATS)
            await tx.all("DELETE FROM turns WHERE at < $1", now - TURNS)
            await tx.all("DELETE FROM errands WHERE due_at > 0 AND due_at < $1", now - TURNS)  # of a platform that left
            await tx.all("DELETE FROM guesses WHERE hour < $1", int(now) // 3600 - 24)
            await tx.all("DELETE FROM books WHERE at < $1 AND span <> 'flight'", now - COUNTERS)
            await tx.all("DELETE FROM books WHERE at < $1 AND used = 0", now - DAY)  # none says the same

        await self._db.write(work)

    # ── Forgetting ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def repeated(self, job_ids: Sequence[str], place: Address, at: float) -> bool:
        async def work(tx: Transaction) -> bool:
            these = f"id IN ({places(job_ids, 1)}) AND forgotten = 0"
            found = await tx.all(f"SELECT id FROM jobs WHERE {these} ORDER BY id {self._db.for_update}", *job_ids)
            if len(found) < len(job_ids):
                return False
            sql = "INSERT INTO repeats VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING"
            for job in job_ids:
                await tx.all(sql, job, place.platform, place.chat, place.thread, place.message, at)
            return True

        return await self._db.write(work)

    async def forget(self, person: str, at: float, spans: Collection[str], alias: str) -> list[str]:
        return await self._db.write(lambda tx: erase.begin(tx, person, at, spans, alias, self._db.for_update))

    async def forgetting(self) -> list[tuple[str, float]]:
        sql = "SELECT person, at FROM forgetting ORDER BY at, person"
        return [(row["person"], row["at"]) for row in await self._db.read(lambda tx: tx.all(sql))]

    async def unerased(self, now: float) -> list[tuple[str, float]]:
        sql = f"""
            SELECT person, at FROM forgetting WHERE (erased_at IS NULL OR at > $1) AND {_REMOVABLE}
            ORDER BY at, person"""
        found = await self._db.read(lambda tx: tx.all(sql, now - LATE))
        return [(row["person"], row["at"]) for row in found]

    async def finished(self) -> list[tuple[str, float]]:
        sql = f"""
            SELECT person, at FROM forgetting WHERE erased_at IS NULL AND NOT {_LEFT}
            AND NOT EXISTS (SELECT 1 FROM errands WHERE errands.person = forgetting.person AND errands.person <> '')"""
        return [(row["person"], row["at"]) for row in await self._db.read(lambda tx: tx.all(sql))]

    async def erased(self, people: Sequence[tuple[str, float]], now: float) -> None:
        # Not of who has asked once more meanwhile.
        async def work(tx: Transaction) -> None:
            for person, at in people:
                await tx.all("UPDATE forgetting SET erased_at = $3 WHERE person = $1 AND at = $2", person, at, now)

        await self._db.write(work)

    async def lapsing(self, before: float) -> list[str]:
        sql = f"SELECT person FROM forgetting WHERE at < $1 AND NOT {_LEFT} ORDER BY at, person"
        return [row["person"] for row in await self._db.read(lambda tx: tx.all(sql, before))]

    async def parked(self, person: str) -> list[tuple[Parked, bool]]:
        sql = f"SELECT *, {TAKEN} FROM parked WHERE person = $1 ORDER BY id"
        return [_parked(row) for row in await self._db.read(lambda tx: tx.all(sql, person))]

    async def orders(self, person: str, until: float, limit: int) -> list[Job]:
        sql = """
            SELECT * FROM jobs WHERE person = $1 AND created_at <= $2
            ORDER BY CASE state WHEN 'done' THEN 0 ELSE 1 END, created_at, id LIMIT $3"""
        return await self._jobs(sql, person, until, limit)

    async def count(self, person: str, until: float) -> int:
        sql = "SELECT count(*) AS n FROM jobs WHERE person = $1 AND created_at <= $2"
        return int((await self._db.read(lambda tx: tx.all(sql, person, until)))[0]["n"])

    async def husk(self, person: str, job_ids: Sequence[str], now: float, spans: Collection[str], alias: str) -> int:
        lock = self._db.for_update
        return await self._db.write(lambda tx: erase.husk(tx, person, job_ids, now, spans, alias, lock))

    async def unfollow(self, people: Iterable[str], job_id: str) -> None:
        these = tuple(people)
        sql = f"UPDATE jobs SET follows = NULL WHERE follows = $1 AND person IN ({places(these, 2)})"
        await self._db.write(lambda tx: tx.all(sql, job_id, *these))

    async def lapse(self, person: str) -> None:
        await self._db.write(lambda tx: erase.lapse(tx, person))

    async def scrub(self) -> bool:
        return await self._db.scrub()

    # ── For the person ───────────────────────────────────────────────────────────────────────────────────────────────

    async def history(self, people: Sequence[str], after: tuple[float, str], limit: int) -> list[Job]:
        sql = f"""
            SELECT * FROM jobs WHERE person IN ({places(people, 4)}) AND created_at >= $1
            AND (created_at > $1 OR id > $2) ORDER BY created_at, id LIMIT $3"""
        return await self._jobs(sql, *after, limit, *people)

    async def ledger(self, people: Sequence[str], limit: int) -> list[Movement]:
        these = places(people, 2)
        # By the scopes that they were in, for which there is an index.
        sql = f"""
            SELECT * FROM ledger WHERE person IN ({these}) AND scope IN (
                SELECT '' UNION SELECT scope FROM jobs WHERE person IN ({these})
                UNION SELECT scope FROM grants WHERE person IN ({these}))
            ORDER BY at DESC, step DESC LIMIT $1"""
        return [_movement(row) for row in await self._db.read(lambda tx: tx.all(sql, limit, *people))]

    async def opinions(self, people: Sequence[str]) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
        async def work(tx: Transaction) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
            these = places(people, 1)  # an account is named after one of its persons
            hearts = await tx.all(f"SELECT share, at FROM hearts WHERE account IN ({these}) ORDER BY at", *people)
            sql = f"SELECT share, reason, at FROM reports WHERE account IN ({these}) ORDER BY at"
            return [dict(row) for row in hearts], [dict(row) for row in await tx.all(sql, *people)]

        return await self._db.read(work)

    async def _all(self, sql: str, *args: object) -> list[Row]:
        return await self._db.read(lambda tx: tx.all(sql, *args))

    async def _jobs(self, sql: str, *args: object) -> list[Job]:
        return [rows.job(row) for row in await self._db.read(lambda tx: tx.all(sql, *args))]


def _names(found: Sequence[Row], *, photos: bool = True) -> set[str]:
    """The files of jobs; read without the rest of them, as there may be very many."""
    names = {json.loads(row["clip"])["name"] for row in found if row["clip"]}
    for row in found if photos else ():
        order = json.loads(row["details"])
        pictures = (order["photo"], order["end"], order["static_mask"], *(brush["mask"] for brush in order["brushes"]))
        names.update(picture["name"] for picture in pictures if picture)
    return names


def _parked(row: Row) -> tuple[Parked, bool]:
    photos = tuple(json.loads(row["photos"]))
    parked = Parked(row["id"], row["person"], row["scope"], row["body"], photos, row["until"])
    return parked, bool(row["taken"])


def _movement(row: Row) -> Movement:
    return Movement(**{field.name: row[field.name] for field in fields(Movement)} | {"job": row["job"] or ""})
