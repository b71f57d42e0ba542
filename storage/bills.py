"""Money at the hosts: their price lists, what they took for each job, and the last comparison with our jobs."""

from collections.abc import Mapping, Sequence

from bot.billing import Comparison, Entry, Ours, PriceList, reference
from storage.database import Part, Row

BEGIN = """
    INSERT INTO rota (task, at, due_at) VALUES ($1, $2, $3)
    ON CONFLICT (task) DO UPDATE SET at = excluded.at, due_at = excluded.due_at
    WHERE rota.due_at <= excluded.at OR rota.at < $4 RETURNING task"""
AGAIN = "UPDATE rota SET due_at = $2 WHERE task = $1"
LISTS = "SELECT host, body FROM price_lists ORDER BY host"
KEEP_LIST = """
    INSERT INTO price_lists (host, at, body) VALUES ($1, $2, $3)
    ON CONFLICT (host) DO UPDATE SET at = excluded.at, body = excluded.body"""


# The cost that a host told with the clip; its list of charges replaces it.
COST = """
    INSERT INTO charges (reference, host, job, usd, at)
    VALUES ($1, $2, (SELECT id FROM jobs WHERE host = $2 AND remote_id = $3 AND remote_id <> '' LIMIT 1), $4, $5)
    ON CONFLICT (reference) DO UPDATE SET usd = excluded.usd, job = coalesce(charges.job, excluded.job)"""
SUM = "SELECT coalesce(sum(usd), 0) AS usd, count(usd) AS n FROM charges WHERE at >= $1"
SUM_OF = """
    SELECT coalesce(sum(charges.usd), 0) AS usd, count(charges.usd) AS n
    FROM jobs JOIN charges ON charges.job = jobs.id WHERE jobs.scope = $1 AND jobs.created_at >= $2"""


COMPARISONS = "SELECT body FROM comparisons ORDER BY host"
KEEP = """
    INSERT INTO comparisons (host, at, body) VALUES ($1, $2, $3)
    ON CONFLICT (host) DO UPDATE SET at = excluded.at, body = excluded.body"""
_OURS = "jobs.id, remote_id, state, outcome, reason, coalesce(settled_at, created_at) AS settled FROM jobs"
JOBS = f"SELECT {_OURS} WHERE host = $1 AND remote_id = ANY($2) AND remote_id <> ''"
BY_ID = f"SELECT {_OURS} WHERE id = ANY($1)"
OF_REFERENCES = f"""
    SELECT charges.reference, {_OURS} JOIN charges ON charges.job = jobs.id WHERE charges.reference = ANY($1)"""
CLIPS = f"""
    SELECT {_OURS} WHERE host = $1 AND outcome = 'clip' AND settled_at >= $2 AND settled_at < $3
    AND remote_id <> '' ORDER BY settled_at, jobs.id"""
TOLD = "SELECT reference FROM charges WHERE told = 1 AND reference = ANY($1)"
SETTLE = """
    INSERT INTO charges (reference, host, job, usd, at, told) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (reference) DO UPDATE SET usd = coalesce(excluded.usd, charges.usd), at = excluded.at,
        job = coalesce(excluded.job, charges.job), told = CASE charges.told WHEN 1 THEN 1 ELSE excluded.told END"""


class Bills(Part):
    """Each method is one transaction; times are Unix seconds."""

    async def begin(self, task: str, now: float, due_at: float, stale: float = 0.0) -> bool:
        """Begin a task that one process does for all, and that is due again at `due_at`; False if it is not due now.

        It is due anyhow if it was last begun before `stale`.
        """
        return bool(await self._change(BEGIN, task, now, due_at, stale))

    async def again(self, task: str, due_at: float) -> None:
        """Have a task be due at another time."""
        await self._change(AGAIN, task, due_at)

    async def cost(self, host: str, remote_id: str, usd: int, now: float) -> None:
        """Keep what a generation cost, in millionths of a dollar, as the host told it with the clip."""
        await self._change(COST, reference(host, remote_id), host, remote_id, usd, now)

    async def sum(self, since: float, scope: str | None = None) -> tuple[int, int]:
        """What hosts took since then, in millionths of a dollar, and for how many clips; with `scope`, for the orders
        of a community."""
        row = await (self._one(SUM, since) if scope is None else self._one(SUM_OF, scope, since))
        return (int(row["usd"]), int(row["n"])) if row else (0, 0)

    async def jobs(self, host: str, ids: Sequence[str]) -> Mapping[str, Ours]:
        """Our jobs at a host, by its ids."""
        return {row["remote_id"]: _ours(row) for row in await self._all(JOBS, host, list(ids))}

    async def by_id(self, ids: Sequence[str]) -> Sequence[Ours]:
        return [_ours(row) for row in await self._all(BY_ID, list(ids))]

    async def of_references(self, references: Sequence[str]) -> Mapping[str, Ours]:
        """Jobs of charges that were compared before, by reference: also of people who are forgotten."""
        return {row["reference"]: _ours(row) for row in await self._all(OF_REFERENCES, list(references))}

    async def clips(self, host: str, since: float, until: float) -> Sequence[Ours]:
        """Jobs with a clip from a host, settled between two times."""
        return [_ours(row) for row in await self._all(CLIPS, host, since, until)]

    async def told(self, references: Sequence[str]) -> set[str]:
        """Those of which the operator was told."""
        return {row["reference"] for row in await self._all(TOLD, list(references))}

    async def settle(self, host: str, entries: Sequence[Entry]) -> None:
        """Keep charges with their jobs; what differs counts as told."""
        rows = [
            (one.reference, host, one.ours.job if one.ours else None, one.usd, one.at, int(one.differs))
            for one in sorted(entries, key=lambda one: one.reference)
            if one.verdict != "foreign"
        ]
        await self._db.write(lambda tx: tx.many(SETTLE, rows))

    async def comparisons(self) -> Sequence[Comparison]:
        """The last one of each host."""
        return [Comparison.load(row["body"]) for row in await self._all(COMPARISONS)]

    async def keep(self, comparison: Comparison) -> None:
        await self._change(KEEP, comparison.host, comparison.at, comparison.dump())

    async def lists(self) -> Sequence[PriceList]:
        """What the hosts' lists said last."""
        return [PriceList.load(row["host"], row["body"]) for row in await self._all(LISTS)]

    async def keep_list(self, prices: PriceList, now: float) -> None:
        await self._change(KEEP_LIST, prices.host, now, prices.dump())


def _ours(row: Row) -> Ours:
    return Ours(row["id"], row["remote_id"] or "", row["state"], row["outcome"], row["reason"], row["settled"])
