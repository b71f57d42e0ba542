"""Download of attached pictures, limited in time and size; failures are `Refusal`s."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable
from pathlib import Path

from bot import texts
from bot.conversation import Attachment
from bot.errors import Refusal
from bot.media.files import hang_up, pour
from bot.sealing.files import File
from bot.sealing.model import DataKey

log = logging.getLogger(__name__)

HEAVIEST_PICTURE = 32 * 1024**2  # bytes, as downloaded
HEAVIEST_VIDEO = 64 * 1024**2  # bytes; its last frame is the picture
ARRIVAL = 120.0  # maximum seconds of a download, during which it occupies a slot


async def download(attachment: Attachment, path: Path, key: Awaitable[DataKey | None]) -> File:
    """Download a picture unchanged to a new file, and return it. Raises `Refusal`, `StoreDown`."""
    heaviest = HEAVIEST_VIDEO if attachment.video else HEAVIEST_PICTURE
    try:
        async with asyncio.timeout(ARRIVAL):
            size, file = await pour(_fetched(attachment), path, key, heaviest)
    except TimeoutError:
        raise Refusal(texts.pictures.PICTURE_UNREACHABLE) from None
    if size > heaviest:
        raise Refusal(texts.pictures.too_heavy(HEAVIEST_PICTURE // 1024**2))
    if size == 0:
        raise Refusal(texts.pictures.EMPTY_PICTURE)
    return file


async def _fetched(attachment: Attachment) -> AsyncGenerator[bytes, None]:
    """The bytes of a picture; any download error becomes the same `Refusal`."""
    try:
        chunks = attachment.fetch()
        try:
            async for chunk in chunks:
                yield chunk
        finally:
            await hang_up(chunks)
    except Refusal:
        raise
    except Exception as error:
        log.warning("a picture could not be fetched: %s", type(error).__name__)  # its message may contain a secret URL
        raise Refusal(texts.pictures.PICTURE_UNREACHABLE) from None
