"""PostgreSQL through asyncpg, for several machines."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar, cast

import asyncpg

from bot.errors import StoreDown
from storage.database import Row, Transaction

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy[asyncpg.Record]

T = TypeVar("T")

CONNECTIONS = 8
ATTEMPTS = 5
"""How often a transaction is run when the database asks for it again (deadlock, serialisation, a row
that another transaction inserted at the same moment: the next run sees it)."""

_AGAIN = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.UniqueViolationError,
    asyncpg.InvalidCachedStatementError,  # a newer process changed the schema meanwhile
)


class _Session:
    def __init__(self, connection: "Connection") -> None:
        self._connection = connection

    async def all(self, sql: str, *args: object) -> list[Row]:
        return cast(list[Row], await self._connection.fetch(sql, *args))

    async def one(self, sql: str, *args: object) -> Row | None:
        return cast(Row | None, await self._connection.fetchrow(sql, *args))


class Postgres:
    """A `Database` behind a URL. Make it with `open`."""

    skip_locked = "FOR UPDATE SKIP LOCKED"
    for_update = "FOR UPDATE"

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    @classmethod
    async def open(cls, url: str, connections: int = CONNECTIONS) -> "Postgres":
        """Connect to `postgresql://...`."""
        try:
            pool = await asyncpg.create_pool(url, min_size=1, max_size=connections, timeout=10, command_timeout=30)
        except (asyncpg.PostgresError, OSError, TimeoutError, ValueError) as error:
            # asyncpg may quote the address, which holds the password: only the kind of error goes on.
            raise StoreDown(f"cannot reach PostgreSQL ({type(error).__name__})") from None
        return cls(pool)

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._run(work)

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._run(work)

    async def _run(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self._pool.acquire() as connection, connection.transaction():
                    return await work(_Session(connection))
            except _AGAIN as error:
                if attempt == ATTEMPTS:
                    raise StoreDown(str(error)) from error
            except asyncpg.IntegrityConstraintViolationError:
                raise  # a bug of ours, not of the database
            except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
                raise StoreDown(f"{type(error).__name__}: {error}") from error
            except (OSError, TimeoutError) as error:
                raise StoreDown(type(error).__name__) from error
        raise AssertionError("unreachable")

    async def scrub(self) -> bool:
        """Nothing: the server itself frees the room of deleted rows (autovacuum) and overwrites it with the next ones.

        More cannot be asked of it while it runs. Its write-ahead log goes with its own rotation; copies and archives
        of it are the operator's.
        """
        return True

    async def close(self) -> None:
        try:
            async with asyncio.timeout(2):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()
