"""Render history: a `Rhythm` per host, model and length, learned from the store and kept up to date."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from bot.errors import StoreDown
from bot.jobs.polling import KNOWN, Rhythm
from bot.model import Order
from bot.ports import Provider
from storage import Store

FRESH = 60.0
"""Seconds until the store is read again: other workers add renders, too."""
RELEARN = 10
"""Relearn once the new renders of this process exceed 1/RELEARN of the known ones."""

Kind = tuple[str, str, int]


@dataclass(slots=True)
class _Known:
    rhythm: Rhythm
    renders: int
    until: float
    news: int = 0


class History:
    """Cached rhythms. `slots`: renders at once, for estimates of the queue."""

    def __init__(self, store: Store, provider: Provider, clock: Callable[[], float], slots: int = 5) -> None:
        self.slots = slots
        self._store = store
        self._provider = provider
        self._clock = clock
        self._known: dict[Kind, _Known] = {}
        self._learning = asyncio.Lock()

    async def rhythm(self, order: Order, host: str | None = None) -> Rhythm:
        """The rhythm of `order` at `host`, or at the preferred host without one."""
        return await self._rhythm((self._provider.terms(host).host, order.model, order.seconds))

    async def usual(self, model: str, seconds: int) -> float | None:
        """Seconds until a clip of a model is usually ready at the preferred host: the median of those known, else what
        is written of the model; None if nothing is."""
        terms = self._provider.terms(None, model)
        kind = (terms.host, model, seconds)
        rhythm = await self._rhythm(kind)
        known = self._known.get(kind)
        if known and known.renders:
            return rhythm.usual
        return terms.usual if terms.stand_in or terms.told else None

    async def _rhythm(self, kind: Kind) -> Rhythm:
        known = self._known.get(kind)
        if known and self._clock() < known.until and known.news <= known.renders / RELEARN:
            return known.rhythm
        if known:  # concurrent callers get the previous rhythm meanwhile
            known.until, known.news = self._clock() + FRESH, 0
            return await self._learn(kind)
        async with self._learning:  # concurrent callers wait for the first
            known = self._known.get(kind)
            return known.rhythm if known else await self._learn(kind)

    def next_poll(self, kind: Kind, elapsed: float, polls: int) -> float:
        """Seconds until the next poll of a job after `polls`, by the present rhythm of its kind."""
        known = self._known.get(kind)
        return (known.rhythm if known else self._blind(kind)).next_poll(elapsed, polls)

    def knows(self, kind: Kind) -> bool:
        """Whether the store was read for this kind."""
        return kind in self._known

    async def _learn(self, kind: Kind) -> Rhythm:
        terms = self._provider.terms(kind[0], kind[1])
        try:
            renders = await self._store.renders(*kind, limit=KNOWN)
        except StoreDown:  # an estimate is optional: the order must not fail
            known = self._known.get(kind)
            return known.rhythm if known else self._blind(kind)
        # Some 10 ms: too long for the event loop.
        rhythm = await asyncio.to_thread(Rhythm.of, renders, blind=terms.blind, usual=terms.usual)
        self._known[kind] = _Known(rhythm, len(renders), self._clock() + FRESH)
        return rhythm

    def _blind(self, kind: Kind) -> Rhythm:
        terms = self._provider.terms(kind[0], kind[1])
        return _without_history(terms.blind, terms.usual)

    def add(self, order: Order, host: str) -> None:
        """Count a render that ended and is in the store."""
        known = self._known.get((host, order.model, order.seconds))
        if known:
            known.news += 1


@cache
def _without_history(blind: float, usual: float) -> Rhythm:
    return Rhythm.of([], blind=blind, usual=usual)
