"""Rate limit of wrong passwords, per network, so that a guesser locks out only themselves."""

from collections import Counter, deque
from collections.abc import Callable

from adapters.web.proxies import network, region

EACH, WIDE, SPAN = 8, 80, 60.0
"""Maximum wrong passwords per network, and per provider's block, in `SPAN` seconds."""
MOST = 20_000
"""Maximum remembered wrong passwords; the oldest are evicted."""


class GuessLimit:
    """Counters of wrong passwords; `clock` returns seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._misses: deque[tuple[float, tuple[str, str]]] = deque()
        self._counts: Counter[str] = Counter()

    def exhausted(self, address: str) -> bool:
        """Whether the limit for an address is reached."""
        while self._misses and (len(self._misses) > MOST or self._misses[0][0] <= self._clock() - SPAN):
            for name in self._misses.popleft()[1]:
                self._counts[name] -= 1
                if not self._counts[name]:
                    del self._counts[name]
        near, wide = _names(address)
        return self._counts[near] >= EACH or self._counts[wide] >= WIDE

    def miss(self, address: str) -> None:
        """Count a wrong password."""
        names = _names(address)
        self._misses.append((self._clock(), names))
        self._counts.update(names)


def _names(address: str) -> tuple[str, str]:
    return f"near {network(address)}", f"wide {region(address)}"
