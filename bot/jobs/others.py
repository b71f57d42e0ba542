"""Workers of other platforms: slots at the provider that are left for their orders."""

from collections.abc import Callable

PATIENCE = 5.0
"""Seconds for which a free slot is left for the same order; a worker looks for orders every two seconds."""
AWAY = 300.0
"""Seconds for which a platform whose order was not taken counts as unattended."""


class Others:
    """Whether to leave a slot for an order of a platform that this worker does not serve.

    A worker is quickest to see its own slots become free, so without this it would take them until its queue is empty,
    even while an order waits at another platform. `clock` returns Unix seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._first: dict[str, tuple[str, float]] = {}
        """By platform: its first order in this round, and since when that one was the first."""
        self._before: dict[str, tuple[str, float]] = {}
        self._away: dict[str, float] = {}

    def begin(self) -> None:
        """Begin a round."""
        self._before, self._first = self._first, {}

    def leave(self, job_id: str, platform: str) -> bool:
        """Whether to leave a slot for this order, which is before ours; called in the order of the queue."""
        now = self._clock()
        if platform not in self._first:
            job, since = self._before.get(platform, ("", now))
            self._first[platform] = job_id, since if job == job_id else now
        if now < self._away.get(platform, 0.0):
            return False
        if 0 <= now - self._first[platform][1] <= PATIENCE:
            return True
        self._away[platform] = now + AWAY
        return False
