"""The stand-in alone, behind a line that is cut: an order whose answer is lost is found in its log."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

from shell import photoplay

from generator.server import Generator


class Line:
    """A TCP line to `base`, on which the answer to the first POST never arrives. `posts`: how many went through."""

    def __init__(self, base: str) -> None:
        self._to = urlsplit(base).hostname, urlsplit(base).port
        self.posts = 0
        self._tasks = set[asyncio.Task[None]]()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        there, back = await asyncio.open_connection(*self._to)
        try:
            with suppress(ConnectionError):
                async with asyncio.TaskGroup() as group:
                    first = await reader.read(65_536)
                    self.posts += first.startswith(b"POST")
                    back.write(first)
                    group.create_task(_pump(reader, back))
                    if first.startswith(b"POST") and self.posts == 1:
                        await there.read(1)  # the host has taken it, and says so
                        writer.transport.abort()
                    else:
                        group.create_task(_pump(there, writer))
        finally:  # also when it is cancelled
            for one in (writer, back):
                one.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


def logged(base: str, since: float) -> list[dict[str, str]]:
    """The stand-in's log."""
    start, end = (f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}" for at in (since - 1, time.time() + 2))
    with urlopen(f"{base}/v2/logs?start={start}&end={end}") as answer:
        rows: list[dict[str, str]] = json.load(answer)["data"]
    return rows


async def test_an_order_whose_answer_was_cut_is_found_delivered_and_bought_once(tmp_path: Path, photo: Path) -> None:
    began = time.time()
    async with Generator(tmp_path / "stand-in").serve() as base:
        line = Line(base)
        async with line.open() as address:
            keys = {"AIMLAPI_KEY": "sk-1", "AIMLAPI_URL": address}
            code, _, said = await photoplay(tmp_path, "animate", str(photo), "slow push in", "-o", "c.mp4", **keys)
        (row,) = await asyncio.to_thread(logged, base, began)
    assert code == 0, said
    assert "asking whether it took your order" in said
    assert "Traceback" not in said
    assert (tmp_path / "c.mp4").stat().st_size > 10_000
    assert line.posts == 1
    job_id, _, number = row["client_request_id"].rpartition(".")
    assert (row["status"], number) == ("succeeded", "1")
    _, listed, _ = await photoplay(tmp_path, "jobs")
    assert listed.splitlines()[0].endswith(job_id)
    assert "ready" in listed
