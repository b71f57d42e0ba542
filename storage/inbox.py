"""The inbox: platform updates stored until handled, and adapters' notes about chats."""

import logging
from collections.abc import Collection, Sequence

from bot.model import UNREADABLE
from storage import rules
from storage.database import Part, Row, Transaction
from storage.words import Words

log = logging.getLogger(__name__)

TAKE = "INSERT INTO intake (key, platform, body, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING key"
WAITING = "SELECT key, body FROM intake WHERE platform = $1 AND done_at IS NULL ORDER BY at, key"
KEYS = "SELECT key FROM intake WHERE platform = $1 AND done_at IS NULL ORDER BY at, key"
BODIES = "SELECT key, body FROM intake WHERE done_at IS NULL AND key = ANY($1)"
HANDLED = "UPDATE intake SET body = '', done_at = $2 WHERE key = $1"
# Deleted, not handled: one that comes again is new, and can be read.
GIVE_UP = "DELETE FROM intake WHERE key = ANY($1) AND done_at IS NULL"
SWEEP_INTAKE = "DELETE FROM intake WHERE platform = $1 AND done_at < $2"
SWEEP_NOTES = "DELETE FROM notes WHERE platform = $1 AND until < $2"
REMEMBER = """
    INSERT INTO notes (platform, chat, name, value, until) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (platform, chat, name) DO UPDATE SET value = excluded.value, until = excluded.until"""
ABOUT_NONE = "DELETE FROM note_people WHERE platform = $1 AND chat = $2 AND name = $3"
ABOUT = "INSERT INTO note_people (platform, chat, name, person) VALUES ($1, $2, $3, $4)"
RECALL = "SELECT value FROM notes WHERE platform = $1 AND chat = $2 AND name = $3 AND until >= $4"
FORGET = "DELETE FROM notes WHERE platform = $1 AND chat = $2 AND name = $3"

# The new chat numbers its messages anew: an old id would name another message.
MOVE_SHARES = "UPDATE shares SET chat = $3, message = NULL WHERE platform = $1 AND chat = $2"
MOVE_JOBS = """
    UPDATE jobs SET chat = $3, message = '', status_id = NULL, sent_id = NULL WHERE platform = $1 AND chat = $2"""
# Messages of the old chat are out of reach. A post under way is sent to the new chat.
LOST_SHOWINGS = "DELETE FROM showings WHERE platform = $1 AND chat = $2"
LOST_REPEATS = "DELETE FROM repeats WHERE platform = $1 AND chat = $2"
LOST_EDITS = "DELETE FROM outbox WHERE platform = $1 AND chat = $2 AND kind IN ('refresh', 'remove')"
MOVE_OUTBOX = "UPDATE outbox SET chat = $3, message = '', claims = claims + 1 WHERE platform = $1 AND chat = $2"
REPLACED_NOTES = """
    DELETE FROM notes WHERE platform = $1 AND chat = $3
    AND name IN (SELECT name FROM notes WHERE platform = $1 AND chat = $2)"""
MOVE_NOTES = "UPDATE notes SET chat = $3 WHERE platform = $1 AND chat = $2"
SCOPE = "SELECT scope FROM moved WHERE name = $1"
MOVED = "INSERT INTO moved (name, scope) VALUES ($1, $2) ON CONFLICT DO NOTHING"


class Inbox(Part):
    """Platform updates and adapters' notes. Each method is one transaction; times are Unix seconds."""

    async def take(self, key: str, platform: str, body: str, now: float) -> bool:
        """Store an update until it is `handled`; False if its key exists."""
        return bool(await self._change(TAKE, key, platform, Words("intake.body", body), now))

    async def waiting(self, platform: str) -> list[tuple[str, str]]:
        """Keys and bodies of unhandled updates, in order of arrival; those that can be decrypted."""
        return list((await self._readable(await self._all(WAITING, platform))).items())

    async def keys(self, platform: str) -> list[str]:
        """Keys of unhandled updates, in order of arrival."""
        return [row["key"] for row in await self._all(KEYS, platform)]

    async def bodies(self, keys: Sequence[str]) -> dict[str, str]:
        """Bodies by key, of those updates that are still unhandled and can be decrypted."""
        return await self._readable(await self._all(BODIES, list(keys)))

    async def _readable(self, rows: Sequence[Row]) -> dict[str, str]:
        """Bodies by key. An update that cannot be decrypted is given up: nothing would ever end it."""
        found = {row["key"]: row["body"] for row in rows}
        if unreadable := [key for key, body in found.items() if body == UNREADABLE]:
            log.error("%s messages that cannot be decrypted are given up", len(unreadable))
            await self._change(GIVE_UP, unreadable)
        return {key: body for key, body in found.items() if body != UNREADABLE}

    async def handled(self, key: str, now: float) -> None:
        """Mark as handled: deletes the body; the key stays for as long as the platform may send it again."""
        await self._change_along(HANDLED, key, now)

    async def sweep(self, platform: str, now: float, keep: float) -> None:
        """Delete keys handled more than `keep` seconds ago, and expired notes."""

        async def work(tx: Transaction) -> None:
            await tx.all(SWEEP_INTAKE, platform, now - keep)
            await tx.all(SWEEP_NOTES, platform, now)

        await self._db.write(work)

    async def remember(
        self, platform: str, chat: str, name: str, value: str, until: float, about: Collection[str] = ()
    ) -> None:
        """Store a note about a chat, as JSON or text of the adapter; replaces an earlier note of that name.

        `about`: the persons named in `value`. Erasing one of them deletes the note.
        """

        async def work(tx: Transaction) -> None:
            said = Words("notes.value", value) if chat or about else value  # else it is the bot's own
            await tx.all(REMEMBER, platform, chat, name, said, until)
            await tx.all(ABOUT_NONE, platform, chat, name)
            await tx.many(ABOUT, [(platform, chat, name, person) for person in sorted(set(about))])

        await self._db.write(work)

    async def recall(self, platform: str, chat: str, name: str, now: float) -> str | None:
        """The value of a note, or None if it is missing or expired."""
        row = await self._one(RECALL, platform, chat, name, now)
        return row["value"] if row and row["value"] != UNREADABLE else None

    async def forget(self, platform: str, chat: str, name: str) -> None:
        """Delete a note."""
        await self._change(FORGET, platform, chat, name)

    async def move(self, platform: str, old: str, new: str) -> None:
        """Change a chat's id: its jobs, shares, notes and rules follow in one transaction."""

        async def work(tx: Transaction) -> None:
            await tx.all(MOVE_SHARES, platform, old, new)
            await tx.all(LOST_SHOWINGS, platform, old)
            await tx.all(LOST_REPEATS, platform, old)
            await tx.all(LOST_EDITS, platform, old)
            await tx.all(MOVE_OUTBOX, platform, old, new)
            await tx.all(MOVE_JOBS, platform, old, new)
            await tx.all(REPLACED_NOTES, platform, old, new)
            await tx.all(MOVE_NOTES, platform, old, new)
            name = f"{platform}:{old}"
            first = await tx.one(SCOPE, name)
            scope = str(first["scope"]) if first else name
            await tx.all(MOVED, f"{platform}:{new}", scope)
            await rules.move(tx, scope, old, new)

        await self._db.write(work)
