"""A form of the chat page as an `Inbound`: text, options, and pictures, which are spooled to disk."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from aiohttp import web
from multipart import MultipartSegment

from adapters.web import bodies
from adapters.web.telling import language
from bot import texts
from bot.commands import invocation
from bot.conversation import Attachment, Inbound
from bot.media.arrival import HEAVIEST_PICTURE
from bot.media.files import disk
from bot.model import Address, Role
from bot.ordering.names import NAMES
from bot.ordering.prompt import PROMPT_LIMIT
from bot.sentence import Sentence

SAMPLES = Path(__file__).with_name("samples")
WORDS = 40_000
"""Maximum bytes of text in a form: more than any prompt and its options."""
PATIENCE = 600.0
"""Timeout of a form, in seconds."""

_ROLES: dict[str, Role] = {"photo": "photo", "end": "end"}
_NAMES = frozenset({*_ROLES, "key", "text", "asked", "sample", *NAMES})


class TooMuch(Exception):
    """The form exceeds a limit; `sentence` is for the person."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence


async def read(request: web.Request, person: str, files: ExitStack, spool: Callable[[], IO[bytes]]) -> Inbound:
    """Read a form; `spool` opens a temporary file per picture, which `files` closes.

    Raises `TooMuch` as soon as a limit is exceeded, or `Unreadable`, without reading the rest.
    """
    limit = 2 * HEAVIEST_PICTURE + 2 * WORDS
    if (request.content_length or 0) > limit:
        raise TooMuch(texts.pictures.too_heavy(HEAVIEST_PICTURE >> 20))
    words: dict[str, bytearray] = {}
    pictures: dict[Role, IO[bytes]] = {}
    name = ""
    async for event in bodies.parts(request, limit, PATIENCE):
        match event:
            case MultipartSegment():
                name = event.name or ""
                if name not in _NAMES or name in words or name in pictures:
                    raise bodies.Unreadable(400)
                if role := _ROLES.get(name):
                    pictures[role] = files.enter_context(spool())
                else:
                    words[name] = bytearray()
            case bytes() if name in words:
                words[name] += event
                if sum(map(len, words.values())) > WORDS:
                    raise TooMuch(texts.options.too_wordy(len(words[name]), PROMPT_LIMIT, "prompt"))
            case bytes():
                await _keep(pictures[_ROLES[name]], event)
    return _message(person, {name: value.decode("utf-8", "replace") for name, value in words.items()}, pictures)


def _message(person: str, fields: dict[str, str], pictures: dict[Role, IO[bytes]]) -> Inbound:
    key = fields.get("key", "")
    if not re.fullmatch(r"[\w-]{8,64}", key, re.ASCII):
        raise bodies.Unreadable(400)
    options = {name: fields[name] for name in NAMES if name in fields}
    attached = tuple(_attachment(file, role) for role, file in pictures.items())
    if sample := fields.get("sample"):
        attached += (_sample(sample),)
    address = Address("web", person, key)
    return Inbound(
        address,
        person,
        f"web:{person}:{key}",
        invocation.canonical(fields.get("text", "")),
        attached,
        options,
        asked=fields.get("asked", ""),
        no_photo=texts.page.PAGE["need_photo"],
        language=language(),
    )


def _sample(name: str) -> Attachment:
    """One of our sample drawings by name, which needs no upload and no consent."""
    if name not in texts.page.SAMPLES:
        raise bodies.Unreadable(400)

    async def fetch() -> AsyncIterator[bytes]:
        yield await asyncio.to_thread((SAMPLES / f"{name}.jpg").read_bytes)

    return Attachment(fetch, sample=True)


async def _keep(file: IO[bytes], piece: bytes) -> None:
    if file.tell() + len(piece) > HEAVIEST_PICTURE:
        raise TooMuch(texts.pictures.too_heavy(HEAVIEST_PICTURE >> 20))
    with disk():
        await asyncio.to_thread(file.write, piece)


def _attachment(file: IO[bytes], role: Role) -> Attachment:
    async def fetch() -> AsyncIterator[bytes]:
        file.seek(0)
        while chunk := await asyncio.to_thread(file.read, 1 << 18):
            yield chunk

    return Attachment(fetch, role)
