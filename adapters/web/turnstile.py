"""A bound on what people can add to who throw their cookie away: a few newcomers per thing, network and day."""

import ipaddress
from collections.abc import Callable

DAY = 86_400.0
MOST = 20_000
"""Entries that are remembered; then the oldest go."""


class Turnstile:
    """Lets `few` people of each network through to each thing in a day; those whom it let through come again freely."""

    def __init__(self, few: int, clock: Callable[[], float], most: int = MOST) -> None:
        self._few = few
        self._clock = clock
        self._most = most
        self._through: dict[tuple[str, str], tuple[float, set[str]]] = {}

    def admits(self, thing: str, address: str, person: str) -> bool:
        """Whether this person may, and counts them."""
        now, key = self._clock(), (thing, network(address))
        since, people = self._through.get(key, (now, set()))
        if now - since >= DAY:
            del self._through[key]
            since, people = now, set()
        if person in people:
            return True
        if len(people) >= self._few:
            return False
        people.add(person)
        while key not in self._through and len(self._through) >= self._most:
            del self._through[next(iter(self._through))]
        self._through[key] = since, people
        return True


def network(address: str) -> str:
    """Whose address it is: of IPv6 one household is given a whole network, often 256 of those that a device is in."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped or ipaddress.ip_network((int(found) >> 72 << 72, 56)))
    return str(found)
