"""The ledger: every movement of credits, append-only; inside a transaction."""

from collections.abc import Sequence
from dataclasses import fields

from bot.quotas.records import Movement
from storage.database import Row, Transaction, placeholders

COLUMNS = (
    *("at", "actor", "kind", "step", "job", "source", "book", "span", "person", "scope"),
    *("held", "spent", "given", "because"),
)
WRITE = f"INSERT INTO ledger ({', '.join(COLUMNS)}) VALUES ({placeholders(COLUMNS)})"
_EMPTY = {"job": None, "source": "own", "span": "", "held": 0, "spent": 0, "given": 0, "because": ""}


async def write(tx: Transaction, **row: object) -> None:
    """Insert one row, by column; missing sums are 0."""
    await write_all(tx, [row])


async def write_all(tx: Transaction, rows: Sequence[dict[str, object]]) -> None:
    """Insert several rows, each as in `write`."""
    if rows:
        await tx.many(WRITE, [[({**_EMPTY, **row})[column] for column in COLUMNS] for row in rows])


def movement(row: Row) -> Movement:
    """The movement from a row."""
    return Movement(**{field.name: row[field.name] for field in fields(Movement)} | {"job": row["job"] or ""})
