"""How many requests that cost something one person, and all people of one network, have under way."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

from adapters.web.proxies import network
from adapters.web.session import Sessions

AT_ONCE, NEAR = 4, 16
"""Of one person, and of a network, at the same time."""


class Crowd:
    """The requests that are counted now."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._busy: Counter[str] = Counter()

    def is_full(self, request: web.Request, person: str) -> bool:
        """Whether one more is too many."""
        return self._busy[person] >= AT_ONCE or self._busy[self._near(request)] >= NEAR

    @contextmanager
    def counted(self, request: web.Request, person: str) -> Iterator[None]:
        """Meanwhile, it counts."""
        names = person, self._near(request)
        self._busy.update(names)
        try:
            yield
        finally:
            self._busy -= Counter(names)  # which also drops those that are at nothing

    def _near(self, request: web.Request) -> str:
        return f"near {network(self._sessions.address(request))}"
