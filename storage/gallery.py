"""The galleries: shared clips, their places, and how people share."""

import asyncio
from collections.abc import Collection

from bot.gallery.model import Key, Order, Preferences, Share, WebGallery
from bot.model import Address
from bot.quotas.rules import Rule
from storage import shares, web_gallery
from storage.counters import Raced
from storage.database import Row, Transaction, placeholders
from storage.judging import Judging
from storage.people import PEOPLE, people_of
from storage.shares import AT_ONCE

ADD = f"""
    INSERT INTO shares ({", ".join(shares.COLUMNS)}) VALUES ({placeholders(shares.COLUMNS)})
    ON CONFLICT (job, scope) DO NOTHING RETURNING *"""
IN_SCOPE = "SELECT * FROM shares WHERE job = $1 AND scope = $2"
BY_ID = "SELECT * FROM shares WHERE id = $1"
EXISTS = "SELECT 1 FROM shares WHERE id = $1"
OF_JOB = "SELECT * FROM shares WHERE job = $1 ORDER BY at, id"
AT = "SELECT * FROM shares WHERE platform = $1 AND chat = $2 AND message = $3"
MINE = f"SELECT * FROM shares WHERE person IN ({PEOPLE}) ORDER BY at DESC, id DESC"
# Already shown there: the second message is removed again.
POSTED = """
    UPDATE shares SET message = $2, copy_id = $3
    WHERE id = $1 AND state = 'up' AND (message IS NULL OR message = $2) RETURNING *"""
NOT_POSTING = "DELETE FROM outbox WHERE share = $1 AND share <> '' AND kind = 'post'"
VISIBLE = "SELECT 1 FROM shares WHERE id = $1 AND state = 'up' FOR UPDATE"
SHOWED = """
    INSERT INTO showings (share, platform, chat, thread, message) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT DO NOTHING"""
HOLD_WITH_REMIXES = "SELECT * FROM shares WHERE id = ANY($1) OR remix_of = ANY($1) ORDER BY id FOR UPDATE"
# Outbox entries whose list for admins names this share.
LISTED = "DELETE FROM outbox WHERE id IN (SELECT entry FROM outbox_shares WHERE share = $1)"
UNTOLD = "DELETE FROM outbox WHERE share = ANY($1) AND share <> '' AND kind <> 'remove'"
NO_HEARTS = "DELETE FROM hearts WHERE share = ANY($1)"
NO_REPORTS = "DELETE FROM reports WHERE share = ANY($1)"
REMOVE = "DELETE FROM shares WHERE id = ANY($1)"
UNNAME_JOBS = "UPDATE jobs SET remix_after = '' WHERE remix_of = ANY($1)"
BEST = """
    SELECT * FROM shares WHERE scope = $1 AND state = 'up' AND at >= $2
    ORDER BY hearts DESC, at DESC, id DESC LIMIT $3"""
PUNCTUAL = "SELECT scope, value FROM rules WHERE about = '' AND best IS NOT NULL ORDER BY scope"
ALL = "SELECT * FROM shares ORDER BY id"
WEB = "SELECT scope, value FROM rules WHERE about = '' ORDER BY scope"
PREFERENCES = "SELECT * FROM sharing_preferences WHERE account = $1"
NEW_PREFERENCES = "INSERT INTO sharing_preferences (account) VALUES ($1) ON CONFLICT DO NOTHING"
PREFER = """
    UPDATE sharing_preferences SET named = coalesce($2, named), worded = coalesce($3, worded),
        remixes = coalesce($4, remixes), agreed_at = coalesce($5, agreed_at), model = coalesce($6, model)
    WHERE account = $1 RETURNING *"""


class Gallery(Judging):
    """Shared clips. Each method is one transaction; times are Unix seconds.

    A change of a visible share adds its outbox entry in the same transaction.
    """

    async def add(self, share: Share) -> Share:
        """Share a clip, once per community; returns the existing share if there is one.

        A share that is `up` and has a place gets an outbox entry that posts it.
        """
        row = shares.values(share)

        async def work(tx: Transaction) -> Share:
            if fresh := await tx.one(ADD, *(row[column] for column in shares.COLUMNS)):
                added = shares.share(fresh)
                if added.state == "up":
                    await shares.post(tx, added, share.at)
                return added
            found = await tx.one(IN_SCOPE, share.job, share.scope)
            if found is None:
                raise Raced
            return shares.share(found)

        while True:
            try:
                return await self._db.write(work)
            except Raced:  # the existing share was deleted meanwhile: try again
                await asyncio.sleep(0)

    async def share(self, share_id: str) -> Share | None:
        """One share, in any state."""
        return await self._share(BY_ID, share_id)

    async def of_job(self, job_id: str) -> list[Share]:
        """The shares of a clip, oldest first."""
        return await self._shares(OF_JOB, job_id)

    async def at(self, address: Address) -> Share | None:
        """The share whose message is at `address`."""
        return await self._share(AT, address.platform, address.chat, address.message)

    async def mine(self, person: str) -> list[Share]:
        """The shares of a person's account, newest first."""
        return await self._shares(MINE, person)

    async def posted(self, share_id: str, message: str, copy: str | None) -> bool:
        """Store `message` as a share's post (`copy` None: without the clip). False: remove the message again."""

        async def work(tx: Transaction) -> bool:
            row = await tx.one(POSTED, share_id, message, copy)
            if row is None:
                return False
            await tx.all(NOT_POSTING, share_id)
            # A heart given, or the maker's name erased, perhaps while it was being posted.
            if row["hearts"] or (row["remix_of"] and await tx.one(EXISTS, row["remix_of"]) is None):
                await shares.refresh(tx, shares.share(row), AT_ONCE)
            return True

        return await self._db.write(work)

    async def showed(self, share_id: str, place: Address) -> bool:
        """The message at `place` also shows a share, and is removed with it. False if it is no longer visible."""

        async def work(tx: Transaction) -> bool:
            if await tx.one(VISIBLE, share_id) is None:
                return False
            await tx.all(SHOWED, share_id, place.platform, place.chat, place.thread, place.message)
            return True

        return await self._db.write(work)

    async def remove(self, share_ids: Collection[str], now: float) -> list[Share]:
        """Unshare: delete rows, hearts and reports, remove messages, and take the maker's name from remixes.

        Returns the deleted shares.
        """
        ids = sorted(set(share_ids))

        async def work(tx: Transaction) -> list[Share]:
            held = [shares.share(row) for row in await tx.all(HOLD_WITH_REMIXES, ids)]
            found = [one for one in held if one.id in ids]
            for one in held:  # messages of remixes name the original's maker
                if one.id not in ids:
                    await shares.unname(tx, one, now)
            for one in found:
                await shares.take_down(tx, one, now)
                await tx.all(LISTED, one.id)
            await tx.all(UNTOLD, ids)
            await tx.all(NO_HEARTS, ids)
            await tx.all(NO_REPORTS, ids)
            await tx.all(REMOVE, ids)
            await tx.all(UNNAME_JOBS, ids)
            return found

        await self._tombstones.lay("unshared", ids, now, everywhere=False)
        return await self._db.write(work) if ids else []

    async def best(self, scope: str, since: float, limit: int) -> list[Share]:
        """The shares since then with the most hearts."""
        return await self._shares(BEST, scope, since, limit)

    async def all(self) -> list[Share]:
        """Every share, in any state."""
        return await self._shares(ALL)

    async def on_the_web(self) -> list[tuple[str, Rule]]:
        """Communities whose gallery has an address on the web, with their rules."""
        found = [(row["scope"], Rule.load(row["value"])) for row in await self._all(WEB)]
        return [(scope, rule) for scope, rule in found if rule.web]

    async def punctual(self) -> list[tuple[str, Rule]]:
        """Communities that post their best clips on a schedule, with their rules."""
        return [(row["scope"], Rule.load(row["value"])) for row in await self._all(PUNCTUAL)]

    # ── On the web ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def web_gallery(self, slug: str) -> WebGallery | None:
        """An open gallery by its slug."""
        return await self._db.read(lambda tx: web_gallery.opened(tx, slug))

    async def open_gallery(self, scope: str, slug: str, *, new: bool = False) -> str:
        """Name a community's gallery `slug`, unless it has a name and `new` is False. Returns the name."""
        return await self._db.write(lambda tx: web_gallery.name(tx, scope, slug, new=new))

    async def web_galleries(self, limit: int = 100) -> list[WebGallery]:
        """Public galleries, by title."""
        return await self._db.read(lambda tx: web_gallery.public(tx, limit))

    async def page(
        self, slug: str, order: Order, after: Key | None, limit: int, *, back: bool = False
    ) -> tuple[WebGallery, list[Share]] | None:
        """A page of an open gallery, by key: page 1,000 costs what page 1 costs. None if the gallery is closed.

        `back`: the shares in front of the key instead, those next to it, in the same order.
        """
        return await self._db.read(lambda tx: web_gallery.page(tx, slug, order, after, limit, back=back))

    async def shown(self, slug: str, share_id: str) -> tuple[WebGallery, Share] | None:
        """A share that is visible in an open gallery."""
        return await self._db.read(lambda tx: web_gallery.shown(tx, slug, share_id))

    async def piece(self, slug: str, share_id: str) -> tuple[WebGallery, Share, list[Share], list[Share]] | None:
        """A share that is visible in an open gallery, its chain (nearest first), and its latest remixes (12)."""
        return await self._db.read(lambda tx: web_gallery.piece(tx, slug, share_id))

    # ── How people share ─────────────────────────────────────────────────────────────────────────────────────────────

    async def preferences(self, person: str) -> Preferences:
        """How a person's account shares."""

        async def work(tx: Transaction) -> Preferences:
            _, account = await people_of(tx, person)
            return _preferences(await tx.one(PREFERENCES, account))

        return await self._db.read(work)

    async def prefer(
        self,
        person: str,
        *,
        named: bool | None = None,
        worded: bool | None = None,
        remixes: bool | None = None,
        agreed_at: float | None = None,
        model: str | None = None,
    ) -> Preferences:
        """Change what is given (None keeps it). Existing shares stay as they are, but for `remixes`."""
        given = [None if value is None else int(value) for value in (named, worded, remixes)]

        async def work(tx: Transaction) -> Preferences:
            people, account = await people_of(tx, person)
            if remixes is not None:
                await shares.allow_remixes(tx, people, remixes)
            await tx.all(NEW_PREFERENCES, account)
            return _preferences(await tx.one(PREFER, account, *given, agreed_at, model))

        return await self._db.write(work)

    async def _share(self, sql: str, *args: object) -> Share | None:
        row = await self._one(sql, *args)
        return shares.share(row) if row else None

    async def _shares(self, sql: str, *args: object) -> list[Share]:
        return [shares.share(row) for row in await self._all(sql, *args)]


def _preferences(row: Row | None) -> Preferences:
    if row is None:
        return Preferences()
    named, worded = (None if row[name] is None else bool(row[name]) for name in ("named", "worded"))
    return Preferences(named, worded, bool(row["remixes"]), row["agreed_at"], row["model"])
