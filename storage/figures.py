"""Figures for reports: credits spent and acts done."""

from collections.abc import Sequence

from bot.quotas.records import Act, Movement, Spending
from bot.quotas.rules import HOUSE
from storage import audit, counters, ledger
from storage.database import Part

# One row per clip, its last step: held (hold), settled (settle), refunded by an admin (pardon).
MOVEMENTS = """
    SELECT * FROM ledger AS this WHERE scope = $1 AND person = ANY($3)
    AND NOT EXISTS (SELECT 1 FROM ledger AS later WHERE later.job = this.job
        AND (this.step, later.step) IN (VALUES ('hold', 'settle'), ('hold', 'pardon'), ('settle', 'pardon')))
    ORDER BY at DESC, job, kind DESC LIMIT $2"""
LEDGER = "SELECT * FROM ledger WHERE scope = $1 AND at >= $2 ORDER BY at DESC, step DESC LIMIT $3"
AUDIT = "SELECT * FROM audit WHERE scope = $1 AND at >= $2 ORDER BY at DESC, id LIMIT $3"
DEEDS = """
    SELECT person, label, created_at, price, coalesce(outcome, '') AS outcome,
           coalesce(settled_at, created_at) - created_at AS waited
    FROM jobs WHERE scope = $1 AND created_at >= $2 ORDER BY created_at, id LIMIT $3"""
SCOPES = """
    SELECT scope FROM rules WHERE scope NOT IN ('', $1)
    UNION SELECT scope FROM audit WHERE scope NOT IN ('', $1)
    UNION SELECT book AS scope FROM books WHERE kind = 'cap' AND book <> 'operator'
    UNION SELECT scope FROM shares WHERE scope <> ''"""
COMMUNITIES = """
    SELECT book, used FROM books WHERE span = $1 AND kind = 'cap' AND book <> 'operator'
    ORDER BY used DESC, book LIMIT $2"""


class Figures(Part):
    """Queries for reports. Each method is one transaction; amounts are credits, times Unix seconds."""

    async def used(self, book: str, span: str) -> int:
        """A counter's value; 0 if it does not exist."""
        return await self._db.read(lambda tx: counters.used(tx, book, span))

    async def scopes(self) -> list[str]:
        """All communities that occur in rules, the audit log, counters or shares."""
        return sorted({row["scope"].removeprefix("scope:") for row in await self._all(SCOPES, HOUSE)})

    async def movements(self, scope: str, people: Sequence[str], limit: int = 10) -> list[Movement]:
        """The latest movements of these people's credits, newest first; for a clip its last step, per book."""
        return [ledger.movement(row) for row in await self._all(MOVEMENTS, scope, limit, list(people))]

    async def ledger(self, scope: str, since: float, limit: int) -> list[Movement]:
        """All movements of a scope, newest first."""
        return [ledger.movement(row) for row in await self._all(LEDGER, scope, since, limit)]

    async def audit(self, scope: str, limit: int, since: float = 0.0) -> list[Act]:
        """Admins' acts in a scope, newest first."""
        return [audit.act(row) for row in await self._all(AUDIT, scope, since, limit)]

    async def spendings(self, scope: str, since: float, limit: int) -> list[Spending]:
        """All orders of a scope, oldest first."""
        return [
            Spending(row["person"], row["label"], row["created_at"], row["price"], row["outcome"], row["waited"])
            for row in await self._all(DEEDS, scope, since, limit)
        ]

    async def communities(self, span: str, limit: int = 20) -> list[tuple[str, int]]:
        """Communities and their use in a span, highest first."""
        found = await self._all(COMMUNITIES, span, limit)
        return [(row["book"].removeprefix("scope:"), row["used"]) for row in found]
