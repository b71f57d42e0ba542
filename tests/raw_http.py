"""Raw HTTP over a socket, for hostile requests, and the measurement of stalls of the event loop."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass


@dataclass
class Said:
    status: int
    head: bytes
    body: bytes


@dataclass
class Stall:
    """The longest stall in seconds."""

    worst: float = 0.0


def chunked(data: bytes, size: int = 65_536) -> Iterable[bytes]:
    """A chunked body, without a length."""
    for start in range(0, len(data), size):
        piece = data[start : start + size]
        yield f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    yield b"0\r\n\r\n"


def head(path: str, method: str = "POST", **headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


async def send(base: str, *pieces: bytes, wait: float = 20.0) -> Said:
    """Write the pieces, as far as accepted, and read the response; status 0 without one."""
    host, _, port = base.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    answer = b""
    try:
        async with asyncio.timeout(wait):
            with suppress(ConnectionError):
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
            with suppress(ConnectionError):
                answer = await reader.readuntil(b"\r\n\r\n")
                if length := re.search(rb"(?i)content-length: (\d+)", answer):
                    answer += await reader.readexactly(int(length[1]))
    except asyncio.IncompleteReadError as error:
        answer = error.partial
    finally:
        writer.close()
    top, _, body = answer.partition(b"\r\n\r\n")
    return Said(int(top.split()[1]) if top else 0, top, body)


async def post(base: str, path: str, body: bytes, headers: Mapping[str, str], *, length: bool = True) -> Said:
    how = {"Content-Length": str(len(body))} if length else {"Transfer-Encoding": "chunked"}
    pieces = [body[at : at + 65_536] for at in range(0, len(body), 65_536)] if length else chunked(body)
    return await send(base, head(path, Host=base.removeprefix("http://"), **headers, **how), *pieces)


@asynccontextmanager
async def stall() -> AsyncIterator[Stall]:
    """Measure stalls of the event loop, which test and server share."""
    found, clock = Stall(), asyncio.get_running_loop().time

    async def watch() -> None:
        while True:
            began = clock()
            await asyncio.sleep(0.01)
            found.worst = max(found.worst, clock() - began - 0.01)

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    try:
        yield found
        await asyncio.sleep(0.02)
    finally:
        watching.cancel()
