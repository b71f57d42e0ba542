"""The `Inbox`: what platforms told us, kept until it is worked off, and what they made us remember."""

from collections.abc import Collection, Sequence

from storage import rules
from storage.charging import places
from storage.database import Database, Transaction


class Inbox:
    """The port of the same name in `bot.ports`, over either database."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def take(self, key: str, platform: str, body: str, now: float) -> bool:
        sql = """
            INSERT INTO intake (key, platform, body, at) VALUES ($1, $2, $3, $4)
            ON CONFLICT DO NOTHING RETURNING key"""
        return bool(await self._db.write(lambda tx: tx.all(sql, key, platform, body, now)))

    async def waiting(self, platform: str) -> list[tuple[str, str]]:
        sql = "SELECT key, body FROM intake WHERE platform = $1 AND done_at IS NULL ORDER BY at, key"
        return [(row["key"], row["body"]) for row in await self._db.read(lambda tx: tx.all(sql, platform))]

    async def keys(self, platform: str) -> list[str]:
        sql = "SELECT key FROM intake WHERE platform = $1 AND done_at IS NULL ORDER BY at, key"
        return [row["key"] for row in await self._db.read(lambda tx: tx.all(sql, platform))]

    async def bodies(self, keys: Sequence[str]) -> dict[str, str]:
        sql = f"SELECT key, body FROM intake WHERE done_at IS NULL AND key IN ({places(keys, 1)})"
        return {row["key"]: row["body"] for row in await self._db.read(lambda tx: tx.all(sql, *keys))}

    async def handled(self, key: str, now: float) -> None:
        sql = "UPDATE intake SET body = '', done_at = $2 WHERE key = $1"
        await self._db.write(lambda tx: tx.all(sql, key, now))

    async def sweep(self, platform: str, now: float, keep: float) -> None:
        async def work(tx: Transaction) -> None:
            await tx.all("DELETE FROM intake WHERE platform = $1 AND done_at < $2", platform, now - keep)
            await tx.all("DELETE FROM notes WHERE platform = $1 AND until < $2", platform, now)

        await self._db.write(work)

    async def remember(
        self, platform: str, chat: str, name: str, value: str, until: float, about: Collection[str] = ()
    ) -> None:
        sql = """
            INSERT INTO notes (platform, chat, name, value, until) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (platform, chat, name) DO UPDATE SET value = excluded.value, until = excluded.until"""

        async def work(tx: Transaction) -> None:
            await tx.all(sql, platform, chat, name, value, until)
            gone = "DELETE FROM note_people WHERE platform = $1 AND chat = $2 AND name = $3"
            await tx.all(gone, platform, chat, name)
            for person in sorted(set(about)):
                await tx.all("INSERT INTO note_people VALUES ($1, $2, $3, $4)", platform, chat, name, person)

        await self._db.write(work)

    async def recall(self, platform: str, chat: str, name: str, now: float) -> str | None:
        sql = "SELECT value FROM notes WHERE platform = $1 AND chat = $2 AND name = $3 AND until >= $4"
        row = await self._db.read(lambda tx: tx.one(sql, platform, chat, name, now))
        return row["value"] if row else None

    async def forget(self, platform: str, chat: str, name: str) -> None:
        sql = "DELETE FROM notes WHERE platform = $1 AND chat = $2 AND name = $3"
        await self._db.write(lambda tx: tx.all(sql, platform, chat, name))

    async def move(self, platform: str, old: str, new: str) -> None:
        async def work(tx: Transaction) -> None:
            # The new chat counts its messages anew: an old id would point at somebody else's.
            sql = "UPDATE shares SET chat = $3, message = NULL WHERE platform = $1 AND chat = $2"
            await tx.all(sql, platform, old, new)
            for table in ("showings", "repeats"):
                await tx.all(f"DELETE FROM {table} WHERE platform = $1 AND chat = $2", platform, old)
            # Messages of the old chat are out of reach. What was being posted there is posted in the new one.
            sql = "DELETE FROM errands WHERE platform = $1 AND chat = $2 AND kind IN ('refresh', 'remove')"
            await tx.all(sql, platform, old)
            sql = """
                UPDATE errands SET chat = $3, message = '', claims = claims + 1 WHERE platform = $1 AND chat = $2"""
            await tx.all(sql, platform, old, new)
            await tx.all(
                """
                UPDATE jobs SET chat = $3, message = '', status_id = NULL, sent_id = NULL
                WHERE platform = $1 AND chat = $2""",
                platform,
                old,
                new,
            )
            await tx.all(
                """
                DELETE FROM notes WHERE platform = $1 AND chat = $3
                AND name IN (SELECT name FROM notes WHERE platform = $1 AND chat = $2)""",
                platform,
                old,
                new,
            )
            await tx.all("UPDATE notes SET chat = $3 WHERE platform = $1 AND chat = $2", platform, old, new)
            name = f"{platform}:{old}"
            first = await tx.one("SELECT scope FROM moved WHERE name = $1", name)
            scope = str(first["scope"]) if first else name
            sql = "INSERT INTO moved (name, scope) VALUES ($1, $2) ON CONFLICT DO NOTHING"
            await tx.all(sql, f"{platform}:{new}", scope)
            await rules.move(tx, scope, old, new)

        await self._db.write(work)
