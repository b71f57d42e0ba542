"""PostgreSQL's client programs: found, run with output into a file, and their errors as ours.

The password is passed in a file, as a program's arguments can be read by all on the machine.
"""

import asyncio
import os
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qsl

from bot.errors import Misconfigured, StoreDown
from storage.database_url import Target

_SERVER = re.compile(r"server version: (\d+)[^;]*; pg_dump version: (\d+)")
_OF_SCHEMA = (b"CREATE SCHEMA ", b"COMMENT ON SCHEMA ", b"ALTER SCHEMA ")
_BODY = (b"CREATE TABLE ", b"CREATE FUNCTION ")
_PIECE = 2**18
_LAST = 500
"""Characters of a program's last line of error that are passed on."""


class Password:
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


def program(name: str) -> str:
    if found := shutil.which(name):
        return found
    raise Misconfigured(
        f"{name} is not here: it comes with PostgreSQL's client programs (Debian: postgresql-client; macOS: libpq)."
    )


def pattern(name: str) -> str:
    """A schema's name as pg_dump takes it, where letters are folded and some of the others are wildcards."""
    return '"' + name.replace('"', '""') + '"'


def address(target: Target, password: Path | None) -> str:
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


async def run(command: Sequence[str], target: Path, held: Sequence[int] = ()) -> None:
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
        raise error(Path(command[0]).name, said.decode(errors="replace"))


async def _pour(stream: asyncio.StreamReader, target: Path) -> None:
    """Write a dump to a file as it comes, without statements about the schema itself, which its owner made."""
    head = Head()
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        while piece := await stream.read(_PIECE):
            await asyncio.to_thread(file.write, head.without_schema(piece))
        file.write(head.rest)


class Head:
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


def error(program: str, said: str) -> Misconfigured | StoreDown:
    if versions := _SERVER.search(said):
        return too_old(program, versions[2], versions[1])
    last = (said.strip().splitlines() or ["no reason given"])[-1]
    if "\\restrict" in said or "\\unrestrict" in said:
        return Misconfigured(f"{program} is older than the program that made the dump. Update it. ({last[:_LAST]})")
    return StoreDown(f"{program}: {last[:_LAST]}")


def too_old(program: str, own: str, server: str) -> Misconfigured:
    return Misconfigured(
        f"{program} is of PostgreSQL {own}, and the server of {server}: it must be as new. Install the client programs "
        f"of PostgreSQL {server}, and put them first in PATH."
    )
