"""The audit log of admins' acts, append-only except for redaction (`redaction`); inside a transaction."""

from bot.quotas.records import Act
from storage import rules
from storage.database import Row, Transaction, placeholders

COLUMNS = (
    *("id", "at", "actor", "scope", "verb", "about", "because", "before", "after", "undoes"),
    *("label", "name"),
)
BY_ID = "SELECT * FROM audit WHERE id = $1"
HELD = f"{BY_ID} FOR UPDATE"
UNDONE = "SELECT 1 FROM audit WHERE undoes = $1"
ENTER = f"INSERT INTO audit ({', '.join(COLUMNS)}) VALUES ({placeholders(COLUMNS)})"
MEMBER = "INSERT INTO act_members (act, person) VALUES ($1, $2)"


async def done_before(tx: Transaction, it: Act) -> Act | None:
    """The act with that id, if the message came twice. Call it after locking the rows that the act changes."""
    row = await tx.one(BY_ID, it.id)
    return act(row) if row else None


async def enter(tx: Transaction, it: Act) -> Act:
    """Append an act to the log; returns it."""
    await tx.all(ENTER, *(getattr(it, column) for column in COLUMNS))
    await tx.many(MEMBER, [(it.id, person) for person in rules.members([it.before, it.after])])
    return it


def act(row: Row) -> Act:
    """The act from a row."""
    return Act(**{column: row[column] for column in COLUMNS})
