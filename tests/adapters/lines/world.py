"""The other end of the small platform: a server of lines over TCP, with people who say, tap and react.

A line is one JSON object. The bot says `{"do": …}` on a connection of its own and gets one line back. On the
connection that says `{"do": "listen"}` it gets events, all that it has not confirmed by `seen`, again after each
connect.
"""

import asyncio
import base64
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

JSON = dict[str, Any]
LIMIT = 2**25
"""Bytes of a line."""


@dataclass(eq=False)
class Line:
    """A message of the bot's, as people see it."""

    id: str
    chat: str
    text: str
    buttons: list[list[str]]
    clip: bytes | None
    reply_to: str
    deleted: bool = False


@dataclass
class World:
    """Chats by name: a person's own is called as the person is, a community's begins with `#`."""

    token: str = "secret"
    events: dict[int, JSON] = field(default_factory=dict)
    """Those that are not confirmed."""
    lines: dict[str, Line] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    refusals: list[JSON] = field(default_factory=list)
    """How the next messages with a clip are refused."""
    _nonces: dict[str, Line] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _reactions: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _heard: set[asyncio.StreamWriter] = field(default_factory=set)

    # ── People ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def say(self, user: str, chat: str, text: str, photo: bytes | None = None, reply_to: str = "") -> JSON:
        file = f"file{next(self._numbers)}" if photo else ""
        if photo:
            self.files[file] = photo
        ours = reply_to in self.lines
        more = {"message": str(next(self._numbers)), "reply_to": reply_to, "ours": ours, "photo": file}
        return self._tell(user, chat, "said", text, **more)

    def tap(self, user: str, line: Line, label: str) -> JSON:
        (command,) = [command for name, command in line.buttons if name == label]
        return self._tell(user, line.chat, "tapped", command, message=line.id)

    def react(self, user: str, line: Line, *reactions: str) -> JSON:
        before = self._reactions.get((line.id, user), [])
        self._reactions[line.id, user] = list(reactions)
        return self._tell(user, line.chat, "reacted", message=line.id, before=before, after=list(reactions))

    def again(self, event: JSON) -> None:
        """The bot gets the same event once more, whether it was confirmed or not."""
        self.events[event["number"]] = event
        for writer in self._heard:
            writer.write(_packed(event))

    def _tell(self, user: str, chat: str, kind: str, text: str = "", **more: Any) -> JSON:
        event = {"number": next(self._numbers), "kind": kind, "user": user, "chat": chat, "text": text, **more}
        self.again(event)
        return event

    # ── The bot ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[int]:
        """Yields the port."""
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=LIMIT)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for writer in list(self._heard):
                writer.close()
            await server.wait_closed()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = json.loads(await reader.readline() or b"{}")
            if asked.get("token") != self.token:
                writer.write(_packed({"failed": "token"}))
            elif asked["do"] == "listen":
                await self._listen(reader, writer)
            else:
                writer.write(_packed(getattr(self, f"_{asked.pop('do')}")(asked)))
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for event in self.events.values():
            writer.write(_packed(event))
        self._heard.add(writer)
        try:
            await reader.read()  # until the bot goes
        finally:
            self._heard.discard(writer)

    def _seen(self, asked: JSON) -> JSON:
        self.events.pop(asked["number"], None)
        return {}

    def _file(self, asked: JSON) -> JSON:
        return {"data": base64.b64encode(self.files[asked["file"]]).decode()}

    def _post(self, asked: JSON) -> JSON:
        if asked["clip"] and self.refusals:
            return self.refusals.pop(0)
        if known := self._nonces.get(asked["nonce"]):
            return {"message": known.id}
        clip = base64.b64decode(asked["clip"]) if asked["clip"] else None
        line = Line(str(next(self._numbers)), asked["chat"], asked["text"], asked["buttons"], clip, asked["reply_to"])
        self.lines[line.id] = self._nonces[asked["nonce"]] = line
        return {"message": line.id}

    def _edit(self, asked: JSON) -> JSON:
        line = self.lines.get(asked["message"])
        if line is None or line.deleted:
            return {"failed": "gone"}
        line.text, line.buttons = asked["text"], asked["buttons"]
        return {}

    def _remove(self, asked: JSON) -> JSON:
        if line := self.lines.get(asked["message"]):
            line.deleted = True
        return {}


def _packed(value: JSON) -> bytes:
    return json.dumps(value).encode() + b"\n"
