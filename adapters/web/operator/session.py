"""Sessions of the operator's page, in a strict cookie, and the tokens of its forms.

Nothing else of the web server begins one: neither the chat page's password nor being on this machine.
"""

import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from adapters.web.guess_limit import GuessLimit
from adapters.web.templating import card_page
from bot import texts
from bot.core import Core
from bot.media.signed_links import BadLink, Links

DAY = 86_400.0
PATH = "/admin"


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of an operator's. `form`: the token of the forms on this page."""

    request: web.Request
    person: str
    session: str
    form: str


Handler = Callable[[Visit], Awaitable[web.StreamResponse]]


class OperatorSessions:
    """`secure`: the server is reached by https. `address`: whose network a request is from."""

    def __init__(self, core: Core, links: Links, address: Callable[[web.Request], str], *, secure: bool) -> None:
        self._core = core
        self._address = address
        self._guesses = GuessLimit(time.monotonic)
        self._links = links
        self._secure = secure
        # Cookies ignore ports: two installations on one machine need different names.
        self._cookie = f"photoplay_operator_{links.mark('cookies')}"

    async def visit(self, request: web.Request) -> Visit | None:
        """Who asks; None if it is no operator with a session."""
        session = request.cookies.get(self._cookie, "")
        person = await self._core.overview.whose(session) if session else None
        if person is None:
            return None
        return Visit(request, person, session, self._links.sign("operator form", _short(session), DAY))

    def for_an_operator(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """A handler for operators alone; all others are told how one gets in."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            visit = await self.visit(request)
            return await handler(visit) if visit else shut()

        return guarded

    async def open(self, request: web.Request, link: str) -> str | None:
        """The token of a new session, for a link; None for a wrong one. Each network has a few tries a minute."""
        address = self._address(request)
        if self._guesses.exhausted(address):
            raise web.HTTPTooManyRequests
        session = await self._core.overview.enter(link)
        if session is None:
            self._guesses.miss(address)
        return session

    def trusts(self, visit: Visit, token: str) -> bool:
        """Whether a form was on our own page, in this session (CSRF)."""
        try:
            return is_ours(visit.request) and self._links.open("operator form", token) == _short(visit.session)
        except BadLink:
            return False

    def admit(self, response: web.StreamResponse, session: str) -> None:
        """Set the cookie of a session, which ends with the browser's or after twelve hours."""
        response.set_cookie(self._cookie, session, httponly=True, samesite="Strict", secure=self._secure, path=PATH)

    def forget(self, response: web.StreamResponse) -> None:
        """Remove the cookie."""
        response.del_cookie(self._cookie, path=PATH, httponly=True, samesite="Strict", secure=self._secure)


def is_ours(request: web.Request) -> bool:
    """Whether a request comes from a page of ours, as far as the browser says."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"


def shut(title: str = "", status: int = 401) -> web.Response:
    """The page for everybody else."""
    said = texts.overview.LABELS
    body = card_page(said["shut_lead"], title or said["shut"])
    return web.Response(text=body, status=status, content_type="text/html")


def _short(session: str) -> str:
    return hashlib.sha256(f"form {session}".encode()).hexdigest()[:32]
