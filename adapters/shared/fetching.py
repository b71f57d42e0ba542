"""Download of people's files on demand, with retries of temporary errors, as downloads are free."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

from bot.conversation import Attachment
from bot.errors import Flood
from bot.model import Role

log = logging.getLogger(__name__)

TRIES = 4
HEAVIEST = 64 * 2**20
"""Maximum bytes of a downloaded file."""


class Fetching:
    """Downloads with retries. `is_hiccup`: whether an error is temporary."""

    def __init__(
        self,
        is_hiccup: Callable[[Exception], bool],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._is_hiccup = is_hiccup
        self._sleep = sleep

    def attachment(self, read: Callable[[], Awaitable[bytes]], role: Role = "photo", *, video: bool) -> Attachment:
        """An attachment; its `fetch` raises the last error of `read`."""

        async def fetch() -> AsyncIterator[bytes]:
            yield await self._fetched(read)

        return Attachment(fetch, role, video=video)

    async def _fetched(self, read: Callable[[], Awaitable[bytes]]) -> bytes:
        for tried in range(1, TRIES):
            try:
                return await read()
            except Exception as error:
                if not self._is_hiccup(error):
                    raise
                log.info("a file is fetched again: %s", type(error).__name__)
                await self._sleep(error.retry_after if isinstance(error, Flood) else tried)
        return await read()
