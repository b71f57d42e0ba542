"""A scripted host on loopback, down to single bytes, which records requests."""

import asyncio
import contextlib
import json
import socket
import struct
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

Step = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Seen:
    """One recorded request; header names in lower case."""

    method: str
    target: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


@dataclass
class Scripted:
    """`steps` are played in order, one per request; without one left, the answer is 500."""

    base: str = ""
    steps: deque[Step] = field(default_factory=deque)
    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def say(self, status: int, body: object = b"", **headers: str) -> None:
        """Answer with JSON, or with raw bytes."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = [f"HTTP/1.1 {status} So", f"Content-Length: {len(data)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.raw("\r\n".join(lines).encode() + b"\r\n\r\n" + data, close=False)

    def raw(self, data: bytes, *, close: bool = True) -> None:
        """Answer with these bytes, then close the connection."""

        async def step(writer: asyncio.StreamWriter) -> None:
            writer.write(data)
            await writer.drain()
            if close:
                writer.close()

        self.steps.append(step)

    def drip(self, data: bytes, every: float) -> None:
        """Answer one byte at a time."""

        async def step(writer: asyncio.StreamWriter) -> None:
            for n in range(len(data)):
                writer.write(data[n : n + 1])
                await writer.drain()
                await asyncio.sleep(every)

        self.steps.append(step)

    def hang(self) -> None:
        """Read the request and never answer."""

        async def step(writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(30)

        self.steps.append(step)

    def reset(self) -> None:
        """Read the request and reset the connection."""

        async def step(writer: asyncio.StreamWriter) -> None:
            sock = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

        self.steps.append(step)

    @property
    def posts(self) -> int:
        """Number of paid requests."""
        return sum(seen.method == "POST" for seen in self.seen)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while not writer.is_closing():
                self.seen.append(await _read(reader))
                self.arrived.set()
                if self.steps:
                    await self.steps.popleft()(writer)
                else:
                    writer.write(b"HTTP/1.1 500 Unexpected\r\nContent-Length: 0\r\n\r\n")
        writer.close()


async def _read(reader: asyncio.StreamReader) -> Seen:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = b""
    if "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    url = urlsplit(target)
    return Seen(method, target, url.path, parse_qs(url.query), headers, body)


@contextlib.asynccontextmanager
async def scripted(address: str = "127.0.0.1") -> AsyncIterator[Scripted]:
    """A listening scripted host; open requests are cancelled at the end."""
    script = Scripted()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(asyncio.CancelledError):
            await script._serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, address, 0, limit=2**26)
    script.base = f"http://{address}:{server.sockets[0].getsockname()[1]}"
    try:
        yield script
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


def closed_port() -> str:
    """A base URL with a closed port."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{sock.getsockname()[1]}"
