"""The routes of the operator's page."""

import math
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from adapters.web import bodies
from adapters.web.operator import acts, jobs, log, money, now, people
from adapters.web.operator.session import PATH, OperatorSessions, Visit, is_ours, shut
from adapters.web.telling import language
from adapters.web.templating import render
from bot import texts
from bot.core import Core
from bot.model import PERSON
from bot.overview import Jobs, Show

Health = Callable[[], Awaitable[tuple[bool, Mapping[str, Any]]]]
SECTIONS = (
    ("now", PATH),
    ("jobs", jobs.JOBS),
    ("people", people.PEOPLE),
    ("money", money.MONEY),
    ("incidents", log.INCIDENTS),
    ("log", log.LOG),
)
"""Name and path of each section, in the order of the menu."""
LONGEST = 100
"""Characters of a search."""
FIELDS = 12
"""Fields of a form that says a command."""


class OperatorRoutes:
    """The page. `health`: whether we work, with figures."""

    def __init__(self, core: Core, sessions: OperatorSessions, health: Health) -> None:
        self._core = core
        self._sessions = sessions
        self._health = health

    def install(self, app: web.Application) -> None:
        """Add the routes to the web server."""
        guard = self._sessions.for_an_operator
        app.add_routes(
            [
                web.get(PATH, guard(self._now)),
                web.get(jobs.JOBS, guard(self._jobs)),
                web.get(f"{jobs.JOBS}/{{job}}", guard(self._job)),
                web.get(people.PEOPLE, guard(self._people)),
                web.get(f"{people.PEOPLE}/{{person}}", guard(self._person)),
                web.get(f"{people.COMMUNITIES}/{{scope}}", guard(self._community)),
                web.get(money.MONEY, guard(self._money)),
                web.get(log.INCIDENTS, guard(self._incidents)),
                web.get(log.LOG, guard(self._log)),
                web.get(f"{PATH}/enter", self._ask),
                web.post(f"{PATH}/enter", self._enter),
                web.post(f"{PATH}/leave", guard(self._leave)),
                web.post(f"{PATH}/act", guard(self._act)),
            ]
        )

    def _page(self, visit: Visit, template: str, section: str, **values: Any) -> web.Response:
        page = render(
            f"operator/{template}.html",
            title=texts.overview.LABELS[section] if section else texts.overview.LABELS["said"],
            overview=texts.overview.LABELS,
            sections=[(name, path, texts.overview.LABELS[name]) for name, path in SECTIONS],
            section=section,
            form=visit.form,
            key=secrets.token_urlsafe(12),
            here=visit.request.path_qs,
            web=None,
            **{"back": "", **values},
        )
        # A form that is sent without a script needs its Origin to be told.
        return web.Response(text=page, content_type="text/html", headers={"Referrer-Policy": "same-origin"})

    async def _now(self, visit: Visit) -> web.StreamResponse:
        well, figures = await self._health()
        return self._page(visit, "now", "now", **now.values(await self._core.overview.now(), well, figures))

    async def _jobs(self, visit: Visit) -> web.StreamResponse:
        overview, query = self._core.overview, visit.request.query
        find, show = query.get("find", "").strip()[:LONGEST], query.get("show", "unfinished")
        now = self._core.context.clock()
        if PERSON.fullmatch(find):
            return self._page(visit, "jobs", "jobs", **jobs.values(await overview.jobs_of(find), None, find, now))
        if find and await overview.story(find):
            raise web.HTTPSeeOther(f"{jobs.JOBS}/{find}")
        if find:
            return self._page(visit, "jobs", "jobs", **jobs.values(Jobs([]), None, find, now))
        tab: Show = show if show in ("clip", "failed") else "unfinished"  # type: ignore[assignment]  # it is one of them
        found = await overview.jobs(tab, _time(query.get("before", "")))
        return self._page(visit, "jobs", "jobs", **jobs.values(found, tab, "", now))

    async def _job(self, visit: Visit) -> web.StreamResponse:
        found = await self._core.overview.story(visit.request.match_info["job"])
        if found is None:
            raise web.HTTPNotFound
        return self._page(visit, "job", "jobs", **jobs.story(found, self._core.context.clock()))

    async def _people(self, visit: Visit) -> web.StreamResponse:
        find = visit.request.query.get("find", "").strip()[:LONGEST]
        found, now = await self._core.overview.people(find), self._core.context.clock()
        return self._page(visit, "people", "people", **people.values(*found, find, now))

    async def _person(self, visit: Visit) -> web.StreamResponse:
        found = await self._core.overview.person(visit.person, visit.request.match_info["person"])
        if found is None:
            raise web.HTTPNotFound
        return self._page(visit, "person", "people", **people.person(found, self._core.context.clock()))

    async def _community(self, visit: Visit) -> web.StreamResponse:
        found = await self._core.overview.community(visit.person, visit.request.match_info["scope"], language())
        if found is None:
            raise web.HTTPNotFound
        return self._page(visit, "community", "people", **people.community(found))

    async def _money(self, visit: Visit) -> web.StreamResponse:
        return self._page(visit, "money", "money", **money.values(await self._core.overview.money()))

    async def _incidents(self, visit: Visit) -> web.StreamResponse:
        return self._page(visit, "incidents", "incidents", **log.incidents(await self._core.overview.incidents()))

    async def _log(self, visit: Visit) -> web.StreamResponse:
        find = visit.request.query.get("find", "").strip()[:LONGEST]
        return self._page(visit, "log", "log", **log.acts(await self._core.overview.acts(find), find))

    async def _ask(self, request: web.Request) -> web.StreamResponse:
        """A link only asks: chats open the links that they show, and each lets in once."""
        page = render(
            "operator/enter.html",
            title=texts.overview.LABELS["title"],
            overview=texts.overview.LABELS,
            web=None,
            link=request.query.get("link", ""),
        )
        return web.Response(text=page, content_type="text/html")

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        if not is_ours(request):
            return shut(status=403)
        try:
            session = await self._sessions.open(request, (await bodies.form(request)).get("link", ""))
        except web.HTTPTooManyRequests:
            return shut(texts.page.PAGE["password_wait"], 429)
        if session is None:
            return shut(texts.overview.LABELS["link_over"], 403)
        response = web.Response(status=303, headers={"Location": PATH})
        self._sessions.admit(response, session)
        return response

    async def _leave(self, visit: Visit) -> web.StreamResponse:
        form = await bodies.form(visit.request)
        if not self._sessions.trusts(visit, form.get("form", "")):
            return shut(texts.page.PAGE["reload"], 403)
        await self._core.overview.leave(visit.session)
        response = web.Response(status=303, headers={"Location": PATH})
        self._sessions.forget(response)
        return response

    async def _act(self, visit: Visit) -> web.StreamResponse:
        """Say a command, and show what came of it. The form's key makes a second sending the same message."""
        form = dict(await bodies.pairs(visit.request, bodies.SMALL, FIELDS))
        if not self._sessions.trusts(visit, form.get("form", "")):
            return shut(texts.page.PAGE["reload"], 403)
        inbound = acts.said(visit.person, form)
        if inbound is None:
            raise web.HTTPBadRequest
        reply = await self._core.handle(inbound)
        back = form.get("back", "")
        return self._page(
            visit,
            "told",
            "",
            reply=reply.text,
            refused=reply.refused,
            pictures=acts.pictures(reply),
            undo=next((button.command.partition(" ")[2] for button in reply.buttons if "/undo" in button.command), ""),
            scope=inbound.scope,
            back=back if back == PATH or back.startswith((f"{PATH}/", f"{PATH}?")) else PATH,
        )


def _time(text: str) -> float | None:
    """A time that our own links say; None for anything else."""
    try:
        return float(text) if math.isfinite(float(text)) else None
    except ValueError:
        return None
