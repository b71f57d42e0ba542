"""The seam between our SQL and a database driver: `$1` placeholders, rows as mappings, one transaction per call."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, Protocol, TypeVar

T = TypeVar("T")
Row = Mapping[str, Any]
Dialect = Literal["sqlite", "postgresql"]


class Transaction(Protocol):
    """One open transaction."""

    async def all(self, sql: str, *args: object) -> list[Row]:
        """Run one statement; its rows."""

    async def one(self, sql: str, *args: object) -> Row | None:
        """Run one statement; its first row."""


class Database(Protocol):
    """Runs `work` in a transaction. Raises `StoreDown` when the database cannot take it, else what `work` raises.

    `work` may run more than once before it counts, so it must do nothing but SQL.
    """

    dialect: Dialect
    skip_locked: str
    """What a SELECT needs at its end to take rows that no other transaction holds."""
    for_update: str
    """What a SELECT needs at its end to hold its rows."""

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """For work that changes nothing."""

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """For work that changes something; it is on disk when this returns."""

    async def reshape(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """`write`, for work that may rebuild tables which others refer to; references hold again at its end.

        Raises the driver's own error where they do not, and keeps nothing.
        """

    async def place(self) -> str:
        """What tells this database from a copy of it, in parts divided by `/`; those that nobody knows are empty."""

    async def scrub(self) -> bool:
        """Have what was deleted gone from the files, as far as the database can do that; whether all of it is."""

    async def close(self) -> None:
        """Let go of every connection."""
