"""Bodies of requests, read under rules of our own.

The type must be named exactly, the limit holds while bytes arrive (a tunnel sends no length), silence has an end, and
nothing is unpacked, nor decoded as whatever the sender calls it: text is UTF-8, and is decoded once it is whole.
"""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from multipart import MultipartError, MultipartSegment, PushMultipartParser

from bot import texts

FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data"
JSON = "application/json"
SMALL = 4096
"""Bytes of a form without files: a token, a password, a few words."""
FIELDS = 8
"""Fields of any form."""
SILENCE = 20.0
"""Seconds without a byte after which a body is not waited for any longer."""
PATIENCE = 30.0
"""Seconds that a small body may take."""


class Unreadable(Exception):
    """A body that is not taken: `status` for the client, and a sentence for whoever reads it."""

    def __init__(self, status: int) -> None:
        super().__init__(texts.chat.UNREADABLE[status])
        self.status = status


async def whole(request: web.Request, kind: str, limit: int = SMALL, seconds: float = PATIENCE) -> bytes:
    """A body of that type and of at most `limit` bytes. Raises `Unreadable`."""
    _parameters(request, kind)
    return b"".join([piece async for piece in _pieces(request, limit, seconds)])


async def form(request: web.Request, limit: int = SMALL) -> dict[str, str]:
    """The fields of a small form. Raises `Unreadable`."""
    return dict(await pairs(request, limit, FIELDS))


async def pairs(request: web.Request, limit: int, fields: int) -> list[tuple[str, str]]:
    """The fields of a form in which a name may stand more than once. Raises `Unreadable`."""
    body = await whole(request, FORM, limit)
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=fields, errors="replace")
    except ValueError:
        raise Unreadable(400) from None


async def parts(request: web.Request, limit: int, seconds: float) -> AsyncIterator[MultipartSegment | bytes | None]:
    """A form with files as it arrives: for each field its head, its bytes in pieces, and None. Raises `Unreadable`."""
    boundary = _parameters(request, PARTS).get("boundary", "")
    try:
        with PushMultipartParser(boundary, max_segment_count=FIELDS) as parser:
            async for piece in _pieces(request, limit, seconds):
                for event in parser.parse(piece):
                    yield event
    except MultipartError:
        raise Unreadable(400) from None


async def _pieces(request: web.Request, limit: int, seconds: float) -> AsyncIterator[bytes]:
    """The bytes as they arrive, `limit` at most, within so many seconds."""
    if (request.content_length or 0) > limit:
        raise Unreadable(413)
    clock, size = asyncio.get_running_loop().time, 0
    end = clock() + seconds
    while True:
        try:
            async with asyncio.timeout_at(min(end, clock() + SILENCE)):
                piece = await request.content.readany()
        except TimeoutError:
            raise Unreadable(408) from None
        except (web.RequestPayloadError, HttpProcessingError, ConnectionError):  # no HTTP, or nobody any more
            raise Unreadable(400) from None
        if not piece:
            return
        size += len(piece)
        if size > limit:
            raise Unreadable(413)
        yield piece


def _parameters(request: web.Request, kind: str) -> dict[str, str]:
    """What stands behind the type. Raises `Unreadable` if it is another type, packed, or in another charset."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise Unreadable(415)
    named, *rest = (part.strip() for part in ", ".join(request.headers.getall("Content-Type", [])).split(";"))
    pairs = [
        (name.strip().lower(), value.strip().strip('"')) for name, _, value in (part.partition("=") for part in rest)
    ]
    found = dict(pairs)
    wanted = {"charset", "boundary"} if kind == PARTS else {"charset"}
    if named.lower() != kind or len(found) != len(pairs) or not found.keys() <= wanted:
        raise Unreadable(415)
    if found.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise Unreadable(415)
    if kind == PARTS and not 0 < len(found.get("boundary", "")) <= 70:
        raise Unreadable(400)
    return found
