"""The wire to the small platform, and its errors in our words."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from bot.errors import ChatError, Flood, Gone, Misconfigured, Unconfirmed

LIMIT = 2**25
"""Bytes of a line."""


class Client:
    """Knows where the server is, and who we are there."""

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._token = token

    async def ask(self, do: str, **more: Any) -> dict[str, Any]:
        """Have something done. Raises `ChatError`: `Unconfirmed` where it may have been done."""
        reader, writer = await self._connected()
        try:
            await self._say(writer, do, **more)
            answer = await reader.readline()
        except OSError:
            answer = b""
        finally:
            writer.close()
        if not answer:
            raise Unconfirmed(f"{do}: no answer")
        return _checked(json.loads(answer))

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """All that is not confirmed, and then what happens. Raises `ChatError` when the connection ends."""
        reader, writer = await self._connected()
        try:
            await self._say(writer, "listen")
            while line := await reader.readline():
                yield _checked(json.loads(line))
        except OSError as error:
            raise ChatError(str(error)) from None
        finally:
            writer.close()
        raise ChatError("the server closed the connection")

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            return await asyncio.open_connection("127.0.0.1", self._port, limit=LIMIT)
        except OSError as error:
            raise ChatError(str(error)) from None

    async def _say(self, writer: asyncio.StreamWriter, do: str, **more: Any) -> None:
        writer.write(json.dumps({"do": do, "token": self._token, **more}).encode() + b"\n")
        with suppress(ConnectionError):  # the answer may be there all the same
            await writer.drain()


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    match answer.get("failed"):
        case None:
            return answer
        case "flood":
            raise Flood(answer["wait"])
        case "gone":
            raise Gone("nobody is there")
        case "token":
            raise Misconfigured("The server does not know this token.")
        case other:
            raise ChatError(str(other))
