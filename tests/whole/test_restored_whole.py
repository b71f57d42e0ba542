"""The real process on a copy of its data that was made while an order was in line: nothing is bought twice unasked."""

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from forks import fork
from killed import World, end, world

pytestmark = pytest.mark.databases


@asynccontextmanager
async def a_copy(url: str | None) -> AsyncIterator[str | None]:
    """The URL of a database with the same in it; None for SQLite, which is copied with its folder."""
    if url is None:
        yield None
        return
    name = urlsplit(url).path.lstrip("/")
    admin = await asyncpg.connect(url.replace(f"/{name}?", "/postgres?"))
    try:
        await admin.execute(f"CREATE DATABASE {name}_copy TEMPLATE {name}")
        yield url.replace(f"/{name}?", f"/{name}_copy?")
        await admin.execute(f"DROP DATABASE {name}_copy WITH (FORCE)")
    finally:
        await admin.close()


async def photoplay(w: World, *args: str) -> tuple[int, str]:
    """A command on the same data: its exit code, and what it says."""
    process = await fork(w.folder, "-m", "bot", *args, PORT="0", **w.settings)
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


@pytest.mark.parametrize(("word", "bought"), [("release", True), ("release", False), ("return", True)])
async def test_an_order_that_was_in_line_waits_for_a_word(
    database_url: str | None, tmp_path: Path, clip: bytes, word: str, bought: bool
) -> None:
    """And with it, it is bought unless the host has it already: that is in its log."""
    async with world(tmp_path / "data", clip, database_url) as w:
        await w.order("one")
        shutil.copytree(w.folder, tmp_path / "copy")
        async with a_copy(database_url) as url:
            if bought:
                process = await w.start()
                await w.all_done()
                await end(process, signal.SIGTERM)
            assert w.host.bought == ({"one": 1} if bought else {})

            restored = World(tmp_path / "copy", w.host, url)
            process = await restored.start()
            try:
                assert process.stderr
                while b"orders on hold: 1" not in (line := await process.stderr.readline()):
                    assert line
                await restored.order("two")
                while [job.state for job in await restored.jobs()] != ["done", "queued"]:
                    await asyncio.sleep(0.1)
                assert w.host.bought == {**({"one": 1} if bought else {}), "two": 1}
                code, said = await photoplay(restored, "check")
                assert code == 1
                assert "On hold: 1 order that may have been bought already" in said
                assert f"photoplay admin operator {word}" in said
                code, said = await photoplay(restored, "admin", "operator", word)
                assert code == 0, said
                jobs = await restored.all_done()
            finally:
                await end(process, signal.SIGTERM)
            assert [job.reason for job in jobs] == [None, "restored" if word == "return" else None]
            assert [job.remote_id for job in jobs] == ["two:kling/v1", "one:kling/v1" if word == "release" else None]
            assert w.host.bought == {"one": 1, "two": 1}
            assert "On hold" not in (await photoplay(restored, "check"))[1]
