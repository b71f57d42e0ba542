"""Download of finished clips. The link is secret and from outside: it is not trusted, not logged, and must not lead
into our own network.

Plain aiohttp, because httpx logs every URL, and because aiohttp exposes the resolved address before it connects.
"""

import asyncio
import errno
import re
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import quote

import aiohttp
from aiohttp.abc import AbstractCookieJar
from yarl import URL

from bot.errors import BrokenClip, Unreachable
from bot.providers.hosts import Host

CLIP_LIMIT = 200_000_000
"""Bytes; ten seconds of 720p are about 15 MB."""
TIMEOUT = aiohttp.ClientTimeout(total=300.0, sock_connect=10.0, sock_read=30.0)
REDIRECTS = 3
FRESH = 60.0
"""Seconds until a host's own address is looked up again."""
PIECE = 65_536
NAT64 = IPv6Network("64:ff9b::/96")
NOT_NOW = frozenset({202, 204, 205, 408, 420, 423, 425, 429})
"""With 5xx, statuses that say nothing about the clip: try again until the deadline."""
_AROUND = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "".join(map(chr, range(0x20)))
_AROUND += "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_CONTROL = re.compile(r"[\0-\x1f\x7f-\x9f\ud800-\udfff]")
_LONE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_LEGAL = "%!#$&'()*+,/:;=?@[]~"
PAGES = frozenset({"text/html", "application/xhtml+xml"})


class Clips:
    """`tls` verifies servers; `names` are the only names that clips may come from (empty: any public one)."""

    def __init__(self, tls: ssl.SSLContext, names: Sequence[str] = ()) -> None:
        self._tls = tls
        self._internal: dict[str, tuple[bool, float]] = {}
        """Whether a host has a private address, and until when that is known, in the loop's time."""
        self._names = tuple(name.lower().strip(". ") for name in names)

    async def fetch(self, host: Host, url: str) -> AsyncIterator[bytes]:
        """The bytes at `url`, a link from `host`. Raises `BrokenClip` or `Unreachable`; neither holds the URL."""
        problem = ""
        try:
            async with await self._session(host) as session:
                link = self.admit(host, url)
                for _ in range(REDIRECTS + 1):
                    async with session.get(link, allow_redirects=False) as response:
                        if response.status in (301, 302, 303, 307, 308):
                            target = response.headers.get("Location", "")
                            link = self.admit(host, str(link.join(_url(target))))
                            continue
                        _check(response)
                        size = 0
                        async for piece in response.content.iter_chunked(PIECE):
                            size += len(piece)
                            if size > CLIP_LIMIT:
                                raise BrokenClip("the clip is too large")
                            yield piece
                        return
                problem = "too many redirects"
        except aiohttp.ClientConnectorError as exc:
            problem = f"{type(exc).__name__}, {exc.os_error.strerror}"
        except (aiohttp.ClientError, OSError, ValueError) as exc:  # TimeoutError is an OSError; ValueError: not a URL
            problem = type(exc).__name__
        # Outside the except block, so that no error with the URL is chained.
        raise Unreachable(f"the clip could not be fetched: {problem}")

    def admit(self, host: Host, url: str) -> URL:
        """The URL if allowed: https (http only if `host` itself uses http), no user, an allowed name."""
        link = _url(url)
        name = (link.host or "").lower().rstrip(".")
        if link.scheme != "https" and not (link.scheme == "http" and host.http):
            raise Unreachable("the clip's link is not https")
        if not name or link.user is not None or link.password is not None:
            raise Unreachable("the clip's link is not one that a clip can have")
        if self._names and not any(name == own or name.endswith(f".{own}") for own in (*self._names, host.hostname)):
            raise Unreachable("the clip's link leads to a host that is not in CLIP_HOSTS")
        return link

    async def _session(self, host: Host) -> aiohttp.ClientSession:
        """A session for one clip: no cookies, keys or proxies; private addresses only if `host` itself has one."""
        jar: AbstractCookieJar = aiohttp.DummyCookieJar()
        opener = _open if await self._is_internal(host) else _open_public
        connector = aiohttp.TCPConnector(force_close=True, ssl=self._tls, socket_factory=opener)
        headers = {"User-Agent": "photoplay", "Accept-Encoding": "identity"}
        return aiohttp.ClientSession(connector=connector, cookie_jar=jar, headers=headers, timeout=TIMEOUT)

    async def _is_internal(self, host: Host) -> bool:
        """Whether the host's base URL resolves to a private address, like our stand-in's."""
        loop = asyncio.get_running_loop()
        known, until = self._internal.get(host.name, (False, 0.0))
        if loop.time() < until:
            return known
        try:
            found = await loop.getaddrinfo(host.hostname, None)
        except OSError:
            return False
        internal = any(private(str(address[0])) for *_, address in found)
        self._internal[host.name] = internal, loop.time() + FRESH
        return internal


def private(address: str) -> bool:
    """Whether an IP address is not public, including IPv4 addresses embedded in IPv6."""
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inner = IPv4Address(int(ip) & 0xFFFF_FFFF) if ip in NAT64 else None
        ip = ip.ipv4_mapped or ip.sixtofour or inner or ip
    return not ip.is_global or ip.is_multicast


def _open(info: aiohttp.AddrInfoType) -> socket.socket:
    family, kind, protocol, _, _ = info
    return socket.socket(family, kind, protocol)


def _open_public(info: aiohttp.AddrInfoType) -> socket.socket:
    """Called with the resolved address, right before the connection: DNS rebinding is impossible."""
    if private(str(info[4][0])):
        raise OSError(errno.EACCES, "not a public address")
    return _open(info)


def _url(text: str) -> URL:
    """Parse a URL without requoting, which would break its signature. Raises `ValueError`.

    Only characters invalid in a URL (blanks, quotes, a lone %) are quoted, as browsers do.
    """
    text = text.strip(_AROUND)
    if not text or _CONTROL.search(text):
        raise ValueError("not a URL")
    if not text.partition("://")[2].partition("/")[0].isascii():
        return URL(text)
    return URL(quote(_LONE.sub("%25", text), safe=_LEGAL), encoded=True)


def _check(response: aiohttp.ClientResponse) -> None:
    if response.status in NOT_NOW or response.status >= 500:
        raise Unreachable(f"the clip's link says HTTP {response.status}")
    if not 200 <= response.status < 300:
        raise BrokenClip(f"the clip's link says HTTP {response.status}")
    if response.content_type in PAGES:
        raise BrokenClip("the clip's link leads to a web page")
    if (response.content_length or 0) > CLIP_LIMIT:
        raise BrokenClip("the clip is too large")
