"""Files that people send, fetched when they are wanted. Asking is free, so a hiccup is not the person's to see."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

from bot.conversation import Attachment
from bot.errors import Flood
from bot.model import Role

log = logging.getLogger(__name__)

TRIES = 4
HEAVIEST = 64 * 2**20
"""Bytes that are read of a file; what people with a subscription may send is larger."""


class Fetching:
    """`is_hiccup` says of an error whether the same file may be had at the next try."""

    def __init__(
        self,
        is_hiccup: Callable[[Exception], bool],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._is_hiccup = is_hiccup
        self._sleep = sleep

    def attachment(self, read: Callable[[], Awaitable[bytes]], role: Role = "photo", *, video: bool) -> Attachment:
        """A file as the core takes it; it raises what `read` raises at last."""

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
