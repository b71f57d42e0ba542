"""A dead man's switch, in the protocol of Healthchecks: a GET a minute while all is well, to `/fail` while it is not.

Where none arrives, the process, its event loop or its network is stuck.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit, urlunsplit

from bot.watch.outside import PATIENCE, Outside

log = logging.getLogger(__name__)

EVERY = 60.0
"""Seconds between pings."""


class Pings:
    """Pings `url`. `well`: whether the worker makes its rounds and the database answers."""

    def __init__(self, url: str, outside: Outside, well: Callable[[], Awaitable[bool]]) -> None:
        self._url = url
        self._failed = _below(url, "fail")
        self._outside = outside
        self._well = well
        self._unheard = False

    async def run(self, every: float = EVERY) -> None:
        """Ping until cancelled."""
        while True:
            await self.round()
            await asyncio.sleep(every)

    async def round(self) -> None:
        """One ping."""
        trouble = await self._outside.ask("GET", self._url if await self._is_well() else self._failed)
        if bool(trouble) != self._unheard:  # once each time, not once a minute
            log.log(*_NEWS[bool(trouble)], trouble)
        self._unheard = bool(trouble)

    async def _is_well(self) -> bool:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._well()
        except TimeoutError:
            return False
        except Exception:  # it would pass unnoticed
            log.exception("the health could not be told")
            return False


_NEWS = {
    True: (logging.WARNING, "PING_URL does not take our pings (%s)"),
    False: (logging.INFO, "PING_URL takes our pings again%s"),
}


def _below(url: str, name: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}"))
