"""Clients of the gateway, and their websockets."""

import asyncio
import json
import zlib
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from aiohttp import web

GUILDS, GUILD_MEMBERS, GUILD_MESSAGES, DIRECT_MESSAGES, MESSAGE_CONTENT = 1, 1 << 1, 1 << 9, 1 << 12, 1 << 15
INTENTS = {
    "GUILD": (GUILDS, GUILDS),
    "CHANNEL": (GUILDS, 0),
    "THREAD": (GUILDS, GUILDS),
    "GUILD_MEMBER": (GUILD_MEMBERS, 0),
    "MESSAGE": (GUILD_MESSAGES, DIRECT_MESSAGES),
    "MESSAGE_REACTION": (1 << 10, 1 << 13),
    "TYPING": (1 << 11, 1 << 14),
}
"""Required intents of events: in a guild, in a direct message."""


@dataclass(eq=False)
class Session:
    """A session of the gateway, perhaps disconnected."""

    id: str
    shard: int
    shards: int
    intents: int
    seq: int = 0
    log: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=5000))
    socket: "Socket | None" = None

    def wants(self, event: str, guild_id: int | None) -> bool:
        if self.shard != ((guild_id >> 22) % self.shards if guild_id else 0):
            return False
        if event in ("INTERACTION_CREATE", "READY"):
            return True
        kind = max((one for one in INTENTS if event.startswith(one)), key=len, default="")
        needed = INTENTS.get(kind, (0, 0))[0 if guild_id else 1]
        return not needed or bool(self.intents & needed)

    def say(self, event: str, text: str) -> None:
        """Queue an event, and keep it for a resume."""
        self.seq += 1
        line = f'{{"op":0,"s":{self.seq},"t":"{event}","d":{text}}}'
        self.log.append((self.seq, line))
        if self.socket:
            self.socket.send(line)


class Socket:
    """One websocket, with a queue."""

    def __init__(self, ws: web.WebSocketResponse, transport: asyncio.BaseTransport | None, compress: str) -> None:
        self.ws = ws
        self.transport = transport
        self.session: Session | None = None
        self._pack = _packer(compress)
        self._queue: asyncio.Queue[str | int | None] = asyncio.Queue()
        self._writer = asyncio.create_task(self._write())

    def send(self, line: str) -> None:
        self._queue.put_nowait(line)

    def op(self, op: int, data: Any = None) -> None:
        self.send(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    def close(self, code: int) -> None:
        """Close after sending the queue."""
        self._queue.put_nowait(code)

    def drop(self) -> None:
        """Abort the connection."""
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    async def stop(self) -> None:
        self._writer.cancel()
        with suppress(asyncio.CancelledError):
            await self._writer

    async def _write(self) -> None:
        with suppress(ConnectionError, RuntimeError):  # the client may have disconnected
            while True:
                line = await self._queue.get()
                if isinstance(line, str):
                    packed = self._pack(line)
                    await (self.ws.send_bytes(packed) if isinstance(packed, bytes) else self.ws.send_str(packed))
                else:
                    await self.ws.close(code=line or 1000)
                    return


def _packer(compress: str) -> Callable[[str], bytes | str]:
    """The compressor of a connection: one stream for all messages."""
    if compress == "zlib-stream":
        deflate = zlib.compressobj(1)
        return lambda line: deflate.compress(line.encode()) + deflate.flush(zlib.Z_SYNC_FLUSH)
    if compress == "zstd-stream":
        # discord.py requests this only if it is installed, as it is here then.
        zstd = import_module("zstandard").ZstdCompressor(level=1).compressobj()
        return lambda line: bytes(zstd.compress(line.encode()) + zstd.flush(1))
    return lambda line: line
