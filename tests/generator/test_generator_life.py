"""Starts, stops and sudden deaths: of the server, of its neighbours, and of the rendering processes."""

import asyncio
import errno
import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from generator_drawings import body, create, data_uri, drawing, encoded, until

from generator import pool, studio
from generator.server import PATH, Generator

# Narrow, so that a clip takes about a second.
PHOTO = data_uri(encoded(drawing(300, 300), "JPEG"))
ROOT = Path(__file__).resolve().parents[2]

SERVER = """
import asyncio, sys
from pathlib import Path
from generator.server import Generator

async def main():
    async with Generator(Path(sys.argv[1])).serve() as base:
        print(base, flush=True)
        await asyncio.sleep(60)

if __name__ == "__main__":
    asyncio.run(main())
"""


_others = set[int]()
"""Rendering processes that earlier tests share."""


@pytest.fixture(autouse=True)
def others() -> None:
    _others.clear()
    _others.update(children(os.getpid()))


def children(pid: int) -> list[int]:
    """A process's rendering processes, of this test. Multiprocessing's resource tracker is another kind of child."""
    found = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):  # a thread that has ended since
            found += [int(child) for child in (thread / "children").read_text().split()]
    rendering = [child for child in found if b"spawn_main" in command_line(child)]
    return [child for child in rendering if child not in _others]


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has ended since
        return b""


async def renderer_of(pid: int, *, other_than: int = 0) -> int:
    while True:
        for child in children(pid):
            if child != other_than:
                return child
        await asyncio.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def test_a_stop_in_mid_render_is_quick_and_loses_nothing(
    session: aiohttp.ClientSession, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with Generator(tmp_path).serve() as base:
        generation = await create(session, base, image_url=PHOTO, duration=10)
        await until(session, base, generation, "generating")
        renderer = await renderer_of(os.getpid())
        await asyncio.sleep(0.5)
        start = time.perf_counter()
    assert time.perf_counter() - start < 20  # a render of ten seconds takes longer where a stop takes that long
    assert not alive(renderer)
    request.getfixturevalue("small_clips")
    async with Generator(tmp_path).serve() as base:
        state = await until(session, base, generation, "completed")
        async with session.get(state["video"]["url"]) as answer:
            assert answer.status == 200


@pytest.mark.usefixtures("small_clips")
async def test_two_servers_share_a_folder(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    async with Generator(tmp_path).serve() as one, Generator(tmp_path).serve() as other:
        first = await create(session, one, image_url=PHOTO)
        second = await create(session, other, image_url=PHOTO)
        for generation in (first, second):
            state = await until(session, other, generation, "completed")
            async with session.get(state["video"]["url"].replace(other, one)) as answer:
                assert answer.status == 200
        homes = [home for home in (tmp_path / "generations").iterdir()]
    assert [sorted(file.name for file in home.iterdir()) for home in homes] == [["clip.mp4", "started"]] * 2


@pytest.mark.usefixtures("small_clips")
async def test_a_killed_renderer_is_replaced(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    async with Generator(tmp_path).serve() as base:
        generation = await create(session, base, image_url=PHOTO)
        os.kill(await renderer_of(os.getpid()), signal.SIGKILL)
        await until(session, base, generation, "completed")


@pytest.mark.usefixtures("small_clips")
async def test_a_clip_that_kills_two_renderers_fails_and_the_next_one_is_made(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    async with Generator(tmp_path).serve() as base:
        generation = await create(session, base, image_url=PHOTO, duration=10)
        first = await renderer_of(os.getpid())
        os.kill(first, signal.SIGKILL)
        os.kill(await renderer_of(os.getpid(), other_than=first), signal.SIGKILL)
        state = await until(session, base, generation, "error", "completed")
        assert (state["status"], state["error"]["name"]) == ("error", "internal_error")
        await until(session, base, await create(session, base, image_url=PHOTO), "completed")


@pytest.mark.usefixtures("small_clips")
async def test_a_ctrl_c_does_not_end_a_renderer(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    async with Generator(tmp_path).serve() as base:
        generation = await create(session, base, image_url=PHOTO)
        renderer = await renderer_of(os.getpid())
        for _ in range(50):  # through the interpreter's own start, too
            if alive(renderer):
                os.kill(renderer, signal.SIGINT)
            await asyncio.sleep(0.02)
        await until(session, base, generation, "completed")
        assert children(os.getpid()) == [renderer]


async def test_a_killed_server_leaves_no_process_and_no_lock(
    session: aiohttp.ClientSession, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "server.py").write_text(SERVER)
    server = await asyncio.create_subprocess_exec(
        sys.executable,
        tmp_path / "server.py",
        tmp_path / "folder",
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert server.stdout is not None
    base = (await server.stdout.readline()).decode().strip()
    try:
        generation = await create(session, base, image_url=PHOTO, duration=10)
        renderer = await renderer_of(server.pid)
        await asyncio.sleep(0.5)
    finally:
        server.kill()
        await server.wait()
    start = time.perf_counter()
    while alive(renderer):
        assert time.perf_counter() - start < 60
        await asyncio.sleep(0.02)
    request.getfixturevalue("small_clips")
    async with Generator(tmp_path / "folder").serve() as base:
        await until(session, base, generation, "completed")


async def test_a_full_disk_is_said_in_a_line_and_waited_out(
    session: aiohttp.ClientSession, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "server.py").write_text(SERVER)
    server = await asyncio.create_subprocess_exec(
        *("prlimit", "--fsize=60000", sys.executable, tmp_path / "server.py", tmp_path / "folder"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert server.stdout is not None
    assert server.stderr is not None
    base = (await server.stdout.readline()).decode().strip()
    try:
        generation = await create(session, base, image_url=PHOTO)
        said = await server.stderr.readline()
        assert said == b"the stand-in cannot work now, and tries again: File too large\n"
        await until(session, base, generation, "generating")
        large = io.BytesIO(json.dumps(body(image_url=data_uri(bytes(60_000)))).encode())
        async with session.post(base + PATH, data=large) as answer:
            assert answer.status == 503
    finally:
        server.kill()
        await server.wait()
    assert len(list((tmp_path / "folder" / "generations").iterdir())) == 1
    assert not list(tmp_path.rglob("*.part"))
    request.getfixturevalue("small_clips")
    async with Generator(tmp_path / "folder").serve() as base:
        await until(session, base, generation, "completed")


async def test_what_finds_no_room_for_long_fails(
    session: aiohttp.ClientSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio, "PATIENCE", 0.0)

    async def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pool.Renderer, "render", full)
    async with Generator(tmp_path / "folder").serve() as base:
        generation = await create(session, base, image_url=PHOTO)
        said = await until(session, base, generation, "error")
    assert said["error"] == {"name": "internal_error", "message": "The clip could not be stored"}
    assert not list((tmp_path / "folder" / "open").iterdir())


@pytest.mark.usefixtures("small_clips")
async def test_delay_keeps_a_clip_generating(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    async with Generator(tmp_path, delay=1.0).serve() as base:
        start = time.perf_counter()
        generation = await create(session, base, image_url=PHOTO)
        await until(session, base, generation, "generating")
        await until(session, base, generation, "completed")
        assert time.perf_counter() - start > 1
