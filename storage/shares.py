"""Shares as rows, and the outbox entries that show their changes; inside the transaction of the change.

Lock order on PostgreSQL: shares by id, then their hearts and outbox entries, then jobs.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from bot.gallery.model import OutboxEntry, Share
from bot.model import Address, Clip
from storage.database import Row, Transaction
from storage.outbox import leave, leave_again
from storage.words import Words

AT_ONCE = 0.0
"""`due_at` of an outbox entry without a time: immediately."""
COLUMNS = (
    *("id", "job", "scope", "person", "name", "prompt", "remixes", "state", "at", "platform", "chat", "thread"),
    *("message", "copy_id", "clip", "spoiler", "remix_of"),
)
"""Columns of a new share, which has no hearts."""
POSTING = "SELECT 1 FROM outbox WHERE share = $1 AND share <> '' AND kind = 'post'"
UNSHOW = "DELETE FROM showings WHERE share = $1 RETURNING *"
UNPOST = "DELETE FROM outbox WHERE share = $1 AND share <> '' AND kind IN ('post', 'refresh')"
NO_MESSAGE = "UPDATE shares SET message = NULL WHERE id = $1"
REMIXABLE = "SELECT id FROM shares WHERE person = ANY($2) AND remixes <> $1 ORDER BY id FOR UPDATE"
ALLOW_REMIXES = "UPDATE shares SET remixes = $1 WHERE id = ANY($2) RETURNING *"
# Locks both accounts' hearts and reports, so that a concurrent one is waited for and counted.
HOLD_JUDGED = """
    SELECT id FROM shares WHERE id IN (SELECT share FROM hearts WHERE account IN ($1, $2)
        UNION SELECT share FROM reports WHERE account IN ($1, $2)) ORDER BY id FOR UPDATE"""
JOIN_HEARTS = """
    UPDATE hearts SET account = $2
    WHERE account = $1 AND share NOT IN (SELECT share FROM hearts WHERE account = $2)"""
JOIN_REPORTS = """
    UPDATE reports SET account = $2
    WHERE account = $1 AND share NOT IN (SELECT share FROM reports WHERE account = $2)"""
DOUBLE_HEARTS = "DELETE FROM hearts WHERE account = $1 RETURNING share"
DOUBLE_REPORTS = "DELETE FROM reports WHERE account = $1"
UNHEART = "UPDATE shares SET hearts = hearts - 1 WHERE id = $1 AND hearts > 0 RETURNING *"
_PREFERENCES = """
    INSERT INTO sharing_preferences (account, named, worded, remixes, agreed_at, model)
    SELECT $2, named, worded, remixes, agreed_at, model FROM sharing_preferences WHERE account = $1
    ON CONFLICT (account) DO UPDATE SET"""
# An entry of either account that is closed or off stays so.
JOIN_PREFERENCES = f"""{_PREFERENCES}
        named = CASE WHEN sharing_preferences.named < excluded.named THEN sharing_preferences.named
            ELSE coalesce(excluded.named, sharing_preferences.named) END,
        worded = CASE WHEN sharing_preferences.worded < excluded.worded THEN sharing_preferences.worded
            ELSE coalesce(excluded.worded, sharing_preferences.worded) END,
        remixes = sharing_preferences.remixes * excluded.remixes,
        agreed_at = CASE WHEN sharing_preferences.agreed_at < excluded.agreed_at THEN sharing_preferences.agreed_at
            ELSE coalesce(excluded.agreed_at, sharing_preferences.agreed_at) END,
        model = CASE WHEN sharing_preferences.model = '' THEN excluded.model ELSE sharing_preferences.model END"""
COPY_PREFERENCES = f"""{_PREFERENCES} named = excluded.named, worded = excluded.worded,
        remixes = excluded.remixes, agreed_at = excluded.agreed_at, model = excluded.model"""
NO_PREFERENCES = "DELETE FROM sharing_preferences WHERE account = $1"
FORBIDS = "SELECT 1 FROM sharing_preferences WHERE account = $1 AND remixes = 0"
ACCOUNT = "SELECT person FROM accounts WHERE account = $1"


def values(share: Share) -> dict[str, Any]:
    """A new share as a row, by column."""
    return {
        "id": share.id,
        "job": share.job,
        "scope": share.scope,
        "person": share.person,
        "name": share.name,
        "prompt": Words("shares.prompt", share.prompt, share.person),
        "remixes": int(share.remixes),
        "state": share.state,
        "at": share.at,
        "platform": share.place.platform,
        "chat": share.place.chat,
        "thread": share.place.thread,
        "message": share.place.message or None,
        "copy_id": share.copy_id,
        "clip": json.dumps(asdict(share.clip)),
        "spoiler": int(share.spoiler),
        "remix_of": share.remix_of,
    }


def share(row: Row) -> Share:
    """The share from a row."""
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
        copy_id=row["copy_id"],
        spoiler=bool(row["spoiler"]),
        remix_of=row["remix_of"],
    )


async def post(tx: Transaction, it: Share, now: float) -> None:
    """Queue the post of a share that has a place, no message, and no pending post."""
    if not it.place.chat or it.place.message:
        return
    if await tx.one(POSTING, it.id) is None:
        await leave(tx, OutboxEntry(secrets.token_hex(8), "post", it.place, now, it.id))


async def refresh(tx: Transaction, it: Share, now: float) -> None:
    """Queue an edit of a share's post, if it has one."""
    if it.place.message:
        await leave_again(tx, OutboxEntry(f"refresh-{it.id}", "refresh", it.place, now, it.id))


async def unname(tx: Transaction, it: Share, now: float) -> None:
    """Take the maker's name of the original from a remix's messages: edit its post, remove the others."""
    await _unshow(tx, it, now)
    if it.state == "up":
        await refresh(tx, it, AT_ONCE)


async def _unshow(tx: Transaction, it: Share, now: float) -> None:
    for row in await tx.all(UNSHOW, it.id):
        place = Address(row["platform"], row["chat"], row["message"], row["thread"])
        await leave(tx, OutboxEntry(secrets.token_hex(8), "remove", place, now, it.id, person=it.person))


async def take_down(tx: Transaction, it: Share, now: float) -> Share:
    """Queue the removal of all messages of a share; returns the updated share."""
    await tx.all(UNPOST, it.id)
    await _unshow(tx, it, now)
    if not it.place.message:
        return it
    await leave(tx, OutboxEntry(secrets.token_hex(8), "remove", it.place, now, it.id, person=it.person))
    await tx.all(NO_MESSAGE, it.id)
    return replace(it, place=replace(it.place, message=""))


async def unheart(tx: Transaction, share_id: str) -> None:
    """Decrement a share's hearts, and queue the edit of its post."""
    if (row := await tx.one(UNHEART, share_id)) and row["state"] == "up":
        await refresh(tx, share(row), AT_ONCE)


async def allow_remixes(tx: Transaction, people: Sequence[str], remixes: bool) -> None:
    """Allow or forbid remixes of these people's shares, and queue edits of affected posts."""
    found = [row["id"] for row in await tx.all(REMIXABLE, int(remixes), list(people))]
    for row in await tx.all(ALLOW_REMIXES, int(remixes), found):
        if row["state"] == "up":
            await refresh(tx, share(row), AT_ONCE)


async def merge(tx: Transaction, old: str, new: str) -> None:
    """Merge accounts: one heart and one report per share, one set of sharing preferences."""
    if old == new:
        return
    await tx.all(HOLD_JUDGED, old, new)
    await tx.all(JOIN_HEARTS, old, new)
    await tx.all(JOIN_REPORTS, old, new)
    for double in await tx.all(DOUBLE_HEARTS, old):
        await unheart(tx, double["share"])
    await tx.all(DOUBLE_REPORTS, old)
    await tx.all(JOIN_PREFERENCES, old, new)
    await tx.all(NO_PREFERENCES, old)
    # After linking: a prohibition by one applies to the clips of both.
    if await tx.one(FORBIDS, new):
        people = [row["person"] for row in await tx.all(ACCOUNT, new)]
        await allow_remixes(tx, people or [new], False)


async def part(tx: Transaction, account: str, leaver: str) -> None:
    """Copy sharing preferences to both sides. Hearts and reports stay with the account's name, counted once each."""
    await tx.all(COPY_PREFERENCES, account, leaver)
