"""Connections to hosts: httpx's transport, by aiohttp, whose errors it keeps.

Only these prove that nothing was sent: httpx has one error for a server that was never reached and for one that took
the request and hung up.
"""

import ssl
from collections.abc import AsyncIterator
from functools import lru_cache

import aiohttp
import httpx
from aiohttp.payload import AsyncIterablePayload
from yarl import URL


class AiohttpTransport(httpx.AsyncBaseTransport):
    """`connect`: seconds for a connection, including DNS and TLS; a request has no other timeout here. `fresh`: a new
    connection for each request."""

    def __init__(self, tls: ssl.SSLContext, connect: float, *, fresh: bool) -> None:
        self._tls, self._fresh = tls, fresh
        self._timeout = aiohttp.ClientTimeout(connect=connect, sock_connect=connect)
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The head of the answer, whatever its status. The caller reads the body, raw, and closes it."""
        stream = request.stream
        response = await self._opened().request(
            request.method,
            _address(str(request.url)),
            headers=request.headers,
            data=AsyncIterablePayload(stream) if isinstance(stream, Pieces) else None,
            allow_redirects=False,
            timeout=self._timeout,
        )
        return httpx.Response(response.status, headers=response.raw_headers, stream=_Body(response))

    async def aclose(self) -> None:
        if self._session:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        """The session, made at the first request, inside the loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(force_close=self._fresh, ssl=self._tls),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session


class Pieces(httpx.AsyncByteStream):
    """A one-shot body: sent in pieces, so that megabytes do not block the loop, and no lower layer can resend it."""

    def __init__(self, content: bytes, size: int = 65_536) -> None:
        self._pieces = (content[start : start + size] for start in range(0, len(content), size))

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._response.content.iter_any():
            yield chunk

    async def aclose(self) -> None:
        self._response.release()
        await self._response.wait_for_close()


@lru_cache(16_384)
def _address(url: str) -> URL:
    """A job is polled at one address again and again."""
    return URL(url, encoded=True)
