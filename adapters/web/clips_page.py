"""“All my clips”: a person's clips as a grid, found by words, marked as favourites, taken along as one ZIP."""

import asyncio
import math
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from adapters.web import bodies, packing
from adapters.web.crowd import Crowd
from adapters.web.event_stream import spoken
from adapters.web.job_json import JobJson, file_name
from adapters.web.session import Sessions
from adapters.web.templating import card, render, script_data
from bot import texts
from bot.core import Core
from bot.media.stored import StoredFile
from bot.model import ID, Job, Search

PAGE = 48
"""Clips that come at once."""
LONGEST = 200
"""Characters that are searched for."""
MOST = 100
"""Clips in one ZIP."""
HEAVIEST = 2 * 1024**3
"""Bytes of one ZIP."""
MANY, SELECTION = 1000, 64 * 1024
"""Fields and bytes of the form that says which."""
SILENCE = 60.0
"""Seconds without taking a byte after which a download is given up."""
_TEXTS = ("delete", "delete_clip", "delete_what", "keep", "unreached", "not_marked")


class ClipsPage:
    """Its routes."""

    def __init__(self, core: Core, sessions: Sessions, job_json: JobJson, crowd: Crowd) -> None:
        self._core = core
        self._sessions = sessions
        self._job_json = job_json
        self._crowd = crowd

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
            raise web.HTTPSeeOther("/")  # where newcomers are welcomed, or asked for the password
        words, favourites = request.query.get("words", "")[:LONGEST], "favourites" in request.query
        search = Search(words, favourites, clips=True, before=_cursor(request.query.get("before", "")))
        found = await self._core.context.store.jobs(spoken(person).person, PAGE + 1, search=search)
        jobs, more = found[:PAGE], ""
        if len(found) > PAGE:
            place = {"before": f"{jobs[-1].created_at!r}-{jobs[-1].id}", "words": words}
            more = f"/clips?{urlencode({**place, **({'favourites': '1'} if favourites else {})})}"
        state = {
            "csrf": self._sessions.token(person),
            "texts": {name: texts.chat.PAGE[name] for name in _TEXTS},
        }
        page = render(
            "clips.html",
            title=texts.chat.PAGE["clips"],
            web=self._core.context.links.web,
            state=script_data(state),
            token=self._sessions.token(person),
            words=words,
            favourites=favourites,
            said="" if jobs else texts.chat.no_clips(words, favourites),
            clips=[self._clip(job) for job in jobs],
            more=more,
        )
        # A form that is sent without a script says where it comes from, or it is not trusted.
        return web.Response(text=page, content_type="text/html", headers={"Referrer-Policy": "same-origin"})

    def _clip(self, job: Job) -> dict[str, Any]:
        assert job.clip
        return {
            "id": job.id,
            "words": job.order.prompt,
            "alt": texts.chat.alt(job.order.prompt),
            "facts": f"{job.order.seconds}\u00a0s · {datetime.fromtimestamp(job.created_at, UTC):%-d %b %Y}",
            "width": job.clip.width,
            "height": job.clip.height,
            "favourite": job.favourite,
            "src": self._job_json.link(job.clip.name),
            "download": self._job_json.link(job.clip.name, file_name(job.order.prompt, job.created_at)),
        }

    async def _favour(self, request: web.Request, person: str) -> web.StreamResponse:
        """Mark a clip (`on=1`) or no longer: said twice, it is the same."""
        if not self._sessions.trusts(request, person):
            return web.json_response({"text": texts.chat.PAGE["reload"]}, status=403)
        if self._crowd.is_full(request, person):
            return web.json_response({"text": texts.chat.PAGE["one_by_one"]}, status=429)
        job = request.match_info["job"]
        with self._crowd.counted(request, person):
            on = (await bodies.form(request)).get("on") == "1"
            if not await self._core.favour(spoken(person), job, on):
                raise web.HTTPNotFound
        return web.json_response({"favourite": on})

    async def _zip(self, request: web.Request, person: str) -> web.StreamResponse:
        if self._crowd.is_full(request, person):
            return card(texts.chat.PAGE["one_by_one"], 429, home=True)
        with self._crowd.counted(request, person):
            pairs = await bodies.pairs(request, SELECTION, MANY)
            if not self._sessions.trusts(request, person, dict(pairs).get("token", "")):
                return card(texts.chat.PAGE["reload"], 403, home=True)
            names = {value: None for name, value in pairs if name == "clip"}
            files = await self._files(list(names)[:MOST], person)
            size = await asyncio.to_thread(_weigh, files)
            if len(names) > MOST or size > HEAVIEST:
                return card(texts.chat.PAGE["too_many"], 413, home=True)
            if not size:
                return card(texts.chat.PAGE["none_left"], 404, home=True)
            return await _send(
                request, files, f"photoplay-{datetime.fromtimestamp(self._core.context.clock(), UTC):%Y-%m-%d}"
            )

    async def _files(self, names: Sequence[str], person: str) -> list[tuple[str, StoredFile]]:
        """What the clips among these that are the person's are called in a ZIP, and they themselves."""
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
    made = packing.pieces(files)
    try:
        while (piece := await asyncio.to_thread(next, made, None)) is not None:
            async with asyncio.timeout(SILENCE):
                await response.write(piece)
    except (TimeoutError, OSError):  # nobody takes it any more, or the disk fails: what is there must not look whole
        if request.transport:
            request.transport.abort()
    finally:
        with suppress(ValueError):  # a thread is still reading: then the file is closed after it
            made.close()
    return response


def _weigh(files: Sequence[tuple[str, StoredFile]]) -> int:
    """Bytes of those that are there."""
    size = 0
    for _, file in files:
        with suppress(OSError):
            size += file.size()
    return size


def _cursor(text: str) -> tuple[float, str] | None:
    """Behind which clip a page begins; None for anything that `_show` has not made."""
    at, _, name = text.partition("-")
    try:
        moment = float(at)
    except ValueError:
        return None
    return (moment, name) if math.isfinite(moment) and ID.fullmatch(name) else None
