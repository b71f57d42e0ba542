"""Words from before they were encrypted, or from a time without: found and encrypted row by row.

What is done is seen from the rows, so it continues after a restart, and several processes may do it at once.
"""

from bot.sealing.words import MARK
from storage.database import Database, Part
from storage.words import COLUMNS, OF_PERSON, Column, Words

KEYS: dict[str, tuple[str, ...]] = {
    "jobs": ("id",),
    "parked": ("id",),
    "shares": ("id",),
    "intake": ("key",),
    "notes": ("platform", "chat", "name"),
    "answers": ("key", "person"),
    "outbox": ("id",),
    "reports": ("share", "account"),
}
"""The primary key of each table with encrypted columns."""
_WORDS = {
    "notes": """AND (chat <> '' OR EXISTS (SELECT 1 FROM note_people AS about
        WHERE (about.platform, about.chat, about.name) = (notes.platform, notes.chat, notes.name)))""",
}
"""Which rows have words of people, by table; else all."""


def _plain(column: Column) -> str:
    """SQL: whether a row's words are plain; not those of somebody who is being forgotten."""
    table, name = column.split(".")
    kept = f"AND {table}.person NOT IN (SELECT person FROM forgetting WHERE erased_at IS NULL)"
    return f"""{name} <> '' AND substr({name}, 1, {len(MARK)}) <> '{MARK}'
        {kept if column in OF_PERSON else _WORDS.get(table, "")}"""


def _find(column: Column) -> str:
    """SQL: the next rows in which it is plain, after a key."""
    (table, name), keys = column.split("."), KEYS[column.split(".")[0]]
    placeholders = ", ".join(f"${i}" for i in range(2, 2 + len(keys)))
    whose = "person AS owner" if column in OF_PERSON else "'' AS owner"
    return f"""
        SELECT {", ".join(keys)}, {whose}, {name} AS plain FROM {table}
        WHERE ({", ".join(keys)}) > ({placeholders}) AND {_plain(column)} ORDER BY {", ".join(keys)} LIMIT $1"""


def _put(column: Column) -> str:
    """SQL: encrypt the text of one row, unless it changed meanwhile."""
    table, name = column.split(".")
    same = " AND ".join(f"{key} = ${i}" for i, key in enumerate(KEYS[table], 3))
    return f"UPDATE {table} SET {name} = $1 WHERE {name} = $2 AND {same}"


FIND = {column: _find(column) for column in COLUMNS}
PUT = {column: _put(column) for column in COLUMNS}
_COUNTS = [f"(SELECT count(*) FROM {column.split('.')[0]} WHERE {_plain(column)})" for column in COLUMNS]
COUNT = f"SELECT {' + '.join(_COUNTS)} AS n"
_MARKED = "SELECT 1 FROM {0} WHERE substr({1}, 1, {2}) = '{3}'"
SEALED = " UNION ALL ".join(_MARKED.format(*column.split("."), len(MARK), MARK) for column in COLUMNS) + " LIMIT 1"


class Unsealed(Part):
    """One pass through the tables."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._left = list(COLUMNS)
        self._after: tuple[str, ...] = ()

    async def any_sealed(self) -> bool:
        """Whether the words of any row are encrypted. Reads all rows if none are."""
        return await self._one(SEALED) is not None

    async def count(self) -> int:
        """The number of rows with plain words. Reads all rows."""
        return int((await self._all(COUNT))[0]["n"])

    async def seal(self, limit: int) -> int | None:
        """Encrypt the words of up to `limit` rows of one table; returns their number, None at the end."""
        if not self._left:
            return None
        column = self._left[-1]
        keys = KEYS[column.split(".")[0]]
        found = await self._all(FIND[column], limit, *(self._after or [""] * len(keys)))
        sealed = [
            (Words(column, row["plain"], row["owner"]), row["plain"], *(row[key] for key in keys)) for row in found
        ]
        await self._db.write(lambda tx: tx.many(PUT[column], sealed))
        self._after = tuple(found[-1][key] for key in keys) if found else ()
        if len(found) < limit:
            self._left.pop()
            self._after = ()
        return len(found)
