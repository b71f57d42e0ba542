"""What is done now and then, beside the jobs: old files go, the best clips are posted by the calendar."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from bot.errors import StoreDown

log = logging.getLogger(__name__)

EVERY = 60.0
"""Seconds between two rounds."""


class Periodic:
    """Does each of `chores` once a round; one that fails keeps no other from its turn."""

    def __init__(self, periodic: Sequence[Callable[[], Awaitable[object]]]) -> None:
        self._periodic = periodic

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.round()
            await asyncio.sleep(EVERY)

    async def round(self) -> None:
        """All of them, once."""
        for errand_round in self._periodic:
            try:
                await errand_round()
            except StoreDown as error:
                log.info("a chore waits for the database: %s", error)
            except Exception:  # the others have their turn all the same
                log.exception("a chore broke")
