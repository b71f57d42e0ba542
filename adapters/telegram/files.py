"""Pictures at Telegram, fetched when they are wanted. A file's address holds the token and never leaves here."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable

from telegram import File

from adapters.telegram.line import DOWNLOAD_MB, Line, Rejected, mapped
from adapters.telegram.reading import Picture
from bot import texts
from bot.errors import ChatError, Flood, Refusal
from bot.model import Attachment

log = logging.getLogger(__name__)

TRIES = 4
HEAVIEST = 64 * 2**20
"""Bytes; a self-hosted server would hand over two gigabytes."""


class Files:
    """Fetches what messages show."""

    def __init__(self, line: Line, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._line = line
        self._sleep = sleep

    def attachment(self, picture: Picture) -> Attachment:
        """The picture as the core takes it."""

        async def fetch() -> AsyncIterator[bytes]:
            yield await self._fetched(picture)

        return Attachment(fetch, video=picture.video)

    async def _fetched(self, picture: Picture) -> bytes:
        """Asking is free, so a hiccup is not the person's to see. Raises `Refusal`, `ChatError`."""
        for tried in range(1, TRIES + 1):
            try:
                with mapped():
                    file: File = await self._line.get_file(picture.file_id)
                    if (file.file_size or 0) > HEAVIEST:
                        raise Refusal(texts.too_heavy(HEAVIEST >> 20))
                    return bytes(await file.download_as_bytearray())
            except Rejected as error:
                if "too big" in str(error):
                    raise Refusal(texts.too_heavy(DOWNLOAD_MB)) from None
                raise
            except ChatError as error:
                if tried == TRIES:
                    raise
                log.info("a picture is fetched again: %s", error)
                await self._sleep(error.retry_after if isinstance(error, Flood) else tried)
        raise AssertionError
