"""Grants: extra credits of a person, as rows; inside a transaction."""

from collections.abc import Sequence

from bot.quotas.records import Grant
from storage.database import Row, Transaction

OPEN = """
    SELECT * FROM grants WHERE scope = $1 AND over_at IS NULL AND used < amount
    AND (until IS NULL OR until > $2) AND person = ANY($3) ORDER BY id"""
OPEN_HELD = f"{OPEN} FOR UPDATE"
HELD = "SELECT * FROM grants WHERE id = $1 FOR UPDATE"
SPEND = "UPDATE grants SET used = used + $2 WHERE id = $1 AND used + $2 <= amount RETURNING id"
GIVE_BACK = """
    UPDATE grants SET used = used - $2
    WHERE id = $1 AND over_at IS NULL AND (until IS NULL OR until > $3) RETURNING id"""
NEW = """
    INSERT INTO grants (id, scope, person, amount, used, until, at, actor, because)
    VALUES ($1, $2, $3, $4, 0, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING id"""
END = "UPDATE grants SET amount = used, over_at = $2 WHERE id = $1"
RESTORE = "UPDATE grants SET amount = amount + $2, over_at = NULL WHERE id = $1 RETURNING *"


async def open_grants(tx: Transaction, scope: str, people: Sequence[str], now: float) -> list[Grant]:
    """Grants that can be spent, soonest expiry first."""
    return _by_expiry(await tx.all(OPEN, scope, now, list(people)))


async def hold_open(tx: Transaction, scope: str, people: Sequence[str], now: float) -> list[Grant]:
    """`open_grants`, with row locks until the end of the transaction."""
    return _by_expiry(await tx.all(OPEN_HELD, scope, now, list(people)))


async def spend(tx: Transaction, book: str, amount: int) -> bool:
    """Spend credits of the grant named by `book`; False if it has too few."""
    return bool(await tx.all(SPEND, book.partition(":")[2], amount))


async def give_back(tx: Transaction, book: str, amount: int, now: float) -> bool:
    """Refund credits to the grant named by `book`; False if it is over."""
    return bool(await tx.all(GIVE_BACK, book.partition(":")[2], amount, now))


def grant(row: Row) -> Grant:
    """The grant from a row."""
    return Grant(
        *(row["id"], row["scope"], row["person"], row["amount"], row["used"], row["until"], row["at"]),
        *(row["actor"], row["because"], row["over_at"]),
    )


def _by_expiry(found: Sequence[Row]) -> list[Grant]:
    return sorted((grant(row) for row in found), key=lambda g: (g.until is None, g.until or 0.0, g.at, g.id))
