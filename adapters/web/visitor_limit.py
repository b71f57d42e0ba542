"""Rate limit of visitors, who are new after deleting their cookie: a few per thing, network and day."""

from collections.abc import Callable

from adapters.shared.newest import Newest
from adapters.web.proxies import network

DAY = 86_400.0
MOST = 20_000
"""Maximum remembered entries; the oldest are evicted."""


class VisitorLimit:
    """Admits `few` persons per network, thing and day; admitted ones are not limited further."""

    def __init__(self, few: int, clock: Callable[[], float], most: int = MOST) -> None:
        self._few = few
        self._clock = clock
        self._through: Newest[tuple[str, str], tuple[float, set[str]]] = Newest(most)

    def is_shut(self, thing: str, address: str, person: str) -> bool:
        """Whether a person would be rejected; counts nothing."""
        since, people = self._through.get((thing, network(address)), (0.0, set()))
        return self._clock() - since < DAY and person not in people and len(people) >= self._few

    def admits(self, thing: str, address: str, person: str) -> bool:
        """Whether a person is admitted; counts them."""
        now, key = self._clock(), (thing, network(address))
        since, people = self._through.get(key, (now, set()))
        if now - since >= DAY:
            since, people = now, set()
        if person in people:
            return True
        if len(people) >= self._few:
            return False
        people.add(person)
        self._through[key] = since, people
        return True
