"""Sessions of the operator's page, and the one-time links that begin them; tokens are stored as hashes."""

import hashlib
from collections.abc import Sequence

from storage.database import Part, Transaction

OFFER = """
    INSERT INTO operator_sessions (hash, kind, person, begun_at, until) VALUES ($1, 'link', $2, $3, $4)
    ON CONFLICT DO NOTHING"""
# An UPDATE that returns the row: a link works once, also when opened twice at the same moment.
USE = "UPDATE operator_sessions SET kind = 'used' WHERE hash = $1 AND kind = 'link' AND until > $2 RETURNING person"
BEGIN = "INSERT INTO operator_sessions (hash, kind, person, begun_at, until) VALUES ($1, 'session', $2, $3, $4)"
WHOSE = "SELECT person FROM operator_sessions WHERE hash = $1 AND kind = 'session' AND until > $2"
# What an admin or operator leaves who never ordered anything.
ACTED = """
    SELECT 1 AS n WHERE EXISTS (SELECT 1 FROM operator_sessions WHERE person = ANY($1))
        OR EXISTS (SELECT 1 FROM audit WHERE actor = ANY($1))"""
END = "DELETE FROM operator_sessions WHERE hash = $1"
END_ALL = "DELETE FROM operator_sessions WHERE kind <> 'used' AND until > $1 RETURNING hash"
SWEEP = "DELETE FROM operator_sessions WHERE until <= $1"


class OperatorSessions(Part):
    """Each method is one transaction; times are Unix seconds."""

    async def offer(self, token: str, person: str, now: float, until: float) -> None:
        """Store a link of a person's; repeating it revives none that was used."""

        async def work(tx: Transaction) -> None:
            await tx.all(SWEEP, now)
            await tx.all(OFFER, _hash(token), person, now, until)

        await self._db.write(work)

    async def begin(self, link: str, token: str, now: float, until: float) -> str | None:
        """Use up a link and begin the session `token`; returns whose it is, None for a link that is over or unknown."""

        async def work(tx: Transaction) -> str | None:
            found = await tx.one(USE, _hash(link), now)
            if found is None:
                return None
            await tx.all(BEGIN, _hash(token), found["person"], now, until)
            return str(found["person"])

        return await self._db.write(work)

    async def whose(self, token: str, now: float) -> str | None:
        """Whose session it is; None if it is over or unknown."""
        row = await self._one(WHOSE, _hash(token), now)
        return str(row["person"]) if row else None

    async def acted(self, people: Sequence[str]) -> bool:
        """Whether these people have a session or a link, or stand in the audit log as those who acted."""
        return await self._one(ACTED, list(people)) is not None

    async def end(self, token: str) -> None:
        """End a session."""
        await self._change(END, _hash(token))

    async def end_all(self, now: float) -> int:
        """End all sessions and unused links; returns their number."""
        return len(await self._change(END_ALL, now))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()  # any bytes, in a stranger's cookie
