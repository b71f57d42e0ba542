"""What the operator's page lists: jobs of everybody, by indexes that are there for the worker and for retention."""

from bot.model import Job
from storage import rows
from storage.database import Part

UNFINISHED = "SELECT * FROM jobs WHERE state <> 'done' ORDER BY created_at, id LIMIT $1"
# Two searches of the index (swept, done_at), whose rows have the files of their clips still.
ENDED = """
    SELECT done_at, outcome FROM (
        SELECT done_at, outcome FROM jobs WHERE state = 'done' AND swept < 2 AND swept = 0 AND done_at >= $1
        UNION ALL
        SELECT done_at, outcome FROM jobs WHERE state = 'done' AND swept < 2 AND swept = 1 AND done_at >= $1) AS ended
    ORDER BY done_at DESC LIMIT $2"""


class Overview(Part):
    """Each method is one transaction; times are Unix seconds."""

    async def unfinished(self, limit: int) -> list[Job]:
        """The oldest unfinished jobs."""
        return [rows.job(row) for row in await self._all(UNFINISHED, limit)]

    async def ended(self, since: float, limit: int) -> list[tuple[float, str]]:
        """When and how jobs ended, newest first; those deleted since are missing."""
        return [(row["done_at"], row["outcome"]) for row in await self._all(ENDED, since, limit)]
