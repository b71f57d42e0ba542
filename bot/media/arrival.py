"""Pictures on their way in: within a time and a weight, or refused in words."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from pathlib import Path

from bot import texts
from bot.conversation import Attachment
from bot.errors import Refusal
from bot.media.files import hang_up, pour

log = logging.getLogger(__name__)

HEAVIEST_PICTURE = 32 * 1024**2  # bytes, as it arrives
HEAVIEST_VIDEO = 64 * 1024**2  # of one whose last frame is the picture
ARRIVAL = 120.0  # seconds in which a picture must have come from its platform, and its place is taken


async def download(attachment: Attachment, target: Path) -> None:
    """Write a picture, as it was sent, to a new file. Raises `Refusal`, `StoreDown`."""
    heaviest = HEAVIEST_VIDEO if attachment.video else HEAVIEST_PICTURE
    try:
        async with asyncio.timeout(ARRIVAL):
            size = await pour(_fetched(attachment), target, heaviest)
    except TimeoutError:
        raise Refusal(texts.chat.PICTURE_UNREACHABLE) from None
    if size > heaviest:
        raise Refusal(texts.chat.too_heavy(HEAVIEST_PICTURE // 1024**2))
    if size == 0:
        raise Refusal(texts.chat.EMPTY_PICTURE)


async def _fetched(attachment: Attachment) -> AsyncGenerator[bytes, None]:
    """The bytes of a picture; every failure to get them is the same to the person who sent it."""
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
        log.warning("a picture could not be fetched: %s", type(error).__name__)  # its message may hold a secret URL
        raise Refusal(texts.chat.PICTURE_UNREACHABLE) from None
