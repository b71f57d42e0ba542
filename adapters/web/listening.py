"""Listening sockets for all configured addresses, IPv4 and IPv6."""

import asyncio
import errno
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

ANY4, ANY6 = "0.0.0.0", "::"
_NOT_HERE = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT)


async def open_sockets(hosts: Sequence[str], port: int) -> list[socket.socket]:
    """One socket per address; `::` alone includes IPv4. Port 0: one free port for all. Raises `OSError`.

    A family that the machine lacks is skipped.
    """
    found: dict[tuple[int, str], socket.socket] = {}
    missing: OSError | None = None
    with ExitStack() as stack:
        for family, address in await _addresses(hosts, port):
            number = next(iter(found.values())).getsockname()[1] if found else port
            if (family, address[0]) in found:
                continue
            try:
                made = _open(family, (address[0], number, *address[2:]), both=address[0] == ANY6 and ANY4 not in hosts)
            except OSError as error:
                if error.errno not in _NOT_HERE:
                    raise
                missing = error
            else:
                found[family, address[0]] = stack.enter_context(made)
        if missing and not found and ANY6 in hosts:
            found[socket.AF_INET, ANY4] = stack.enter_context(_open(socket.AF_INET, (ANY4, port), both=False))
        elif missing and not found:
            raise missing
        stack.pop_all()
    return list(found.values())


async def _addresses(hosts: Sequence[str], port: int) -> list[tuple[int, Any]]:
    lookup = asyncio.get_running_loop().getaddrinfo
    answers = [await lookup(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE) for host in hosts]
    return [(family, address) for answer in answers for family, _, _, _, address in answer]


def _open(family: int, address: Any, *, both: bool) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not both)
        made.setblocking(False)
        made.bind(address)
    except BaseException:
        made.close()
        raise
    return made
