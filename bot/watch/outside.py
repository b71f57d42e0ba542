"""Requests to services that watch us. Their addresses are secrets, so no error says more than its kind."""

import asyncio
from typing import Any, Literal
from urllib.parse import urlsplit

import aiohttp

from bot.unreached import why

PATIENCE = 10.0
"""Seconds for one request."""
_REDIRECTS = 3


class Outside:
    """A client for a few small requests, whose answers are not read."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=patience),
            connector=aiohttp.TCPConnector(force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "photoplay"},
        )

    async def ask(self, method: Literal["GET", "POST"], url: str, body: Any = None) -> str:
        """What went wrong, in a word; empty if the answer was a good one."""
        try:
            async with self._session.request(method, url, json=body, max_redirects=_REDIRECTS) as answer:
                return "" if 200 <= answer.status < 300 else f"HTTP {answer.status}"
        except (aiohttp.ClientConnectorError, TimeoutError) as error:
            return why(error)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return type(error).__name__

    async def reach(self, url: str) -> str:
        """Connect to the server of `url`, and send nothing; returns what went wrong, empty if there is none."""
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        try:
            async with asyncio.timeout(self._patience):
                _, writer = await asyncio.open_connection(
                    parts.hostname, parts.port or (443 if secure else 80), ssl=secure or None
                )
            writer.close()
        except (TimeoutError, OSError, ValueError) as error:
            return why(error)
        return ""

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()
