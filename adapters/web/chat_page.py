"""The chat page: the page itself, messages sent from it, and events for it."""

import base64
import logging
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from aiohttp import web

from adapters.web import bodies, homescreen, message
from adapters.web.clips_page import ClipsPage
from adapters.web.concurrency_limit import ConcurrencyLimit
from adapters.web.event_stream import EventStreams, spoken
from adapters.web.file_response import file_response
from adapters.web.job_json import JobJson
from adapters.web.session import Sessions
from adapters.web.telling import json_response
from adapters.web.templating import card, render, script_data
from bot import texts
from bot.catalogue import Model
from bot.commands import films, table
from bot.commands.command import in_page_menu
from bot.conversation import Inbound
from bot.core import Core
from bot.errors import Refusal
from bot.media.arrival import HEAVIEST_PICTURE
from bot.media.uploads import LONGEST_TO_SHORTEST
from bot.ordering.names import NAMES
from bot.ordering.prompt import PROMPT_LIMIT
from bot.quotas import pricing

log = logging.getLogger(__name__)

STATIC = Path(__file__).with_name("static")
KINDS = "image/*,.heic,.heif,.hif,.avif,.jfif,.jpe"
"""Types for the file picker; some systems do not know the latter as pictures."""
PREVIEW = "/preview"
"""Text with which the page requests a preview of a picture, without an order."""
LEAST, LONGEST = 300, LONGEST_TO_SHORTEST
"""Minimum pixels of a picture's sides, and maximum aspect ratio, checked by the page itself."""

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

_MODULES = sorted(path.name for path in STATIC.glob("*.js") if path.name not in ("app.js", "clips.js", "operator.js"))
"""Modules loaded by `app.js`; preloaded by the page, in parallel."""


class ChatPage:
    """The routes of the chat page."""

    def __init__(self, core: Core, sessions: Sessions, job_json: JobJson) -> None:
        self._core = core
        self._sessions = sessions
        self._job_json = job_json
        self._streams = EventStreams(core, job_json, self._allowance)
        self._limit = ConcurrencyLimit(sessions)
        self._clips = ClipsPage(core, sessions, job_json, self._limit)

    def install(self, app: web.Application) -> None:
        """Add the routes to the web server."""
        sessions = self._sessions
        app.add_routes(
            [
                web.get("/", self._show),
                web.get("/manifest.webmanifest", homescreen.manifest),
                web.post("/login", self._login),
                web.get("/events", sessions.for_a_person(self._events)),
                web.post("/say", sessions.for_a_person(self._say)),
                web.get("/frame/{job}", sessions.for_a_person(self._frame)),
                web.get("/film/{job}", sessions.for_a_person(self._film)),
            ]
        )
        self._clips.install(app)
        # Public without a password: these files are in the repository.
        app.router.add_static("/static/samples", message.SAMPLES)
        app.router.add_static("/static", STATIC)
        app.on_response_prepare.append(_shield)
        app.on_shutdown.append(self._close)

    async def _show(self, request: web.Request) -> web.Response:
        if self._sessions.are_shut(request):
            return card(texts.page.PAGE["off"], 403)
        if not self._sessions.admits(request):
            return card("", 200, ask=True, address=self._core.context.links.web)
        response = web.Response(content_type="text/html")
        person = self._sessions.person(request) or self._sessions.welcome(response)
        stand_in = self._core.context.provider.terms().stand_in
        said = {**texts.page.PAGE, **texts.page.STAND_IN_PAGE} if stand_in else texts.page.PAGE
        options = await self._core.options(spoken(person))
        state = {
            "csrf": self._sessions.token(person),
            "texts": texts.page.PAGE,
            "limits": {
                "bytes": HEAVIEST_PICTURE,
                "prompt": PROMPT_LIMIT,
                "least": LEAST,
                "longest": LONGEST,
            },
            "options": list(NAMES),
            "models": {value: _model(words, choice.model) for words, value, choice in options},
            "allowance": await self._allowance(person),
        }
        response.text = render(
            "chat.html",
            page=said,
            kinds=KINDS,
            models=[(value, words) for words, value, _ in options] if len(options) > 1 else (),
            modules=_MODULES,
            state=script_data(state),
            web=self._core.context.links.web,
            preview=texts.page.preview(at_home=self._sessions.at_home(request)) if stand_in else "",
            moves=texts.page.MOVES if stand_in else (*texts.page.EXAMPLES, *texts.page.MOVES),
            samples=[_sample(name, sample, stand_in) for name, sample in texts.page.SAMPLES.items()],
            menu=in_page_menu(table.offered(self._core.context, "web")),
        )
        return response

    async def _login(self, request: web.Request) -> web.StreamResponse:
        if self._sessions.are_shut(request) or request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return card(texts.page.PAGE["off"], 403)
        admitted = None
        if not self._sessions.keep_out(request):
            form = await bodies.form(request)
            response = web.Response(status=303, headers={"Location": "/"})
            admitted = self._sessions.unlock(request, response, form.get("password", ""))
        if admitted:
            return response
        if admitted is None:
            return card(texts.page.PAGE["password_wait"], 429, ask=True)
        return card(texts.page.PAGE["password_wrong"], 401, ask=True)

    async def _events(self, request: web.Request, person: str) -> web.StreamResponse:
        try:
            since = float(request.headers.get("Last-Event-ID") or request.query.get("after") or 0)
        except ValueError:
            since = 0.0
        headers = {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers=headers)
        since = since if 0 <= since <= self._core.context.clock() else 0.0  # a clock was set back, or it is forged
        await response.prepare(request)
        try:
            await response.write(b"retry: 2000\n\n")
            async for text in self._streams.follow(_name(person), person, since):
                await response.write(text.encode())
        except ConnectionError:
            pass  # the tab was closed
        return response

    async def _say(self, request: web.Request, person: str) -> web.StreamResponse:
        if refusal := self._limit.refusal(request, person):
            return refusal
        try:
            with self._limit.counted(request, person), ExitStack() as files:
                inbound = await message.read(request, person, files, self._core.context.media.spool)
                if inbound.text == PREVIEW and inbound.attachments:
                    return json_response(await self._look(inbound))
                reply = await self._core.handle(inbound)
                self._streams.stir(inbound.person)
        except message.TooMuch as much:
            return json_response({"text": much.sentence}, status=413, headers={"Connection": "close"})
        return json_response(await self._job_json.reply(inbound, reply))

    async def _look(self, inbound: Inbound) -> dict[str, object]:
        """A preview of a picture that the browser cannot display, or the reason of its refusal."""
        try:
            photo = (await self._core.context.media.keep(inbound.attachments[:1], inbound.person)).photo
        except Refusal as refusal:
            return {"text": refusal.sentence, "fine": False}
        try:
            data = await self._core.context.media.read(photo.name)
        finally:
            await self._core.context.media.discard([photo.name])
        return {"text": PREVIEW, "fine": True, "preview": f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"}

    async def _frame(self, request: web.Request, person: str) -> web.StreamResponse:
        """The last frame of the person's own clip, before it is continued; or the first one, small."""
        job = await self._core.own(spoken(person), request.match_info["job"])
        if job is None or job.clip is None:
            raise web.HTTPNotFound
        if "first" in request.query and (poster := self._core.context.media.poster(job.clip.name)):
            return file_response(poster, {"Cache-Control": "private, max-age=3600"})
        try:
            return web.Response(body=await self._core.context.media.last_frame(job.clip), content_type="image/jpeg")
        except Refusal:
            raise web.HTTPNotFound from None

    async def _film(self, request: web.Request, person: str) -> web.StreamResponse:
        """The film that the person's own clip was joined to, made anew if it is no longer there."""
        job = await self._core.own(spoken(person), request.match_info["job"])
        parts = await self._core.film(job) if job else []
        try:
            film = await self._core.context.media.join(films.clips_of(parts)) if parts else None
        except Refusal:
            film = None
        if film is None:
            raise web.HTTPNotFound
        raise web.HTTPFound(self._job_json.link(film.name))

    async def _allowance(self, person: str) -> str:
        return await self._core.allowance(spoken(person, "/quota"))

    async def _close(self, _: web.Application) -> None:
        self._streams.close()


def _sample(name: str, sample: Mapping[str, str], stand_in: bool) -> dict[str, str]:
    words = texts.page.STAND_IN_SAMPLES.get(name) if stand_in else None
    return {"name": name, "src": f"/static/samples/{name}.jpg", **sample, **({"prompt": words} if words else {})}


def _model(words: str, model: Model) -> dict[str, object]:
    """What the page must know of a model: its name, and its lengths in words with what each costs."""
    return {
        "words": words.partition(" · ")[0],
        "costs": {seconds: texts.models.length(seconds, pricing.price(seconds, model)) for seconds in model.seconds},
        "preset": str(model.preset),
        "five_only": model.five_only,
        "sound": bool(model.sound),
    }


def _name(person: str) -> str:
    return spoken(person).person


async def _shield(request: web.Request, response: web.StreamResponse) -> None:
    """Add security headers to every response, unless it has its own."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.path.startswith("/static/") and response.status < 400:
        response.headers["Cache-Control"] = "public, no-cache"  # cached, but revalidated: new versions are seen at once
