"""Download of an image address, bounded in time and size; http, https and data addresses only."""

import asyncio
import base64
import binascii

import aiohttp

from generator.errors import Failed

BYTE_LIMIT = 10_000_000  # the real service takes images up to 10 MB
TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10)


async def download(session: aiohttp.ClientSession, address: str) -> bytes:
    """The image's bytes. Raises `Failed` for an unreachable or oversized image, or an invalid data URI."""
    if address[:5].lower() == "data:":
        return await asyncio.to_thread(_decode, address)
    try:
        # aiohttp refuses redirects that leave http and https.
        async with session.get(address, timeout=TIMEOUT, max_redirects=5) as answer:
            if answer.status != 200:
                raise Failed("image_download_error", f"The image address answered with status {answer.status}")
            return await _read(answer)
    except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
        # The error's type only: its text may repeat the address, which may carry a secret.
        raise Failed("image_download_error", f"The image could not be downloaded ({type(error).__name__})") from error


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for chunk in answer.content.iter_chunked(65536):
        content += chunk
        if len(content) > BYTE_LIMIT:
            raise _too_large()
    return bytes(content)


def _decode(address: str) -> bytes:
    _, _, text = address.partition(",")
    if len(text) * 3 // 4 > BYTE_LIMIT + 3:
        raise _too_large()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Failed("invalid_image", "The data URI is not valid base64") from None


def _too_large() -> Failed:
    return Failed("image_too_large", f"An image may have at most {BYTE_LIMIT} bytes")
