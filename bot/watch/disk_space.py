"""Free space on the disk of `DATA_DIR`: with too little nothing is bought, and the operator is told."""

from collections.abc import Awaitable, Callable

from bot import texts
from bot.media import library
from bot.media.library import Media
from bot.model import Incident
from bot.sentence import Sentence
from storage import Store

AGAIN = 6 * 3600.0
"""Seconds between two incidents of it."""
_LOOKED = 50
"""Incidents among which an earlier one is looked for, as other processes look as well."""


class DiskSpace:
    """Looks at the space; `clock` returns Unix seconds, `tell` writes to the operators."""

    def __init__(
        self, media: Media, store: Store, clock: Callable[[], float], tell: Callable[[Sentence], Awaitable[None]]
    ) -> None:
        self._media, self._store, self._clock, self._tell = media, store, clock, tell

    async def round(self) -> None:
        """Note an incident, and tell the operators, if the space is too little. Raises `StoreDown`."""
        free, now, what = self._media.free_space(), self._clock(), texts.incidents.DISK_FULL
        if free >= library.LEAST_FREE:
            return
        if any(one.what == what and now - one.at < AGAIN for one in await self._store.incidents(_LOOKED)):
            return
        await self._store.note(Incident(now, what, f"{free // 2**20} MB left"))
        await self._tell(texts.operator.disk_full(free // 2**20))
