"""Sessions: signed cookies, CSRF tokens, and a password for access from other machines.

The page spends money. On loopback it is open to the machine's users; elsewhere it requires the password.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web

from adapters.web.guess_limit import GuessLimit
from adapters.web.proxies import FORWARDED, Proxies, is_loopback
from adapters.web.telling import json_response
from bot import texts
from bot.media.signed_links import BadLink, Links

YEAR = 365 * 86_400.0
_ID = re.compile(r"[a-z0-9]{16}")

Handler = Callable[[web.Request, str], Awaitable[web.StreamResponse]]


class Sessions:
    """`private`: the server listens on loopback and no public address leads to it. `secure`: it is reached by https.

    `proxies` determine client addresses.
    """

    def __init__(
        self,
        links: Links,
        clock: Callable[[], float],
        *,
        private: bool,
        password: str | None,
        secure: bool,
        proxies: Proxies | None = None,
    ) -> None:
        self._links = links
        self._clock = clock
        self._private = private
        self._password = password
        self._secure = secure
        # Cookies ignore ports: two installations on one machine need different names.
        mark = links.mark("cookies")
        self._person_cookie, self._door_cookie = f"photoplay_person_{mark}", f"photoplay_door_{mark}"
        # A new password invalidates all sessions of the old one.
        self._door = f"door {hashlib.sha256((password or '').encode()).hexdigest()[:16]}"
        self._guesses = GuessLimit(clock)
        self.address = (proxies or Proxies()).address

    def at_home(self, request: web.Request) -> bool:
        """Whether the request is from this machine; never with a password, as it may come through a local proxy."""
        return self._password is None and self._at_home(request)

    def are_shut(self, request: web.Request) -> bool:
        """Whether the page is unavailable for this request, with any password."""
        return self._password is None and not self._at_home(request)

    def admits(self, request: web.Request) -> bool:
        """Whether the request may access the page."""
        if self._password is None:
            return self._at_home(request)
        return self._read(request, self._door_cookie, self._door) == "open"

    def keep_out(self, request: web.Request) -> bool:
        """Whether the address has made too many attempts."""
        return self._guesses.exhausted(self.address(request))

    def unlock(self, request: web.Request, response: web.StreamResponse, password: str) -> bool | None:
        """Check a password: True (and set the cookie), False, or None after too many attempts."""
        if self.keep_out(request):
            return None
        said, right = (word.encode("utf-8", "surrogateescape") for word in (password, self._password or ""))
        if self._password is None or not hmac.compare_digest(said, right):
            self._guesses.miss(self.address(request))
            return False
        self._write(response, self._door_cookie, self._door, "open")
        return True

    def person(self, request: web.Request) -> str | None:
        """The person's id from the cookie; None if there is none."""
        found = self._read(request, self._person_cookie, "person")
        return found if found and _ID.fullmatch(found) else None

    def welcome(self, response: web.StreamResponse) -> str:
        """Set a cookie with a new id, for a year."""
        person = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(16))
        self._write(response, self._person_cookie, "person", person)
        return person

    def token(self, person: str) -> str:
        """The CSRF token for a person's forms."""
        return self._links.sign("form", person, YEAR)

    def trusts(self, request: web.Request, person: str, token: str | None = None) -> bool:
        """Whether a request is from our own page in this person's browser (CSRF). `token`: of a form without script."""
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return False
        if request.headers.get("Origin", request.host).rpartition("//")[2] != request.host and self._private:
            return False  # behind a proxy the two may differ; there the token decides
        try:
            return (
                self._links.open("form", request.headers.get("X-Photoplay", "") if token is None else token) == person
            )
        except BadLink:
            return False

    def for_a_person(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """A handler only for requests with access and a cookie."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            person = self.person(request)
            if person is None or not self.admits(request):
                return json_response({"text": texts.page.PAGE["reload"]}, status=401)
            return await handler(request, person)

        return guarded

    def _at_home(self, request: web.Request) -> bool:
        # The Host header, too: DNS rebinding can point a foreign name at this machine. Proxied requests are not local.
        name = re.sub(r":\d+$", "", request.host)
        return self._private and is_loopback(name) and not any(header in request.headers for header in FORWARDED)

    def _read(self, request: web.Request, cookie: str, namespace: str) -> str | None:
        try:
            return self._links.open(namespace, request.cookies.get(cookie, ""))
        except BadLink:
            return None

    def _write(self, response: web.StreamResponse, cookie: str, namespace: str, value: str) -> None:
        token = self._links.sign(namespace, value, YEAR)
        # Lax, not Strict: links to the page must open the person's conversation.
        response.set_cookie(
            cookie, token, max_age=int(YEAR), httponly=True, samesite="Lax", secure=self._secure, path="/"
        )
