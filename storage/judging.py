"""Hearts, reports, and admins' decisions about shares."""

from collections.abc import Sequence

from bot.gallery.model import Report, Share, ShareState, Way
from storage import shares
from storage.answers import first
from storage.database import Database, Part, Transaction
from storage.people import PEOPLE, people_of
from storage.tombstones import Tombstones
from storage.words import Words

HELD = "SELECT * FROM shares WHERE id = $1 FOR UPDATE"
STATE = "UPDATE shares SET state = $2 WHERE id = $1 RETURNING *"
CLOSE = "UPDATE reports SET closed = 1 WHERE share = $1 AND closed = 0"
HEARTS_OF = "SELECT account, way FROM hearts WHERE share = $1 AND account = ANY($2)"
HEART = "INSERT INTO hearts (share, account, way, at) VALUES ($1, $2, $3, $4)"
UNHEART = "DELETE FROM hearts WHERE share = $1 AND account = ANY($2)"
COUNT = "UPDATE shares SET hearts = hearts + $2 WHERE id = $1 AND hearts + $2 >= 0 RETURNING *"
HEARTED = f"""
    SELECT share FROM hearts WHERE account IN ({PEOPLE} UNION SELECT account FROM accounts WHERE person = $1)
    AND share = ANY($2)"""
REPORTED_BY = "SELECT 1 FROM reports WHERE share = $1 AND account = ANY($2)"
REPORT = "INSERT INTO reports (share, account, reason, at) VALUES ($1, $2, $3, $4)"
OPEN_REPORTS = "SELECT count(*) AS n FROM reports WHERE share = $1 AND closed = 0"
REPORTS = "SELECT reason, at FROM reports WHERE share = $1 AND closed = 0 ORDER BY at, account"
REPORTED = f"SELECT * FROM shares WHERE id IN (SELECT share FROM reports WHERE closed = 0 AND account IN ({PEOPLE}))"
# `state` is repeated literally: the partial index matches only its own condition.
OPEN = """
    SELECT * FROM shares WHERE id IN (
        SELECT id FROM shares WHERE scope = $1 AND state <> 'up' AND state = 'waiting'
        UNION SELECT share FROM reports WHERE closed = 0
    ) AND scope = $1 ORDER BY at, id LIMIT $2"""
AWAITS = """
    SELECT 1 FROM shares WHERE id = $1
    AND (state = 'waiting' OR EXISTS (SELECT 1 FROM reports WHERE share = $1 AND closed = 0))"""


class Judging(Part):
    """Opinions of people and admins about shares. Each method is one transaction; times are Unix seconds."""

    def __init__(self, database: Database, tombstones: Tombstones | None = None) -> None:
        super().__init__(database)
        self._tombstones = tombstones or Tombstones()

    async def judge(self, share_id: str, state: ShareState, now: float) -> Share | None:
        """Hide or approve a share and close its reports; its message is removed or posted. None if it was deleted."""

        async def work(tx: Transaction) -> Share | None:
            if await _held(tx, share_id) is None:
                return None
            await tx.all(CLOSE, share_id)
            return await _set_state(tx, share_id, state, now)

        await self._tombstones.lay("shown" if state == "up" else "hidden", [share_id], now, everywhere=False)
        return await self._db.write(work)

    async def heart(
        self, share_id: str, person: str, on: bool | None, way: Way, now: float, key: str = ""
    ) -> Share | None:
        """Set or remove the one heart of a person's account (None: toggle); returns the updated share.

        None if it is not visible. A changed number refreshes its post. Repeating `key` has no effect.
        """

        async def work(tx: Transaction) -> Share | None:
            # The lock serialises hearts of one share, so that the second sees the effect of the first.
            share = await _held(tx, share_id)
            if share is None or share.state != "up":
                return None
            if not await first(tx, key, person, now):
                return share
            change = await _hearted(tx, share_id, person, on, way, now)
            if not change:
                return share
            share = shares.share((await tx.all(COUNT, share_id, change))[0])
            await shares.refresh(tx, share, now)
            return share

        return await self._db.write(work)

    async def hearted(self, person: str, share_ids: Sequence[str]) -> set[str]:
        """The subset of these shares hearted by the person's account."""
        return {row["share"] for row in await self._all(HEARTED, person, list(share_ids))}

    async def report(
        self, share_id: str, person: str, reason: str, now: float, enough: int, key: str = ""
    ) -> tuple[Share | None, int]:
        """Store the one report of a person's account; returns the updated share and its number of open reports.

        `enough` reports hide it. None if it is not visible; 0 if this account reported it before under another `key`.
        """

        async def work(tx: Transaction) -> tuple[Share | None, int]:
            share = await _held(tx, share_id)
            if share is None or share.state != "up":
                return None, 0
            if await first(tx, key, person, now):
                names, account = await _names(tx, person)
                if await tx.one(REPORTED_BY, share_id, names):
                    return share, 0
                await tx.all(REPORT, share_id, account, Words("reports.reason", reason), now)
            count = int((await tx.all(OPEN_REPORTS, share_id))[0]["n"])
            return (await _set_state(tx, share_id, "hidden", now) if count >= enough else share), count

        share, count = await self._db.write(work)
        if share and share.state == "hidden":
            await self._tombstones.lay("hidden", [share_id], now, everywhere=False)
        return share, count

    async def reports(self, share_id: str) -> list[Report]:
        """Open reports, oldest first."""
        return [Report(row["reason"], row["at"]) for row in await self._all(REPORTS, share_id)]

    async def reported(self, person: str) -> list[Share]:
        """Shares reported by a person's account and not judged by an admin since."""
        return [shares.share(row) for row in await self._all(REPORTED, person)]

    async def open(self, scope: str, limit: int = 10) -> list[Share]:
        """Shares for an admin to judge: reported, hidden by reports, or awaiting approval; oldest first."""
        return [shares.share(row) for row in await self._all(OPEN, scope, limit)]

    async def awaits(self, share_id: str) -> bool:
        """Whether a share is there and waits for an admin's decision."""
        return await self._one(AWAITS, share_id) is not None


async def _held(tx: Transaction, share_id: str) -> Share | None:
    """A share, with a row lock until the end of the transaction."""
    row = await tx.one(HELD, share_id)
    return shares.share(row) if row else None


async def _hearted(tx: Transaction, share_id: str, person: str, on: bool | None, way: Way, now: float) -> int:
    """Add or delete an account's hearts; returns the change of the share's number."""
    names, account = await _names(tx, person)
    given = await tx.all(HEARTS_OF, share_id, names)
    if not given and on is not False:
        await tx.all(HEART, share_id, account, way, now)
        return 1
    if given and not on:
        back = [row["account"] for row in given if way == "tap" or row["way"] == "reaction"]
        await tx.all(UNHEART, share_id, back)
        return -len(back)
    return 0


async def _names(tx: Transaction, person: str) -> tuple[list[str], str]:
    """All names under which an account may have given a heart or report, also before it was linked; and its own."""
    people, account = await people_of(tx, person)
    return sorted({account, *people}), account


async def _set_state(tx: Transaction, share_id: str, state: ShareState, now: float) -> Share:
    """Set a share's state, and queue the change of its message."""
    share = shares.share((await tx.all(STATE, share_id, state))[0])
    if state != "up":
        return await shares.take_down(tx, share, now)
    await shares.post(tx, share, now)
    return share
