"""The dead man's switch, against a real server that fails in every way."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from bot.watch.outside import Outside
from bot.watch.pings import Pings
from tests.loopback.watcher import Fault, Watcher


@pytest.fixture
async def watcher() -> AsyncIterator[Watcher]:
    found = Watcher()
    async with found.serve():
        yield found


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    found = Outside(patience=0.5)
    yield found
    await found.close()


def health(*answers: bool | Exception) -> Callable[[], Awaitable[bool]]:
    left = list(answers)

    async def well() -> bool:
        said = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(said, Exception):
            raise said
        return said

    return well


async def test_well_and_not(watcher: Watcher, outside: Outside) -> None:
    pings = Pings(f"{watcher.base}/ping/uuid/", outside, health(True, False, OSError("odd"), True))
    for _ in range(4):
        await pings.round()
    well, failed = ("GET", "/ping/uuid/", None), ("GET", "/ping/uuid/fail", None)
    assert watcher.heard == [well, failed, failed, well]


async def test_what_stands_behind_the_path_stays_there(watcher: Watcher, outside: Outside) -> None:
    await Pings(f"{watcher.base}/uuid?create=1", outside, health(False)).round()
    assert watcher.heard == [("GET", "/uuid/fail?create=1", None)]


async def test_a_health_that_hangs_is_none(watcher: Watcher, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.watch.pings.PATIENCE", 0.05)

    async def hangs() -> bool:
        await asyncio.Event().wait()
        return True

    await Pings(f"{watcher.base}/uuid", outside, hangs).round()
    assert watcher.heard == [("GET", "/uuid/fail", None)]


@pytest.mark.parametrize("fault", ["hang", "cut", 404, 500])
async def test_a_service_that_fails_is_told_of_once_and_without_its_address(
    fault: Fault, watcher: Watcher, outside: Outside, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.watch")
    pings = Pings(f"{watcher.base}/secret-uuid", outside, health(True))
    watcher.faults = [fault] * 3
    for _ in range(5):
        await pings.round()
    assert len(watcher.heard) == 5 or fault == "cut"  # the library asks again at once, as it may with a GET
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "secret-uuid" not in caplog.text


async def test_nobody_there(outside: Outside, caplog: pytest.LogCaptureFixture) -> None:
    await Pings("http://127.0.0.1:9/secret-uuid", outside, health(True)).round()
    assert "nobody listens there" in caplog.text
    assert "secret-uuid" not in caplog.text


async def test_a_redirect_is_followed(watcher: Watcher, outside: Outside, caplog: pytest.LogCaptureFixture) -> None:
    watcher.faults = ["redirect"]
    await Pings(f"{watcher.base}/uuid", outside, health(True)).round()
    assert [path for _, path, _ in watcher.heard] == ["/uuid", "/elsewhere"]
    assert not caplog.records
