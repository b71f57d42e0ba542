"""Money at the hosts: their price lists, what they took for each job, and the last comparison with our jobs."""

from collections.abc import Sequence

from bot.billing import PriceList
from storage.database import Part

BEGIN = """
    INSERT INTO rota (task, at, due_at) VALUES ($1, $2, $3)
    ON CONFLICT (task) DO UPDATE SET at = excluded.at, due_at = excluded.due_at
    WHERE rota.due_at <= excluded.at OR rota.at < $4 RETURNING task"""
AGAIN = "UPDATE rota SET due_at = $2 WHERE task = $1"
LISTS = "SELECT host, body FROM price_lists ORDER BY host"
KEEP_LIST = """
    INSERT INTO price_lists (host, at, body) VALUES ($1, $2, $3)
    ON CONFLICT (host) DO UPDATE SET at = excluded.at, body = excluded.body"""


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

    async def lists(self) -> Sequence[PriceList]:
        """What the hosts' lists said last."""
        return [PriceList.load(row["host"], row["body"]) for row in await self._all(LISTS)]

    async def keep_list(self, prices: PriceList, now: float) -> None:
        await self._change(KEEP_LIST, prices.host, now, prices.dump())
