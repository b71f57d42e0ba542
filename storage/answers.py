"""Answers: replies to messages that changed something, stored so that a repeated message gets the same one."""

from collections.abc import Sequence

from bot.model import UNREADABLE
from storage.database import Part, Transaction
from storage.words import Words

GIVEN = "SELECT body FROM answers WHERE key = $1 AND person = $2 AND body <> ''"
KEEP = """
    INSERT INTO answers (key, person, body, at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (key, person) DO UPDATE SET body = CASE answers.body WHEN '' THEN excluded.body
        ELSE answers.body END"""
FIRST = "INSERT INTO answers (key, person, body, at) VALUES ($1, $2, '', $3) ON CONFLICT DO NOTHING RETURNING key"
BEFORE = "SELECT 1 FROM answers WHERE key = $1 AND person = $2"


class Answers(Part):
    """Stored replies to messages that changed something. Each method is one transaction."""

    async def given(self, key: str, person: str) -> str | None:
        """The stored answer (JSON) of `person` to the message with this key, or None."""
        row = await self._one(GIVEN, key, person)
        return row["body"] if row and row["body"] != UNREADABLE else None

    async def keep(self, key: str, body: str, person: str, named: Sequence[str], at: float) -> None:
        """Store an answer unless one exists. Erasing `person`, or one of `named`, deletes it."""

        async def work(tx: Transaction) -> None:
            await tx.many(KEEP, [(key, one, "", at) for one in sorted({*named} - {person})])
            await tx.all(KEEP, key, person, Words("answers.body", body), at)

        await self._db.write(work)


async def first(tx: Transaction, key: str, person: str, at: float) -> bool:
    """Record a key inside the transaction of its change; False if it was recorded before. True without a key."""
    return not key or bool(await tx.all(FIRST, key, person, at))


async def done_before(tx: Transaction, key: str, person: str) -> bool:
    """Whether a key was recorded before. False without a key."""
    return bool(key and await tx.one(BEFORE, key, person))
