"""Where a request comes from: what a proxy says counts only if we trust that proxy, and only what it saw itself."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aiohttp import web

Address = IPv4Address | IPv6Address

FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via", "CF-Connecting-IP")
"""What a proxy adds. Whoever comes through one does not sit at this machine."""


class Proxies:
    """`trusted` are addresses and networks, as in `172.17.0.1` or `10.0.0.0/8`; this machine itself always is."""

    def __init__(self, trusted: Sequence[str] = ()) -> None:
        self._trusted = [ip_network(one, strict=False) for one in trusted]

    def address(self, request: web.Request) -> str:
        """Whose request it is: from the right, the first address that is none of our proxies."""
        found = _ip(request.remote or "")
        if found is None:
            return ""
        hops = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
        while hops and self._trusts(found):
            before = _ip(hops.pop())
            if before is None:  # nonsense, or the end: nobody vouches for what stands left of it
                break
            found = before
        return str(found)

    def _trusts(self, address: Address) -> bool:
        return address.is_loopback or any(address in network for network in self._trusted)


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    found = _ip(host.strip("[]"))
    return host == "localhost" or (found is not None and found.is_loopback)


def network(address: str) -> str:
    """Whose address it is: of IPv6 one household is given a whole network, often 256 of those that a device is in."""
    return _block(address, 32, 56)


def region(address: str) -> str:
    """A provider's block around it, from which somebody can have many networks."""
    return _block(address, 16, 32)


def _block(address: str, bits4: int, bits6: int) -> str:
    found = _ip(address)
    if found is None:
        return address[:64]
    return str(ip_network((found, bits4 if found.version == 4 else bits6), strict=False))


def _ip(text: str) -> Address | None:
    """An address, also one with a port behind it; IPv4 in IPv6 is IPv4."""
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
