"""Who is asking, and whether they may: signed cookies, a token against forged forms, and a password off this machine.

The page spends money. Served on loopback it is for whoever sits there; anywhere else it asks for the password.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web

from adapters.web.proxies import FORWARDED, Proxies, is_loopback
from adapters.web.tries import Tries
from bot import texts
from bot.media.signed_links import BadLink, Links

YEAR = 365 * 86_400.0
_ID = re.compile(r"[a-z0-9]{16}")

Handler = Callable[[web.Request, str], Awaitable[web.StreamResponse]]


class Sessions:
    """`private`: the server listens on loopback and no public address leads to it. `secure`: it is reached by https.

    `proxies` say where a request comes from.
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
        # Cookies ignore ports: two Photoplays on one machine must not take each other's people.
        mark = links.mark("cookies")
        self._person_cookie, self._door_cookie = f"photoplay_person_{mark}", f"photoplay_door_{mark}"
        # A new password closes all doors that the old one opened.
        self._door = f"door {hashlib.sha256((password or '').encode()).hexdigest()[:16]}"
        self._tries = Tries(clock)
        self.address = (proxies or Proxies()).address

    def at_home(self, request: web.Request) -> bool:
        """Whether whoever asks sits at this machine: with a password it may be anybody, by way of a proxy."""
        return self._password is None and self._at_home(request)

    def are_shut(self, request: web.Request) -> bool:
        """Whether the page is off for this request, password or not."""
        return self._password is None and not self._at_home(request)

    def admits(self, request: web.Request) -> bool:
        """Whether the page may be shown to whoever asks."""
        if self._password is None:
            return self._at_home(request)
        return self._read(request, self._door_cookie, self._door) == "open"

    def keep_out(self, request: web.Request) -> bool:
        """Whether no password is taken from there just now."""
        return self._tries.exhausted(self.address(request))

    def unlock(self, request: web.Request, response: web.StreamResponse, password: str) -> bool | None:
        """Try a password: True and a cookie, False, or None when there were too many tries."""
        if self.keep_out(request):
            return None
        said, right = (word.encode("utf-8", "surrogateescape") for word in (password, self._password or ""))
        if self._password is None or not hmac.compare_digest(said, right):
            self._tries.miss(self.address(request))
            return False
        self._write(response, self._door_cookie, self._door, "open")
        return True

    def person(self, request: web.Request) -> str | None:
        """Who is asking: the id in the cookie."""
        found = self._read(request, self._person_cookie, "person")
        return found if found and _ID.fullmatch(found) else None

    def welcome(self, response: web.StreamResponse) -> str:
        """Give a newcomer an id, kept for a year."""
        person = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(16))
        self._write(response, self._person_cookie, "person", person)
        return person

    def token(self, person: str) -> str:
        """What every form of this person must carry."""
        return self._links.sign("form", person, YEAR)

    def trusts(self, request: web.Request, person: str, token: str | None = None) -> bool:
        """Whether a request comes from our own page in this person's browser. Without a script, a form has `token`."""
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            return False
        if request.headers.get("Origin", request.host).rpartition("//")[2] != request.host and self._private:
            return False  # behind a proxy the two may differ; there the token has to do
        try:
            return (
                self._links.open("form", request.headers.get("X-Photoplay", "") if token is None else token) == person
            )
        except BadLink:
            return False

    def for_a_person(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Only for people whom the door admits and the cookie names."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            person = self.person(request)
            if person is None or not self.admits(request):
                return web.json_response({"text": texts.chat.PAGE["reload"]}, status=401)
            return await handler(request, person)

        return guarded

    def _at_home(self, request: web.Request) -> bool:
        # The Host header too: a foreign page can point a name of its own at this machine. And a proxy is not home.
        name = re.sub(r":\d+$", "", request.host)
        return self._private and is_loopback(name) and not any(header in request.headers for header in FORWARDED)

    def _read(self, request: web.Request, cookie: str, namespace: str) -> str | None:
        try:
            return self._links.open(namespace, request.cookies.get(cookie, ""))
        except BadLink:
            return None

    def _write(self, response: web.StreamResponse, cookie: str, namespace: str, value: str) -> None:
        token = self._links.sign(namespace, value, YEAR)
        # Lax, not Strict: who follows a link to the page must find their conversation.
        response.set_cookie(
            cookie, token, max_age=int(YEAR), httponly=True, samesite="Lax", secure=self._secure, path="/"
        )
