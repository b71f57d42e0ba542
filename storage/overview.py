"""What the operator's page lists: jobs of everybody, by indexes that are mostly there for the worker and retention."""

from collections.abc import Sequence

from bot import overview
from bot.model import UNREADABLE, Incident, Job
from bot.overview import Person
from bot.quotas.records import Act, Movement
from bot.quotas.rules import about
from storage import audit, ledger, rows
from storage.database import Part, records
from storage.incidents import incident

# Without an index, as it is asked of a scratch copy only.
WORDED = "SELECT * FROM jobs WHERE wording <> '' ORDER BY created_at DESC, id LIMIT 1"
UNFINISHED = "SELECT * FROM jobs WHERE state <> 'done' ORDER BY created_at, id LIMIT $1"
# Two searches of the index (swept, done_at), whose rows have the files of their clips still.
ENDED = """
    SELECT done_at, outcome FROM (
        SELECT done_at, outcome FROM jobs WHERE state = 'done' AND swept < 2 AND swept = 0 AND done_at >= $1
        UNION ALL
        SELECT done_at, outcome FROM jobs WHERE state = 'done' AND swept < 2 AND swept = 1 AND done_at >= $1) AS ended
    ORDER BY done_at DESC LIMIT $2"""

# Each half is cut where the whole is: otherwise a month's jobs would be read for one page.
DONE = """
    SELECT * FROM (
        SELECT * FROM jobs WHERE state = 'done' AND swept < 2 AND swept = 0 AND done_at < $1
        AND ($3 = '' OR outcome = $3) ORDER BY done_at DESC LIMIT $2) AS fresh
    UNION ALL SELECT * FROM (
        SELECT * FROM jobs WHERE state = 'done' AND swept < 2 AND swept = 1 AND done_at < $1
        AND ($3 = '' OR outcome = $3) ORDER BY done_at DESC LIMIT $2) AS kept
    ORDER BY done_at DESC LIMIT $2"""
MOVES = "SELECT * FROM ledger WHERE job = $1 ORDER BY at, step"
ABOUT = "SELECT at, what, detail, host, job FROM incidents WHERE job = $1 ORDER BY at LIMIT $2"

# One search of the index (person, created_at) per person, three with name and time.
PEOPLE = """
    WITH RECURSIVE who(person) AS (
        SELECT min(person) FROM jobs
        UNION ALL SELECT (SELECT min(jobs.person) FROM jobs WHERE jobs.person > who.person) FROM who
        WHERE who.person IS NOT NULL)
    SELECT who.person,
        (SELECT label FROM jobs WHERE jobs.person = who.person ORDER BY created_at DESC LIMIT 1) AS label,
        (SELECT max(created_at) FROM jobs WHERE jobs.person = who.person) AS at
    FROM who WHERE who.person IS NOT NULL LIMIT $1"""
SCOPES_OF = """
    SELECT scope FROM jobs WHERE person = $1
    UNION SELECT scope FROM grants WHERE person = $1 UNION SELECT scope FROM rules WHERE about = $2 ORDER BY scope"""

SPENT = "SELECT span, used FROM books WHERE book = 'operator' AND span = ANY($1)"
TAKEN = """
    SELECT day.n, (SELECT CAST(coalesce(sum(usd), 0) AS BIGINT) FROM charges
        WHERE charges.at >= day.begins AND charges.at < day.ends) AS usd
    FROM json_to_recordset($1) AS day(n BIGINT, begins DOUBLE PRECISION, ends DOUBLE PRECISION) ORDER BY n"""
# Reads nothing but the indexes jobs_bought and charges_of_job.
PARTS = """
    SELECT scope, coalesce(host, '') AS host, model, count(*) AS clips, CAST(sum(price) AS BIGINT) AS used,
        CAST(coalesce(sum((SELECT sum(usd) FROM charges WHERE charges.job = jobs.id)), 0) AS BIGINT) AS usd
    FROM jobs WHERE outcome = 'clip' AND created_at >= $1 AND created_at < $2 GROUP BY scope, jobs.host, model"""

SCOPES = """
    WITH RECURSIVE scopes(scope) AS (
        SELECT min(scope) FROM jobs
        UNION ALL SELECT (SELECT min(jobs.scope) FROM jobs WHERE jobs.scope > scopes.scope) FROM scopes
        WHERE scopes.scope IS NOT NULL)
    SELECT scope FROM scopes WHERE scope <> ''"""
# Of all scopes, so without an index: acts are few, and this is read when somebody looks.
ACTS = "SELECT * FROM audit ORDER BY at DESC, id LIMIT $1"


class Overview(Part):
    """Each method is one transaction; times are Unix seconds."""

    async def unfinished(self, limit: int) -> list[Job]:
        """The oldest unfinished jobs."""
        return [rows.job(row) for row in await self._all(UNFINISHED, limit)]

    async def reads(self) -> bool:
        """Whether the words of the newest order can be decrypted, or there are none."""
        row = await self._one(WORDED)
        return row is None or rows.job(row).order.prompt != UNREADABLE

    async def done(self, before: float, limit: int, outcome: str = "") -> list[Job]:
        """Jobs that ended before then, newest first, with this outcome or any; those deleted since are missing."""
        return [rows.job(row) for row in await self._all(DONE, before, limit, outcome)]

    async def people(self, limit: int) -> list[Person]:
        """Everybody who ordered, by their ids."""
        return [Person(row["person"], row["label"], row["at"]) for row in await self._all(PEOPLE, limit)]

    async def scopes_of(self, person: str) -> list[str]:
        """Where a person ordered, got credits, or has rules of their own."""
        return [row["scope"] for row in await self._all(SCOPES_OF, person, about("person", person))]

    async def spent(self, spans: Sequence[str]) -> dict[str, int]:
        """What everybody together used in these spans; missing ones are 0."""
        return {row["span"]: int(row["used"]) for row in await self._all(SPENT, list(spans))}

    async def taken(self, days: Sequence[tuple[float, float]]) -> list[int]:
        """What hosts took in each of these spans of time, in millionths of a dollar."""
        table = records(("n", "begins", "ends"), [(n, *day) for n, day in enumerate(days)])
        return [int(row["usd"]) for row in await self._all(TAKEN, table)]

    async def parts(self, days: Sequence[tuple[float, float]]) -> list[overview.Part]:
        """What clips ordered in these spans of time came to, by community, host and model; the highest first.

        A transaction per span, so that SQLite's only reader serves others in between.
        """
        found: dict[tuple[str, str, str], overview.Part] = {}
        for day in days:
            for row in await self._all(PARTS, *day):
                part = overview.Part(row["scope"], row["host"], row["model"], row["clips"], row["used"], row["usd"])
                of = part.scope, part.host, part.model
                found[of] = found[of].plus(part) if of in found else part
        return sorted(found.values(), key=lambda part: (-part.used, part.scope, part.host, part.model))

    async def scopes(self) -> list[str]:
        """The communities in which somebody ordered."""
        return [row["scope"] for row in await self._all(SCOPES)]

    async def acts(self, limit: int) -> list[Act]:
        """The latest acts of admins and operators everywhere, newest first."""
        return [audit.act(row) for row in await self._all(ACTS, limit)]

    async def moves(self, job_id: str) -> list[Movement]:
        """The movements of a job's credits, oldest first."""
        return [ledger.movement(row) for row in await self._all(MOVES, job_id)]

    async def incidents(self, job_id: str, limit: int = 50) -> list[Incident]:
        """The incidents about a job, oldest first."""
        return [incident(row) for row in await self._all(ABOUT, job_id, limit)]

    async def ended(self, since: float, limit: int) -> list[tuple[float, str]]:
        """When and how jobs ended, newest first; those deleted since are missing."""
        return [(row["done_at"], row["outcome"]) for row in await self._all(ENDED, since, limit)]
