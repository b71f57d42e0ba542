"""systemd is told over a real socket."""

import asyncio
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.systemd import Notifier


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    """An address, and what has been said there since it was last asked."""
    abstract = request.param == "abstract"
    address = f"@photoplay-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(f"\0{address[1:]}" if abstract else address)
        line.setblocking(False)

        def said() -> list[str]:
            found = []
            while True:
                try:
                    found.append(line.recv(4096).decode())
                except BlockingIOError:
                    return found

        yield address, said


async def test_started_alive_and_stopping(systemd: tuple[str, Callable[[], list[str]]]) -> None:
    address, said = systemd
    stopped = asyncio.Event()
    async with Notifier.found({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000"}).watched("serving", stopped):
        assert said() == ["READY=1\nSTATUS=serving"]
        heard: list[str] = []
        while len(heard) < 4:
            await asyncio.sleep(0.01)
            heard += said()
        assert set(heard) == {"WATCHDOG=1"}
        time.sleep(0.1)  # noqa: ASYNC251 - the loop hangs, and so does nobody say that it is alive
        assert said() == []
        stopped.set()
        await asyncio.sleep(0.02)
        assert "STOPPING=1\nSTATUS=stopping" in (last := said())
        assert "WATCHDOG=1" in last, "stopping may take a while"
    said()
    await asyncio.sleep(0.02)
    assert said() == []


@pytest.mark.parametrize(
    "environment", [{}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "30000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "x"}]
)
async def test_nothing_is_said_that_nobody_asked_for(
    systemd: tuple[str, Callable[[], list[str]]], environment: dict[str, str]
) -> None:
    address, said = systemd
    async with Notifier.found({"NOTIFY_SOCKET": address, **environment}).watched("serving", asyncio.Event()):
        await asyncio.sleep(0.02)
    assert said() == ["READY=1\nSTATUS=serving"]
    async with Notifier.found({"WATCHDOG_USEC": "10000"}).watched("serving", asyncio.Event()):
        await asyncio.sleep(0.02)


async def test_a_socket_that_is_gone_is_a_line_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with Notifier(str(tmp_path / "none"), 60).watched("serving", asyncio.Event()):
        await asyncio.sleep(0)
    assert "systemd cannot be told READY=1: No such file or directory" in caplog.text
