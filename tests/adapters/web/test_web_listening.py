"""Where the web server listens: one family, the other, and both."""

import errno
import os
import socket
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
import pytest

from adapters.web import listening
from adapters.web.server import make_app, serve
from bot.errors import Misconfigured
from bot.media.signed_links import Links
from bot.media.stored import StoredFile
from tests.clock import Clock


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as tried:
            tried.bind(("::1", 0))
    except OSError:
        return False
    return True


ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


async def health() -> tuple[bool, Mapping[str, Any]]:
    return True, {}


def nowhere(name: str) -> StoredFile:
    raise LookupError(name)


async def heard(hosts: str | Sequence[str], clock: Clock) -> dict[str, bool]:
    """By which family a server is heard, having been told these addresses."""
    found = {}
    async with (
        serve(make_app(Links(b"k" * 32, clock), nowhere, health), hosts, 0) as address,
        aiohttp.ClientSession() as http,
    ):
        port = address.rpartition(":")[2]
        for name in ("127.0.0.1", "[::1]"):
            try:
                async with http.get(f"http://{name}:{port}/livez") as answer:
                    found[name] = answer.status == 200
            except aiohttp.ClientConnectionError:
                found[name] = False
    return found


@pytest.mark.parametrize("hosts", ["127.0.0.1", "0.0.0.0", ["0.0.0.0"]])
async def test_ipv4_alone(hosts: str | list[str], clock: Clock) -> None:
    assert await heard(hosts, clock) == {"127.0.0.1": True, "[::1]": False}


@ipv6
@pytest.mark.parametrize(
    "hosts", [["::"], ["0.0.0.0", "::"], ["::", "0.0.0.0"], ["127.0.0.1", "::1"], ["127.0.0.1", "::1", "127.0.0.1"]]
)
async def test_both_families(hosts: list[str], clock: Clock) -> None:
    assert await heard(hosts, clock) == {"127.0.0.1": True, "[::1]": True}


@ipv6
async def test_one_address_of_ipv6(clock: Clock) -> None:
    assert await heard("::1", clock) == {"127.0.0.1": False, "[::1]": True}


@pytest.mark.parametrize("number", [errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL])
@pytest.mark.parametrize("hosts", [["::"], ["::", "0.0.0.0"], ["127.0.0.1", "::1"]])
async def test_a_machine_without_ipv6_is_heard_all_the_same(
    hosts: list[str], number: int, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = listening._open

    def without(family: int, place: Any, *, both: bool) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(number, os.strerror(number))
        return real(family, place, both=both)

    monkeypatch.setattr(listening, "_open", without)
    assert await heard(hosts, clock) == {"127.0.0.1": True, "[::1]": False}


@pytest.mark.parametrize("hosts", ["203.0.113.7", ["no.such.host.invalid"]])
async def test_an_address_that_is_not_ours_is_said(hosts: str | list[str], clock: Clock) -> None:
    with pytest.raises(Misconfigured, match="Check HOST and PORT"):
        async with serve(make_app(Links(b"k" * 32, clock), nowhere, health), hosts, 0):
            pass


async def test_no_socket_stays_open_where_one_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        before = len(os.listdir("/proc/self/fd"))
        with pytest.raises(OSError, match="in use"):
            await listening.open_sockets(["127.0.0.2", "127.0.0.1"], taken.getsockname()[1])
        assert len(os.listdir("/proc/self/fd")) == before
