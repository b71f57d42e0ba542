"""Retention: periods after which data of people is deleted, and the erasure of persons who asked for it."""

import json
from collections.abc import AsyncIterator, Collection, Iterable, Sequence

from bot.model import UNREADABLE, Address, Job
from bot.quotas.records import Movement, Parked
from storage import erase, ledger, rows
from storage.database import Database, Part, Row, Transaction
from storage.people import people_of
from storage.quotas import parked_of
from storage.tombstones import Tombstones

DAY = 86_400.0
KEEP_KEYS = 40 * DAY
"""Seconds for which inbox keys and answers are kept; an alarm repeats once a month."""
INCIDENTS = 90 * DAY
REPEATS = 90 * DAY
TURNS = 30 * DAY
PAGE = 1000
"""Jobs per page when reading file names."""
KEEP_COUNTERS = 400 * DAY
"""Seconds after its last change until a counter is deleted."""
STRAGGLERS = DAY
"""Seconds within which an order under way at the time of /forgetme may still arrive."""

# `swept < 2` is repeated literally for the partial index.
OVEREXPOSED = """
    SELECT * FROM jobs WHERE state = 'done' AND swept < 2 AND swept = 0 AND done_at <= $1
    ORDER BY done_at LIMIT $2"""
OUTWORN = """
    SELECT * FROM jobs WHERE state = 'done' AND swept < 2 AND swept = 1 AND done_at <= $1
    AND NOT EXISTS (SELECT 1 FROM shares WHERE shares.job = jobs.id) ORDER BY done_at LIMIT $2"""
SWEPT = "UPDATE jobs SET swept = 2 WHERE state = 'done' AND swept < 2 AND id = ANY($1)"
# A failed job has only photos.
SWEPT_PHOTOS = """
    UPDATE jobs SET swept = CASE outcome WHEN 'clip' THEN 1 ELSE 2 END
    WHERE state = 'done' AND swept < 2 AND id = ANY($1)"""
_PARKED = "SELECT *, (SELECT 1 FROM jobs WHERE jobs.id = parked.id) AS taken FROM parked"
OVERDUE = f"{_PARKED} WHERE until < $1 ORDER BY until LIMIT $2"
PARKED_OF = f"{_PARKED} WHERE person = $1 ORDER BY id"
PARKED_PHOTOS = "SELECT person, photos FROM parked"
FILES_UNDER_WAY = "SELECT person, details, clip FROM jobs WHERE state <> 'done'"
FILES_DONE = """
    SELECT id, done_at, person, details, clip FROM jobs WHERE state = 'done' AND swept < 2 AND swept = $1
    AND done_at >= $2 AND (done_at > $2 OR id > $3) ORDER BY done_at, id LIMIT $4"""
STRANDED = """
    SELECT * FROM jobs WHERE state <> 'done' AND created_at < $1 AND changed_at < $1
    AND platform <> ALL($3) ORDER BY created_at LIMIT $2"""

TRIM_INTAKE = "DELETE FROM intake WHERE at < $1 AND coalesce(done_at, at) < $1"
TRIM_ANSWERS = "DELETE FROM answers WHERE at < $1"
TRIM_CODES = "DELETE FROM codes WHERE until < $1"
TRIM_NOTES = "DELETE FROM notes WHERE until < $1"
TRIM_INCIDENTS = "DELETE FROM incidents WHERE at < $1"
TRIM_REPEATS = "DELETE FROM repeats WHERE at < $1"
TRIM_TURNS = """
    DELETE FROM turns WHERE (party, person) IN (
        SELECT party, person FROM turns WHERE at < $1 AND queued = 0 AND busy = 0 FOR UPDATE SKIP LOCKED)"""
TRIM_OUTBOX = "DELETE FROM outbox WHERE due_at > 0 AND due_at < $1"  # of platforms no longer served
TRIM_GUESSES = "DELETE FROM guesses WHERE hour < $1"
TRIM_COUNTERS = "DELETE FROM books WHERE at < $1 AND span <> 'flight'"
TRIM_EMPTY = "DELETE FROM books WHERE at < $1 AND used = 0"  # equal to no counter

HOLD_JOBS = "SELECT id FROM jobs WHERE id = ANY($1) AND forgotten = 0 ORDER BY id FOR UPDATE"
REPEATED = """
    INSERT INTO repeats (job, platform, chat, thread, message, at) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT DO NOTHING"""
FORGETTING = "SELECT person, at FROM forgetting ORDER BY at, person"
# Remaining data of a person who asked for erasure; later orders do not count.
_THEIRS = "SELECT 1 FROM jobs WHERE jobs.person = forgetting.person AND jobs.created_at <= forgetting.at"
_BESIDES = """
    EXISTS (SELECT 1 FROM parked WHERE parked.person = forgetting.person)
    OR EXISTS (SELECT 1 FROM shares JOIN jobs ON jobs.id = shares.job
        WHERE shares.person = forgetting.person AND jobs.created_at <= forgetting.at)"""
_LEFT = f"(EXISTS ({_THEIRS}) OR {_BESIDES})"
# The part that can be removed now: an order at the provider, or being delivered, is waited for.
UNERASED = f"""
    SELECT person, at FROM forgetting WHERE (erased_at IS NULL OR at > $1)
    AND (EXISTS ({_THEIRS} AND jobs.state IN ('queued', 'done')) OR {_BESIDES}) ORDER BY at, person"""
FINISHED = f"""
    SELECT person, at FROM forgetting WHERE erased_at IS NULL AND NOT {_LEFT}
    AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.person = forgetting.person AND outbox.person <> '')"""
EMPTIED = f"SELECT person FROM forgetting WHERE erased_at IS NULL AND NOT {_LEFT} ORDER BY at, person"
ERASED = "UPDATE forgetting SET erased_at = $3 WHERE person = $1 AND at = $2"
LAPSING = f"SELECT person FROM forgetting WHERE at < $1 AND NOT {_LEFT} ORDER BY at, person"
ORDERS = """
    SELECT * FROM jobs WHERE person = $1 AND created_at <= $2
    ORDER BY CASE state WHEN 'done' THEN 0 ELSE 1 END, created_at, id LIMIT $3"""
COUNT = "SELECT count(*) AS n FROM jobs WHERE person = $1 AND created_at <= $2"
# A page shows what changed; a job under way is shown again anyway, and its times count.
UNFOLLOW = """
    UPDATE jobs SET follows = NULL, changed_at = CASE WHEN state = 'done' THEN $3 ELSE changed_at END
    WHERE follows = $1 AND person = ANY($2)"""

# All who are named in any table; of rules and acts, those about a person.
EVERYBODY = """
    SELECT person FROM jobs UNION SELECT person FROM parked UNION SELECT person FROM shares
    UNION SELECT person FROM codes UNION SELECT person FROM grants UNION SELECT actor FROM grants
    UNION SELECT person FROM ledger
    UNION SELECT person FROM accounts UNION SELECT account FROM accounts UNION SELECT account FROM hearts
    UNION SELECT account FROM reports UNION SELECT account FROM sharing_preferences UNION SELECT person FROM answers
    UNION SELECT person FROM list_members UNION SELECT person FROM note_people UNION SELECT person FROM act_members
    UNION SELECT actor FROM audit UNION SELECT platform || ':' || chat FROM notes
    UNION SELECT substr(about, 8) FROM rules WHERE substr(about, 1, 7) = 'person:'
    UNION SELECT substr(about, 8) FROM audit WHERE substr(about, 1, 7) = 'person:'"""
IDS = "SELECT id FROM jobs WHERE forgotten = 0 ORDER BY id"

HISTORY = """
    SELECT * FROM jobs WHERE person = ANY($4) AND created_at >= $1
    AND (created_at > $1 OR id > $2) ORDER BY created_at, id LIMIT $3"""
# By scope, which is indexed.
LEDGER = """
    SELECT * FROM ledger WHERE person = ANY($2) AND scope IN (
        SELECT '' UNION SELECT scope FROM jobs WHERE person = ANY($2)
        UNION SELECT scope FROM grants WHERE person = ANY($2))
    ORDER BY at DESC, step DESC LIMIT $1"""
HEARTS = "SELECT share, at FROM hearts WHERE account = ANY($1) ORDER BY at"
REPORTS = "SELECT share, reason, at FROM reports WHERE account = ANY($1) ORDER BY at"


class Retention(Part):
    """Deletion by age and on request. Files are deleted before their rows, so that a repeat after a crash is safe.

    Each method is one transaction, except `named` and `scrub`; times are Unix seconds.
    """

    def __init__(self, database: Database, tombstones: Tombstones | None = None) -> None:
        super().__init__(database)
        self._tombstones = tombstones or Tombstones()

    async def overexposed(self, before: float, limit: int) -> list[Job]:
        """Jobs done before then whose photos still exist, oldest first."""
        return await self._jobs(OVEREXPOSED, before, limit)

    async def outworn(self, before: float, limit: int) -> list[Job]:
        """Jobs done before then, without photos, not shared, whose clip still exists; oldest first."""
        return await self._jobs(OUTWORN, before, limit)

    async def swept(self, job_ids: Sequence[str], *, clips: bool) -> None:
        """Mark the photos of these jobs as deleted; with `clips`, all their files."""
        await self._change(SWEPT if clips else SWEPT_PHOTOS, list(job_ids))

    async def overdue(self, before: float, limit: int) -> list[tuple[Parked, bool]]:
        """Parked orders that ended before then; True if the order became a job, which owns its photos."""
        return [_parked(row) for row in await self._all(OVERDUE, before, limit)]

    async def named(self) -> AsyncIterator[set[str]]:
        """Names of all photos and clips that rows refer to, in pages."""
        async for owners in self.owners():
            yield set(owners)

    async def owners(self) -> AsyncIterator[dict[str, str]]:
        """The person of each photo and clip that rows refer to, by its name, in pages."""
        # In the order of a job's life, so that a job that moves meanwhile is seen at least once.
        parked = await self._all(PARKED_PHOTOS)
        yield {name: row["person"] for row in parked for name in json.loads(row["photos"])}
        yield _owners(await self._all(FILES_UNDER_WAY))
        for swept in (0, 1):
            last = (0.0, "")
            while page := await self._all(FILES_DONE, swept, *last, PAGE):
                yield _owners(page, photos=not swept)
                last = page[-1]["done_at"], page[-1]["id"]

    async def stranded(self, platforms: Sequence[str], before: float, limit: int) -> list[Job]:
        """Unfinished jobs of platforms other than these, unchanged since then, oldest first.

        None if `platforms` is empty: then the served platforms are unknown.
        """
        return await self._jobs(STRANDED, before, limit, list(platforms)) if platforms else []

    async def trim(self, now: float) -> None:
        """Delete expired rows of every kind."""

        async def work(tx: Transaction) -> None:
            await tx.all(TRIM_INTAKE, now - KEEP_KEYS)
            await tx.all(TRIM_ANSWERS, now - KEEP_KEYS)
            await tx.all(TRIM_CODES, now)
            await tx.all(TRIM_NOTES, now)
            await tx.all(TRIM_INCIDENTS, now - INCIDENTS)
            await tx.all(TRIM_REPEATS, now - REPEATS)
            await tx.all(TRIM_TURNS, now - TURNS)
            await tx.all(TRIM_OUTBOX, now - TURNS)
            await tx.all(TRIM_GUESSES, int(now) // 3600 - 24)
            await tx.all(TRIM_COUNTERS, now - KEEP_COUNTERS)
            await tx.all(TRIM_EMPTY, now - DAY)

        await self._db.write(work)

    # ── Erasure ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def repeated(self, job_ids: Sequence[str], place: Address, at: float) -> bool:
        """The message at `place` shows clips or words of these jobs. False if one of their makers was erased."""

        async def work(tx: Transaction) -> bool:
            found = await tx.all(HOLD_JOBS, list(job_ids))
            if len(found) < len(job_ids):
                return False
            there = (place.platform, place.chat, place.thread, place.message, at)
            await tx.many(REPEATED, [(job, *there) for job in job_ids])
            return True

        return await self._db.write(work)

    async def forget(self, person: str, at: float, spans: Collection[str], alias: str) -> list[str]:
        """Start the erasure of an account: deletes all but its orders and shares. Returns its persons.

        Counters in `spans` stay. `alias` is an unused name that takes over the sums. Noted outside of the database
        before anything is erased.
        """
        people, _ = await self._db.read(lambda tx: people_of(tx, person))
        await self._tombstones.lay("person", people, at)
        return await self._db.write(lambda tx: erase.begin(tx, person, at, spans, alias))

    async def forgetting(self) -> list[tuple[str, float]]:
        """Persons under erasure with the time of their request, until `lapse`."""
        return [(row["person"], row["at"]) for row in await self._all(FORGETTING)]

    async def unerased(self, now: float) -> list[tuple[str, float]]:
        """Persons under erasure with data that can be removed now; running jobs are waited for."""
        return [(row["person"], row["at"]) for row in await self._all(UNERASED, now - STRAGGLERS)]

    async def finished(self) -> list[tuple[str, float]]:
        """Persons not marked as erased, with no data and no message left to remove."""
        return [(row["person"], row["at"]) for row in await self._all(FINISHED)]

    async def emptied(self) -> list[str]:
        """Persons not marked as erased, with no data left; messages may remain to be removed."""
        return [row["person"] for row in await self._all(EMPTIED)]

    async def erased(self, people: Sequence[tuple[str, float]], now: float) -> None:
        """Mark persons as erased, unless they asked again. Kept counters stay until `lapse`."""
        await self._db.write(lambda tx: tx.many(ERASED, [(person, at, now) for person, at in people]))

    async def lapsing(self, before: float) -> list[str]:
        """Persons who asked before then and have no data left."""
        return [row["person"] for row in await self._all(LAPSING, before)]

    async def parked(self, person: str, *, unreadable: bool = False) -> list[tuple[Parked, bool]]:
        """A person's parked orders, as in `overdue`; with `unreadable`, also those that cannot be decrypted."""
        found = await self._all(PARKED_OF, person)
        return [_parked(row) for row in found if unreadable or row["body"] != UNREADABLE]

    async def orders(self, person: str, until: float, limit: int) -> list[Job]:
        """A person's remaining jobs created until then, finished ones first."""
        return await self._jobs(ORDERS, person, until, limit)

    async def count(self, person: str, until: float) -> int:
        """The number of remaining jobs, as in `orders`."""
        return int((await self._all(COUNT, person, until))[0]["n"])

    async def anonymise(
        self, person: str, job_ids: Sequence[str], now: float, spans: Collection[str], alias: str
    ) -> int:
        """Anonymise finished jobs whose files are deleted, and remove their messages; returns the count."""
        return await self._db.write(lambda tx: erase.anonymise(tx, person, job_ids, now, spans, alias))

    async def unfollow(self, people: Iterable[str], job_id: str, now: float) -> None:
        """Detach these people's jobs from a clip that they continue; finished ones change by it."""
        await self._change(UNFOLLOW, job_id, list(people), now)

    async def lapse(self, person: str) -> None:
        """End a person's erasure: delete the kept counters."""
        await self._db.write(lambda tx: erase.lapse(tx, person))

    async def everybody(self) -> list[str]:
        """All persons of whom there is data, and other names."""
        return sorted({row["person"] for row in await self._all(EVERYBODY) if row["person"]})

    async def orders_by_id(self) -> list[str]:
        """Ids of all jobs that are not anonymised."""
        return [row["id"] for row in await self._all(IDS)]

    async def scrub(self) -> bool:
        """Remove deleted rows from the database's files, as far as it can; False: try again later."""
        return await self._db.scrub()

    # ── Export ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def history(self, people: Sequence[str], after: tuple[float, str], limit: int) -> list[Job]:
        """Jobs of these people, oldest first, after the one with this `created_at` and id."""
        return await self._jobs(HISTORY, *after, limit, list(people))

    async def ledger(self, people: Sequence[str], limit: int) -> list[Movement]:
        """The movements of these people's credits, newest first."""
        return [ledger.movement(row) for row in await self._all(LEDGER, limit, list(people))]

    async def opinions(self, people: Sequence[str]) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
        """Hearts given by these people (`share`, `at`), and their reports (`share`, `reason`, `at`)."""

        async def work(tx: Transaction) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
            names = list(people)  # an account bears the name of one of its persons
            hearts = [dict(row) for row in await tx.all(HEARTS, names)]
            return hearts, [dict(row) for row in await tx.all(REPORTS, names)]

        return await self._db.read(work)

    async def _jobs(self, sql: str, *args: object) -> list[Job]:
        return [rows.job(row) for row in await self._all(sql, *args)]


def _owners(found: Sequence[Row], *, photos: bool = True) -> dict[str, str]:
    """Persons of jobs by file names, without reading whole rows: there may be very many."""
    owners = {json.loads(row["clip"])["name"]: row["person"] for row in found if row["clip"]}
    for row in found if photos else ():
        order = json.loads(row["details"])
        pictures = (order["photo"], order["end"], order["static_mask"], *(brush["mask"] for brush in order["brushes"]))
        owners.update((picture["name"], row["person"]) for picture in pictures if picture)
    return owners


def _parked(row: Row) -> tuple[Parked, bool]:
    return parked_of(row), bool(row["taken"])
