"""The `Errands`: what must still be done on platforms, over either database."""

import json
from collections.abc import Sequence

from bot.gallery.model import Errand
from bot.model import Address, Button
from storage.charging import places
from storage.database import Database, Row, Transaction

_COLUMNS = (
    *(
        "id",
        "kind",
        "platform",
        "chat",
        "thread",
        "message",
        "share",
        "topic",
        "person",
        "body",
        "due_at",
        "tries",
        "claims",
    ),
)


class Errands:
    """The port of the same name in `bot.ports_gallery`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def put(self, errand: Errand, *, settles: str | None = None) -> bool:
        sql = "UPDATE intake SET body = '', done_at = $2 WHERE key = $1 AND done_at IS NULL RETURNING key"

        async def work(tx: Transaction) -> bool:
            if settles is not None and await tx.one(sql, settles, errand.due_at) is None:
                return False
            return await leave(tx, errand)

        return await self._db.write(work)

    async def claim(
        self, now: float, lease: float, limit: int, platforms: Sequence[str], edits: int | None = None
    ) -> list[Errand]:
        # What has to go goes first, and what is only brought up to date comes last; but at once if a name has to go
        # from it. And a chat where something is being done, or waits after a failure, comes after the others: it may
        # be a slow one.
        def sql(which: str) -> str:
            return f"""
            UPDATE errands SET claims = claims + 1, due_at = CAST($1 AS DOUBLE PRECISION) + $2
            WHERE id IN (
                SELECT id FROM errands WHERE due_at <= $1 AND platform IN ({places(platforms, 4)}) {which}
                ORDER BY CASE WHEN kind = 'remove' THEN 0 WHEN kind = 'refresh' AND due_at > 0 THEN 2 ELSE 1 END,
                    CASE WHEN (platform, chat) IN (
                        SELECT platform, chat FROM errands WHERE due_at > $1 AND claims > 0) THEN 1 ELSE 0 END, due_at
                LIMIT $3 {self._db.skip_locked})
            RETURNING *"""

        async def work(tx: Transaction) -> list[Errand]:
            found = []
            for which, most in _shares(limit, edits):
                if most > 0:
                    found += await tx.all(sql(which), now, lease, most, *platforms)
            return [_errand(row) for row in found]

        return sorted(await self._db.write(work), key=lambda errand: (_RANK.get(errand.kind, 1), errand.id))

    async def done(self, errand: Errand) -> None:
        sql = "DELETE FROM errands WHERE id = $1 AND claims = $2"
        await self._db.write(lambda tx: tx.all(sql, errand.id, errand.claims))

    async def later(self, errand: Errand, due_at: float) -> None:
        sql = "UPDATE errands SET due_at = $3, tries = tries + 1 WHERE id = $1 AND claims = $2"
        await self._db.write(lambda tx: tx.all(sql, errand.id, errand.claims, due_at))

    async def next_due(self, platforms: Sequence[str]) -> float | None:
        sql = f"SELECT min(due_at) AS at FROM errands WHERE platform IN ({places(platforms, 1)})"
        row = await self._db.read(lambda tx: tx.one(sql, *platforms))
        return row["at"] if row else None


_RANK = {"remove": 0, "refresh": 2}


def _shares(limit: int, edits: int | None) -> list[tuple[str, int]]:
    """What is claimed how often: `edits` of what only changes a message, if that has a limit of its own."""
    if edits is None:
        return [("", limit)]
    return [("AND kind <> 'refresh'", limit), ("AND kind = 'refresh'", edits)]


async def leave(tx: Transaction, errand: Errand) -> bool:
    """Put an errand, inside a transaction; False if one of that id is there."""
    sql = f"""
        INSERT INTO errands ({", ".join(_COLUMNS)}) VALUES ({places(_COLUMNS, 1)})
        ON CONFLICT DO NOTHING RETURNING id"""
    if not await tx.all(sql, *_values(errand)):
        return False
    for share in sorted(set(errand.shows)):
        await tx.all("INSERT INTO errand_shares (errand, share) VALUES ($1, $2)", errand.id, share)
    return True


async def leave_again(tx: Transaction, errand: Errand) -> None:
    """Put an errand; if one of that id is there, even if it is being done, it is done (again) from now on.

    One that failed keeps its time: what the platform refuses is not tried more often because more is asked of it.
    """
    sql = f"""
        INSERT INTO errands ({", ".join(_COLUMNS)}) VALUES ({places(_COLUMNS, 1)})
        ON CONFLICT (id) DO UPDATE SET claims = errands.claims + 1, platform = excluded.platform, chat = excluded.chat,
            thread = excluded.thread, message = excluded.message,
            due_at = CASE WHEN errands.tries > 0 THEN errands.due_at ELSE excluded.due_at END"""
    await tx.all(sql, *_values(errand))


def _values(errand: Errand) -> tuple[object, ...]:
    place = errand.place
    body = json.dumps({"text": errand.text, "buttons": [[b.label, b.command] for b in errand.buttons]})
    return (
        *(errand.id, errand.kind, place.platform, place.chat, place.thread, place.message),
        *(errand.share, errand.topic, errand.person, body),
        *(errand.due_at, errand.tries, errand.claims),
    )


def _errand(row: Row) -> Errand:
    body = json.loads(row["body"])
    return Errand(
        id=row["id"],
        kind=row["kind"],
        place=Address(row["platform"], row["chat"], row["message"], row["thread"]),
        due_at=row["due_at"],
        share=row["share"],
        topic=row["topic"],
        person=row["person"],
        text=body["text"],
        buttons=tuple(Button(label, command) for label, command in body["buttons"]),
        tries=row["tries"],
        claims=row["claims"],
    )
