"""Rules as rows: the rule's JSON, and its searchable parts in columns and rows of their own.

No other module writes to these tables, so the two always agree.
"""

from collections.abc import Iterable

from bot.quotas.rules import Rule
from storage.database import Row, Transaction

PAUSED = "SELECT 1 FROM rules WHERE scope = '*' AND about = '' AND paused = 1"
"""Returns a row if the operator has paused buying."""
PUT = """
    INSERT INTO rules (scope, about, kind, value, paused, best, public) VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (scope, about) DO UPDATE SET value = excluded.value, paused = excluded.paused,
        best = excluded.best, public = excluded.public"""
DROP = "DELETE FROM rules WHERE scope = $1 AND about = $2"
NO_MEMBERS = "DELETE FROM list_members WHERE scope = $1 AND about = $2"
MEMBER = "INSERT INTO list_members (scope, about, person) VALUES ($1, $2, $3)"
EMPTY = "INSERT INTO rules (scope, about, kind, value) VALUES ($1, $2, $3, '{}') ON CONFLICT DO NOTHING"
HELD = "SELECT value FROM rules WHERE scope = $1 AND about = $2 FOR UPDATE"
LISTS_WITH = """
    SELECT scope, about, value FROM rules WHERE EXISTS (
        SELECT 1 FROM list_members AS one
        WHERE one.person = $1 AND one.scope = rules.scope AND one.about = rules.about)"""
OF_SCOPE = "SELECT value FROM rules WHERE scope = $1 AND about = ''"


async def put(tx: Transaction, scope: str, about: str, value: str) -> None:
    """Set a rule; `value` is its JSON."""
    rule = Rule.load(value)
    found = int(bool(rule.paused)), rule.best, int(bool(rule.public))
    await tx.all(PUT, scope, about, kind(about), value or "{}", *found)
    await tx.all(NO_MEMBERS, scope, about)
    if kind(about) == "list":
        await tx.many(MEMBER, [(scope, about, person) for person in members([value])])


async def held(tx: Transaction, scope: str, about: str) -> str:
    """A rule's JSON, with a row lock until the end of the transaction."""
    await tx.all(EMPTY, scope, about, kind(about))
    row = await tx.one(HELD, scope, about)
    return str(row["value"]) if row else "{}"


async def drop(tx: Transaction, scope: str, about: str) -> None:
    """Remove a rule."""
    await tx.all(DROP, scope, about)
    await tx.all(NO_MEMBERS, scope, about)


async def lists_with(tx: Transaction, person: str) -> list[Row]:
    """Named lists (scope, about, value) with this person."""
    return await tx.all(LISTS_WITH, person)


async def move(tx: Transaction, scope: str, old: str, new: str) -> None:
    """Change a chat's id in the places named by its community's rule."""
    row = await tx.one(OF_SCOPE, scope)
    if row is not None:
        await put(tx, scope, "", Rule.load(row["value"]).moved(old, new).dump())


def kind(about: str) -> str:
    """The kind of a rule's subject: `person`, `tier`, `list`; empty for the scope itself."""
    return about.partition(":")[0]


def members(values: Iterable[str]) -> list[str]:
    """All persons listed in these rules."""
    return sorted({person for value in values for person in Rule.load(value).people or ()})
