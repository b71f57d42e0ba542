"""Dumps of PostgreSQL by its own programs: `pg_dump` writes one, `psql` reads it back, each in one transaction.

The password is passed in a file, as a program's arguments can be read by all on the machine.
"""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import parse_qsl

from bot.errors import Misconfigured, StoreDown
from storage.database import Row, Transaction
from storage.database_url import Target, read
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
_SERVER = re.compile(r"server version: (\d+)[^;]*; pg_dump version: (\d+)")
_OWN = re.compile(r"\(PostgreSQL\) (\d+)")
_OF_SCHEMA = (b"CREATE SCHEMA ", b"COMMENT ON SCHEMA ", b"ALTER SCHEMA ")
_BODY = (b"CREATE TABLE ", b"CREATE FUNCTION ")
_LAST_LINE = b"-- PostgreSQL database dump complete"
_TAIL = 1000
"""Bytes at a dump's end among which its last line is."""
_PIECE = 2**18
_LAST = 500
"""Characters of a program's last line of error that are passed on."""

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
    program, place = _program("pg_dump"), read(url)
    database = await Postgres.open(url, 1)

    async def work(tx: Transaction) -> Row:
        found = await tx.one(EXPORT)
        assert found is not None
        options = [f"--snapshot={found['snapshot']}", f"--schema={_pattern(found['place'])}"]
        with _Password(place, target) as password:
            await _run([program, "--no-owner", "--no-privileges", *options, _address(place, password)], target)
        return found

    try:
        found = await database.read(work)
    finally:
        await database.close()
    counts = {name: count for name, count in dict(found).items() if name not in ("snapshot", "place", "version")}
    return str(found["place"]), Contents(found["version"], counts)


async def check(url: str) -> None:
    """Raise `Misconfigured` where the programs for backups are missing or older than the server, else `StoreDown`."""
    program, _ = _program("pg_dump"), _program("psql")
    database = await Postgres.open(url, 1)
    try:
        found = await database.read(lambda tx: tx.all(SERVER))
    finally:
        await database.close()
    process = await asyncio.create_subprocess_exec(program, "--version", stdout=asyncio.subprocess.PIPE)
    said, _ = await process.communicate()
    own = _OWN.search(said.decode(errors="replace"))
    if own and int(own[1]) < (server := int(found[0]["version"]) // 10_000):
        raise _too_old("pg_dump", own[1], str(server))


async def put_back(
    url: str, script: Path, place: str, aside: str, token: str, held: Sequence[int] = (), back: str = ""
) -> None:
    """Replace the schema by a dump, in one transaction; what is there now moves to the new schema `aside`.

    `token` becomes the database's place. `held`: file descriptors that stay open while `psql` runs, also when this
    process is killed. `back`: a schema to which something was moved before, which comes instead of a dump. Raises
    `Misconfigured`, `StoreDown`; then nothing has changed.
    """
    program, target = _program("psql"), read(url)
    before, after = script.with_suffix(".aside"), script.with_suffix(".arrived")
    for path, text in ((before, _ASIDE), (after, _ARRIVED), *([(script, _BACK)] if back else [])):
        await asyncio.to_thread(path.write_text, text)
    given = {"place": place, "aside": aside, "token": token, "back": back}
    names = [f"--set={name}={value}" for name, value in given.items()]
    with _Password(target, script) as password:
        await _run(
            [
                *(program, "--no-psqlrc", "--quiet", f"--output={os.devnull}", "--single-transaction"),
                *("--set=ON_ERROR_STOP=1", *names),
                *(f"--file={path}" for path in (before, script, after)),
                _address(target, password),
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


class _Password:
    """A file beside `path` with the password, in libpq's format, while the block runs."""

    def __init__(self, target: Target, path: Path) -> None:
        self._password, self._path = target.password, path.with_name(f".{path.name}.pass")

    def __enter__(self) -> Path | None:
        if self._password is None:
            return None
        self._path.touch(mode=0o600)
        escaped = self._password.replace("\\", "\\\\").replace(":", "\\:")
        self._path.write_text(f"*:*:*:*:{escaped}\n")
        return self._path

    def __exit__(self, *_: object) -> None:
        self._path.unlink(missing_ok=True)


def _program(name: str) -> str:
    if found := shutil.which(name):
        return found
    raise Misconfigured(
        f"{name} is not here: it comes with PostgreSQL's client programs (Debian: postgresql-client; macOS: libpq)."
    )


def _pattern(name: str) -> str:
    """A schema's name as pg_dump takes it, where letters are folded and some of the others are wildcards."""
    return '"' + name.replace('"', '""') + '"'


def _address(target: Target, password: Path | None) -> str:
    """The connection as libpq reads it, without the password."""
    given = {
        **dict(parse_qsl(target.tls)),
        "host": ",".join(target.hosts),
        "port": ",".join(map(str, target.ports)),
        "user": target.user or "",
        "dbname": target.database or "",
        "options": target.options,
        "passfile": str(password) if password else "",
        "connect_timeout": f"{max(2, round(target.timeout))}",
    }
    if target.public_tls:
        given |= {"sslmode": "verify-full", "sslrootcert": "system"}
    quoted = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in given.items() if value}
    return "--dbname=" + " ".join(f"{name}='{value}'" for name, value in quoted.items())


async def _run(command: Sequence[str], target: Path, held: Sequence[int] = ()) -> None:
    """Run a program with its output into a file, without statements about the schema itself; ended if cancelled."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        pass_fds=tuple(held),
    )  # fmt: skip
    assert process.stdout
    assert process.stderr
    try:
        said, _ = await asyncio.gather(process.stderr.read(), _pour(process.stdout, target))
        code = await process.wait()
    except BaseException:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    if code:
        raise _error(Path(command[0]).name, said.decode(errors="replace"))


async def _pour(stream: asyncio.StreamReader, target: Path) -> None:
    """Write a dump to a file as it comes, without statements about the schema itself, which its owner made."""
    head = _Head()
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        while piece := await stream.read(_PIECE):
            await asyncio.to_thread(file.write, head.without_schema(piece))
        file.write(head.rest)


class _Head:
    """The lines of a dump before the first table, from which those about the schema are left out."""

    def __init__(self) -> None:
        self.rest = b""
        """The beginning of a line."""
        self._over = False

    def without_schema(self, piece: bytes) -> bytes:
        """The next piece, as far as its lines are whole."""
        if self._over:
            return piece
        *lines, self.rest = (self.rest + piece).split(b"\n")
        for number, line in enumerate(lines):
            if line.startswith(_BODY):
                self._over = True
                kept, rest, self.rest = lines[:number], [*lines[number:], self.rest], b""
                return b"".join(line + b"\n" for line in kept if not line.startswith(_OF_SCHEMA)) + b"\n".join(rest)
        return b"".join(line + b"\n" for line in lines if not line.startswith(_OF_SCHEMA))


def _error(program: str, said: str) -> Misconfigured | StoreDown:
    if versions := _SERVER.search(said):
        return _too_old(program, versions[2], versions[1])
    last = (said.strip().splitlines() or ["no reason given"])[-1]
    if "\\restrict" in said or "\\unrestrict" in said:
        return Misconfigured(f"{program} is older than the program that made the dump. Update it. ({last[:_LAST]})")
    return StoreDown(f"{program}: {last[:_LAST]}")


def _too_old(program: str, own: str, server: str) -> Misconfigured:
    return Misconfigured(
        f"{program} is of PostgreSQL {own}, and the server of {server}: it must be as new. Install the client programs "
        f"of PostgreSQL {server}, and put them first in PATH."
    )
