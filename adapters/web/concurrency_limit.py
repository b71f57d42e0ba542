"""Limits of concurrent expensive requests, per person and per network."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from adapters.web.proxies import network
from adapters.web.session import Sessions
from adapters.web.telling import json_response
from bot import texts

AT_ONCE, NEAR = 4, 16
"""Maximum concurrent requests of a person, and of a network."""


class ConcurrencyLimit:
    """Counters of running requests."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._busy: Counter[str] = Counter()

    def is_full(self, request: web.Request, person: str) -> bool:
        """Whether the limit is reached."""
        return self._busy[person] >= AT_ONCE or self._busy[self._near(request)] >= NEAR

    def refusal(self, request: web.Request, person: str) -> web.Response | None:
        """The refusal of a request by the page's script that is not from our page, or one too many; None for others."""
        if not self._sessions.trusts(request, person):
            return json_response({"text": texts.page.PAGE["reload"]}, status=403)
        if self.is_full(request, person):
            return json_response({"text": texts.page.PAGE["one_by_one"]}, status=429)
        return None

    @contextmanager
    def counted(self, request: web.Request, person: str) -> Iterator[None]:
        """Count a request inside the block."""
        names = person, self._near(request)
        self._busy.update(names)
        try:
            yield
        finally:
            self._busy -= Counter(names)  # which also removes zeros

    def _near(self, request: web.Request) -> str:
        return f"near {network(self._sessions.address(request))}"
