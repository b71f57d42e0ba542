"""Attachments, fetched when they are wanted: from Discord's own hosts, or from that of the configured API."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

import aiohttp
from discord.http import Route

from adapters.discord.client import RestClient
from adapters.discord.parse import HOSTS
from adapters.discord.request import Picture
from bot import texts
from bot.errors import ChatError, Refusal
from bot.model import Attachment

log = logging.getLogger(__name__)

PROXIES = frozenset(f"images-ext-{number}.discordapp.net" for number in (1, 2))
"""Where Discord shows what stands elsewhere."""
TRIES = 4
HEAVIEST = 64 * 2**20
"""Bytes; what people with a subscription may send is larger."""
WHOLE = aiohttp.ClientTimeout(total=120, sock_connect=10, sock_read=30)


class _Over(Exception):
    """The address is signed for a time that is over, or the file is gone."""


class Files:
    """Fetches what messages show."""

    def __init__(self, line: RestClient, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._rest = line
        self._own = urlsplit(line.api_url)
        self._sleep = sleep
        self._session: aiohttp.ClientSession | None = None

    def attachment(self, picture: Picture) -> Attachment:
        """The picture as the core takes it."""

        async def fetch() -> AsyncIterator[bytes]:
            yield await self._fetched(picture.url)

        return Attachment(fetch, "end" if picture.end else "photo", video=picture.video)

    def allowed(self, url: str) -> bool:
        """Whether it is a place from which attachments come."""
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
        """Let go of the connections."""
        if self._session:
            await self._session.close()
            self._session = None

    async def _fetched(self, url: str) -> bytes:
        """Asking is free, so a hiccup is not the person's to see. Raises `Refusal`."""
        renewed = False
        for tried in range(1, TRIES + 1):
            if not self.allowed(url):
                raise Refusal(texts.chat.PICTURE_UNREACHABLE)
            try:
                return await self._read(url)
            except _Over:
                if renewed:
                    break
                renewed, url = True, await self._renewed(url)
                continue
            except (aiohttp.ClientError, OSError) as error:
                log.info("an attachment is fetched again: %s", type(error).__name__)
            if tried < TRIES:
                await self._sleep(tried)
        raise Refusal(texts.chat.PICTURE_UNREACHABLE)

    async def _read(self, url: str) -> bytes:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=WHOLE, cookie_jar=aiohttp.DummyCookieJar())
        async with self._session.get(url, allow_redirects=False) as response:
            if response.status in (401, 403, 404, 410):
                raise _Over
            if response.status != 200:
                raise aiohttp.ClientError(response.status)
            content = bytearray()
            async for chunk in response.content.iter_chunked(2**16):
                content += chunk
                if len(content) > HEAVIEST:
                    raise Refusal(texts.chat.too_heavy(HEAVIEST >> 20))
            return bytes(content)

    async def _renewed(self, url: str) -> str:
        """The same file under an address that is good again. Raises `Refusal`."""
        try:
            client = await self._rest.client()
            with self._rest.mapped():
                route = Route("POST", "/attachments/refresh-urls")
                answer = await client.http.request(route, json={"attachment_urls": [url]})
            return str(answer["refreshed_urls"][0]["refreshed"])
        except (ChatError, LookupError, TypeError):
            raise Refusal(texts.chat.PICTURE_UNREACHABLE) from None
