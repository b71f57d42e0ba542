"""Responses and request bodies."""

import asyncio
import json
import re
from contextlib import suppress
from typing import Any

from aiohttp import web

from tests.loopback.discord.faults import File
from tests.loopback.discord.messages import parts
from tests.loopback.discord.refusals import Json


def response_of(status: int, body: Any, headers: dict[str, str]) -> web.Response:
    if body is None:
        return web.Response(status=status, headers=headers)
    if isinstance(body, str):
        return web.Response(status=status, text=body, content_type="text/html", headers=headers)
    # discord.py parses JSON only with exactly this type, without a charset.
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json", headers=headers)


def abort(request: web.BaseRequest) -> web.Response:
    if request.transport:
        request.transport.abort()
    return web.Response()


async def half(request: web.BaseRequest, whole: web.Response) -> web.StreamResponse:
    """Send half of a response, then break the connection."""
    body = whole.body if isinstance(whole.body, bytes) else b""
    part = web.StreamResponse(status=whole.status, headers={"Content-Length": str(len(body))})
    part.content_type = whole.content_type
    with suppress(ConnectionError):
        await part.prepare(request)
        await part.write(body[: len(body) // 2])
        await asyncio.sleep(0.01)  # otherwise the abort would discard the buffer
        abort(request)
    return part


def kind_of(name: str) -> str | None:
    known = {"mp4": "video/mp4", "jpg": "image/jpeg", "png": "image/png", "gif": "image/gif", "txt": "text/plain"}
    return known.get(name.rpartition(".")[2].lower())


def read_form(body: bytes, content_type: str, keep: bool) -> tuple[Any, list[File]]:
    """JSON and files of a multipart body; files are copied only if `keep`."""
    found = re.search(r'boundary="?([^";]+)', content_type)
    mark = b"--" + (found.group(1).encode() if found else b"")
    payload: Any = {}
    files: list[File] = []
    at = body.find(mark)
    while at >= 0 and body[at + len(mark) : at + len(mark) + 2] != b"--":
        start = body.find(b"\r\n\r\n", at) + 4
        end = body.find(b"\r\n" + mark, start)
        if start < 4 or end < 0:
            raise ValueError("a multipart body ends too early")
        names = dict(re.findall(r'(\bname|filename)="([^"]*)"', body[at:start].decode()))
        if names.get("name") == "payload_json":
            payload = json.loads(body[start:end])
        elif "filename" in names:
            files.append(File(names["filename"], end - start, body[start:end] if keep else None))
        at = end + 2
    return payload, files


def numbered(components: list[Json] | None) -> list[Json]:
    """Components with the ids Discord gives to those that have none."""
    made: list[Json] = json.loads(json.dumps(components or []))
    for number, one in enumerate(parts(made), 1):
        one.setdefault("id", number)
    return made
