"""The `Answers`: what was done and said upon a message, over either database."""

from collections.abc import Sequence

from storage.database import Database, Transaction


class Answers:
    """The port of the same name in `bot.ports`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def given(self, key: str, person: str) -> str | None:
        sql = "SELECT body FROM answers WHERE key = $1 AND person = $2 AND body <> ''"
        row = await self._db.read(lambda tx: tx.one(sql, key, person))
        return row["body"] if row else None

    async def keep(self, key: str, body: str, person: str, named: Sequence[str], at: float) -> None:
        sql = """
            INSERT INTO answers (key, person, body, at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (key, person) DO UPDATE SET body = CASE answers.body WHEN '' THEN excluded.body
                ELSE answers.body END"""

        async def work(tx: Transaction) -> None:
            for one in sorted({*named} - {person}):
                await tx.all(sql, key, one, "", at)
            await tx.all(sql, key, person, body, at)

        await self._db.write(work)


async def first(tx: Transaction, key: str, person: str, at: float) -> bool:
    """Whether a change is made for the first time, inside the transaction that makes it. Without a key, always."""
    sql = "INSERT INTO answers (key, person, body, at) VALUES ($1, $2, '', $3) ON CONFLICT DO NOTHING RETURNING key"
    return not key or bool(await tx.all(sql, key, person, at))
