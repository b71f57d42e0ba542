"""Fingers that slip: the same button pressed twice within a moment."""

from collections.abc import Callable, Hashable

DOUBLE = 3.0
"""Seconds in which the same press again is a slip of the finger."""


class DoubleTaps:
    """Presses of the last moment; `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._latest: dict[Hashable, tuple[float, str]] = {}

    def slipped(self, press: Hashable, id: str) -> bool:
        """Whether `press` (who, where, what) came a moment ago; under the same `id` it is the same one, told again."""
        now = self._clock()
        while self._latest and next(iter(self._latest.values()))[0] < now - DOUBLE:
            del self._latest[next(iter(self._latest))]
        _, known = self._latest.setdefault(press, (now, id))
        return known != id
