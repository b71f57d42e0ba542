"""Dumps of PostgreSQL by its own programs: `pg_dump` writes one, `psql` reads it back, each in one transaction."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from storage import pg_programs
from storage.database import Row, Transaction
from storage.database_url import read
from storage.postgres import Postgres, create_database, create_schema, drop_database
from storage.snapshot import COUNTS, VERSION, Contents

# One statement, so the counts are those of the snapshot that the dump is made of.
EXPORT = f"""
    SELECT pg_export_snapshot() AS snapshot, current_schema() AS place, ({VERSION}) AS version, found.*
    FROM ({COUNTS}) AS found"""
HERE = "SELECT current_schema() AS place"
SERVER = "SELECT current_setting('server_version_num') AS version"
OTHERS = """
    SELECT count(*) AS n FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = $1 AND pid <> pg_backend_pid()"""
THERE = "SELECT to_regclass('gate') IS NOT NULL AS there"
OF_TOKEN = "SELECT 1 FROM gate WHERE place = $1"
_OWN = re.compile(r"\(PostgreSQL\) (\d+)")
_LAST_LINE = b"-- PostgreSQL database dump complete"
_TAIL = 1000
"""Bytes at a dump's end among which its last line is."""

_MOVE = r"""
SELECT format('ALTER TABLE %I.%I SET SCHEMA %I', space.nspname, thing.relname, :'to')
FROM pg_class AS thing JOIN pg_namespace AS space ON space.oid = thing.relnamespace
WHERE space.nspname = :'from' AND thing.relkind IN ('r', 'p')
    AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = thing.oid AND deptype = 'e') \gexec
SELECT format('ALTER FUNCTION %I.%I(%s) SET SCHEMA %I', space.nspname, thing.proname,
    pg_get_function_identity_arguments(thing.oid), :'to')
FROM pg_proc AS thing JOIN pg_namespace AS space ON space.oid = thing.pronamespace
WHERE space.nspname = :'from'
    AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = thing.oid AND deptype = 'e') \gexec
"""
"""Moves what is in the schema `from`."""
_ASIDE = rf"""
CREATE SCHEMA :"aside";
\set from :place
\set to :aside
{_MOVE}"""
"""Before the dump is read: what is there is moved to a schema of its own."""
_BACK = rf"""
\set from :back
\set to :place
{_MOVE}"""
"""Instead of a dump: what was moved aside comes back."""
_ARRIVED = """
UPDATE :"place".gate SET place = :'token';
"""
"""Another place than any database has, so that the next process finds a copy; after the dump is read."""


async def dump(url: str, target: Path) -> tuple[str, Contents]:
    """Write a dump of the schema to a file; returns the schema's name, and what the dump holds.

    Raises `Misconfigured` when `pg_dump` is missing or too old, else `StoreDown`.
    """
    program, place = pg_programs.program("pg_dump"), read(url)
    database = await Postgres.open(url, 1)

    async def work(tx: Transaction) -> Row:
        found = await tx.one(EXPORT)
        assert found is not None
        options = [f"--snapshot={found['snapshot']}", f"--schema={pg_programs.pattern(found['place'])}"]
        with pg_programs.Password(place, target) as password:
            await pg_programs.run(
                [program, "--no-owner", "--no-privileges", *options, pg_programs.address(place, password)], target
            )
        return found

    try:
        found = await database.read(work)
    finally:
        await database.close()
    counts = {name: count for name, count in dict(found).items() if name not in ("snapshot", "place", "version")}
    return str(found["place"]), Contents(found["version"], counts)


async def check(url: str) -> None:
    """Raise `Misconfigured` where the programs for backups are missing or older than the server, else `StoreDown`."""
    program, _ = pg_programs.program("pg_dump"), pg_programs.program("psql")
    database = await Postgres.open(url, 1)
    try:
        found = await database.read(lambda tx: tx.all(SERVER))
    finally:
        await database.close()
    process = await asyncio.create_subprocess_exec(program, "--version", stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    own = _OWN.search(said.decode(errors="replace"))
    if own and int(own[1]) < (server := int(found[0]["version"]) // 10_000):
        raise pg_programs.too_old("pg_dump", own[1], str(server))


async def put_back(
    url: str, script: Path, place: str, aside: str, token: str, held: Sequence[int] = (), back: str = ""
) -> None:
    """Replace the schema by a dump, in one transaction; what is there now moves to the new schema `aside`.

    `token` becomes the database's place. `held`: file descriptors that stay open while `psql` runs, also when this
    process is killed. `back`: a schema to which something was moved before, which comes instead of a dump. Raises
    `Misconfigured`, `StoreDown`; then nothing has changed.
    """
    program, target = pg_programs.program("psql"), read(url)
    before, after = script.with_suffix(".aside"), script.with_suffix(".arrived")
    for path, text in ((before, _ASIDE), (after, _ARRIVED), *([(script, _BACK)] if back else [])):
        await asyncio.to_thread(path.write_text, text)
    given = {"place": place, "aside": aside, "token": token, "back": back}
    names = [f"--set={name}={value}" for name, value in given.items()]
    with pg_programs.Password(target, script) as password:
        await pg_programs.run(
            [
                *(program, "--no-psqlrc", "--quiet", f"--output={os.devnull}", "--single-transaction"),
                *("--set=ON_ERROR_STOP=1", *names),
                *(f"--file={path}" for path in (before, script, after)),
                pg_programs.address(target, password),
            ],
            script.with_suffix(".said"),
            held,
        )


@asynccontextmanager
async def scratch(url: str, name: str, place: str) -> AsyncIterator[str]:
    """A database on the same server for the block, with a schema `place`; yields its address.

    Raises `Misconfigured` when it may not be made, else `StoreDown`.
    """
    await create_database(url, name)
    try:
        there = f"{url}{'&' if '?' in url else '?'}dbname={name}"
        await create_schema(there, place)
        yield there
    finally:
        await drop_database(url, name)


async def contents(url: str) -> Contents:
    """What a database holds. Raises `StoreDown`."""
    database = await Postgres.open(url, 1)

    async def work(tx: Transaction) -> Contents:
        version, counts = await tx.all(VERSION), await tx.all(COUNTS)
        return Contents(version[0]["version"], dict(counts[0]))

    try:
        return await database.read(work)
    finally:
        await database.close()


async def busy(url: str) -> int:
    """The number of other connections of ours to this database. Raises `StoreDown`."""
    database = await Postgres.open(url, 1)
    try:
        found = await database.read(lambda tx: tx.all(OTHERS, read(url).name))
        return int(found[0]["n"])
    finally:
        await database.close()


async def has_arrived(url: str, token: str) -> bool:
    """Whether a dump was put back with this token, and not opened since. Raises `StoreDown`."""
    database = await Postgres.open(url, 1)

    async def work(tx: Transaction) -> bool:
        there = await tx.one(THERE)
        return bool(there and there["there"] and await tx.all(OF_TOKEN, token))

    try:
        return await database.read(work)
    finally:
        await database.close()


async def schema_of(url: str) -> str:
    """The name of the schema that an address leads to. Raises `StoreDown`."""
    database = await Postgres.open(url, 1)
    try:
        found = await database.read(lambda tx: tx.all(HERE))
        return str(found[0]["place"])
    finally:
        await database.close()


def is_whole(path: Path) -> bool:
    """Whether a dump has its last line. Raises `OSError`."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        return _LAST_LINE in file.read()
