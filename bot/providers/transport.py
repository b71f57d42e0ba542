"""HTTP requests to hosts: connections, and how each request ended. Proof that one was not sent.

Environment proxies are ignored: keys and photos go to the configured address only. To use a proxy, configure its
address as the host's URL.
"""

import asyncio
import json
import ssl
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Literal, TypeVar

import aiohttp
import httpx

from bot.inflate import inflate
from bot.providers.aiohttp_transport import AiohttpTransport, Pieces
from bot.providers.hosts import Host
from bot.unreached import why

T = TypeVar("T")
ANSWER_LIMIT = 1_000_000
"""Bytes of an answer that are read and, again, into which they may unfold; a longer answer is cut, and so no valid
JSON."""
SHORT = 8192
"""Bytes of an answer that is parsed in the event loop, in half a millisecond at most; usual ones have some hundred."""
CONNECT = 10.0
"""Seconds for a connection, including DNS and TLS."""

NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
"""Errors which prove that no byte of a request was sent."""
HEADERS = {"User-Agent": "photoplay", "Accept": "application/json", "Accept-Encoding": "identity"}
NOTHING = httpx.ByteStream(b"")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, with our key removed; `retry_after` and `inference_id` are raw headers."""

    status: int
    body: bytes
    retry_after: str | None
    inference_id: str | None = None
    etag: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer. `sent` is False only if the request provably was not sent; `why` is in plain words or the error's
    type, without its text (which would hold the URL)."""

    sent: bool
    why: str


@cache
def tls() -> ssl.SSLContext:
    """TLS context of all connections. Takes about 20 ms, so it is made once."""
    return httpx.create_ssl_context()


class Transport:
    """Connections to all hosts. `timeout` bounds every request, in seconds. `asked` is told of each: host, method, and
    its HTTP status, `silence` or `unsent`.
    """

    def __init__(self, timeout: float, asked: Callable[[str, str, str], None] = lambda *_: None) -> None:
        self._timeout, self._asked = timeout, asked
        self.tls = tls()
        connect = min(CONNECT, timeout / 2)  # so that the timeout never cuts off a mere connection attempt
        # On a reused connection, closed by the server a moment ago, a POST fails without telling whether it was
        # taken: so each POST has a fresh connection. GETs are free and repeatable: they keep theirs alive.
        self._buyer = AiohttpTransport(self.tls, connect, fresh=True)
        self._poller = AiohttpTransport(self.tls, connect, fresh=False)

    async def close(self) -> None:
        """Close all connections."""
        await self._buyer.aclose()
        await self._poller.aclose()

    async def get(self, host: Host, url: str, tag: str = "") -> Answer | Silence:
        """A free request. `tag`: the ETag of what is known already; one that is not ASCII cannot be sent."""
        known = {"If-None-Match": tag} if tag and tag.isascii() else {}
        return await self._call(self._poller, host, "GET", url, known, NOTHING)

    async def post(self, host: Host, url: str, content: bytes, request_id: str) -> Answer | Silence:
        """A paid request with JSON, sent once. `request_id`: our id of it."""
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
            "X-Client-Request-Id": request_id,
        }
        return await self._call(self._buyer, host, "POST", url, headers, Pieces(content))

    async def json_at(self, url: str) -> object:
        """JSON of any address, asked without a key; None if there is none."""
        body = bytearray()
        try:
            request = httpx.Request("GET", url, headers=HEADERS, stream=NOTHING)
            async with asyncio.timeout(CONNECT), aclosing(await self._poller.handle_async_request(request)) as response:
                await _fill(body, response)
                packed = response.headers.get("content-encoding", "")
                return await asyncio.to_thread(lambda: json.loads(inflate(packed, bytes(body), ANSWER_LIMIT)))
        except (httpx.InvalidURL, aiohttp.ClientError, OSError, ValueError, RecursionError):
            return None

    async def _call(
        self,
        transport: AiohttpTransport,
        host: Host,
        method: Literal["GET", "POST"],
        url: str,
        headers: Mapping[str, str],
        stream: httpx.AsyncByteStream,
    ) -> Answer | Silence:
        """One request, and report of it."""
        said = await self._requested(transport, host, method, url, headers, stream)
        match said:
            case Answer(status=status):
                result = str(status)
            case Silence(sent=sent):
                result = "silence" if sent else "unsent"
        self._asked(host.name, method, result)
        return said

    async def _requested(
        self,
        transport: AiohttpTransport,
        host: Host,
        method: Literal["GET", "POST"],
        url: str,
        headers: Mapping[str, str],
        stream: httpx.AsyncByteStream,
    ) -> Answer | Silence:
        """One request. Every foreign exception ends here; none is chained, because they hold URLs and headers.

        Once the head has arrived the status counts, however the body ends: a refusal stays one, and an id that arrived
        before the connection broke is the only key to a paid clip.
        """
        key = host.key.get_secret_value()
        head: tuple[int, str | None, str | None, str] | None = None
        told: Mapping[str, str] = {}
        body, packed = bytearray(), ""
        try:
            request = httpx.Request(method, _parsed(url), headers=_headers(key), stream=stream)
            request.headers.update(headers)
            async with (
                asyncio.timeout(self._timeout),
                aclosing(await transport.handle_async_request(request)) as response,
            ):
                told = said = response.headers
                head = response.status_code, said.get("retry-after"), said.get("x-inference-id"), said.get("etag", "")
                packed = said.get("content-encoding", "")
                await _fill(body, response)
        except Exception as exc:  # a paid request with an unknown end must not look like our bug
            if head is None:
                return silence(exc)
        if packed.lower() in ("", "identity"):
            text = bytes(body)
        else:  # a few bytes may hold many
            text = await asyncio.to_thread(inflate, packed, bytes(body), ANSWER_LIMIT)
        return Answer(head[0], text.replace(key.encode(), b"[key]") if len(key) > 5 else text, *head[1:], told)


async def read(work: Callable[[], T], body: bytes) -> T:
    """What `work` makes of an answer's body: in a thread if that may take long."""
    return work() if len(body) <= SHORT else await asyncio.to_thread(work)


async def _fill(body: bytearray, response: httpx.Response) -> None:
    """Read the raw body up to the limit; it is decompressed later, within the same limit."""
    assert isinstance(response.stream, httpx.AsyncByteStream)
    async for chunk in response.stream:
        body += chunk
        if len(body) > ANSWER_LIMIT:
            del body[ANSWER_LIMIT:]
            return


def silence(exc: Exception) -> Silence:
    """The only classification of transport errors: sent, or provably not sent."""
    sent = not isinstance(exc, NEVER_SENT)
    return Silence(sent, type(exc).__name__ if sent and not isinstance(exc, TimeoutError) else why(exc))


@cache
def _headers(key: str) -> httpx.Headers:
    """Of every request with this key."""
    return httpx.Headers({**HEADERS, "Authorization": f"Bearer {key}"} if key else HEADERS)


@lru_cache(16_384)
def _parsed(url: str) -> httpx.URL:
    """A job is polled at one address again and again; parsing it costs more than building its request."""
    return httpx.URL(url)
