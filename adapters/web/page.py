"""The chat page: it shows itself, takes what people say, and tells them what becomes of it."""

import asyncio
import logging
import re
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import BadHttpMessage

from adapters.web.doors import Doors
from adapters.web.streams import Streams
from adapters.web.templating import card, render, script_data
from adapters.web.view import View
from bot import texts
from bot.core import Core
from bot.errors import Refusal
from bot.media import HEAVIEST_PICTURE
from bot.model import Address, Attachment, Inbound, Role
from bot.orders import PROMPT_LIMIT

log = logging.getLogger(__name__)

STATIC = Path(__file__).with_name("static")
SAMPLES = Path(__file__).with_name("samples")
WORDS = 40_000
"""Bytes of text in a form: more than any prompt and its options need."""
PATIENCE = 600.0
"""Seconds that a form may take to arrive."""
AT_ONCE = 4
"""Forms that one person may be sending at the same time."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
        "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_MODULES = sorted(path.name for path in STATIC.glob("*.js") if path.name != "app.js")
"""What `app.js` loads; named in the page, they all come at once."""
_ROLES: dict[str, Role] = {"photo": "photo", "end": "end"}

_ANSWERS = ("/yes ", "/no ", "/agree ", "/undo ", "/cancel ", "/forgetme ")
"""What the buttons under a notice say; a clip has its own, and they come with its events."""

Handler = Callable[[web.Request, str], Awaitable[web.StreamResponse]]


class Page:
    """The routes of the chat page."""

    def __init__(self, core: Core, doors: Doors, view: View) -> None:
        self._core = core
        self._doors = doors
        self._view = view
        self._streams = Streams(core, view, self._allowance)
        self._sending: dict[str, int] = {}

    def install(self, app: web.Application) -> None:
        """Add the routes to the web server."""
        app.add_routes(
            [
                web.get("/", self._show),
                web.post("/login", self._login),
                web.get("/events", self._for_a_person(self._events)),
                web.post("/say", self._for_a_person(self._say)),
                web.get("/frame/{job}", self._for_a_person(self._frame)),
            ]
        )
        # What anybody may have, with or without a password: it is in the public repository.
        app.router.add_static("/static/samples", SAMPLES)
        app.router.add_static("/static", STATIC)
        app.on_response_prepare.append(_shield)
        app.on_shutdown.append(self._close)

    async def _show(self, request: web.Request) -> web.Response:
        if self._doors.are_shut(request):
            return card(texts.PAGE["off"], 403)
        if not self._doors.admits(request):
            return card("", 200, ask=True)
        response = web.Response(content_type="text/html")
        person = self._doors.person(request) or self._doors.welcome(response)
        state = {
            "csrf": self._doors.token(person),
            "texts": texts.PAGE,
            "limits": {"bytes": HEAVIEST_PICTURE, "prompt": PROMPT_LIMIT},
            "stand_in": self._core.provider.terms().stand_in,
            "samples": [
                {"name": name, "src": f"/static/samples/{name}.jpg", **sample} for name, sample in texts.SAMPLES.items()
            ],
            "allowance": await self._allowance(person),
        }
        response.text = render("chat.html", modules=_MODULES, state=script_data(state))
        return response

    async def _login(self, request: web.Request) -> web.StreamResponse:
        if self._doors.are_shut(request) or request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return card(texts.PAGE["off"], 403)
        if (request.content_length or 0) > WORDS:
            raise web.HTTPRequestEntityTooLarge(WORDS, request.content_length or 0)
        try:
            form = await request.post()
        except (ValueError, LookupError) as error:
            raise web.HTTPBadRequest from error
        response = web.Response(status=303, headers={"Location": "/"})
        admitted = self._doors.unlock(request, response, str(form.get("password", "")))
        if admitted:
            return response
        if admitted is None:
            return card(texts.PAGE["password_wait"], 429, ask=True)
        return card(texts.PAGE["password_wrong"], 401, ask=True)

    async def _events(self, request: web.Request, person: str) -> web.StreamResponse:
        try:
            since = float(request.headers.get("Last-Event-ID") or request.query.get("after") or 0)
        except ValueError:
            since = 0.0
        headers = {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers=headers)
        since = since if 0 <= since <= self._core.clock() else 0.0  # a clock was set back, or somebody plays
        await response.prepare(request)
        try:
            await response.write(b"retry: 2000\n\n")
            async for text in self._streams.follow(_name(person), person, since):
                await response.write(text.encode())
        except ConnectionError:
            pass  # the tab is gone
        return response

    async def _say(self, request: web.Request, person: str) -> web.StreamResponse:
        if not self._doors.trusts(request, person):
            return web.json_response({"text": texts.PAGE["reload"]}, status=403)
        # A browser says beforehand how much will come. What does not is not our page.
        if request.content_length is None:
            raise web.HTTPLengthRequired
        if request.content_length > 2 * HEAVIEST_PICTURE + 2 * WORDS:
            text = texts.too_heavy(HEAVIEST_PICTURE >> 20)
            return web.json_response({"text": text}, status=413, headers={"Connection": "close"})
        if self._sending.get(person, 0) >= AT_ONCE:
            return web.json_response({"text": texts.PAGE["one_by_one"]}, status=429)
        self._sending[person] = self._sending.get(person, 0) + 1
        try:
            with ExitStack() as files:
                async with asyncio.timeout(PATIENCE):
                    inbound = await _read(request, person, files)
                reply = await self._core.handle(inbound)
        except (ValueError, BadHttpMessage, ConnectionError) as error:  # no form, or no browser any more
            raise web.HTTPBadRequest from error
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        except _Heavy as heavy:
            return web.json_response({"text": str(heavy)}, status=413, headers={"Connection": "close"})
        finally:
            self._sending[person] -= 1
            if not self._sending[person]:
                del self._sending[person]
        buttons = [(button.label, button.command) for button in reply.buttons if button.command.startswith(_ANSWERS)]
        said = {"text": reply.text, "job": reply.job, "fine": not reply.refused}
        return web.json_response(said if reply.job or not buttons else {**said, "buttons": buttons})

    async def _frame(self, request: web.Request, person: str) -> web.StreamResponse:
        """The last frame of one's own clip, to be seen before going on from it."""
        job = await self._core.store.job(request.match_info["job"])
        if job is None or job.clip is None or job.person not in await self._core.store.accounts.people(_name(person)):
            raise web.HTTPNotFound
        try:
            return web.Response(body=await self._core.media.last_frame(job.clip), content_type="image/jpeg")
        except Refusal:
            raise web.HTTPNotFound from None

    def _for_a_person(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Only for people whom the door admits and the cookie names."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            person = self._doors.person(request)
            if person is None or not self._doors.admits(request):
                return web.json_response({"text": texts.PAGE["reload"]}, status=401)
            return await handler(request, person)

        return guarded

    async def _allowance(self, person: str) -> str:
        return await self._core.allowance(Inbound(Address("web", person), person, f"web:{person}:quota", "/quota"))

    async def _close(self, _: web.Application) -> None:
        self._streams.close()


class _Heavy(Exception):
    """More than a form may hold; the message is for whoever sent it."""


def _name(person: str) -> str:
    return Inbound(Address("web", person), person, "").person


async def _read(request: web.Request, person: str, files: ExitStack) -> Inbound:
    """A form as a message. Raises `_Heavy` as soon as it is too large, and reads no further."""
    if request.content_type != "multipart/form-data":
        raise web.HTTPUnsupportedMediaType
    fields: dict[str, str] = {}
    pictures: list[Attachment] = []
    room = WORDS
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise web.HTTPBadRequest
        if role := _ROLES.get(part.name or ""):
            if any(picture.role == role for picture in pictures):
                raise web.HTTPBadRequest
            pictures.append(await _picture(part, role, files))
        elif part.name in ("key", "text", "duration", "no", "cfg"):
            value = await part.read_chunk(room + 1)
            while len(value) <= room and not part.at_eof():
                value += await part.read_chunk(room + 1)
            room -= len(value)
            if room < 0:
                raise _Heavy(texts.too_wordy(len(value), PROMPT_LIMIT, texts.PAGE["form"]))
            fields[part.name] = bytes(value).decode("utf-8", "replace")
        else:
            raise web.HTTPBadRequest
    key = fields.get("key", "")
    if not re.fullmatch(r"[\w-]{8,64}", key, re.ASCII):
        raise web.HTTPBadRequest
    options = {name: fields[name] for name in ("duration", "no", "cfg") if fields.get(name)}
    address = Address("web", person, key)
    return Inbound(address, person, f"web:{person}:{key}", fields.get("text", ""), tuple(pictures), options)


async def _picture(part: BodyPartReader, role: Role, files: ExitStack) -> Attachment:
    file: IO[bytes] = files.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 (the stack closes it)
    size = 0
    while chunk := await part.read_chunk(1 << 16):
        size += len(chunk)
        if size > HEAVIEST_PICTURE:
            raise _Heavy(texts.too_heavy(HEAVIEST_PICTURE >> 20))
        await asyncio.to_thread(file.write, chunk)

    async def fetch() -> AsyncIterator[bytes]:
        file.seek(0)
        while chunk := await asyncio.to_thread(file.read, 1 << 18):
            yield chunk

    return Attachment(fetch, role)


async def _shield(request: web.Request, response: web.StreamResponse) -> None:
    """Headers that every answer carries, unless it has its own."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.path.startswith("/static/") and response.status < 400:
        response.headers["Cache-Control"] = "public, no-cache"  # kept, but asked about: a new version is seen at once
