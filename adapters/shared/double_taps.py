"""Detection of accidental double taps on a button."""

from collections.abc import Callable, Hashable

DOUBLE = 3.0
"""Seconds within which a repeated press is accidental."""


class DoubleTaps:
    """The latest presses; `clock` returns seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._latest: dict[Hashable, tuple[float, str]] = {}

    def slipped(self, press: Hashable, id: str) -> bool:
        """Whether `press` (person, place, command) repeats a recent one. The same `id`: a redelivery."""
        now = self._clock()
        while self._latest and next(iter(self._latest.values()))[0] < now - DOUBLE:
            del self._latest[next(iter(self._latest))]
        _, known = self._latest.setdefault(press, (now, id))
        return known != id
