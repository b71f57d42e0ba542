"""Supervisor: restarts platforms independently of each other."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from bot import log_context
from bot.errors import ChatError, Misconfigured
from bot.ports import Platform

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0
"""Seconds before a failed platform restarts; the pause doubles each time."""
STEADY = 600.0
"""Seconds of running after which the pause starts afresh."""


class Supervisor:
    """Runs platforms until cancelled."""

    def __init__(
        self,
        platforms: Sequence[Platform],
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._platforms = platforms
        self._clock = clock
        self._sleep = sleep
        self._down: dict[str, str] = {}

    async def run(self) -> None:
        """Run all platforms."""
        async with asyncio.TaskGroup() as group:
            for platform in self._platforms:
                with log_context.about(platform=platform.name):
                    group.create_task(self._attend(platform), name=platform.name)

    def troubles(self) -> dict[str, str]:
        """Current trouble by platform; empty text if it works."""
        return {p.name: self._down.get(p.name) or p.trouble() for p in self._platforms}

    def _note(self, platform: Platform, trouble: str, *, exc_info: bool = False) -> None:
        self._down[platform.name] = trouble
        log.error("%s: %s", platform.name, trouble, exc_info=exc_info)

    async def _attend(self, platform: Platform) -> None:
        pause = FIRST_PAUSE
        while True:
            began = self._clock()
            try:
                self._down.pop(platform.name, None)
                await platform.run()
                self._note(platform, "it stopped, and is started again soon")
            except Misconfigured as error:
                return self._note(platform, f"it is off: {error}")
            except ChatError as error:
                self._note(platform, f"{error}; it is started again soon")
            except Exception:  # our own bugs must not end the platform either
                self._note(platform, "it broke, and is started again soon", exc_info=True)
            except asyncio.CancelledError:
                if (me := asyncio.current_task()) is None or me.cancelling():
                    raise
                self._note(platform, "it gave up, and is started again soon")  # it cancelled itself
            pause = FIRST_PAUSE if self._clock() - began > STEADY else pause
            await self._sleep(pause)
            pause = min(LONGEST_PAUSE, 2 * pause)
