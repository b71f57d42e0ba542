"""Figures of the installation for its metrics: few, and each from an index, so that they may be read often."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storage import queue, rules
from storage.database import Part, Row, Transaction, records
from storage.incidents import OLDEST, STATES

# A purchase without an answer, or whose worker fell silent, or that a restored database may have made before.
DOUBT = f"""
    SELECT (SELECT count(*) FROM jobs
            WHERE {queue.WORKING} AND (state = 'asking' OR (state = 'submitting' AND due_at < $1)))
        + (SELECT count(*) FROM jobs WHERE halted = 1) AS n"""
SPENT = "SELECT span, used FROM books WHERE book = 'operator' AND span = ANY($1)"
# One search of the index (scope, at) per scope: the ledger has none by time alone.
MOVED = """
    WITH RECURSIVE scopes(scope) AS (
        SELECT min(scope) FROM ledger
        UNION ALL SELECT (SELECT min(ledger.scope) FROM ledger WHERE ledger.scope > scopes.scope) FROM scopes
        WHERE scopes.scope IS NOT NULL)
    SELECT ledger.kind, CAST(sum(CASE WHEN held = 0 AND spent = 0 THEN abs(given)
        WHEN ledger.kind IN ('capture', 'lapse') THEN abs(spent) ELSE abs(held + spent) END) AS BIGINT) AS n
    FROM scopes JOIN ledger ON ledger.scope = scopes.scope AND ledger.at >= $1 GROUP BY ledger.kind"""
# What the ledger holds for a job, against what it should: its price until it is settled, and nothing after.
OWED = """
    SELECT CAST(coalesce(sum(abs((CASE WHEN outcome IS NULL THEN price ELSE 0 END)
        - coalesce((SELECT sum(held) FROM ledger WHERE ledger.job = jobs.id), 0))), 0) AS BIGINT) AS n
    FROM jobs WHERE state <> 'done'"""
KEPT = """
    SELECT CAST(coalesce(sum(abs((SELECT sum(held) FROM ledger WHERE ledger.job = jobs.id))), 0) AS BIGINT) AS n
    FROM jobs WHERE state = 'done' AND swept < 2 AND swept = 0 AND done_at >= $1"""
# The same of the whole ledger, in one pass: errors of several jobs may cancel each other out here.
WHOLE = """
    SELECT CAST(abs(coalesce((SELECT sum(held) FROM ledger), 0)
        - coalesce((SELECT sum(price) FROM jobs WHERE state <> 'done' AND outcome IS NULL), 0)) AS BIGINT) AS n"""
HEARD = """
    SELECT platform.name,
        (SELECT max(done_at) FROM intake WHERE intake.platform = platform.name AND done_at IS NOT NULL) AS handled,
        (SELECT min(at) FROM intake WHERE intake.platform = platform.name AND done_at IS NULL) AS waiting
    FROM json_to_recordset($1) AS platform(name TEXT)"""
TROUBLES = "SELECT count(*) AS n FROM incidents WHERE at >= $1"

DAY = 86_400.0
RECENT = 3600.0
"""Seconds for which the ledger of a finished job is compared."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Amounts are credits (`money:` spans: millionths), times Unix seconds."""

    states: Mapping[str, int]
    """Number of unfinished jobs by state."""
    oldest_due: float | None
    """When the job should have been looked at that waits longest; None without one."""
    in_doubt: int
    spent: Mapping[str, int]
    """Of everybody together, by span."""
    moved: Mapping[str, int]
    """Since the day began (UTC), by kind of movement."""
    ledger_error: int
    """Credits by which ledger and recent jobs differ: 0."""
    heard: Mapping[str, float]
    """When the latest update was handled, by platform."""
    waiting: Mapping[str, float]
    """When the oldest unhandled update arrived, by platform."""
    paused: bool
    incidents: int
    """In the last 24 hours."""


class Vitals(Part):
    """Reads a `Snapshot` in one transaction."""

    async def snapshot(self, now: float, midnight: float, spans: Sequence[str], platforms: Sequence[str]) -> Snapshot:
        """`midnight`: when the day began; `spans` of the operator's book; `platforms` that store their updates."""

        async def work(tx: Transaction) -> Snapshot:
            oldest = await tx.one(OLDEST)
            heard = await tx.all(HEARD, records(("name",), [(name,) for name in platforms]))
            return Snapshot(
                states={row["state"]: row["n"] for row in await tx.all(STATES)},
                oldest_due=oldest["at"] if oldest else None,
                in_doubt=_number(await tx.one(DOUBT, now)),
                spent={row["span"]: int(row["used"]) for row in await tx.all(SPENT, list(spans))},
                moved={row["kind"]: row["n"] for row in await tx.all(MOVED, midnight)},
                ledger_error=_number(await tx.one(OWED)) + _number(await tx.one(KEPT, now - RECENT)),
                heard={row["name"]: row["handled"] for row in heard if row["handled"]},
                waiting={row["name"]: row["waiting"] for row in heard if row["waiting"]},
                paused=await tx.one(rules.PAUSED) is not None,
                incidents=_number(await tx.one(TROUBLES, now - DAY)),
            )

        return await self._db.read(work)

    async def ledger_error(self) -> int:
        """Credits by which the whole ledger differs from the prices of unsettled jobs: 0. Reads all of the ledger."""
        return _number(await self._one(WHOLE))


def _number(row: Row | None) -> int:
    return int(row["n"]) if row else 0
