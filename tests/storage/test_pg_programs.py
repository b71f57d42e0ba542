"""PostgreSQL's own programs: how they are called, what is left out of a dump, and what their errors become."""

import asyncio
import os
import shlex
import stat
from pathlib import Path

import asyncpg
import pytest

from bot.errors import Misconfigured, StoreDown
from storage import pg_dumps, pg_programs
from storage.database_url import read

URL = "postgresql://ann:it%27s%20a:pass%5Cword@db.example.com:5433/photo?sslmode=require&options=-c%20role%3Dapp"


def test_no_password_stands_in_the_arguments(tmp_path: Path) -> None:
    with pg_programs.Password(read(URL), tmp_path / "dump.sql") as file:
        assert file
        address = pg_programs.address(read(URL), file)
        assert file.read_text() == "*:*:*:*:it's a\\:pass\\\\word\n"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not file.exists()
    assert "pass\\word" not in address.replace("\\\\", "\\")
    given = dict(part.partition("=")[::2] for part in shlex.split(address.removeprefix("--dbname=")))
    assert given["host"] == "db.example.com"
    assert (given["port"], given["user"], given["dbname"], given["sslmode"]) == ("5433", "ann", "photo", "require")
    assert given["passfile"] == str(file)


def test_a_certificate_of_this_machines_is_asked_for_in_libpqs_words() -> None:
    address = pg_programs.address(read("postgresql://ann@db/photo?sslmode=verify-full&sslrootcert=system"), None)
    assert "sslmode='verify-full'" in address
    assert "sslrootcert='system'" in address
    assert "passfile" not in address


DUMP = b"""-- head
SET lock_timeout = 0;
CREATE SCHEMA public;
COMMENT ON SCHEMA public IS 'words';
CREATE FUNCTION public.f() RETURNS trigger
CREATE TABLE public.t (a text);
COPY public.t (a) FROM stdin;
CREATE SCHEMA is what somebody wrote
\\.
"""


@pytest.mark.parametrize("size", [1, 7, 40, 1000])
def test_the_schema_itself_is_left_out_and_nothing_else(size: int) -> None:
    head = pg_programs.Head()
    made = b"".join(head.without_schema(DUMP[at : at + size]) for at in range(0, len(DUMP), size)) + head.rest
    kept = [line for line in DUMP.splitlines(keepends=True) if b"public;" not in line and b"COMMENT" not in line]
    assert made == b"".join(kept)


def test_errors_become_sentences() -> None:
    versions = "pg_dump: detail: server version: 17.2 (Debian); pg_dump version: 15.18"
    assert "PostgreSQL 15, and the server of 17" in str(
        pg_programs.error("pg_dump", f"pg_dump: error: aborting\n{versions}")
    )
    older = pg_programs.error("psql", "psql:dump.sql:5: error: invalid command \\restrict")
    assert isinstance(older, Misconfigured)
    assert "older than the program that made the dump" in str(older)
    other = pg_programs.error("psql", "one\nERROR:  disk full\n")
    assert isinstance(other, StoreDown)
    assert str(other) == "psql: ERROR:  disk full"
    assert str(pg_programs.error("psql", "")) == "psql: no reason given"


async def test_who_may_make_no_database_is_told_so(database_url: str | None) -> None:
    if database_url is None:
        return  # a scratch folder needs no permission
    admin = await asyncpg.connect(database_url)
    await admin.execute("CREATE ROLE plain LOGIN")
    try:
        with pytest.raises(Misconfigured, match="CREATEDB"):
            async with pg_dumps.scratch(database_url.replace("postgres:@", "plain:@"), "photoplay_check_1", "public"):
                pass
    finally:
        await admin.execute("DROP ROLE plain")
        await admin.close()


async def test_a_program_that_is_cancelled_ends(tmp_path: Path) -> None:
    command = ["/bin/sh", "-c", f"echo $$ > {tmp_path}/number; mv {tmp_path}/number {tmp_path}/pid; exec sleep 600"]
    running = asyncio.create_task(pg_programs.run(command, tmp_path / "said"))
    while not (tmp_path / "pid").exists():
        await asyncio.sleep(0.01)
        assert not running.done()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
