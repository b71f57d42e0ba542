"""The outbox: actions still to be done on platforms, claimed and fenced like jobs."""

import json
from collections.abc import Sequence

from bot.conversation import Button
from bot.gallery.model import OutboxEntry
from bot.model import UNREADABLE, Address
from bot.sentence import packed, unpacked
from storage.database import Part, Row, Transaction, placeholders
from storage.words import Words

COLUMNS = (
    *("id", "kind", "platform", "chat", "thread", "message", "share", "topic", "person", "body"),
    *("due_at", "tries", "claims"),
)
_INSERT = f"INSERT INTO outbox ({', '.join(COLUMNS)}) VALUES ({placeholders(COLUMNS)})"
LEAVE = f"{_INSERT} ON CONFLICT DO NOTHING RETURNING id"
LEAVE_AGAIN = f"""
    {_INSERT} ON CONFLICT (id) DO UPDATE SET claims = outbox.claims + 1, platform = excluded.platform,
        chat = excluded.chat, thread = excluded.thread, message = excluded.message,
        due_at = CASE WHEN outbox.tries > 0 THEN outbox.due_at ELSE excluded.due_at END"""
SHOWS = "INSERT INTO outbox_shares (entry, share) VALUES ($1, $2)"
SETTLE = "UPDATE intake SET body = '', done_at = $2 WHERE key = $1 AND done_at IS NULL RETURNING key"
# Removals first, edits last, except edits that take out a name. Chats with an action in progress or a failed one
# come after the others: they may be slow.
_CLAIM = """
    UPDATE outbox SET claims = claims + 1, due_at = CAST($1 AS DOUBLE PRECISION) + $2
    WHERE id IN (
        SELECT id FROM outbox WHERE due_at <= $1 AND platform = ANY($4) {which}
        ORDER BY CASE WHEN kind = 'remove' THEN 0 WHEN kind = 'refresh' AND due_at > 0 THEN 2 ELSE 1 END,
            CASE WHEN (platform, chat) IN (
                SELECT platform, chat FROM outbox WHERE due_at > $1 AND claims > 0) THEN 1 ELSE 0 END, due_at
        LIMIT $3 FOR UPDATE SKIP LOCKED)
    RETURNING *"""
CLAIM = _CLAIM.format(which="")
CLAIM_NEW = _CLAIM.format(which="AND kind <> 'refresh'")
CLAIM_EDITS = _CLAIM.format(which="AND kind = 'refresh'")
DONE = "DELETE FROM outbox WHERE id = $1 AND claims = $2"
LATER = "UPDATE outbox SET due_at = $3, tries = tries + 1 WHERE id = $1 AND claims = $2"
NEXT = "SELECT min(due_at) AS at FROM outbox WHERE platform = ANY($1)"
_UNREADABLE_BODY = json.dumps({"text": packed(UNREADABLE), "buttons": []})
_RANK = {"remove": 0, "refresh": 2}


class Outbox(Part):
    """Actions to be done on platforms (`OutboxEntry`). Each method is one transaction."""

    async def put(self, entry: OutboxEntry, *, settles: str | None = None) -> bool:
        """Add an entry; False if its id exists.

        `settles`: the key of an inbox update handled by it, marked in the same transaction; False if that was handled
        before.
        """

        async def work(tx: Transaction) -> bool:
            if settles is not None and await tx.one(SETTLE, settles, entry.due_at) is None:
                return False
            return await leave(tx, entry)

        return await self._db.write(work)

    async def claim(
        self, now: float, lease: float, limit: int, platforms: Sequence[str], edits: int | None = None
    ) -> list[OutboxEntry]:
        """Claim up to `limit` due entries for `lease` seconds, removals first.

        With `edits`, entries that edit a message (`refresh`) have that limit of their own.
        """

        async def work(tx: Transaction) -> list[Row]:
            there = list(platforms)
            found = []
            if limit > 0:
                found += await tx.all(CLAIM if edits is None else CLAIM_NEW, now, lease, limit, there)
            if edits is not None and edits > 0:
                found += await tx.all(CLAIM_EDITS, now, lease, edits, there)
            return found

        found = [_entry(row) for row in await self._db.write(work)]
        return sorted(found, key=lambda entry: (_RANK.get(entry.kind, 1), entry.id))

    async def done(self, entry: OutboxEntry) -> None:
        """Delete a claimed entry, unless it was claimed or added again meanwhile."""
        await self._change_along(DONE, entry.id, entry.claims)

    async def later(self, entry: OutboxEntry, due_at: float) -> None:
        """Reschedule a claimed entry for `due_at` (Unix seconds); counts as an attempt."""
        await self._change(LATER, entry.id, entry.claims, due_at)

    async def next_due(self, platforms: Sequence[str]) -> float | None:
        """`due_at` of the next entry (Unix seconds); None if there is none."""
        row = await self._one(NEXT, list(platforms))
        return row["at"] if row else None


async def leave(tx: Transaction, entry: OutboxEntry) -> bool:
    """Add an entry inside a transaction; False if its id exists."""
    if not await tx.all(LEAVE, *_values(entry)):
        return False
    await tx.many(SHOWS, [(entry.id, share) for share in sorted(set(entry.shows))])
    return True


async def leave_again(tx: Transaction, entry: OutboxEntry) -> None:
    """Add an entry; an existing one of that id, even a claimed one, is due (again) from now on.

    A failed entry keeps its time: more requests do not retry a refusal sooner.
    """
    await tx.all(LEAVE_AGAIN, *_values(entry))


def _values(entry: OutboxEntry) -> tuple[object, ...]:
    place = entry.place
    body = json.dumps({"text": packed(entry.text), "buttons": [[packed(b.label), b.command] for b in entry.buttons]})
    return (
        *(entry.id, entry.kind, place.platform, place.chat, place.thread, place.message),
        *(entry.share, entry.topic, entry.person, Words("outbox.body", body)),
        *(entry.due_at, entry.tries, entry.claims),
    )


def _entry(row: Row) -> OutboxEntry:
    body = json.loads(row["body"] if row["body"] != UNREADABLE else _UNREADABLE_BODY)
    return OutboxEntry(
        id=row["id"],
        kind=row["kind"],
        place=Address(row["platform"], row["chat"], row["message"], row["thread"]),
        due_at=row["due_at"],
        share=row["share"],
        topic=row["topic"],
        person=row["person"],
        text=unpacked(body["text"]),
        buttons=tuple(Button(unpacked(label), command) for label, command in body["buttons"]),
        tries=row["tries"],
        claims=row["claims"],
    )
