"""The daily backup: of several processes one makes it, and a failure is an incident."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from bot import texts
from bot.backup import making, manifest
from bot.backup.locks import Busy
from bot.backup.source import Source
from bot.errors import Misconfigured, StoreDown
from bot.model import Incident
from storage import Store

log = logging.getLogger(__name__)

DAY = 86_400.0
"""Seconds between two backups."""
AGAIN = 3600.0
"""Seconds until another try after a failure, and between two incidents of it."""
_LOOKED = 50
"""Incidents among which one of the last hour is looked for."""


class Scheduled:
    """Backups of `source` in the folder `to`, of which the newest `keep` stay. `clock` returns Unix seconds."""

    def __init__(self, source: Source, to: Path, keep: int, store: Store, clock: Callable[[], float]) -> None:
        self._source, self._to, self._keep, self._store, self._clock = source, to, keep, store, clock
        self._failed_at = 0.0

    async def round(self) -> Path | None:
        """Make a backup if it is due; returns its folder. Raises `StoreDown` if a failure cannot be noted."""
        now = self._clock()
        await self._level()
        if 0 <= now - self._failed_at < AGAIN:
            return None
        try:
            if not await asyncio.to_thread(self._due):
                return None
            with making.receiving(self._to):
                if not await asyncio.to_thread(self._due):  # another process made it meanwhile
                    return None
                made = await making.make(self._source, self._to, now)
                await asyncio.to_thread(making.prune, self._to, self._keep, self._source.installation)
        except Busy:
            return None
        except (Misconfigured, StoreDown, OSError) as error:
            self._failed_at = now
            await self._note(str(error), now)
            return None
        log.info("backup made: %s", made)
        return made

    async def _level(self) -> None:
        """Bring here what was removed while this folder could not be written to."""
        try:
            await asyncio.to_thread(self._store.tombstones.level)
        except OSError as error:
            log.warning("%s lacks tombstones: %s", self._to, error.strerror or error)

    def _due(self) -> bool:
        age = manifest.age(self._to, self._clock(), self._source.installation)
        return age is None or age >= DAY

    async def _note(self, why: str, now: float) -> None:
        log.error("no backup could be made: %s", why)
        what = texts.incidents.NO_BACKUP
        if not any(one.what == what and now - one.at < AGAIN for one in await self._store.incidents(_LOOKED)):
            await self._store.note(Incident(now, what, why))
