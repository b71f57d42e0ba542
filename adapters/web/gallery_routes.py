"""Routes of the web galleries: `/g/`, pages, clips and files. Everything invisible is the same 404."""

import functools
import hashlib
import logging
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from adapters.web import bodies, cursor, gallery_answers, gallery_pages
from adapters.web.chat_page import STATIC
from adapters.web.file_response import file_response
from adapters.web.gallery_answers import card, in_memory, json, missing
from adapters.web.gallery_pages import FILES, ROOT
from adapters.web.session import Sessions
from adapters.web.telling import language
from adapters.web.visitor_limit import VisitorLimit
from bot import texts
from bot.conversation import MENTION, Inbound
from bot.core import Core
from bot.errors import Refusal, StoreDown
from bot.gallery.model import Share, WebGallery
from bot.model import Address

log = logging.getLogger(__name__)

FOLDER = Path(__file__).with_name("gallery_static")
PAGE = 24
HEARTS, REPORTS = 5, 1
"""Maximum visitors per network, clip and day who may like, or report: deleting the cookie makes a new visitor."""
BLANK = FOLDER / "blank.jpg"
"""Replacement of a missing picture."""

Handler = Callable[["GalleryRoutes", web.Request], Awaitable[web.StreamResponse]]


def _served(handler: Handler) -> Handler:
    """Respond to `StoreDown` with a page about the outage."""

    @functools.wraps(handler)
    async def guarded(self: "GalleryRoutes", request: web.Request) -> web.StreamResponse:
        try:
            return await handler(self, request)
        except StoreDown as error:
            log.warning("a gallery waits for the database: %s", error)
            return card(texts.gallery.DOWN_TITLE, texts.gallery.DOWN, 503, headers={"Retry-After": "30"})

    return guarded


class GalleryRoutes:
    """The routes of the galleries. `clock` returns Unix seconds."""

    def __init__(self, core: Core, sessions: Sessions, clock: Callable[[], float]) -> None:
        self._core = core
        self._gallery = core.context.store.gallery
        self._sessions = sessions
        self._hearts, self._reports = VisitorLimit(HEARTS, clock), VisitorLimit(REPORTS, clock)
        self._style = _colours() + (FOLDER / "gallery.css").read_bytes()
        self._script = (FOLDER / "gallery.js").read_bytes()

    def install(self, app: web.Application) -> None:
        """Add the routes to the web server."""
        gallery = f"{ROOT}{{slug:{cursor.NAME}}}"
        share = f"{gallery}/{{share:{cursor.NAME}}}"
        app.add_routes(
            [
                web.get(ROOT, self._index),
                web.get(f"{FILES}gallery.css", self._css),
                web.get(f"{FILES}gallery.js", self._js),
                web.get(f"{FILES}{BLANK.name}", self._blank),
                web.get(gallery, self._wall),
                web.get(share, self._clip),
                web.get(f"{share}.mp4", self._clip_file),
                web.get(f"{share}.jpg", self._picture),
                web.put(f"{share}/heart", self._heart),
                web.delete(f"{share}/heart", self._heart),
                web.post(f"{share}/report", self._report),
                web.route("*", f"{ROOT}{{rest:.*}}", self._nowhere),
                web.get(ROOT.rstrip("/"), self._home),
            ]
        )

    # ── Pages ────────────────────────────────────────────────────────────────────────────────────────────────────────

    @_served
    async def _index(self, request: web.Request) -> web.StreamResponse:
        response = gallery_answers.html(listed=True)
        response.text = gallery_pages.index(await self._gallery.web_galleries(), self._web(request))
        return response

    @_served
    async def _wall(self, request: web.Request) -> web.StreamResponse:
        slug, order = request.match_info["slug"], cursor.order(request.query.get("order"))
        back = "before" in request.query
        key = cursor.read(request.query.get("before" if back else "after", ""))
        back = back and key is not None
        # One more than displayed, to detect a further page.
        found = await self._gallery.page(slug, order, key, PAGE + 1, back=back)
        if found and back and len(found[1]) < PAGE:  # it is the first page
            key, back = None, False
            found = await self._gallery.page(slug, order, None, PAGE + 1)
        if found is None:
            return missing()
        gallery, shares = found
        more = len(shares) > PAGE
        shares = shares[-PAGE:] if back else shares[:PAGE]
        begins = key is None or (back and not more)
        turns = gallery_pages.Turns(
            order,
            here=cursor.query(order, "before" if back else "after", key),
            begins=begins,
            back=None if begins or not shares else cursor.query(order, "before", cursor.behind(shares[0])),
            on=cursor.query(order, "after", cursor.behind(shares[-1])) if shares and (more or back) else None,
        )
        response = gallery_answers.html(listed=gallery.public)
        reader = await self._reader(request, response, shares)
        response.text = gallery_pages.wall(gallery, shares, turns, reader)
        return response

    @_served
    async def _clip(self, request: web.Request) -> web.StreamResponse:
        found = await self._gallery.piece(request.match_info["slug"], request.match_info["share"])
        if found is None:
            return missing()
        gallery, share, chain, remixes = found
        response = gallery_answers.html(listed=gallery.public)
        reader = await self._reader(request, response, [share, *remixes])
        response.text = gallery_pages.clip(gallery, share, chain, remixes, reader)
        return response

    async def _home(self, _: web.Request) -> web.StreamResponse:
        return web.Response(status=308, headers={"Location": ROOT})

    async def _nowhere(self, _: web.Request) -> web.StreamResponse:
        return missing()

    async def _reader(self, request: web.Request, response: web.Response, shares: list[Share]) -> gallery_pages.Reader:
        """The visitor; new ones get an id."""
        person = self._sessions.person(request)
        liked = await self._gallery.hearted(_name(person), [one.id for one in shares]) if person and shares else ()
        person = person or self._sessions.welcome(response)
        return gallery_pages.Reader(self._web(request), self._sessions.token(person), liked)

    def _web(self, request: web.Request) -> str:
        try:
            return self._core.context.links.web or str(request.url.origin())
        except ValueError:
            raise web.HTTPBadRequest from None  # an invalid Host header

    # ── Files ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _css(self, request: web.Request) -> web.StreamResponse:
        return _packed(request, self._style, "text/css")

    async def _js(self, request: web.Request) -> web.StreamResponse:
        return _packed(request, self._script, "text/javascript")

    async def _blank(self, _: web.Request) -> web.StreamResponse:
        return web.FileResponse(BLANK, headers=gallery_answers.PIECE)

    @_served
    async def _clip_file(self, request: web.Request) -> web.StreamResponse:
        found = await self._gallery.shown(request.match_info["slug"], request.match_info["share"])
        file = self._core.context.media.stored(found[1].clip.name) if found else None
        if found is None or file is None or not file.exists():
            return missing()
        return file_response(file, gallery_answers.clip_headers(*found, "mp4", "video/mp4"))

    @_served
    async def _picture(self, request: web.Request) -> web.StreamResponse:
        """A clip's first frame, small or in full size; a neutral picture if there is none."""
        found = await self._gallery.shown(request.match_info["slug"], request.match_info["share"])
        if found is None:
            return missing()
        clip, headers = found[1].clip, gallery_answers.clip_headers(*found, "jpg", "image/jpeg")
        if "large" in request.query:
            try:
                data = await self._core.context.media.first_frame(clip)
                return in_memory(request, data, f"{clip.name.removesuffix('.mp4')}-large", headers)
            except Refusal:
                pass  # the small one may exist
        if poster := self._core.context.media.poster(clip.name):
            return file_response(poster, headers)
        return web.FileResponse(BLANK, headers=headers)

    # ── Hearts and reports ───────────────────────────────────────────────────────────────────────────────────────────

    @_served
    async def _heart(self, request: web.Request) -> web.StreamResponse:
        """Give a heart (PUT) or take it back (DELETE); idempotent. The body is not read."""
        person = self._sessions.person(request)
        if person is None or not self._sessions.trusts(request, person):
            return json({"text": texts.gallery.RELOAD}, 403)
        on = request.method == "PUT"
        found = await self._gallery.shown(request.match_info["slug"], request.match_info["share"])
        if found is None:
            return json({"text": texts.gallery.GONE_LEAD}, 404)
        gallery, share = found
        if on and not self._hearts.admits(share.id, self._sessions.address(request), person):
            return json({"text": texts.gallery.ENOUGH}, 429)
        reply = await self._core.handle(_said(gallery, person, f"/heart {share.id} {'on' if on else 'off'}"))
        found = await self._gallery.shown(gallery.slug, share.id)  # the page needs the number, not the sentence
        if found is None:
            return json({"text": texts.gallery.GONE_LEAD}, 404)
        if reply.refused:
            return json({"text": reply.text}, 403)
        return json({"hearts": found[1].hearts, "liked": on}, 200)

    @_served
    async def _report(self, request: web.Request) -> web.StreamResponse:
        person = self._sessions.person(request)
        if person is None:
            return card(texts.gallery.SAID, texts.gallery.RELOAD, 403)
        found = await self._gallery.shown(request.match_info["slug"], request.match_info["share"])
        if found is None:
            return missing()
        gallery, share = found
        back = (gallery_pages.clip_path(gallery, share), texts.gallery.BACK)
        where = self._sessions.address(request)
        if self._reports.is_shut(share.id, where, person):
            return card(texts.gallery.SAID, texts.gallery.ENOUGH, 429, back)
        form = await bodies.form(request)
        if not self._sessions.trusts(request, person, form.get("token", "")):
            return card(texts.gallery.SAID, texts.gallery.RELOAD, 403)
        words = form.get("words", "").replace(MENTION, "").strip()
        reason = form.get("reason", "").strip()
        if not re.fullmatch("[a-z]{1,16}", reason) or (reason == "other" and not words):
            return card(texts.gallery.SAID, texts.gallery.NOT_SAID, 400, back)
        if not self._reports.admits(share.id, where, person):
            return card(texts.gallery.SAID, texts.gallery.ENOUGH, 429, back)
        said = f"/report {share.id} {reason} {words if reason == 'other' else ''}".strip()
        reply = await self._core.handle(_said(gallery, person, said, f"web:{person}:report:{share.id}:{reason}"))
        return card(texts.gallery.SAID, reply.text, 200, (gallery_pages.home(gallery), texts.gallery.BACK_TO_ALL))


def _name(person: str) -> str:
    return f"web:{person}"


def _said(gallery: WebGallery, person: str, text: str, key: str = "") -> Inbound:
    """A visitor's command in a gallery's community. Without a key it must be idempotent."""
    return Inbound(Address("web", person), person, key, text, scope=gallery.scope, language=language())


def _colours() -> bytes:
    """The colours at the start of the chat page's style, for the galleries' style: saves a request."""
    style = (STATIC / "app.css").read_bytes()
    return style[: style.index(b"/* Page */")]


def _packed(request: web.Request, text: bytes, kind: str) -> web.Response:
    """A style or script, compressed if accepted, with an ETag per encoding."""
    tag, gzip = hashlib.sha256(text).hexdigest()[:16], "gzip" in request.headers.get("Accept-Encoding", "").lower()
    headers = {**gallery_answers.PIECE, "Content-Type": kind, "Vary": "Accept-Encoding"}
    response = in_memory(request, text, f"{tag}-gzip" if gzip else tag, headers)
    if gzip and response.body:
        response.enable_compression(web.ContentCoding.gzip)
    return response
