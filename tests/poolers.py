"""Connection poolers for PostgreSQL: the real PgBouncer, and a relay that renames prepared statements."""

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
PORT = 6432


@asynccontextmanager
async def pgbouncer(
    server: Path, mode: str = "transaction", *, size: int = 2, password: str = "", port: int = 0
) -> AsyncIterator[Path]:
    """PgBouncer with `size` server connections per database; yields the folder of its socket.

    It refuses to run as root, so it runs as the server's user. `password`: require one (SCRAM).
    """
    owner = os.stat(server / ".s.PGSQL.5432").st_uid
    with tempfile.TemporaryDirectory(prefix="pgb") as name:
        folder = Path(name)
        quoted = password.replace('"', '""')
        (folder / "users").write_text(f'"postgres" "{quoted}"\n')
        (folder / "ini").write_text(
            f"[databases]\n* = host={server} port=5432 user=postgres\n[pgbouncer]\nlisten_port = {port or PORT}\n"
            f"listen_addr = {'127.0.0.1' if port else ''}\nunix_socket_dir = {folder}\npool_mode = {mode}\n"
            f"auth_type = {'scram-sha-256' if password else 'trust'}\nauth_file = {folder}/users\n"
            f"default_pool_size = {size}\nmax_client_conn = 100\n"
        )
        for path in (folder, *folder.iterdir()):
            os.chown(path, owner, -1)
        process = _started(folder, owner)
        try:
            while not (folder / f".s.PGSQL.{port or PORT}").exists():
                assert process.poll() is None, (folder / "log").read_text()
                await asyncio.sleep(0.01)
            yield folder
        finally:
            process.kill()
            process.wait()


def _started(folder: Path, owner: int) -> "subprocess.Popen[bytes]":
    assert PGBOUNCER
    with (folder / "log").open("wb") as log:
        user = owner if os.getuid() == 0 else None
        return subprocess.Popen([PGBOUNCER, folder / "ini"], user=user, stderr=log)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@asynccontextmanager
async def keeping(server: Path) -> AsyncIterator[Path]:
    """A relay that renames prepared statements, like PgBouncer from 1.21 on."""
    with tempfile.TemporaryDirectory(prefix="pgb") as name:
        folder = Path(name)
        tasks: set[asyncio.Task[None]] = set()

        async def serve(client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
            tasks.add(task := asyncio.current_task())  # type: ignore[arg-type]
            answers, out = await asyncio.open_unix_connection(str(server / ".s.PGSQL.5432"))
            try:
                size = await client.readexactly(4)
                out.write(size + await client.readexactly(int.from_bytes(size) - 4))
                async with asyncio.TaskGroup() as group:
                    group.create_task(_pump(client, out, _renamed))
                    group.create_task(_pump(answers, back, _renumbered))
            except* (OSError, asyncio.IncompleteReadError):
                pass
            finally:
                tasks.discard(task)
                for writer in (out, back):
                    writer.close()

        listener = await asyncio.start_unix_server(serve, str(folder / f".s.PGSQL.{PORT}"))
        try:
            yield folder
        finally:
            listener.close()
            for task in tasks:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks, return_exceptions=True)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, change: object) -> None:
    while True:
        head = await source.readexactly(5)
        body = await source.readexactly(int.from_bytes(head[1:]) - 4)
        body = change(head[:1], body)  # type: ignore[operator]
        sink.write(head[:1] + (len(body) + 4).to_bytes(4) + body)
        await sink.drain()


def _renamed(kind: bytes, body: bytes) -> bytes:
    if kind == b"P":
        name, _, rest = body.partition(b"\0")
        return _own(name) + b"\0" + rest
    if kind == b"B":
        portal, name, rest = body.split(b"\0", 2)
        return portal + b"\0" + _own(name) + b"\0" + rest
    return body[:1] + _own(body[1:-1]) + b"\0" if kind in (b"C", b"D") and body[:1] == b"S" else body


def _own(name: bytes) -> bytes:
    return name and b"PGBOUNCER_" + name


def _renumbered(kind: bytes, body: bytes) -> bytes:
    return b"\x7f\0\0\1" + body[4:] if kind == b"K" else body
