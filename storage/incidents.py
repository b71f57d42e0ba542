"""Incidents and queue figures for the operator."""

from bot.model import Incident
from bot.ports import Health
from bot.sentence import packed, unpacked
from storage import queue
from storage.database import Part, Row, Transaction

NOTE = "INSERT INTO incidents (at, what, detail, host, job) VALUES ($1, $2, $3, $4, $5)"
LATEST = "SELECT at, what, detail, host, job FROM incidents ORDER BY at DESC LIMIT $1"
SINCE = "SELECT at, what, detail, host, job FROM incidents WHERE at >= $1 ORDER BY at LIMIT $2"
STATES = "SELECT state, count(*) AS n FROM jobs WHERE state <> 'done' GROUP BY state"
OLDEST = f"SELECT min(due_at) AS at FROM jobs WHERE {queue.WORKING}"


class Incidents(Part):
    """Reports to the operator. Each method is one transaction."""

    async def note(self, incident: Incident) -> None:
        """Store an incident."""
        what, detail = packed(incident.what), packed(incident.detail)
        await self._change(NOTE, incident.at, what, detail, incident.host, incident.job)

    async def incidents(self, limit: int = 5) -> list[Incident]:
        """The latest incidents, newest first."""
        return [incident(row) for row in await self._all(LATEST, limit)]

    async def incidents_since(self, at: float, limit: int) -> list[Incident]:
        """The incidents from that time on, oldest first."""
        return [incident(row) for row in await self._all(SINCE, at, limit)]

    async def health(self, now: float) -> Health:
        """Number of unfinished jobs by state, and the lateness of the oldest due job in seconds."""

        async def work(tx: Transaction) -> Health:
            states = await tx.all(STATES)
            oldest = await tx.one(OLDEST)
            at = oldest["at"] if oldest else None
            return Health({row["state"]: row["n"] for row in states}, max(0.0, now - at) if at else 0.0)

        return await self._db.read(work)


def incident(row: Row) -> Incident:
    """The incident from a row."""
    return Incident(row["at"], unpacked(row["what"]), unpacked(row["detail"]), row["host"], row["job"])
