"""Download of attachments on demand, only from Discord's hosts or that of the configured API."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import urlsplit

import aiohttp
from discord.http import Route

from adapters.discord.client import RestClient
from adapters.discord.parse import HOSTS
from adapters.discord.request import Picture
from adapters.shared.fetching import HEAVIEST, Fetching
from bot import texts
from bot.conversation import Attachment
from bot.errors import ChatError, Refusal
from bot.model import Role

PROXIES = frozenset(f"images-ext-{number}.discordapp.net" for number in (1, 2))
"""Discord's proxies for external media."""
WHOLE = aiohttp.ClientTimeout(total=120, sock_connect=10, sock_read=30)


class _Over(Refusal):
    """The signed URL has expired, or the file was deleted."""


class _Hiccup(Refusal):
    """A temporary error."""


class Files:
    """Downloads the pictures of messages."""

    def __init__(self, rest: RestClient, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._rest = rest
        self._own = urlsplit(rest.api_url)
        self._fetching = Fetching(lambda error: isinstance(error, _Hiccup), sleep)
        self._session: aiohttp.ClientSession | None = None

    def attachment(self, picture: Picture) -> Attachment:
        """The picture as an attachment."""
        role: Role = "end" if picture.end else "photo"
        return self._fetching.attachment(partial(self._fetched, picture.url), role, video=picture.video)

    def allowed(self, url: str) -> bool:
        """Whether a URL may be downloaded."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return False
        if parts.username or parts.password:
            return False
        if parts.hostname in HOSTS | PROXIES:
            return parts.scheme == "https" and port in (None, 443)
        own = (self._own.scheme, self._own.hostname, self._own.port)
        return self._own.hostname != "discord.com" and (parts.scheme, parts.hostname, port) == own

    async def close(self) -> None:
        """Close the connections."""
        if self._session:
            await self._session.close()
            self._session = None

    async def _fetched(self, url: str) -> bytes:
        """Raises `Refusal`."""
        try:
            try:
                return await self._read(url)
            except _Over:
                return await self._read(await self._renewed(url))
        except (aiohttp.ClientError, OSError):
            raise _Hiccup(texts.pictures.PICTURE_UNREACHABLE) from None

    async def _read(self, url: str) -> bytes:
        if not self.allowed(url):
            raise Refusal(texts.pictures.PICTURE_UNREACHABLE)
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=WHOLE, cookie_jar=aiohttp.DummyCookieJar())
        async with self._session.get(url, allow_redirects=False) as response:
            if response.status in (401, 403, 404, 410):
                raise _Over(texts.pictures.PICTURE_UNREACHABLE)
            if response.status != 200:
                raise aiohttp.ClientError(response.status)
            content = bytearray()
            async for chunk in response.content.iter_chunked(2**16):
                content += chunk
                if len(content) > HEAVIEST:
                    raise Refusal(texts.pictures.too_heavy(HEAVIEST >> 20))
            return bytes(content)

    async def _renewed(self, url: str) -> str:
        """A new URL of the same file. Raises `Refusal`."""
        try:
            client = await self._rest.client()
            with self._rest.mapped():
                route = Route("POST", "/attachments/refresh-urls")
                answer = await client.http.request(route, json={"attachment_urls": [url]})
            return str(answer["refreshed_urls"][0]["refreshed"])
        except (ChatError, LookupError, TypeError):
            raise Refusal(texts.pictures.PICTURE_UNREACHABLE) from None
