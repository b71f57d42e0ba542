"""Counters: use of a book in a span, in credits; inside a transaction.

A counter changes by a conditional UPDATE, never by a sum. PostgreSQL locks rows by book, then span.
"""

from collections.abc import Mapping, Sequence

from storage.database import Transaction, records

NO_LIMIT = 2**62
Key = tuple[str, str]
"""Book and span, for example a person in a scope and a month."""

USED = "SELECT used FROM books WHERE book = $1 AND span = $2"
OPEN = """
    INSERT INTO books (book, span, kind, at, used)
    SELECT book, span, kind, CAST($2 AS DOUBLE PRECISION), 0
    FROM json_to_recordset($1) AS fresh(book TEXT, span TEXT, kind TEXT) WHERE true ON CONFLICT DO NOTHING"""
FOUND = """
    SELECT book, span, used FROM books
    WHERE (book, span) IN (SELECT book, span FROM json_to_recordset($1) AS wanted(book TEXT, span TEXT))
    ORDER BY book, span"""
HELD = f"{FOUND} FOR UPDATE"
ADD = """
    UPDATE books SET used = used + change.n, at = $2
    FROM json_to_recordset($1) AS change(book TEXT, span TEXT, n BIGINT, cap BIGINT)
    WHERE books.book = change.book AND books.span = change.span AND used + change.n <= change.cap
    RETURNING books.book"""
OF_BOOKS = "SELECT book, used FROM books WHERE span = $1 AND book = ANY($2) ORDER BY book, span FOR UPDATE"
TAKE = "UPDATE books SET used = used + $3 WHERE book = $1 AND span = $2 RETURNING used"
COUNT = """
    INSERT INTO books (book, span, used, at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (book, span) DO UPDATE SET used = books.used + excluded.used"""
ADJUST = f"{COUNT}, at = excluded.at"
DROP_EMPTY = "DELETE FROM books WHERE book = $1 AND span = $2 AND used = 0"


class Raced(Exception):
    """A concurrent transaction changed the same rows: the caller rolls back and runs again."""


async def used(tx: Transaction, book: str, span: str) -> int:
    """A counter's value; 0 if it does not exist."""
    row = await tx.one(USED, book, span)
    return int(row["used"]) if row else 0


async def open_all(tx: Transaction, kinds: Mapping[Key, str], now: float) -> None:
    """Create missing counters, by kind, so that the condition of the UPDATE alone decides."""
    fresh = [(book, span, kind) for (book, span), kind in sorted(kinds.items())]
    await tx.all(OPEN, records(("book", "span", "kind"), fresh), now)


async def read(tx: Transaction, keys: Sequence[Key]) -> dict[Key, int]:
    """Values of the counters that exist."""
    found = await tx.all(FOUND, records(("book", "span"), keys))
    return {(row["book"], row["span"]): int(row["used"]) for row in found}


async def hold(tx: Transaction, keys: Sequence[Key]) -> dict[Key, int]:
    """`read`, with row locks until the end of the transaction."""
    found = await tx.all(HELD, records(("book", "span"), keys))
    return {(row["book"], row["span"]): int(row["used"]) for row in found}


async def hold_span(tx: Transaction, people: Sequence[str], span: str) -> dict[str, int]:
    """Each of these books' use in a span, with row locks until the end of the transaction."""
    found = {row["book"]: int(row["used"]) for row in await tx.all(OF_BOOKS, span, list(people))}
    return {person: found.get(person, 0) for person in people}


async def add(tx: Transaction, changes: Mapping[Key, int], now: float, caps: Mapping[Key, int] | None = None) -> None:
    """Change counters, each up to its cap. Raises `Raced` if one is missing or would exceed its cap."""
    rows = [(*key, changes[key], (caps or {}).get(key, NO_LIMIT)) for key in sorted(changes)]
    if len(await tx.all(ADD, records(("book", "span", "n", "cap"), rows), now)) != len(rows):
        raise Raced


async def shift(tx: Transaction, book: str, span: str, amount: int, now: float = 0.0) -> None:
    """Change one counter; creates it (at `now`) if missing, deletes it at 0."""
    found = await tx.one(TAKE, book, span, amount)
    if found is None and amount > 0:
        await tx.all(COUNT, book, span, amount, now)
    elif found is not None and found["used"] == 0:
        await tx.all(DROP_EMPTY, book, span)
