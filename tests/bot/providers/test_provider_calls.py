"""The paid call over real sockets: what counts as an answer, what as proof that nothing was taken, what as neither."""

import asyncio
import json
import logging
import socket
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from provider_desk import KEY, ORDER, REQUEST, Desk, Make, other, row
from pydantic import SecretStr

from bot.errors import Ambiguous, NotSent
from bot.model import Accepted, Brush, Finished, Pending, Photo, Refused
from bot.providers import aiohttp_transport, client, transport
from bot.providers.client import Probe
from bot.providers.hosts import LEGACY, local
from bot.providers.transport import ANSWER_LIMIT, NEVER_SENT, silence
from tests.loopback.provider.scripted import Scripted, closed_port

TAKEN = {"id": "job:kling-video/v1", "status": "queued"}


# ── What goes out ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_create_is_one_post_with_the_key_and_the_body(first: Scripted, make: Make) -> None:
    first.say(201, TAKEN)
    assert await make(row(first)).create(ORDER, REQUEST) == Accepted("aimlapi", "job:kling-video/v1")
    [seen] = first.seen
    assert (seen.method, seen.path, seen.query) == ("POST", LEGACY.path, {})
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["connection"] == "close"
    assert "transfer-encoding" not in seen.headers
    assert "cookie" not in seen.headers
    assert json.loads(seen.body) == {
        "model": ORDER.model,
        "image_url": "data:image/jpeg;base64,photo.jpg",
        "prompt": "she smiles",
        "duration": 5,
    }


async def test_large_pictures_travel_whole(first: Scripted, make: Make) -> None:
    async def big(name: str) -> str:
        return "data:image/jpeg;base64," + "A" * 14_000_000

    first.say(201, TAKEN)
    assert isinstance(await make(row(first), data_uri=big).create(ORDER, REQUEST), Accepted)
    assert len(json.loads(first.seen[0].body)["image_url"]) == 14_000_023


async def test_each_picture_stands_where_it_belongs(first: Scripted, make: Make) -> None:
    async def uri(name: str) -> str:
        return f"data:image/png;base64,{name}"

    first.say(201, TAKEN)
    mask, end = Photo("mask.png", 1280, 960), Photo("end.png", 1280, 960)
    order = replace(ORDER, end=end, static_mask=mask, brushes=(Brush(mask, ((1, 2), (3, 4))),))
    await make(local(first.base), data_uri=uri).create(order, REQUEST)
    said = json.loads(first.seen[0].body)
    assert said["image_url"] == await uri(ORDER.photo.name)
    assert said["tail_image_url"] == await uri("end.png")
    assert [said["static_mask_url"], said["dynamic_masks"][0]["mask_url"]] == [await uri("mask.png")] * 2


async def test_any_text_can_be_sent(first: Scripted, make: Make) -> None:
    first.say(201, TAKEN)
    prompt = 'ü 🙂 "\\ \x00 \ud800'
    await make(row(first)).create(replace(ORDER, prompt=prompt), REQUEST)
    assert json.loads(first.seen[0].body)["prompt"] == prompt


ids = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=80)


@given(ids)
def test_ids_arrive_as_they_are(remote_id: str) -> None:
    """Through httpx's quoting, which yarl then leaves as it is."""
    url = aiohttp_transport._address(
        str(httpx.Request("GET", transport._parsed(client._look("https://x.example/a", remote_id))).url)
    )
    assert parse_qs(urlsplit(url.raw_path_qs).query) == {"generation_id": [remote_id]}


@pytest.mark.parametrize("remote_id", ["uuid-1:kling-video/v1/standard/image-to-video", "a+b&c=d#e%2Ff g?h;i", "ü"])
async def test_a_look_asks_for_the_id_as_it_is(first: Scripted, make: Make, remote_id: str) -> None:
    first.say(200, {"status": "completed", "video": {"url": "https://x.example/c"}})
    assert await make(row(first)).poll("aimlapi", remote_id, 5) == Finished("https://x.example/c")
    [seen] = first.seen
    assert (seen.method, seen.path, seen.query) == ("GET", LEGACY.path, {"generation_id": [remote_id]})
    assert seen.headers["authorization"] == f"Bearer {KEY}"


# ── The transport's errors ───────────────────────────────────────────────────────────────────────────────────────────


def family(error: type[BaseException]) -> Iterator[type[BaseException]]:
    yield error
    for child in error.__subclasses__():
        yield from family(child)


def test_only_what_happens_before_a_connection_is_proof() -> None:
    """The map is complete: every aiohttp error there is means "may have been sent" unless it belongs to the making of a
    connection. A new one in a later version does, too."""
    proofs = {error for allowed in NEVER_SENT for error in family(allowed)}
    assert {error.__name__ for error in proofs} == {
        "ClientConnectorError",
        "ClientConnectorDNSError",
        "ClientProxyConnectionError",
        "UnixClientConnectorError",
        "ClientSSLError",
        "ClientConnectorSSLError",
        "ClientConnectorCertificateError",
        "ConnectionTimeoutError",
    }
    for error in {*family(aiohttp.ClientError), *family(OSError), asyncio.TimeoutError}:
        bare = error.__new__(error)
        assert isinstance(bare, Exception)
        assert silence(bare).sent == (error not in proofs), error


async def test_refused_connection(desk: Desk, make: Make) -> None:
    providers = make(row(closed_port()))
    with pytest.raises(NotSent, match="nobody listens there") as caught:
        await providers.create(ORDER, REQUEST)
    assert caught.value.retry_after == 60
    desk.now += 20
    with pytest.raises(NotSent) as caught:
        await providers.create(ORDER, REQUEST)
    assert caught.value.retry_after == 40


async def test_unknown_name(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nowhere(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", nowhere)
    with pytest.raises(NotSent, match="its name is not known"):
        await make(row("https://nowhere.example")).create(ORDER, REQUEST)


async def test_a_name_lookup_that_hangs(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: Any, **__: Any) -> Any:
        await asyncio.sleep(30)

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", never)
    with pytest.raises(NotSent, match="it took too long"):
        await make(row("https://slow.example"), timeout=0.2).create(ORDER, REQUEST)


async def test_a_connection_that_hangs(make: Make) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
        with pytest.raises(NotSent, match="it took too long"):
            await make(row(f"http://127.0.0.1:{full.getsockname()[1]}"), timeout=0.2).create(ORDER, REQUEST)
        for sock in waiting:
            sock.close()


async def test_a_server_that_does_not_speak_tls(first: Scripted, make: Make) -> None:
    first.raw(b"what?")
    with pytest.raises(NotSent):
        await make(row(first.base.replace("http:", "https:")), timeout=0.4).create(ORDER, REQUEST)
    assert first.posts == 0


HEAD = b"HTTP/1.1 201 Created\r\n"
BROKEN: dict[str, Callable[[Scripted], None]] = {
    "cut before the answer": lambda host: host.raw(b""),
    "cut in the head": lambda host: host.raw(b"HTTP/1.1 201 Cre"),
    "cut in the body": lambda host: host.raw(HEAD + b'Content-Length: 50\r\n\r\n{"id": '),
    "cut in a chunk": lambda host: host.raw(HEAD + b'Transfer-Encoding: chunked\r\n\r\n9\r\n{"id"'),
    "no http": lambda host: host.raw(b"lorem ipsum\r\n\r\n"),
    "bad chunk": lambda host: host.raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "bad gzip": lambda host: host.raw(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"),
    "huge head": lambda host: host.raw(HEAD + b"X: " + b"a" * 20_000 + b"\r\n\r\n"),
    "reset": lambda host: host.reset(),
    "hang": lambda host: host.hang(),
    "drip": lambda host: host.drip(HEAD + b"Content-Length: 500\r\n\r\n" + b" " * 500, every=0.02),
    "no json": lambda host: host.say(201, b"<html>created</html>"),
    "empty": lambda host: host.say(204),
    "huge answer": lambda host: host.say(200, b'{"x": "' + b"a" * (3 * ANSWER_LIMIT) + b'", "id": "late"}'),
    "server error": lambda host: host.say(500, {"message": "model is under maintenance"}),
    "gateway timeout": lambda host: host.say(504, {"message": "Generation timeout"}),
    "request timeout": lambda host: host.say(408),
}


@pytest.mark.parametrize("case", BROKEN)
async def test_what_may_have_been_taken_is_posted_once_and_stops_everything(
    case: str, first: Scripted, second: Scripted, make: Make, desk: Desk
) -> None:
    BROKEN[case](first)
    providers = make(row(first), replace(row(second), name="second"), timeout=0.8 if case in ("hang", "drip") else 5)
    with pytest.raises(Ambiguous, match=r"^aimlapi "):
        await providers.create(ORDER, REQUEST)
    assert (first.posts, second.posts) == (1, 0)
    assert desk.incidents == []


@pytest.mark.parametrize("case", BROKEN)
async def test_a_look_survives_the_same(case: str, first: Scripted, make: Make) -> None:
    for _ in range(2):  # a GET may be repeated, and aiohttp does so on a connection that it kept
        BROKEN[case](first)
    seen = await make(row(first), timeout=0.8 if case in ("hang", "drip") else 5).poll("aimlapi", "i", 9e9)
    assert isinstance(seen, Pending)
    assert seen.detail


async def test_a_look_at_a_host_that_is_away_is_pending(make: Make) -> None:
    providers = make(row(closed_port()))
    assert await providers.poll("aimlapi", "i", 9e9) == Pending("no answer: nobody listens there", failed=True)
    assert await providers.poll("forgotten", "i", 9e9) == Pending("not configured any more", failed=True)


async def test_a_reset_while_the_body_is_written(first: Scripted, make: Make) -> None:
    async def big(name: str) -> str:
        return "data:image/jpeg;base64," + "A" * 50_000_000

    async def slam(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        posts.append(1)
        writer.transport.abort()

    posts: list[int] = []
    server = await asyncio.start_server(slam, "127.0.0.1", 0)
    async with server:
        base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(Ambiguous, match=r"ClientOSError|ServerDisconnectedError|ClientConnectionResetError"):
            await make(row(base), data_uri=big).create(ORDER, REQUEST)
    assert len(posts) == 1


async def test_each_post_has_a_connection_of_its_own(first: Scripted, make: Make) -> None:
    """A host that closes idle connections never makes a paid request look doubtful."""
    providers = make(row(first))
    for _ in range(3):
        first.say(201, TAKEN)
        assert isinstance(await providers.create(ORDER, REQUEST), Accepted)
    assert (first.posts, first.connections) == (3, 3)


async def test_looks_share_a_connection_and_outlive_it(first: Scripted, make: Make) -> None:
    providers = make(row(first))
    for _ in range(3):
        first.say(200, {"status": "queued"})
        assert await providers.poll("aimlapi", "i", 1) == Pending()
    assert first.connections == 1
    first.raw(b"")  # the kept connection turns out to be dead: aiohttp asks again on a new one
    first.say(200, {"status": "queued"})
    assert await providers.poll("aimlapi", "i", 1) == Pending()
    assert first.connections == 2


async def test_a_create_can_be_cancelled(first: Scripted, make: Make) -> None:
    first.hang()
    task = asyncio.create_task(make(row(first)).create(ORDER, REQUEST))
    await first.arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert first.posts == 1


# ── Answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [200, 201, 202])
async def test_every_2xx_is_success(status: int, first: Scripted, make: Make) -> None:
    first.say(status, {"generation_id": "g"})
    assert await make(row(first)).create(ORDER, REQUEST) == Accepted("aimlapi", "g")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(status: int, first: Scripted, second: Scripted, make: Make) -> None:
    first.say(status, Location=second.base + LEGACY.path)
    assert isinstance(await make(row(first)).create(ORDER, REQUEST), Refused)
    first.say(status, Location=second.base + LEGACY.path)
    assert await make(row(first)).poll("aimlapi", "i", 1) == Pending(f"HTTP {status}", failed=True)
    assert second.seen == []


async def test_a_refusal_ends_the_order(first: Scripted, make: Make) -> None:
    first.say(400, {"message": "the risk control system said no"})
    assert await make(row(first)).create(ORDER, REQUEST) == Refused(
        "moderation", "HTTP 400: the risk control system said no"
    )


async def test_an_unknown_job_is_believed_after_ten_minutes(first: Scripted, make: Make) -> None:
    providers = make(row(first))
    first.say(404)
    assert await providers.poll("aimlapi", "i", 599) == Pending("HTTP 404", failed=True)
    first.say(404)
    assert await providers.poll("aimlapi", "i", 601) == Refused("unknown_job", "HTTP 404")


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(404, "reachable"), (200, "reachable"), (500, "reachable"), (401, "refused"), (403, "refused"), (402, "refused")],
)
async def test_probe(status: int, verdict: Any, first: Scripted, make: Make) -> None:
    first.say(status)
    assert await make(row(first)).probe("aimlapi") == Probe(verdict, f"HTTP {status}")
    assert first.seen[0].method == "GET"


async def test_probe_of_a_host_that_is_away(make: Make) -> None:
    assert (await make(row(closed_port())).probe("aimlapi")).verdict == "unreachable"


CUT = b"HTTP/1.1 %d So\r\nContent-Length: 999\r\n\r\n%s"


async def test_an_id_that_arrived_before_the_line_broke_is_not_lost(first: Scripted, make: Make) -> None:
    first.raw(CUT % (201, b'{"id": "paid"}'))
    assert await make(row(first)).create(ORDER, REQUEST) == Accepted("aimlapi", "paid")


async def test_a_no_stays_a_no_however_its_words_end(first: Scripted, second: Scripted, make: Make) -> None:
    first.raw(CUT % (429, b'{"mess'))
    second.raw(CUT % (400, b'{"mess'))
    answer = await make(row(first), other(second)).create(ORDER, REQUEST)
    assert answer == Refused("rejected", 'HTTP 400: {"mess')


# ── What is kept quiet, and what is said once ────────────────────────────────────────────────────────────────────────


async def test_an_oddity_is_logged_once(first: Scripted, make: Make, caplog: pytest.LogCaptureFixture) -> None:
    providers = make(row(first))
    for state in ("moon", "moon", "sun", "queued", "moon"):
        first.say(200, {"status": state})
        await providers.poll("aimlapi", "i", 1)
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("bot.")]
    assert [message.partition(" (")[0] for message in ours] == [
        "aimlapi: unknown status 'moon'",
        "aimlapi: unknown status 'sun'",
    ]


@pytest.mark.parametrize("secret", [KEY, "correcthorse"])
async def test_the_key_is_nowhere(
    secret: str, first: Scripted, make: Make, caplog: pytest.LogCaptureFixture, desk: Desk
) -> None:
    """Not even when the host repeats it, and even if it does not look like a key."""
    caplog.set_level(logging.DEBUG)
    host = replace(row(first), key=SecretStr(secret))
    providers = make(host)
    said = [repr(providers), repr(host)]
    first.say(400, {"message": f"key {secret} is odd"})
    said.append(repr(await providers.create(ORDER, REQUEST)))
    first.say(200, {"status": "error", "error": f"key {secret} is odd"})
    said.append(repr(await providers.poll("aimlapi", "i", 1)))
    first.say(200, {"status": secret})
    said.append(repr(await providers.poll("aimlapi", "i", 1)))
    first.say(401, {"message": f"key {secret} is odd"})
    said.append(repr(await make(host).create(ORDER, REQUEST)))
    for status in (429, 500):
        first.say(status, {"message": f"key {secret} is odd"})
        with pytest.raises((NotSent, Ambiguous)) as caught:
            await providers.create(ORDER, REQUEST)
        said.append("".join(traceback.format_exception(caught.value)) + repr(caught.value))
    text = "\n".join([*said, *map(repr, desk.incidents), caplog.text])
    assert "[key]" in text
    assert secret not in text
    assert secret[3:] not in text
