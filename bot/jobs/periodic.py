"""What is done now and then, beside the jobs: old files go, the best clips are posted by the calendar."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from bot.errors import StoreDown

log = logging.getLogger(__name__)

EVERY = 60.0
"""Seconds between two rounds."""


class Chores:
    """Does each of `chores` once a round; one that fails keeps no other from its turn."""

    def __init__(self, chores: Sequence[Callable[[], Awaitable[object]]]) -> None:
        self._chores = chores

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.round()
            await asyncio.sleep(EVERY)

    async def round(self) -> None:
        """All of them, once."""
        for chore in self._chores:
            try:
                await chore()
            except StoreDown as error:
                log.info("a chore waits for the database: %s", error)
            except Exception:  # the others have their turn all the same
                log.exception("a chore broke")
