"""A bound on what people can add to who throw their cookie away: a few newcomers per thing, network and day."""

from collections.abc import Callable

from adapters.shared.newest import Newest
from adapters.web.proxies import network

DAY = 86_400.0
MOST = 20_000
"""Entries that are remembered; then the oldest go."""


class VisitorLimit:
    """Lets `few` people of each network through to each thing in a day; those whom it let through come again freely."""

    def __init__(self, few: int, clock: Callable[[], float], most: int = MOST) -> None:
        self._few = few
        self._clock = clock
        self._through: Newest[tuple[str, str], tuple[float, set[str]]] = Newest(most)

    def is_shut(self, thing: str, address: str, person: str) -> bool:
        """Whether this person may not; counts nobody."""
        since, people = self._through.get((thing, network(address)), (0.0, set()))
        return self._clock() - since < DAY and person not in people and len(people) >= self._few

    def admits(self, thing: str, address: str, person: str) -> bool:
        """Whether this person may, and counts them."""
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
