"""“All my clips”: a person's clips as a grid, with search, favourites, and download of several as a ZIP."""

import asyncio
import math
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from adapters.web import bodies, zip_stream
from adapters.web.concurrency_limit import ConcurrencyLimit
from adapters.web.event_stream import spoken
from adapters.web.job_json import JobJson, file_name, suffix
from adapters.web.session import Sessions
from adapters.web.templating import card, render, script_data
from bot import texts
from bot.core import Core
from bot.media.stored import StoredFile
from bot.model import ID, Job, Search

PAGE = 48
"""Clips per page."""
LONGEST = 200
"""Maximum characters of a search."""
MOST = 100
"""Maximum clips in a ZIP."""
HEAVIEST = 2 * 1024**3
"""Maximum bytes of a ZIP."""
MANY, SELECTION = 1000, 64 * 1024
"""Maximum fields and bytes of the form with the selection."""
SILENCE = 60.0
"""Timeout in seconds of a stalled download."""
_TEXTS = ("delete", "delete_clip", "delete_what", "keep", "unreached", "not_marked")


class ClipsPage:
    """The routes of the page."""

    def __init__(self, core: Core, sessions: Sessions, job_json: JobJson, limit: ConcurrencyLimit) -> None:
        self._core = core
        self._sessions = sessions
        self._job_json = job_json
        self._limit = limit

    def install(self, app: web.Application) -> None:
        """Add the routes to the web server."""
        app.add_routes(
            [
                web.get("/clips", self._show),
                web.post("/clips/zip", self._sessions.for_a_person(self._zip)),
                web.post("/clips/{job}/favourite", self._sessions.for_a_person(self._favour)),
            ]
        )

    async def _show(self, request: web.Request) -> web.StreamResponse:
        person = self._sessions.person(request)
        if person is None or not self._sessions.admits(request):
            raise web.HTTPSeeOther("/")  # which sets the cookie, or asks for the password
        words, favourites = request.query.get("words", "")[:LONGEST], "favourites" in request.query
        search = Search(words, favourites, clips=True, before=_cursor(request.query.get("before", "")))
        found = await self._core.context.store.jobs(spoken(person).person, PAGE + 1, search=search)
        jobs, more = found[:PAGE], ""
        if len(found) > PAGE:
            place = {"before": f"{jobs[-1].created_at!r}-{jobs[-1].id}", "words": words}
            more = f"/clips?{urlencode({**place, **({'favourites': '1'} if favourites else {})})}"
        state = {
            "csrf": self._sessions.token(person),
            "texts": {name: texts.page.PAGE[name] for name in _TEXTS},
        }
        page = render(
            "clips.html",
            title=texts.page.PAGE["clips"],
            web=self._core.context.links.web,
            state=script_data(state),
            token=self._sessions.token(person),
            words=words,
            favourites=favourites,
            said="" if jobs else texts.page.no_clips(words, favourites),
            clips=[self._clip(job) for job in jobs],
            more=more,
        )
        # A form sent without a script must have a trusted Origin.
        return web.Response(text=page, content_type="text/html", headers={"Referrer-Policy": "same-origin"})

    def _clip(self, job: Job) -> dict[str, Any]:
        assert job.clip
        return {
            "id": job.id,
            "words": job.order.prompt,
            "alt": texts.page.alt(job.order.prompt),
            "facts": texts.page.facts(job.order.seconds, job.created_at),
            "width": job.clip.width,
            "height": job.clip.height,
            "favourite": job.favourite,
            "src": self._job_json.link(job.clip.name),
            "download": file_name(job.order.prompt, job.created_at) + suffix(job.clip.name),
        }

    async def _favour(self, request: web.Request, person: str) -> web.StreamResponse:
        """Mark a clip as a favourite (`on=1`) or unmark it; idempotent."""
        if refusal := self._limit.refusal(request, person):
            return refusal
        job = request.match_info["job"]
        with self._limit.counted(request, person):
            on = (await bodies.form(request)).get("on") == "1"
            if not await self._core.favour(spoken(person), job, on):
                raise web.HTTPNotFound
        return web.json_response({"favourite": on})

    async def _zip(self, request: web.Request, person: str) -> web.StreamResponse:
        if self._limit.is_full(request, person):
            return card(texts.page.PAGE["one_by_one"], 429, home=True)
        with self._limit.counted(request, person):
            pairs = await bodies.pairs(request, SELECTION, MANY)
            if not self._sessions.trusts(request, person, dict(pairs).get("token", "")):
                return card(texts.page.PAGE["reload"], 403, home=True)
            names = {value: None for name, value in pairs if name == "clip"}
            files = await self._files(list(names)[:MOST], person)
            size = await asyncio.to_thread(_weigh, files)
            if len(names) > MOST or size > HEAVIEST:
                return card(texts.page.PAGE["too_many"], 413, home=True)
            if not size:
                return card(texts.page.PAGE["none_left"], 404, home=True)
            return await _send(
                request, files, f"photoplay-{datetime.fromtimestamp(self._core.context.clock(), UTC):%Y-%m-%d}"
            )

    async def _files(self, names: Sequence[str], person: str) -> list[tuple[str, StoredFile]]:
        """Names in the ZIP and files, of those clips that are the person's own."""
        files: list[tuple[str, StoredFile]] = []
        taken: Counter[str] = Counter()
        for job in await self._core.own_of(spoken(person), names):
            if job.clip:
                called = file_name(job.order.prompt, job.created_at)
                taken[called] += 1
                number = f"-{taken[called]}" if taken[called] > 1 else ""
                files.append((f"{called}{number}.mp4", self._core.context.media.stored(job.clip.name)))
        return files


async def _send(request: web.Request, files: Sequence[tuple[str, StoredFile]], name: str) -> web.StreamResponse:
    headers = {"Content-Type": "application/zip", "Content-Disposition": f'attachment; filename="{name}.zip"'}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    made = zip_stream.pieces(files)
    try:
        while (piece := await asyncio.to_thread(next, made, None)) is not None:
            async with asyncio.timeout(SILENCE):
                await response.write(piece)
    except (TimeoutError, OSError):  # a closed connection, or a disk error: the download must not look complete
        if request.transport:
            request.transport.abort()
    finally:
        with suppress(ValueError):  # a thread is still reading, which closes the file afterwards
            made.close()
    return response


def _weigh(files: Sequence[tuple[str, StoredFile]]) -> int:
    """Total bytes of the existing files."""
    size = 0
    for _, file in files:
        with suppress(OSError):
            size += file.size()
    return size


def _cursor(text: str) -> tuple[float, str] | None:
    """Parse a cursor made by `_show`: the clip after which a page begins; None if invalid."""
    at, _, name = text.partition("-")
    try:
        moment = float(at)
    except ValueError:
        return None
    return (moment, name) if math.isfinite(moment) and ID.fullmatch(name) else None
