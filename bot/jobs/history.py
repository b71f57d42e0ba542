"""What past renders say about the next one: a `Rhythm` per host, model and length, kept up to date."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.errors import StoreDown
from bot.jobs.polling import KNOWN, Rhythm
from bot.model import Order
from bot.ports import Provider
from storage import Store

FRESH = 60.0
"""Seconds after which the store is asked again: other workers learn, too."""
LESSON = 10
"""After this part of the known renders has been added by ourselves, it is time to learn from them."""

Kind = tuple[str, str, int]


@dataclass(slots=True)
class _Known:
    rhythm: Rhythm
    renders: int
    until: float
    news: int = 0


class History:
    """Asks the store, and remembers the answer. `slots`: clips that are made at once, for whoever counts the queue."""

    def __init__(self, store: Store, provider: Provider, clock: Callable[[], float], slots: int = 5) -> None:
        self.slots = slots
        self._store = store
        self._provider = provider
        self._clock = clock
        self._known: dict[Kind, _Known] = {}

    async def rhythm(self, order: Order, host: str | None = None) -> Rhythm:
        """How long `order` takes at `host`; at the preferred host without a name."""
        terms = self._provider.terms(host)
        kind = (terms.host, order.model, order.seconds)
        known = self._known.get(kind)
        if known and self._clock() < known.until and known.news <= known.renders / LESSON:
            return known.rhythm
        if known:  # whoever else asks meanwhile gets the old answer
            known.until, known.news = self._clock() + FRESH, 0
        try:
            renders = await self._store.renders(*kind, limit=KNOWN)
        except StoreDown:  # nobody's order may fail for want of a guess
            return known.rhythm if known else Rhythm.of([], blind=terms.blind, usual=terms.usual)
        rhythm = Rhythm.of(renders, blind=terms.blind, usual=terms.usual)
        self._known[kind] = _Known(rhythm, len(renders), self._clock() + FRESH)
        return rhythm

    def add(self, order: Order, host: str) -> None:
        """Another render has ended, and is in the store."""
        known = self._known.get((host, order.model, order.seconds))
        if known:
            known.news += 1
