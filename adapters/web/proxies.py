"""Client addresses of requests: headers count only from trusted proxies, and only what those saw themselves."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aiohttp import web

Address = IPv4Address | IPv6Address

FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via", "CF-Connecting-IP")
"""Headers that proxies add. A request with one is not from this machine."""


class Proxies:
    """`trusted`: addresses and networks such as `172.17.0.1` or `10.0.0.0/8`; loopback is always trusted."""

    def __init__(self, trusted: Sequence[str] = ()) -> None:
        self._trusted = [ip_network(one, strict=False) for one in trusted]

    def address(self, request: web.Request) -> str:
        """The client's address: from the right, the first that is no trusted proxy."""
        found = _ip(request.remote or "")
        if found is None:
            return ""
        hops = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
        while hops and self._trusts(found):
            before = _ip(hops.pop())
            if before is None:  # invalid, or the end: nothing to the left of it is trustworthy
                break
            found = before
        return str(found)

    def _trusts(self, address: Address) -> bool:
        return address.is_loopback or any(address in network for network in self._trusted)


def is_loopback(host: str) -> bool:
    """Whether a host name or address is loopback."""
    found = _ip(host.strip("[]"))
    return host == "localhost" or (found is not None and found.is_loopback)


def network(address: str) -> str:
    """The network of an address, as rate limits count it: IPv4 /32, IPv6 /56, a common size of a household's."""
    return _block(address, 32, 56)


def region(address: str) -> str:
    """The provider's block around an address, in which one person may have many networks."""
    return _block(address, 16, 32)


def _block(address: str, bits4: int, bits6: int) -> str:
    found = _ip(address)
    if found is None:
        return address[:64]
    return str(ip_network((found, bits4 if found.version == 4 else bits6), strict=False))


def _ip(text: str) -> Address | None:
    """Parse an address, with or without a port; IPv4-mapped IPv6 becomes IPv4. None if invalid."""
    text = text.strip().partition("%")[0]
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
