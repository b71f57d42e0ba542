"""The `Gallery`: shared clips, over either database."""

import asyncio
from collections.abc import Collection, Sequence

from bot.gallery.model import Key, Manner, Order, Report, Share, ShareState, Way, WebGallery
from bot.model import Address
from bot.quotas.rules import Rule
from storage import charging, shares, web_gallery
from storage.answers import first
from storage.charging import Raced, places
from storage.database import Database, Row, Transaction
from storage.shares import AT_ONCE, PEOPLE

_THERE = "SELECT 1 FROM shares WHERE id = $1"


class Gallery:
    """The port of the same name in `bot.ports_gallery`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def add(self, share: Share) -> Share:
        row = shares.values(share)
        sql = f"""
            INSERT INTO shares ({", ".join(row)}) VALUES ({places(list(row), 1)})
            ON CONFLICT (job, scope) DO NOTHING RETURNING *"""

        async def work(tx: Transaction) -> Share:
            if fresh := await tx.one(sql, *row.values()):
                added = shares.share(fresh)
                if added.state == "up":
                    await shares.post(tx, added, share.at)
                return added
            found = await tx.one("SELECT * FROM shares WHERE job = $1 AND scope = $2", share.job, share.scope)
            if found is None:
                raise Raced
            return shares.share(found)

        while True:
            try:
                return await self._db.write(work)
            except Raced:  # the one that was there has gone since: look again
                await asyncio.sleep(0)

    async def share(self, share_id: str) -> Share | None:
        return await self._one("SELECT * FROM shares WHERE id = $1", share_id)

    async def of_job(self, job_id: str) -> list[Share]:
        return await self._all("SELECT * FROM shares WHERE job = $1 ORDER BY at, id", job_id)

    async def at(self, address: Address) -> Share | None:
        sql = "SELECT * FROM shares WHERE platform = $1 AND chat = $2 AND message = $3"
        return await self._one(sql, address.platform, address.chat, address.message)

    async def mine(self, person: str) -> list[Share]:
        return await self._all(f"SELECT * FROM shares WHERE person IN ({PEOPLE}) ORDER BY at DESC, id DESC", person)

    async def posted(self, share_id: str, message: str, copy: str | None) -> bool:
        # Where it stands already, a second message is one too many.
        sql = """
            UPDATE shares SET message = $2, copy_id = $3
            WHERE id = $1 AND state = 'up' AND (message IS NULL OR message = $2) RETURNING *"""

        async def work(tx: Transaction) -> bool:
            row = await tx.one(sql, share_id, message, copy)
            if row is None:
                return False
            await tx.all("DELETE FROM errands WHERE share = $1 AND share <> '' AND kind = 'post'", share_id)
            # Given, or the name of whoever it is made after taken from it, perhaps while it was being posted.
            if row["hearts"] or (row["remix_of"] and await tx.one(_THERE, row["remix_of"]) is None):
                await shares.refresh(tx, shares.share(row), AT_ONCE)
            return True

        return await self._db.write(work)

    async def showed(self, share_id: str, place: Address) -> bool:
        sql = "INSERT INTO showings VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"

        async def work(tx: Transaction) -> bool:
            held = await self._held(tx, share_id)
            if held is None or held.state != "up":
                return False
            await tx.all(sql, share_id, place.platform, place.chat, place.thread, place.message)
            return True

        return await self._db.write(work)

    async def remove(self, share_ids: Collection[str], now: float) -> list[Share]:
        ids = sorted(set(share_ids))
        these = places(ids, 1)

        async def work(tx: Transaction) -> list[Share]:
            sql = f"SELECT * FROM shares WHERE id IN ({these}) OR remix_of IN ({these}) ORDER BY id"
            held = [shares.share(row) for row in await tx.all(f"{sql} {self._db.for_update}", *ids)]
            found = [one for one in held if one.id in ids]
            for one in held:  # what stands there of remixes says whose clip they are made after
                if one.id not in ids:
                    await shares.unname(tx, one, now)
            for one in found:
                await shares.take_down(tx, one, now)
                # Lists that wait to be said.
                listed = "DELETE FROM errands WHERE id IN (SELECT errand FROM errand_shares WHERE share = $1)"
                await tx.all(listed, one.id)
            for sql in (
                # Nor is anything said about it any more.
                f"DELETE FROM errands WHERE share IN ({these}) AND share <> '' AND kind <> 'remove'",
                f"DELETE FROM hearts WHERE share IN ({these})",
                f"DELETE FROM reports WHERE share IN ({these})",
                f"DELETE FROM shares WHERE id IN ({these})",
                f"UPDATE jobs SET remix_after = '' WHERE remix_of IN ({these})",
            ):
                await tx.all(sql, *ids)
            return found

        return await self._db.write(work) if ids else []

    async def judge(self, share_id: str, state: ShareState, now: float) -> Share | None:
        async def work(tx: Transaction) -> Share | None:
            if await self._held(tx, share_id) is None:
                return None
            await tx.all("UPDATE reports SET closed = 1 WHERE share = $1 AND closed = 0", share_id)
            return await _turn(tx, share_id, state, now)

        return await self._db.write(work)

    async def heart(
        self, share_id: str, person: str, on: bool | None, way: Way, now: float, key: str = ""
    ) -> Share | None:
        async def work(tx: Transaction) -> Share | None:
            # One after the other for each share, so that whoever comes second sees what the first has done.
            share = await self._held(tx, share_id)
            if share is None or share.state != "up":
                return None
            if not await first(tx, key, person, now):
                return share
            names, account = await _names(tx, person)
            sql = f"SELECT account, way FROM hearts WHERE share = $1 AND account IN ({places(names, 2)})"
            given = await tx.all(sql, share_id, *names)
            change = 0
            if not given and on is not False:
                sql = "INSERT INTO hearts (share, account, way, at) VALUES ($1, $2, $3, $4)"
                await tx.all(sql, share_id, account, way, now)
                change = 1
            elif given and not on:
                back = [row["account"] for row in given if way == "tap" or row["way"] == "reaction"]
                await tx.all(f"DELETE FROM hearts WHERE share = $1 AND account IN ({places(back, 2)})", share_id, *back)
                change = -len(back)
            if not change:
                return share
            sql = "UPDATE shares SET hearts = hearts + $2 WHERE id = $1 AND hearts + $2 >= 0 RETURNING *"
            share = shares.share((await tx.all(sql, share_id, change))[0])
            await shares.refresh(tx, share, now)
            return share

        return await self._db.write(work)

    async def hearted(self, person: str, share_ids: Sequence[str]) -> set[str]:
        names = f"{PEOPLE} UNION SELECT account FROM accounts WHERE person = $1"
        sql = f"SELECT share FROM hearts WHERE account IN ({names}) AND share IN ({places(share_ids, 2)})"
        return {row["share"] for row in await self._db.read(lambda tx: tx.all(sql, person, *share_ids))}

    async def report(
        self, share_id: str, person: str, reason: str, now: float, enough: int, key: str = ""
    ) -> tuple[Share | None, int]:
        async def work(tx: Transaction) -> tuple[Share | None, int]:
            share = await self._held(tx, share_id)
            if share is None or share.state != "up":
                return None, 0
            if await first(tx, key, person, now):
                names, account = await _names(tx, person)
                sql = f"SELECT 1 FROM reports WHERE share = $1 AND account IN ({places(names, 2)})"
                if await tx.one(sql, share_id, *names):
                    return share, 0
                sql = "INSERT INTO reports (share, account, reason, at) VALUES ($1, $2, $3, $4)"
                await tx.all(sql, share_id, account, reason, now)
            sql = "SELECT count(*) AS n FROM reports WHERE share = $1 AND closed = 0"
            count = int((await tx.all(sql, share_id))[0]["n"])
            return (await _turn(tx, share_id, "hidden", now) if count >= enough else share), count

        return await self._db.write(work)

    async def reports(self, share_id: str) -> list[Report]:
        sql = "SELECT reason, at FROM reports WHERE share = $1 AND closed = 0 ORDER BY at, account"
        return [Report(row["reason"], row["at"]) for row in await self._db.read(lambda tx: tx.all(sql, share_id))]

    async def reported(self, person: str) -> list[Share]:
        sql = f"""
            SELECT * FROM shares WHERE id IN (SELECT share FROM reports WHERE closed = 0 AND account IN ({PEOPLE}))"""
        return await self._all(sql, person)

    async def open(self, scope: str, limit: int = 10) -> list[Share]:
        # The first `state` is said for the partial index, which wants to hear its own words.
        sql = """
            SELECT * FROM shares WHERE id IN (
                SELECT id FROM shares WHERE scope = $1 AND state <> 'up' AND state = 'waiting'
                UNION SELECT share FROM reports WHERE closed = 0
            ) AND scope = $1 ORDER BY at, id LIMIT $2"""
        return await self._all(sql, scope, limit)

    async def best(self, scope: str, since: float, limit: int) -> list[Share]:
        sql = """
            SELECT * FROM shares WHERE scope = $1 AND state = 'up' AND at >= $2
            ORDER BY hearts DESC, at DESC, id DESC LIMIT $3"""
        return await self._all(sql, scope, since, limit)

    async def punctual(self) -> list[tuple[str, Rule]]:
        sql = "SELECT scope, value FROM rules WHERE about = '' AND best IS NOT NULL ORDER BY scope"
        return [(row["scope"], Rule.load(row["value"])) for row in await self._db.read(lambda tx: tx.all(sql))]

    # ── On the web ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def hall(self, slug: str) -> WebGallery | None:
        return await self._db.read(lambda tx: web_gallery.hall(tx, slug))

    async def open_gallery(self, scope: str, slug: str, *, new: bool = False) -> str:
        return await self._db.write(lambda tx: web_gallery.name(tx, scope, slug, new=new))

    async def halls(self, limit: int = 100) -> list[WebGallery]:
        return await self._db.read(lambda tx: web_gallery.public(tx, limit))

    async def page(
        self, slug: str, order: Order, after: Key | None, limit: int, *, back: bool = False
    ) -> tuple[WebGallery, list[Share]] | None:
        return await self._db.read(lambda tx: web_gallery.page(tx, slug, order, after, limit, back=back))

    async def shown(self, slug: str, share_id: str) -> tuple[WebGallery, Share] | None:
        return await self._db.read(lambda tx: web_gallery.shown(tx, slug, share_id))

    async def piece(self, slug: str, share_id: str) -> tuple[WebGallery, Share, list[Share], list[Share]] | None:
        return await self._db.read(lambda tx: web_gallery.piece(tx, slug, share_id))

    # ── How people share ─────────────────────────────────────────────────────────────────────────────────────────────

    async def manner(self, person: str) -> Manner:
        async def work(tx: Transaction) -> Manner:
            _, account = await charging.people_of(tx, person)
            return _manner(await tx.one("SELECT * FROM manners WHERE account = $1", account))

        return await self._db.read(work)

    async def behave(
        self,
        person: str,
        *,
        named: bool | None = None,
        worded: bool | None = None,
        remixes: bool | None = None,
        agreed_at: float | None = None,
    ) -> Manner:
        given = {"named": named, "worded": worded, "remixes": remixes}
        values: dict[str, int | float] = {name: int(value) for name, value in given.items() if value is not None}
        if agreed_at is not None:
            values["agreed_at"] = agreed_at

        async def work(tx: Transaction) -> Manner:
            people, account = await charging.people_of(tx, person)
            if remixes is not None:
                await shares.allow_remixes(tx, people, remixes, self._db.for_update)
            await tx.all("INSERT INTO manners (account) VALUES ($1) ON CONFLICT DO NOTHING", account)
            for name, value in values.items():
                await tx.all(f"UPDATE manners SET {name} = $2 WHERE account = $1", account, value)
            return _manner(await tx.one("SELECT * FROM manners WHERE account = $1", account))

        return await self._db.write(work)

    # ── Inside a transaction ─────────────────────────────────────────────────────────────────────────────────────────

    async def _held(self, tx: Transaction, share_id: str) -> Share | None:
        """A share, which is then ours alone until the end of the transaction."""
        row = await tx.one(f"SELECT * FROM shares WHERE id = $1 {self._db.for_update}", share_id)
        return shares.share(row) if row else None

    async def _one(self, sql: str, *args: object) -> Share | None:
        row = await self._db.read(lambda tx: tx.one(sql, *args))
        return shares.share(row) if row else None

    async def _all(self, sql: str, *args: object) -> list[Share]:
        return [shares.share(row) for row in await self._db.read(lambda tx: tx.all(sql, *args))]


async def _names(tx: Transaction, person: str) -> tuple[list[str], str]:
    """Every name under which an account may have given something, also just before it was linked; and its own."""
    people, account = await charging.people_of(tx, person)
    return sorted({account, *people}), account


async def _turn(tx: Transaction, share_id: str, state: ShareState, now: float) -> Share:
    """Bring a share into a state, and its message with it."""
    row = (await tx.all("UPDATE shares SET state = $2 WHERE id = $1 RETURNING *", share_id, state))[0]
    share = shares.share(row)
    if state != "up":
        return await shares.take_down(tx, share, now)
    await shares.post(tx, share, now)
    return share


def _manner(row: Row | None) -> Manner:
    if row is None:
        return Manner()
    named, worded = (None if row[name] is None else bool(row[name]) for name in ("named", "worded"))
    return Manner(named, worded, bool(row["remixes"]), row["agreed_at"])
