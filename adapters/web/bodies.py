"""Reading of request bodies under strict rules.

The content type must match exactly, the limit is enforced while bytes arrive (a tunnel sends no length), silence has a
timeout, and nothing is decompressed. Text is UTF-8, whatever charset is declared, and decoded once complete.
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
"""Maximum bytes of a form without files: a token, a password, a short text."""
FIELDS = 8
"""Maximum fields of a form."""
SILENCE = 20.0
"""Timeout between bytes of a body, in seconds."""
PATIENCE = 30.0
"""Timeout of a small body, in seconds."""


class Unreadable(Exception):
    """A rejected body: HTTP `status`, and a `sentence` for the person."""

    def __init__(self, status: int) -> None:
        super().__init__(texts.page.UNREADABLE[status])
        self.status, self.sentence = status, texts.page.UNREADABLE[status]


async def whole(request: web.Request, kind: str, limit: int = SMALL, seconds: float = PATIENCE) -> bytes:
    """Read a body of content type `kind` and at most `limit` bytes. Raises `Unreadable`."""
    _parameters(request, kind)
    return b"".join([piece async for piece in _pieces(request, limit, seconds)])


async def form(request: web.Request, limit: int = SMALL) -> dict[str, str]:
    """Read the fields of a small form. Raises `Unreadable`."""
    return dict(await pairs(request, limit, FIELDS))


async def pairs(request: web.Request, limit: int, fields: int) -> list[tuple[str, str]]:
    """Read the fields of a form with repeated names. Raises `Unreadable`."""
    body = await whole(request, FORM, limit)
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=fields, errors="replace")
    except ValueError:
        raise Unreadable(400) from None


async def parts(request: web.Request, limit: int, seconds: float) -> AsyncIterator[MultipartSegment | bytes | None]:
    """Stream a form with files: for each field its header, its bytes in chunks, and None. Raises `Unreadable`."""
    boundary = _parameters(request, PARTS).get("boundary", "")
    try:
        with PushMultipartParser(boundary, max_segment_count=FIELDS) as parser:
            async for piece in _pieces(request, limit, seconds):
                for event in parser.parse(piece):
                    yield event
    except MultipartError:
        raise Unreadable(400) from None


async def _pieces(request: web.Request, limit: int, seconds: float) -> AsyncIterator[bytes]:
    """The body in chunks as they arrive: at most `limit` bytes, within `seconds`."""
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
        except (web.RequestPayloadError, HttpProcessingError, ConnectionError):  # invalid HTTP, or a closed connection
            raise Unreadable(400) from None
        if not piece:
            return
        size += len(piece)
        if size > limit:
            raise Unreadable(413)
        yield piece


def _parameters(request: web.Request, kind: str) -> dict[str, str]:
    """Parameters of the content type. Raises `Unreadable` for another type, charset or a content encoding."""
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
