"""What strangers post, over sockets, to every route that takes something: read under our rules, or not at all."""

import asyncio
import gzip
import itertools
import json
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from adapters.web import bodies, connections, message
from adapters.web.concurrency_limit import NEAR
from adapters.web.guess_limit import EACH
from adapters.web.server import UPDATE
from bot import texts
from bot.errors import StoreDown
from tests.clock import Clock
from tests.raw_http import Said, head, post, send, stall
from tests.web_gallery import SLUG, Site, site

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PARTS = {"Content-Type": "multipart/form-data; boundary=b"}
JSON = {"Content-Type": "application/json"}
PASSWORD = "not asked for here"
SHORT = 0.5
"""Seconds for which the loop may stand still in a test; on a busy machine others take their turns, too."""


class Everywhere:
    """The site, and every route that takes a body: its address, the headers that open it, and its limit."""

    def __init__(self, site: Site, share: str, cookie: str, token: str) -> None:
        self.base, self.site = site.base, site
        known = {"Cookie": cookie, "X-Photoplay": token}
        self.routes: dict[str, tuple[str, Mapping[str, str], int]] = {
            "login": ("/login", FORM, bodies.SMALL),
            "say": ("/say", {**PARTS, **known}, message.WORDS),
            "report": (f"/g/{SLUG}/{share}/report", {**FORM, **known}, bodies.SMALL),
            "hook": ("/hooks/telegram", JSON, UPDATE),
        }

    async def post(self, name: str, body: bytes, *, length: bool = True, **headers: str) -> Said:
        path, opening, _ = self.routes[name]
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return await post(self.base, path, body, {**opening, **named}, length=length)


@pytest.fixture
async def everywhere(
    tmp_path: Path, clock: Clock, new_id: Callable[[], str], clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Everywhere]:
    monkeypatch.setattr(connections, "POLL", 0.05)

    async def hook(_: Mapping[str, str], body: Callable[[], Awaitable[bytes]]) -> int:
        json.loads(await body())
        return 200

    async with site(tmp_path, clock, new_id, clip, hooks={"telegram": hook}) as made:
        share = await made.share(await made.clip(clip))
        visitor = await made.visitor()
        async with visitor.http.post(f"{made.base}/login", data={"password": PASSWORD}) as answer:
            assert answer.status == 200
        await visitor.get(f"/g/{SLUG}/{share.id}")
        cookie = "; ".join(f"{one.key}={one.value}" for one in visitor.http.cookie_jar)
        yield Everywhere(made, share.id, cookie, visitor.token)


ROUTES = ("login", "say", "report", "hook")


def part(name: str, value: bytes = b"") -> bytes:
    return b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), value)


@pytest.mark.parametrize("name", ROUTES)
async def test_another_type_or_charset_is_refused_unread(everywhere: Everywhere, name: str) -> None:
    for kind in (
        *("text/plain", "multipart/mixed; boundary=b", "application/x-www-form-urlencoded; charset=punycode", ""),
        *("application/json; charset=utf-16", "multipart/form-data; boundary=b; charset=idna", "application/json, x/y"),
        *("application/x-www-form-urlencoded; x=y", "application/x-www-form-urlencoded; charset=utf-8; charset=utf-7"),
    ):
        said = await everywhere.post(name, b"password=x", Content_Type=kind)
        assert (said.status, json.loads(said.body)) == (415, {"text": texts.page.UNREADABLE[415]}), kind


async def test_a_body_that_would_take_minutes_to_decode_takes_no_time(everywhere: Everywhere) -> None:
    body = b"password=-" + b"a" * 1_000_000
    async with stall() as stood:
        for charset in ("punycode", "idna", "unicode_escape", "utf-7", "utf-8"):
            kind = f"application/x-www-form-urlencoded; charset={charset}"
            said = await everywhere.post("login", body, length=False, Content_Type=kind)
            assert said.status in (413, 415)
    assert stood.worst < SHORT


@pytest.mark.parametrize("name", ROUTES)
async def test_nothing_is_unpacked(everywhere: Everywhere, name: str) -> None:
    body = gzip.compress(bytes(30_000_000))
    async with stall() as stood:
        for encoding in ("gzip", "deflate", "br", "zstd", "gzip, gzip"):
            assert (await everywhere.post(name, body, Content_Encoding=encoding)).status == 415
    assert stood.worst < SHORT


@pytest.mark.parametrize("name", ROUTES)
async def test_more_than_a_route_takes_is_refused(everywhere: Everywhere, name: str) -> None:
    limit = everywhere.routes[name][2]
    body = part("text", b"x" * limit * 2) + b"--b--" if name == "say" else b"a=" + b"x" * limit
    for length in (True, False):
        said = await everywhere.post(name, body, length=length)
        assert (said.status, b"close" in said.head) == (413, True)
    for length_too in ("9" * 30, "-1", "1e3"):
        path, headers, _ = everywhere.routes[name]
        said = await send(everywhere.base, head(path, Host="x", **headers, Content_Length=length_too), b"x")
        assert said.status in (400, 413)


async def test_what_comes_without_a_length_is_read_as_well(everywhere: Everywhere) -> None:
    assert (await everywhere.post("report", b"reason=spam", length=False)).status in (200, 403)
    assert (await everywhere.post("hook", b"{}", length=False)).status == 200
    body = part("key", b"12345678") + part("text", "Bäume".encode()) + b"--b--\r\n"
    said = await everywhere.post("say", body, length=False)
    assert said.status == 200
    assert (await everywhere.post("login", b"password=" + PASSWORD.encode(), length=False)).status == 303


@pytest.mark.parametrize("count", [9, 100_000])
async def test_a_form_has_a_handful_of_parts(everywhere: Everywhere, count: int) -> None:
    async with stall() as stood:
        for one in (
            part("text"),
            part("nothing"),
            b"--b\r\n\r\n\r\n",
            b"\r\n",
            b"\r\n--",
            b"--b\r\n" + b"A: b\r\n" * 9,
        ):
            assert (await everywhere.post("say", one * count + b"--b--\r\n")).status in (400, 413)
        fields = b"&".join([b"a="] * count)
        assert (await everywhere.post("login", fields)).status in (400, 413)
    assert stood.worst < SHORT


async def test_a_form_may_come_in_any_pieces(everywhere: Everywhere) -> None:
    path, headers, _ = everywhere.routes["say"]
    for size, end in itertools.product((1, 3, 7), (b"\r\n", b"", b"\r\nwhat comes after is nothing")):
        body = part("key", secrets.token_hex(8).encode()) + part("text", b"/help\r\n--cob") + b"--b--" + end
        opening = head(path, Host="x", **headers, Content_Length=str(len(body)))
        said = await send(everywhere.base, opening, *(body[at : at + size] for at in range(0, len(body), size)))
        assert said.status == 200


async def test_a_lone_surrogate_is_a_wrong_password_and_no_error(
    everywhere: Everywhere, caplog: pytest.LogCaptureFixture
) -> None:
    for password in (b"%ED%A0%80", b"%FF", "\ud800".encode("utf-8", "surrogatepass"), b"\xff", b"%00", b"&&&", b"%"):
        assert (await everywhere.post("login", b"password=" + password)).status in (400, 401)
    assert not caplog.records


async def test_what_is_no_request_is_answered_and_not_logged(
    everywhere: Everywhere, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    chunked = b"POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    for junk in (
        b"\x16\x03\x01" + b"x" * 300,
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"b" * 128_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 20_000 + b"\r\n",
        b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        chunked + b"Content-Type: application/x-www-form-urlencoded\r\n\r\nz\r\n",
        b"GET / HTTP/1.1\r\nHost: \xff\xfe\r\nCookie: \xff\r\nX-Forwarded-For: \xff\r\nAccept: text/html\r\n\r\n",
        b"GET http://[:x/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%ff%00?after=%ff&%00 HTTP/1.1\r\nHost: x\r\n\r\n",
    ):
        assert 200 <= (await send(everywhere.base, junk)).status < 500, junk[:90]
    assert not caplog.records


# ── Time ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_half_a_request_is_not_waited_for(everywhere: Everywhere, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD", 0.2)
    monkeypatch.setattr(bodies, "SILENCE", 0.2)
    for half in (b"", b"GET / HTTP/1.1\r\nHost: x\r\n", b"POST"):
        assert (await send(everywhere.base, half, wait=3)).status == 0
    for name in ROUTES:
        path, headers, _ = everywhere.routes[name]
        said = await send(everywhere.base, head(path, Host="x", **headers, Content_Length="500"), b"--b\r\n", wait=3)
        assert (said.status, b"close" in said.head) == (408, True)


async def test_a_body_by_drops_has_an_end(everywhere: Everywhere, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies.whole, "__defaults__", (bodies.SMALL, 0.3))
    path, headers, _ = everywhere.routes["login"]
    host, _, port = everywhere.base.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(head(path, Host="x", **headers, Content_Length="500"))

    async def drip() -> None:
        while True:
            writer.write(b"a")
            await asyncio.sleep(0.02)

    dripping = asyncio.create_task(drip())
    async with asyncio.timeout(3):
        assert b" 408 " in await reader.readline()
    dripping.cancel()
    writer.close()


# ── Limits before bodies ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_whoever_tried_too_often_is_told_before_anything_is_read(everywhere: Everywhere) -> None:
    for _ in range(EACH):
        assert (await everywhere.post("login", b"password=guess")).status == 401
    path, headers, _ = everywhere.routes["login"]
    said = await send(everywhere.base, head(path, Host="x", **headers, Content_Length="500"), wait=3)
    assert said.status == 429


async def test_whoever_reported_once_is_told_before_anything_is_read(everywhere: Everywhere) -> None:
    path = everywhere.routes["report"][0].removesuffix("/report")
    first, second = await everywhere.site.visitor(path), await everywhere.site.visitor(path)
    assert (await first.report(path, "spam")).status == 200
    cookie = "; ".join(f"{one.key}={one.value}" for one in second.http.cookie_jar)
    opening = head(f"{path}/report", Host="x", **FORM, Cookie=cookie, Content_Length="500")
    assert (await send(everywhere.base, opening, wait=3)).status == 429


async def test_one_network_sends_so_many_forms_at_once(everywhere: Everywhere) -> None:
    path, _, _ = everywhere.routes["say"]
    host, _, port = everywhere.base.removeprefix("http://").partition(":")
    held = []
    for _ in range(NEAR // 4):
        visitor = await everywhere.site.visitor()
        async with visitor.http.post(f"{everywhere.base}/login", data={"password": PASSWORD}) as answer:
            page = await answer.text()
        token = json.loads(page.split('id="state">')[1].split("</script>")[0])["csrf"]
        cookie = "; ".join(f"{one.key}={one.value}" for one in visitor.http.cookie_jar)
        for _ in range(4):
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(head(path, Host="x", **PARTS, Cookie=cookie, X_Photoplay=token, Content_Length="99"))
            held.append(writer)
    await asyncio.sleep(0.1)
    said = await everywhere.post("say", part("key", b"12345678") + b"--b--")
    assert (said.status, json.loads(said.body)["text"]) == (429, texts.page.PAGE["one_by_one"])
    for writer in held:
        writer.close()
    await asyncio.sleep(0.1)
    assert (await everywhere.post("say", part("key", b"12345678") + b"--b--")).status == 200


# ── A database that is away ──────────────────────────────────────────────────────────────────────────────────────────


async def test_a_database_that_is_away_is_said_and_logged_once(
    everywhere: Everywhere, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def down(*_: object) -> None:
        raise StoreDown("the line is cut")

    monkeypatch.setattr(type(everywhere.site.house.core), "allowance", down)
    cookie = everywhere.routes["say"][1]["Cookie"]
    for accept, words in (("text/html", texts.page.PAGE["resting"]), ("*/*", texts.page.PAGE["resting_lead"][:20])):
        for _ in range(7):
            said = await send(everywhere.base, head("/", "GET", Host="x", Cookie=cookie, Accept=accept))
            assert said.status == 503
            assert b"Retry-After" in said.head
            assert words.encode() in said.body or words.replace("'", "&#39;").encode() in said.body
    assert [record.getMessage() for record in caplog.records] == ["pages wait for the database: the line is cut"]
