"""PostgreSQL through asyncpg, for several machines, with or without a connection pooler.

A pooler in transaction mode (PgBouncer, those of several hosters) may use another server session for every
transaction. Before PgBouncer 1.21 a prepared statement is then missing, or another client's. So behind a pooler no
state outlives a transaction: no cached statement, no session setting (they are set in each transaction), no reset.
Prepared statements are unnamed and used within their transaction. LISTEN and advisory locks are not used.
"""

import asyncio
import logging
import secrets
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

import asyncpg

from bot.errors import Misconfigured, StoreDown
from storage.database import Dialect, Row, Transaction
from storage.database_url import Target, read
from storage.postgres_errors import unreachable, words

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]

log = logging.getLogger(__name__)

T = TypeVar("T")

CONNECTIONS = 8
ATTEMPTS = 5
"""Runs of a transaction that the database asks to repeat (deadlock, serialisation failure, or a row inserted by
a concurrent transaction, which the next run sees)."""
PATIENCE = 30.0
"""Seconds to wait for a connection. When the server is down all waiting calls fail at once, not pool by pool."""
COMMAND = 30.0
"""Statement timeout in seconds."""
STATEMENTS = 400
"""Size of a connection's statement cache: all our constants, and a reserve."""
MAY_ASK = "SELECT has_function_privilege(to_regprocedure('pg_control_system()'), 'execute') AS may"
CLUSTER = "SELECT system_identifier AS id FROM pg_control_system()"
DATABASE = "SELECT oid AS id FROM pg_database WHERE datname = current_database()"

_AGAIN = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.UniqueViolationError,
    asyncpg.InvalidCachedStatementError,  # a newer process migrated the schema meanwhile
)
_FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Way:
    """How the server is reached."""

    pooled: bool
    """Each transaction may run on another server session."""
    keeps: bool
    """Prepared statements survive a transaction."""


class _Session:
    def __init__(self, connection: "Connection") -> None:
        self._connection = connection

    async def all(self, sql: str, *args: object) -> list[Row]:
        return cast(list[Row], await self._connection.fetch(sql, *args))

    async def one(self, sql: str, *args: object) -> Row | None:
        return cast(Row | None, await self._connection.fetchrow(sql, *args))

    async def many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        if rows:
            await self._connection.executemany(sql, rows)


class Postgres:
    """A `Database` behind a URL. Create with `open`."""

    dialect: Dialect = "postgresql"

    def __init__(self, target: Target, way: Way, pool: "Pool", connections: int) -> None:
        self._target = target
        self._connections = connections
        self._pool = pool
        self._old: list[Pool] = []
        self._lock = asyncio.Lock()
        self.way = way

    @classmethod
    async def open(cls, url: str, connections: int = CONNECTIONS) -> "Postgres":
        """Connect to `postgresql://...`. Raises `Misconfigured` for an address that cannot work, else `StoreDown`."""
        target = read(url)
        connections = min(connections, target.connections or connections)
        try:
            way = await _explore(target)
            if not way.keeps:
                log.info("PostgreSQL is reached through a pooler that keeps no prepared statements")
            return cls(target, way, await _pool(target, way, connections), connections)
        except (*_FAILURES, ValueError) as error:
            # asyncpg may quote the address, with its password: only our own message leaves.
            raise unreachable(error) from None

    async def read(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._run(work)

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._run(work)

    async def write_along(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._run(work)

    async def reshape(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        return await self._run(work)  # constraints change in place here, and hold at every statement

    async def _run(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        for attempt in range(1, ATTEMPTS + 1):
            pool = self._pool
            try:
                async with pool.acquire(timeout=PATIENCE) as connection, connection.transaction():
                    if self.way.pooled:
                        await _set(connection, self._target)
                    return await work(_Session(connection))
            except _AGAIN as error:
                if attempt == ATTEMPTS:
                    raise StoreDown(str(error)) from error
            except asyncpg.IntegrityConstraintViolationError:
                raise  # our bug, not the database's
            except _FAILURES as error:
                cached = self.way.keeps or pool is not self._pool
                if cached and _is_lost(error) and attempt < ATTEMPTS:
                    await self._stop_caching(pool)
                    continue
                raise StoreDown(words(error)) from error
        raise AssertionError("unreachable")

    async def _stop_caching(self, pool: "Pool") -> None:
        """A prepared statement was missing: a pooler was put in between since. Stop caching statements."""
        async with self._lock:
            if pool is not self._pool:
                return  # a concurrent call did it
            log.warning("a pooler does not keep our prepared statements; going on without them")
            way = Way(pooled=True, keeps=False)
            try:
                fresh = await _pool(self._target, way, self._connections)
            except (*_FAILURES, ValueError) as error:
                raise StoreDown(words(error)) from None
            self.way, self._pool = way, fresh
            self._old.append(pool)

    async def place(self) -> str:
        """Identity of the cluster, if we may read it, and of the database: a restored dump has another."""

        async def work(tx: Transaction) -> str:
            allowed = await tx.one(MAY_ASK)
            asked = [await tx.one(CLUSTER) if allowed and allowed["may"] else None, await tx.one(DATABASE)]
            return "/".join(str(row["id"]) if row else "" for row in asked)

        return await self._run(work)

    async def scrub(self) -> bool:
        """Nothing to do: the server reuses the space of deleted rows (autovacuum).

        There is no command for more while it runs. Its write-ahead log is rotated by the server; copies and archives of
        it are the operator's responsibility.
        """
        return True

    async def close(self) -> None:
        for pool in (*self._old, self._pool):
            try:
                async with asyncio.timeout(5):
                    await pool.close()
            except TimeoutError:
                pool.terminate()


async def create_database(url: str, name: str) -> None:
    """Make a database on the server of `url`. Raises `Misconfigured` when that is not allowed, else `StoreDown`."""
    try:
        await _alone(url, f"CREATE DATABASE {_quoted(name)}")
    except asyncpg.InsufficientPrivilegeError:
        raise Misconfigured(
            "The database's user may not make a database of its own to try the backup in: allow it for a moment (ALTER "
            "ROLE … CREATEDB), or try on another server."
        ) from None


async def create_schema(url: str, name: str) -> None:
    """Make a schema, if there is none of that name. Raises `StoreDown`."""
    await _alone(url, f"CREATE SCHEMA IF NOT EXISTS {_quoted(name)}")


async def drop_database(url: str, name: str) -> None:
    """Drop a database with the connections to it. Raises `StoreDown`."""
    await _alone(url, f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")


async def _alone(url: str, statement: str) -> None:
    """Run a statement that must be in no transaction."""
    try:
        connection = await asyncpg.connect(**_arguments(read(url)), statement_cache_size=0)
        try:
            await connection.execute(statement)
        finally:
            await connection.close(timeout=5)
    except asyncpg.InsufficientPrivilegeError:
        raise
    except _FAILURES as error:
        raise unreachable(error) from None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _is_lost(error: BaseException) -> bool:
    """Whether a cached statement was missing or another client's (pooler). The transaction had no effect."""
    missing = (asyncpg.InvalidSQLStatementNameError, asyncpg.DuplicatePreparedStatementError)
    others = isinstance(error, asyncpg.ProtocolViolationError) and "bind message" in str(error)
    return others or isinstance(error, missing)


async def _explore(target: Target) -> Way:
    """Detect a pooler, and its support for prepared statements."""
    try:
        connection = await asyncpg.connect(**_arguments(target), statement_cache_size=0)
    except asyncpg.ProtocolViolationError as error:
        if "startup parameter" not in str(error):
            raise
        # A pooler shares its servers among clients: settings are made in each transaction.
        connection = await asyncpg.connect(**_arguments(target, settings=False), statement_cache_size=0)
    try:
        async with connection.transaction():
            # A pooler issues its own process ids, for cancel requests.
            if await connection.fetchval("SELECT pg_backend_pid()") == connection.get_server_pid():
                return Way(pooled=target.pooled, keeps=not target.pooled)
            name = f"photoplay_{secrets.token_hex(8)}"
            held = await connection.prepare("SELECT 1", name=name)  # closed with the last reference
            sql = "SELECT count(*) FROM pg_prepared_statements WHERE name = $1"
            raw = await connection.fetchval(sql, held.get_name())
            if raw:  # our name reached the server: another client on it would collide
                await connection.execute(f"DEALLOCATE {name}")
            return Way(pooled=True, keeps=not raw and not target.pooled)
    finally:
        await connection.close(timeout=5)


async def _pool(target: Target, way: Way, connections: int) -> "Pool":
    async def leave(_: object) -> None:
        """No reset: the server session may be another client's by now."""

    arguments = _arguments(target, settings=not way.pooled)
    if way.pooled:
        arguments["reset"] = leave
    cache = STATEMENTS if way.keeps else 0
    # No minimum: with the server down, the library would reconnect again and again, with a traceback each.
    pool: Pool = await asyncpg.create_pool(**arguments, min_size=0, max_size=connections, statement_cache_size=cache)
    return pool


def _arguments(target: Target, *, settings: bool = True) -> dict[str, Any]:
    """Arguments for asyncpg; missing ones come from the environment (PGHOST, …)."""
    startup = {"application_name": target.name, **(target.settings if settings else {})}
    given = {
        "dsn": f"postgresql:///?{target.tls}" if target.tls else None,
        "host": list(target.hosts),
        "port": list(target.ports),
        "user": target.user,
        "password": target.password,
        "database": target.database,
    }
    found: dict[str, Any] = {name: value for name, value in given.items() if value}
    if target.public_tls:
        found["ssl"] = ssl.create_default_context()
    options = {"options": target.options} if target.options else {}
    times = {"timeout": target.timeout, "command_timeout": COMMAND}
    return {**found, **times, "server_settings": {**startup, **options}}


async def _set(connection: "Connection", target: Target) -> None:
    """Apply the session settings until the end of this transaction."""
    for name, value in target.settings.items():
        await connection.fetchval("SELECT set_config($1, $2, true)", name, value)
