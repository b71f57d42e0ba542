"""Periodic chores beside the jobs: deletion of old files, posts of the best clips, backups."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from bot.errors import StoreDown

log = logging.getLogger(__name__)

EVERY = 60.0
"""Seconds between two runs of a chore."""


Chore = Callable[[], Awaitable[object]]


class Periodic:
    """Runs each of `periodic` again and again; neither a failure nor a long run holds up the others."""

    def __init__(self, periodic: Sequence[Chore]) -> None:
        self._periodic = periodic

    async def run(self) -> None:
        """Run until cancelled."""
        async with asyncio.TaskGroup() as group:
            for chore in self._periodic:
                group.create_task(_repeated(chore))

    async def round(self) -> None:
        """Run every chore once."""
        for chore in self._periodic:
            await _once(chore)


async def _repeated(chore: Chore) -> None:
    while True:
        await _once(chore)
        await asyncio.sleep(EVERY)


async def _once(chore: Chore) -> None:
    try:
        await chore()
    except StoreDown as error:
        log.info("a chore waits for the database: %s", error)
    except Exception:  # the next run may succeed
        log.exception("a chore broke")
