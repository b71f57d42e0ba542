"""Who is who on the web: which proxy is believed, what counts as one network, and who is shut out for whose guesses."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from adapters.web.guess_limit import EACH, MOST, SPAN, WIDE, GuessLimit
from adapters.web.proxies import Proxies, network, region
from adapters.web.server import serve
from bot.config import Settings, load
from bot.errors import Misconfigured
from tests.clock import Clock
from tests.raw_http import head, send
from tests.web_gallery import SLUG, site

PEER = "127.0.0.1"


@asynccontextmanager
async def asked(*trusted: str) -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """A server that says whose request it takes a request to be."""
    proxies = Proxies(trusted)

    async def who(request: web.Request) -> web.Response:
        return web.Response(text=proxies.address(request))

    app = web.Application()
    app.add_routes([web.get("/", who)])
    async with serve(app, PEER, 0) as base:

        async def ask(*forwarded: str) -> str:
            lines = "".join(f"X-Forwarded-For: {one}\r\n" for one in forwarded)
            opening = f"GET / HTTP/1.1\r\nHost: x\r\n{lines}\r\n"
            return (await send(base, opening.encode())).body.decode()

        yield ask


async def test_the_rightmost_address_that_is_no_proxy_of_ours_counts() -> None:
    async with asked("10.0.0.0/8", "2001:db8::1") as ask:
        for forwarded, counts in (
            ((), PEER),
            (("203.0.113.9",), "203.0.113.9"),
            (("1.2.3.4, 203.0.113.9",), "203.0.113.9"),
            (("1.2.3.4", "203.0.113.9"), "203.0.113.9"),
            (("203.0.113.9, 10.1.2.3, 2001:db8::1",), "203.0.113.9"),
            (("1.2.3.4, 192.168.1.5, 10.1.2.3",), "192.168.1.5"),
            (("10.9.9.9",), "10.9.9.9"),
            (("203.0.113.9:4711",), "203.0.113.9"),
            (("[2001:db8::7]:4711, ::ffff:10.1.2.3",), "2001:db8::7"),
            (("1.2.3.4, unknown",), PEER),
            (("1.2.3.4, , 10.1.2.3",), "10.1.2.3"),
            ((",",), PEER),
            (("x" * 5000,), PEER),
        ):
            assert await ask(*forwarded) == counts, forwarded


def peer(address: str, *forwarded: str) -> web.Request:
    """A request as it would come from there; this machine has no other network to send it from."""
    headers = CIMultiDict([("X-Forwarded-For", one) for one in forwarded])
    return make_mocked_request("GET", "/", headers).clone(remote=address)


@pytest.mark.parametrize("near", ["172.17.0.1", "192.168.1.5", "10.0.0.7", "169.254.1.1", "fd00::1", "fe80::1%eth0"])
def test_a_private_address_is_no_proxy_unless_we_say_so(near: str) -> None:
    assert Proxies().address(peer(near, "203.0.113.9")) == near.partition("%")[0]
    assert Proxies([near.partition("%")[0]]).address(peer(near, "203.0.113.9")) == "203.0.113.9"
    assert Proxies(["172.16.0.0/12"]).address(peer("::ffff:172.17.0.1", "203.0.113.9")) == "203.0.113.9"
    for this_machine in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        assert Proxies().address(peer(this_machine, "203.0.113.9")) == "203.0.113.9"


def test_the_setting_takes_addresses_and_networks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings().trusted_proxies == ()
    monkeypatch.setenv("TRUSTED_PROXIES", "172.17.0.1, 10.0.0.0/8,fd00::/8 ,10.1.2.3/8")
    assert Proxies(load().trusted_proxies).address(peer("10.5.5.5", "203.0.113.9")) == "203.0.113.9"
    for wrong in ("proxy.example.com", "*", "0.0.0.0/0", "::/0", "10.0.0.0/40"):
        monkeypatch.setenv("TRUSTED_PROXIES", wrong)
        with pytest.raises(Misconfigured, match="TRUSTED_PROXIES: it must list addresses or networks"):
            load()


def test_what_is_one_network() -> None:
    # One household of IPv6 is one, however many addresses it has; so is IPv4 in its clothes.
    assert network("2001:db8:1:2:3::4") == network("2001:db8:1:ff:ffff::9") != network("2001:db8:1:100::4")
    assert network("::ffff:203.0.113.9") == network("203.0.113.9") != network("203.0.113.8")
    assert network("unix:") == "unix:"
    assert region("2001:db8:1::1") == region("2001:db8:ffff::1") != region("2001:db9::1")
    assert region("203.0.113.9") == region("203.0.7.7") != region("203.1.113.9")


def test_guesses_shut_the_door_for_those_who_guess() -> None:
    clock = Clock()
    tries = GuessLimit(clock)
    for n in range(EACH):
        assert not tries.exhausted("2001:db8::1")
        tries.miss(f"2001:db8::{n:x}")
    assert tries.exhausted("2001:db8::ffff:1")
    assert not tries.exhausted("2001:db8:1::1")
    for n in range(WIDE):  # from one network after another of the same provider
        tries.miss(f"2001:db8:{n:x}::1")
    assert tries.exhausted("2001:db8:ffff::1")
    for n in range(1000):  # and from everywhere
        tries.miss(f"{n % 200 + 20}.{n // 200}.3.4")
    assert not tries.exhausted("203.0.113.9")
    clock.tick(SPAN)
    assert not tries.exhausted("2001:db8::1")
    assert not tries._counts


def test_tries_never_grow() -> None:
    tries = GuessLimit(Clock())
    for n in range(MOST + 500):
        tries.miss(f"{n >> 16}.{n >> 8 & 255}.{n & 255}.1")
        tries.exhausted("203.0.113.9")
    assert len(tries._misses) <= MOST
    assert len(tries._counts) <= 2 * MOST


async def test_a_right_password_opens_while_others_guess(
    tmp_path: Path, clock: Clock, new_id: Callable[[], str], clip: bytes
) -> None:
    async with site(tmp_path, clock, new_id, clip) as made:

        async def login(password: str, address: str) -> int:
            form = f"password={password}".encode()
            opening = head(
                "/login",
                Host="x",
                Content_Type="application/x-www-form-urlencoded",
                Content_Length=str(len(form)),
                X_Forwarded_For=address,
            )
            return (await send(made.base, opening, form)).status

        for n in range(10 * EACH):
            assert await login("guess", f"2001:db8::{n:x}") == (401 if n < EACH else 429)
        assert await login("not+asked+for+here", "2001:db8::dead") == 429
        assert await login("not+asked+for+here", "2001:db8:9::1") == 303
        # Many at once are no more than one after another.
        said = await asyncio.gather(*(login("guess", "203.0.113.9") for _ in range(5 * EACH)))
        assert sorted(said) == [401] * EACH + [429] * 4 * EACH


async def test_made_up_addresses_make_no_visitors(
    tmp_path: Path, clock: Clock, new_id: Callable[[], str], clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a peer that is not trusted, hearts of one network stay those of one network."""
    monkeypatch.setattr("adapters.web.proxies.Proxies._trusts", lambda *_: False)
    async with site(tmp_path, clock, new_id, clip) as made:
        share = await made.share(await made.clip(clip))
        path = f"/g/{SLUG}/{share.id}"
        said: list[int] = []
        for n in range(9):
            visitor = await made.visitor(path)
            said.append((await visitor.heart(path, **{"X-Forwarded-For": f"203.0.{n}.9"})).status)
        assert said == [200] * 5 + [429] * 4
