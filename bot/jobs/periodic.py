"""Periodic chores beside the jobs: deletion of old files, posts of the best clips."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from bot.errors import StoreDown

log = logging.getLogger(__name__)

EVERY = 60.0
"""Seconds between rounds."""


class Periodic:
    """Runs each of `periodic` once per round; a failure does not stop the others."""

    def __init__(self, periodic: Sequence[Callable[[], Awaitable[object]]]) -> None:
        self._periodic = periodic

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            await self.round()
            await asyncio.sleep(EVERY)

    async def round(self) -> None:
        """Run every chore once."""
        for chore in self._periodic:
            try:
                await chore()
            except StoreDown as error:
                log.info("a chore waits for the database: %s", error)
            except Exception:  # the other chores still run
                log.exception("a chore broke")
