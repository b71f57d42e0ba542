"""The `Figures`: what was spent, read for reports, over either database."""

from collections.abc import Sequence

from bot.quotas.rules import HOUSE, Act, Movement, Spending
from storage import charging
from storage.charging import places
from storage.database import Database, Row, Transaction
from storage.rules_and_grants import act_of


class Figures:
    """The port of the same name in `bot.ports`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def used(self, book: str, span: str) -> int:
        return await self._db.read(lambda tx: charging.used(tx, book, span))

    async def movements(self, scope: str, people: Sequence[str], limit: int = 10) -> list[Movement]:
        # Of a clip the last step alone: set aside (hold), settled (settle), given back by an admin (pardon).
        sql = f"""
            SELECT * FROM ledger AS this WHERE scope = $1 AND person IN ({places(people, 3)})
            AND NOT EXISTS (SELECT 1 FROM ledger AS later WHERE later.job = this.job
                AND (this.step, later.step) IN (VALUES ('hold', 'settle'), ('hold', 'pardon'), ('settle', 'pardon')))
            ORDER BY at DESC, job, kind DESC LIMIT $2"""
        return [_movement(row) for row in await self._db.read(lambda tx: tx.all(sql, scope, limit, *people))]

    async def ledger(self, scope: str, since: float, limit: int) -> list[Movement]:
        sql = "SELECT * FROM ledger WHERE scope = $1 AND at >= $2 ORDER BY at DESC, step DESC LIMIT $3"
        return [_movement(row) for row in await self._db.read(lambda tx: tx.all(sql, scope, since, limit))]

    async def audit(self, scope: str, limit: int, since: float = 0.0) -> list[Act]:
        sql = "SELECT * FROM audit WHERE scope = $1 AND at >= $2 ORDER BY at DESC, id LIMIT $3"
        return [act_of(row) for row in await self._db.read(lambda tx: tx.all(sql, scope, since, limit))]

    async def spendings(self, scope: str, since: float, limit: int) -> list[Spending]:
        sql = """
            SELECT person, label, created_at, price, coalesce(outcome, '') AS outcome,
                   coalesce(settled_at, created_at) - created_at AS waited
            FROM jobs WHERE scope = $1 AND created_at >= $2 ORDER BY created_at, id LIMIT $3"""
        found = await self._db.read(lambda tx: tx.all(sql, scope, since, limit))
        return [
            Spending(row["person"], row["label"], row["created_at"], row["price"], row["outcome"], row["waited"])
            for row in found
        ]

    async def scopes(self) -> list[str]:
        sql = """
            SELECT scope FROM rules WHERE scope NOT IN ('', $1)
            UNION SELECT scope FROM audit WHERE scope NOT IN ('', $1)
            UNION SELECT book AS scope FROM books WHERE kind = 'cap' AND book <> 'operator'
            UNION SELECT scope FROM shares WHERE scope <> ''"""
        found = await self._db.read(lambda tx: tx.all(sql, HOUSE))
        return sorted({row["scope"].removeprefix("scope:") for row in found})

    async def communities(self, span: str, limit: int = 20) -> list[tuple[str, int]]:
        async def work(tx: Transaction) -> list[tuple[str, int]]:
            sql = """
                SELECT book, used FROM books WHERE span = $1 AND kind = 'cap' AND book <> 'operator'
                ORDER BY used DESC, book LIMIT $2"""
            return [(row["book"].removeprefix("scope:"), row["used"]) for row in await tx.all(sql, span, limit)]

        return await self._db.read(work)


def _movement(row: Row) -> Movement:
    return Movement(
        row["at"],
        row["actor"],
        row["kind"],
        row["job"] or "",
        row["book"],
        row["span"],
        row["person"],
        row["scope"],
        row["held"],
        row["spent"],
        row["given"],
        row["because"],
    )
