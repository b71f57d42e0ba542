"""Limit of new gateway sessions per day: above a thousand Discord resets the token."""

import logging
from collections.abc import Callable

from adapters.discord.request import PLATFORM
from adapters.shared.notes import Notes
from bot.core import Inbox
from bot.errors import StoreDown

log = logging.getLogger(__name__)

MOST = 900
DAY = 86_400.0


class IdentifyBudget:
    """A counter in the database, so that crash loops are counted; in memory while that is unavailable."""

    def __init__(self, inbox: Inbox, clock: Callable[[], float], most: int = MOST) -> None:
        self._notes = Notes(PLATFORM, inbox, clock)
        self._clock = clock
        self._most = most
        self._day, self._count = 0, 0

    async def spend(self) -> bool:
        """Count a session; False if none is left today."""
        if await self._used() >= self._most:
            return False
        self._count += 1
        try:
            await self._notes.put("", f"identifies:{self._day}", str(self._count), 2 * DAY)
        except StoreDown as error:
            log.error("a connection could not be counted: %s", error)
        return True

    async def wait(self) -> float:
        """Seconds until a session is available; 0: now."""
        if await self._used() < self._most:
            return 0.0
        return (self._day + 1) * DAY - self._clock()

    async def _used(self) -> int:
        day = int(self._clock() // DAY)
        if day != self._day:
            self._day, self._count = day, 0
        try:
            noted = await self._notes.get("", f"identifies:{day}")
            self._count = max(self._count, int(noted or 0))
        except StoreDown as error:
            log.error("the connections of today are not known: %s", error)
        return self._count
