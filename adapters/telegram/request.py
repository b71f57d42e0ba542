"""The library's HTTP requests by aiohttp: single attempts, whose errors tell whether the request was sent in full.

The library's own client cannot tell, and costs time for cookies, redirects and proxies, which are unused here.
"""

import asyncio
import os
import secrets
import ssl
from collections.abc import AsyncIterator, Mapping
from functools import cache
from typing import IO, Any
from urllib.parse import urlencode

import aiohttp
import certifi
from aiohttp.payload import AsyncIterablePayload, BytesPayload, Payload
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

from adapters.shared.fetching import HEAVIEST
from bot.inflate import inflate

CONNECTIONS = 256
KEPT = 5.0
"""Keep-alive in seconds: shorter than the server's, as a request on a closed connection is lost."""
CONNECT = 5.0
"""Timeout of connecting, in seconds."""
READ = 30.0
"""Timeout between bytes of an answer, in seconds."""
WHOLE = 300.0
"""Timeout of a whole request, in seconds: 50 MB over a slow line."""
PIECE = 2**20
"""Bytes of a file in memory during its upload; each piece costs a visit of a thread."""
HEAVIEST_FILE, HEAVIEST_ANSWER = HEAVIEST, 16 * 2**20
"""Maximum bytes of a downloaded file and of any other answer, decompressed."""

NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
"""Errors which prove that no byte of a request was sent."""


class Silence(Exception):
    """The cause of the library's error without a complete answer. `sent` is False only if the request was provably not
    sent in full. The text is only the type of the underlying error, whose own text may contain the URL."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


class AiohttpRequest(BaseRequest):
    """Requests with a connection pool of their own, independent of the environment.

    Raises `TimedOut` or `NetworkError`; the cause of both is a `Silence`.
    """

    def __init__(self) -> None:
        self._read = READ
        self._session: aiohttp.ClientSession | None = None
        self._is_shut = False
        self._headers = {"User-Agent": self.USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}

    @property
    def read_timeout(self) -> float:
        return self._read

    async def initialize(self) -> None:
        self._is_shut = False

    async def shutdown(self) -> None:
        session, self._session, self._is_shut = self._session, None, True
        if session:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """One attempt. `write_timeout` is ignored, as aiohttp has no timeout per write; `WHOLE` applies instead."""
        session, headers, form = self._opened(), self._headers, None
        data: Payload | None = None  # else aiohttp looks through all kinds of payload for its own
        if request_data and (files := request_data.multipart_data):
            form = _Form(request_data.json_parameters, files)
            data, headers = AsyncIterablePayload(form.pieces()), headers | form.headers
        elif request_data:
            data = BytesPayload(urlencode(request_data.json_parameters).encode())
            headers = headers | {"Content-Type": "application/x-www-form-urlencoded"}
        timeout = aiohttp.ClientTimeout(
            total=WHOLE,
            connect=_seconds(pool_timeout, READ),
            sock_connect=_seconds(connect_timeout, CONNECT),
            sock_read=_seconds(read_timeout, self._read),
        )
        try:
            async with session.request(
                method, url, data=data, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                return response.status, await _content(response, is_file=method == "GET")
        except TelegramError:
            raise
        except Exception as error:  # an unknown error does not prove that nothing was done
            unsent = isinstance(error, NEVER_SENT) or (form is not None and not form.is_out)
            silence, late = Silence(type(error).__name__, sent=not unsent), isinstance(error, TimeoutError)
        # Outside the except block, so that no error with the URL is chained.
        raise (TimedOut() if late else NetworkError(str(silence))) from silence

    def _opened(self) -> aiohttp.ClientSession:
        """The session, created at the first request, in its event loop."""
        if self._is_shut:
            raise RuntimeError("there are no requests after the shutdown")
        if self._session is None:
            # The environment's proxies are ignored: the token is sent to the configured URL only.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=KEPT, ssl=_tls()),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session


class _Form:
    """A multipart form with files, sent in chunks: fifty clips of 50 MB would not fit into memory."""

    def __init__(self, fields: Mapping[str, str], files: Mapping[str, tuple[str, bytes | IO[bytes], str]]) -> None:
        border = secrets.token_hex(16)
        parts: list[bytes | IO[bytes]] = []
        for name, value in fields.items():
            parts.append(f"--{border}\r\n{_part(name)}\r\n\r\n{value}\r\n".encode())
        for name, (filename, content, kind) in files.items():
            head = f'--{border}\r\n{_part(name)}; filename="{_quoted(filename)}"\r\nContent-Type: {kind}\r\n\r\n'
            parts += head.encode(), content, b"\r\n"
        parts.append(f"--{border}--\r\n".encode())
        self._parts = [(part, len(part) if isinstance(part, bytes) else _length(part)) for part in parts]
        size = sum(size for _, size in self._parts)
        self.headers = {"Content-Type": f"multipart/form-data; boundary={border}", "Content-Length": str(size)}
        self.is_out = False
        """Whether it was passed to the connection in full."""

    async def pieces(self) -> AsyncIterator[bytes]:
        for part, size in self._parts:
            if isinstance(part, bytes):
                for start in range(0, size, PIECE):
                    yield part[start : start + PIECE]
                continue
            left = size
            while left > 0 and (piece := await asyncio.to_thread(part.read, PIECE)):
                yield piece
                left -= len(piece)
        self.is_out = True


def _part(name: str) -> str:
    return f'Content-Disposition: form-data; name="{_quoted(name)}"'


def _quoted(name: str) -> str:
    """Quote a file name as browsers do, so that it cannot end its header."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _length(file: IO[bytes]) -> int:
    """The size of an open file in bytes; its position is 0 afterwards."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    return size


async def _content(response: aiohttp.ClientResponse, *, is_file: bool) -> bytes:
    """The decompressed body. Raises `NetworkError` above the limit, for a file with Telegram's error text.

    The library has no limit.
    """
    limit, body = HEAVIEST_FILE if is_file else HEAVIEST_ANSWER, bytearray()
    while len(body) <= limit and (chunk := await response.content.readany()):
        body += chunk
    content, packed = bytes(body), response.headers.get("Content-Encoding")
    if packed:
        content = await asyncio.to_thread(inflate, packed, content, limit + 1)
    if max(len(body), len(content)) > limit:
        response.close()  # the rest may be endless
        raise NetworkError("Too Large" if is_file else "overlong answer") from Silence("overlong", sent=True)
    return content


def _seconds(given: Any, usual: float) -> float | None:
    return usual if given is BaseRequest.DEFAULT_NONE else given


@cache
def _tls() -> ssl.SSLContext:
    """TLS context with the certificates that httpx uses, too. Takes about 20 ms, so it is made once."""
    return ssl.create_default_context(cafile=certifi.where())
