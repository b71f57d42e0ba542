"""Fetching clips: from where, from where not, and what is no clip."""

import asyncio
import logging
import ssl
import traceback
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from provider_desk import KEY, Make, row
from pydantic import SecretStr

from bot.errors import BrokenClip, ProviderError, Unreachable
from bot.providers import download
from bot.providers.client import Providers
from bot.providers.hosts import Host, aimlapi, local
from tests.loopback.provider.scripted import Scripted, closed_port, scripted

CLIP = bytes(range(256)) * 1000
PUBLIC = "127.0.0.2"


async def read(providers: Providers, url: str, host: str = "local") -> bytes:
    return b"".join([piece async for piece in providers.fetch(host, url)])


@pytest.fixture
async def public(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scripted]:
    """A server on an address that counts as public, next to the rest of loopback, which does not."""
    truth = download.private
    monkeypatch.setattr(download, "private", lambda address: address != PUBLIC and truth(address))
    async with scripted(PUBLIC) as script:
        yield script


async def test_a_clip_arrives_whole_and_without_credentials(first: Scripted, make: Make) -> None:
    first.say(200, CLIP, Content_Type="video/mp4")
    host = replace(local(first.base), key=SecretStr(KEY))
    assert await read(make(host), f"{first.base}/a/clip.mp4?sig=%2Fa%3D") == CLIP
    [seen] = first.seen
    assert (seen.method, seen.path, seen.query) == ("GET", "/a/clip.mp4", {"sig": ["/a="]})
    assert "authorization" not in seen.headers
    assert "cookie" not in seen.headers
    assert "referer" not in seen.headers


async def test_where_a_host_is_is_looked_up_once_a_minute(
    first: Scripted, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, loop = [], asyncio.get_running_loop()
    look_up = loop.getaddrinfo

    async def counted(*args: Any, **more: Any) -> Any:
        asked.append(args)
        return await look_up(*args, **more)

    monkeypatch.setattr(loop, "getaddrinfo", counted)
    providers = make(local(first.base))
    for fresh, lookups in ((0.0, 1), (60.0, 2), (60.0, 2)):
        monkeypatch.setattr(download, "FRESH", fresh)
        first.say(200, CLIP)
        assert await read(providers, f"{first.base}/a") == CLIP
        assert len(asked) == lookups


async def test_redirects_are_followed_three_times(first: Scripted, make: Make) -> None:
    for target in ("/b?x=1", f"{first.base}/c", "d"):
        first.say(302, Location=target)
    first.say(200, CLIP)
    assert await read(make(local(first.base)), f"{first.base}/a") == CLIP
    assert [seen.path for seen in first.seen] == ["/a", "/b", "/c", "/d"]
    for _ in range(4):
        first.say(307, Location="/again")
    with pytest.raises(ProviderError, match="too many redirects"):
        await read(make(local(first.base)), f"{first.base}/a")


@pytest.mark.parametrize("status", [403, 404, 410, 416, 500, 300])
async def test_a_link_that_says_no(status: int, first: Scripted, make: Make) -> None:
    first.say(status, b"<Error/>")
    with pytest.raises(ProviderError, match=f"HTTP {status}"):
        await read(make(local(first.base)), f"{first.base}/a")


@pytest.mark.parametrize("status", [202, 204, 408, 420, 423, 425, 429, 500, 502, 503, 504, 520, 529])
async def test_not_now_is_no_word_about_the_clip(status: int, first: Scripted, make: Make) -> None:
    first.say(status, b"")
    with pytest.raises(Unreachable, match=f"HTTP {status}"):
        await read(make(local(first.base)), f"{first.base}/a")


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_a_clip_that_is_gone_is_broken(status: int, first: Scripted, make: Make) -> None:
    first.say(status, b"")
    with pytest.raises(BrokenClip):
        await read(make(local(first.base)), f"{first.base}/a")


@pytest.mark.parametrize(
    ("link", "sent"),
    [
        ("/my clip.mp4", "/my%20clip.mp4"),
        ("/a.mp4?name=my clip&sig=a%2Fb+c==", "/a.mp4?name=my%20clip&sig=a%2Fb+c=="),
        ('/"clip".mp4', "/%22clip%22.mp4"),
        ("/it's.mp4", "/it's.mp4"),
        ("/<a>|{b}^`\\.mp4", "/%3Ca%3E%7C%7Bb%7D%5E%60%5C.mp4"),
        ("/100%.mp4?x=%zz%20", "/100%25.mp4?x=%25zz%20"),
        ("/%7Euser/a%2fb.mp4?X-Sig=~-._", "/%7Euser/a%2fb.mp4?X-Sig=~-._"),
        ("/кот.mp4", "/%D0%BA%D0%BE%D1%82.mp4"),
        ("/a\u00a0b\u200b.mp4?sig=%2f\u202f~", "/a%C2%A0b%E2%80%8B.mp4?sig=%2f%E2%80%AF~"),
        ("/a.mp4\u200b\ufeff", "/a.mp4"),
    ],
)
async def test_what_no_url_can_hold_is_quoted_and_all_else_stays(
    link: str, sent: str, first: Scripted, make: Make
) -> None:
    first.say(200, CLIP)
    assert await read(make(local(first.base)), f" {first.base}{link}\n") == CLIP
    assert first.seen[-1].target == sent
    first.say(302, Location=link) if link.isascii() else first.say(302, Location=sent)
    first.say(200, CLIP)
    assert await read(make(local(first.base)), f"{first.base}/a") == CLIP
    assert first.seen[-1].target == sent


async def test_three_bytes_are_passed_on_for_others_to_judge(first: Scripted, make: Make) -> None:
    first.say(200, b"abc")
    assert await read(make(local(first.base)), f"{first.base}/a") == b"abc"


async def test_a_web_page_is_no_clip(first: Scripted, make: Make) -> None:
    first.say(200, b"<html>", Content_Type="text/html; charset=utf-8")
    with pytest.raises(ProviderError, match="web page"):
        await read(make(local(first.base)), f"{first.base}/a")


async def test_a_clip_has_a_limit(first: Scripted, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "CLIP_LIMIT", 1000)
    first.say(200, CLIP)
    with pytest.raises(ProviderError, match="too large"):
        await read(make(local(first.base)), f"{first.base}/a")
    first.raw(b"HTTP/1.1 200 OK\r\n\r\n" + CLIP)  # a length that is not announced counts, too
    with pytest.raises(ProviderError, match="too large"):
        await read(make(local(first.base)), f"{first.base}/a")


async def test_half_a_clip_is_none(first: Scripted, make: Make) -> None:
    first.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"a" * 4000)
    with pytest.raises(ProviderError, match="ClientPayloadError"):
        await read(make(local(first.base)), f"{first.base}/a")


async def test_a_server_that_hangs(first: Scripted, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "TIMEOUT", aiohttp.ClientTimeout(total=0.2))
    first.hang()
    with pytest.raises(ProviderError, match="Timeout"):
        await read(make(local(first.base)), f"{first.base}/a")
    first.drip(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b"a" * 500, every=0.01)
    with pytest.raises(ProviderError, match="Timeout"):
        await read(make(local(first.base)), f"{first.base}/a")


async def test_nobody_there(make: Make) -> None:
    url = closed_port()
    with pytest.raises(ProviderError, match="ClientConnectorError"):
        await read(make(local(url)), url)
    with pytest.raises(ProviderError, match="not configured"):
        await read(make(local(url)), url, "forgotten")


# ── Where clips may come from ────────────────────────────────────────────────────────────────────────────────────────


async def test_a_public_host_may_not_lead_inside(public: Scripted, first: Scripted, make: Make) -> None:
    providers = make(row(public))
    public.say(200, CLIP)
    assert await read(providers, f"{public.base}/a", "aimlapi") == CLIP
    public.say(302, Location=f"{first.base}/secrets")
    with pytest.raises(ProviderError, match="not a public address"):
        await read(providers, f"{public.base}/a", "aimlapi")
    with pytest.raises(ProviderError, match="not a public address"):
        await read(providers, f"{first.base}/secrets", "aimlapi")
    with pytest.raises(ProviderError, match="not a public address"):  # through a name, too
        await read(providers, first.base.replace("127.0.0.1", "localhost"), "aimlapi")
    assert first.connections == 0


@pytest.mark.parametrize("to", ["127.0.0.1", "127.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"])
async def test_an_address_in_disguise_is_still_inside(to: str, public: Scripted, first: Scripted, make: Make) -> None:
    with pytest.raises(ProviderError):
        await read(make(row(public)), first.base.replace("127.0.0.1", to), "aimlapi")
    assert first.connections == 0


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
     "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"],
)  # fmt: skip
def test_private(address: str) -> None:
    assert download.private(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "142.250.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_public(address: str) -> None:
    assert not download.private(address)


REAL = aimlapi(SecretStr(KEY))
STAND_IN = local("http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        (REAL, "https://cdn.aimlapi.com/a.mp4"),
        (REAL, "HTTPS://CDN.aimlapi.com./a.mp4?x=%2f"),
        (REAL, "https://aimlapi.com/a"),
        (REAL, "https://api.aimlapi.com/a"),
        (STAND_IN, "http://127.0.0.1:1/a"),
    ],
)
def test_allowed_links(host: Host, url: str) -> None:
    names = ["AIMLAPI.com"]
    assert str(download.Clips(ssl.create_default_context(), names).admit(host, url)).lower() == url.lower()


@pytest.mark.parametrize(
    ("host", "url"),
    [
        (REAL, "http://cdn.aimlapi.com/a"),
        (REAL, "https://evil.example/a"),
        (REAL, "https://evilaimlapi.com/a"),
        (REAL, "https://aimlapi.com.evil.example/a"),
        (REAL, "https://u:p@cdn.aimlapi.com/a"),
        (REAL, "https://cdn.aimlapi.com@evil.example/a"),
        (REAL, "https://evil.example\\@cdn.aimlapi.com/a"),
        (REAL, "ftp://cdn.aimlapi.com/a"),
        (REAL, "file:///etc/passwd"),
        (REAL, "/a"),
        (REAL, "https:///a"),
        (REAL, "https://cdn.aimlapi.com/a\r\nHost: x"),
        (REAL, ""),
        (STAND_IN, "http://evil.example/a"),
        (STAND_IN, "ftp://127.0.0.1:1/a"),
    ],
)
def test_links_that_are_not_opened(host: Host, url: str) -> None:
    with pytest.raises((Unreachable, ValueError)):
        download.Clips(ssl.create_default_context(), ["aimlapi.com"]).admit(host, url)


async def test_a_link_that_is_no_url_is_a_broken_clip(make: Make) -> None:
    for url in ("", "https://[", "http://a b/", "nonsense", "https://x:99999999/"):
        with pytest.raises(ProviderError):
            await read(make(STAND_IN), url)


async def test_the_link_is_nowhere(first: Scripted, make: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "Signature-of-the-clip"
    said = []
    for step in (
        lambda: first.say(404),
        lambda: first.raw(b""),
        lambda: first.raw(b"nonsense\r\n\r\n"),
        lambda: first.say(302, Location=f"ftp://x.example/{secret}"),
        lambda: first.say(302, Location=f"https://[{secret}"),
    ):
        step()
        with pytest.raises(ProviderError) as caught:
            await read(make(local(first.base)), f"{first.base}/a?sig={secret}")
        said.append("".join(traceback.format_exception(caught.value)))
        assert caught.value.__context__ is None
    first.say(200, CLIP)
    await read(make(local(first.base)), f"{first.base}/a?sig={secret}")
    assert secret not in "".join(said) + caplog.text
