"""Shares as rows, and what changes of theirs have to be shown: inside the transaction that changes them.

On PostgreSQL rows are locked in one order: shares by id, then their hearts and errands, then jobs.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from bot.gallery.model import Errand, Share
from bot.model import Address, Clip
from storage.charging import places
from storage.database import Row, Transaction
from storage.outbox import leave, leave_again

AT_ONCE = 0.0
"""When an errand is due that nobody gave a time."""
PEOPLE = """
    SELECT CAST($1 AS TEXT) UNION SELECT b.person FROM accounts AS a JOIN accounts AS b ON b.account = a.account
    WHERE a.person = $1"""
"""The linked persons of $1, $1 among them."""


def values(share: Share) -> dict[str, Any]:
    """The row of a new share, by column: nobody has given it a heart."""
    return {
        "id": share.id,
        "job": share.job,
        "scope": share.scope,
        "person": share.person,
        "name": share.name,
        "prompt": share.prompt,
        "remixes": int(share.remixes),
        "state": share.state,
        "at": share.at,
        "platform": share.place.platform,
        "chat": share.place.chat,
        "thread": share.place.thread,
        "message": share.place.message or None,
        "copy_id": share.copy,
        "clip": json.dumps(asdict(share.clip)),
        "spoiler": int(share.spoiler),
        "remix_of": share.remix_of,
    }


def share(row: Row) -> Share:
    """The share of a row."""
    return Share(
        id=row["id"],
        job=row["job"],
        scope=row["scope"],
        person=row["person"],
        name=row["name"],
        prompt=row["prompt"],
        remixes=bool(row["remixes"]),
        clip=Clip(**json.loads(row["clip"])),
        at=row["at"],
        place=Address(row["platform"], row["chat"], row["message"] or "", row["thread"]),
        state=row["state"],
        hearts=row["hearts"],
        copy=row["copy_id"],
        spoiler=bool(row["spoiler"]),
        remix_of=row["remix_of"],
    )


async def post(tx: Transaction, it: Share, now: float) -> None:
    """Have it posted, if it has a place where it does not stand and nobody was sent already."""
    if not it.place.chat or it.place.message:
        return
    if await tx.one("SELECT 1 FROM errands WHERE share = $1 AND share <> '' AND kind = 'post'", it.id) is None:
        await leave(tx, Errand(secrets.token_hex(8), "post", it.place, now, it.id))


async def refresh(tx: Transaction, it: Share, now: float) -> None:
    """Have its post brought up to date, if it has one."""
    if it.place.message:
        await leave_again(tx, Errand(f"refresh-{it.id}", "refresh", it.place, now, it.id))


async def unname(tx: Transaction, it: Share, now: float) -> None:
    """Its messages are to lose the name of the maker of what it was made after: its post says it anew, others go."""
    await _unshow(tx, it, now)
    if it.state == "up":
        await refresh(tx, it, AT_ONCE)


async def _unshow(tx: Transaction, it: Share, now: float) -> None:
    for row in await tx.all("DELETE FROM showings WHERE share = $1 RETURNING *", it.id):
        place = Address(row["platform"], row["chat"], row["message"], row["thread"])
        await leave(tx, Errand(secrets.token_hex(8), "remove", place, now, it.id, person=it.person))


async def take_down(tx: Transaction, it: Share, now: float) -> Share:
    """Nothing more is shown of it, and its messages are to be removed; the share as it is then."""
    sql = "DELETE FROM errands WHERE share = $1 AND share <> '' AND kind IN ('post', 'refresh')"
    await tx.all(sql, it.id)
    await _unshow(tx, it, now)
    if not it.place.message:
        return it
    await leave(tx, Errand(secrets.token_hex(8), "remove", it.place, now, it.id, person=it.person))
    await tx.all("UPDATE shares SET message = NULL WHERE id = $1", it.id)
    return replace(it, place=replace(it.place, message=""))


async def allow_remixes(tx: Transaction, people: Sequence[str], remixes: bool, lock: str) -> None:
    """What these people share may be remixed from now on, or not; posts that say otherwise are refreshed."""
    sql = f"SELECT id FROM shares WHERE person IN ({places(people, 2)}) AND remixes <> $1 ORDER BY id {lock}"
    found = [row["id"] for row in await tx.all(sql, int(remixes), *people)]
    for chunk in (found[i : i + 500] for i in range(0, len(found), 500)):
        sql = f"UPDATE shares SET remixes = $1 WHERE id IN ({places(chunk, 2)}) RETURNING *"
        for row in await tx.all(sql, int(remixes), *chunk):
            if row["state"] == "up":
                await refresh(tx, share(row), AT_ONCE)


async def merge(tx: Transaction, old: str, new: str, lock: str) -> None:
    """An account becomes part of another: one heart and one report for each share, one manner."""
    if old == new:
        return
    # Those of either side: what one of them says about a share at this moment is waited for, and counted.
    given = " UNION ".join(f"SELECT share FROM {table} WHERE account IN ($1, $2)" for table in ("hearts", "reports"))
    await tx.all(f"SELECT id FROM shares WHERE id IN ({given}) ORDER BY id {lock}", old, new)
    for table in ("hearts", "reports"):
        await tx.all(
            f"""
            UPDATE {table} SET account = $2 WHERE account = $1 AND share NOT IN (
                SELECT share FROM {table} WHERE account = $2)""",
            old,
            new,
        )
    for double in await tx.all("DELETE FROM hearts WHERE account = $1 RETURNING share", old):
        sql = "UPDATE shares SET hearts = hearts - 1 WHERE id = $1 AND hearts > 0 RETURNING *"
        if (row := await tx.one(sql, double["share"])) and row["state"] == "up":
            await refresh(tx, share(row), AT_ONCE)
    await tx.all("DELETE FROM reports WHERE account = $1", old)
    await _merge_manners(tx, old, new, lock)


async def _merge_manners(tx: Transaction, old: str, new: str, lock: str) -> None:
    """What either of the two did not want stays unwanted."""
    sql = """
        INSERT INTO manners (account, named, worded, remixes, agreed_at)
        SELECT $2, named, worded, remixes, agreed_at FROM manners WHERE account = $1
        ON CONFLICT (account) DO UPDATE SET
            named = CASE WHEN manners.named < excluded.named THEN manners.named
                ELSE coalesce(excluded.named, manners.named) END,
            worded = CASE WHEN manners.worded < excluded.worded THEN manners.worded
                ELSE coalesce(excluded.worded, manners.worded) END,
            remixes = manners.remixes * excluded.remixes,
            agreed_at = CASE WHEN manners.agreed_at < excluded.agreed_at THEN manners.agreed_at
                ELSE coalesce(excluded.agreed_at, manners.agreed_at) END"""
    await tx.all(sql, old, new)
    await tx.all("DELETE FROM manners WHERE account = $1", old)
    # Called once the two are linked: what one forbade counts for the clips of the other too.
    if await tx.one("SELECT 1 FROM manners WHERE account = $1 AND remixes = 0", new):
        people = [row["person"] for row in await tx.all("SELECT person FROM accounts WHERE account = $1", new)]
        await allow_remixes(tx, people or [new], False, lock)


async def part(tx: Transaction, account: str, leaver: str) -> None:
    """Both sides behave as before. Hearts and reports stay with the account's name, each counted once."""
    sql = """
        INSERT INTO manners (account, named, worded, remixes, agreed_at)
        SELECT $2, named, worded, remixes, agreed_at FROM manners WHERE account = $1
        ON CONFLICT (account) DO UPDATE SET named = excluded.named, worded = excluded.worded,
            remixes = excluded.remixes, agreed_at = excluded.agreed_at"""
    await tx.all(sql, account, leaver)
