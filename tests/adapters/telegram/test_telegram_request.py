"""One request to Telegram over real sockets: what is sent, and what is known when no answer comes."""

import asyncio
import email
import io
import shutil
import socket
import ssl
import subprocess
import tracemalloc
from collections.abc import AsyncIterator, Callable
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import certifi
import pytest
from telegram import InputFile
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, HTTPXRequest, RequestData
from telegram.request._requestparameter import RequestParameter

from adapters.telegram import request as requests
from adapters.telegram.client import TelegramClient, mapped
from adapters.telegram.request import AiohttpRequest, Silence
from bot.errors import ChatError, Unconfirmed
from tests.loopback.provider.scripted import Scripted, closed_port, scripted

DONE = {"ok": True, "result": True}


@pytest.fixture
async def host() -> AsyncIterator[Scripted]:
    async with scripted() as script:
        yield script


@pytest.fixture
async def line() -> AsyncIterator[AiohttpRequest]:
    request = AiohttpRequest()
    yield request
    await request.shutdown()


def data(**values: object) -> RequestData:
    return RequestData([RequestParameter.from_input(name, value) for name, value in values.items()])


def parts(host: Scripted) -> dict[str, Message]:
    """The latest form, as the standard library reads it."""
    seen = host.seen[-1]
    form = email.message_from_bytes(f"Content-Type: {seen.headers['content-type']}\r\n\r\n".encode() + seen.body)
    return {str(part.get_param("name", header="content-disposition")): part for part in form.get_payload()}  # type: ignore[union-attr]


async def silence(call: Any) -> Silence:
    with pytest.raises(NetworkError) as caught:
        await call
    cause = caught.value.__cause__
    assert isinstance(cause, Silence)
    assert cause.__cause__ is cause.__context__ is None  # they may hold the address, and so the token
    return cause


# ── What goes out ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_parameters_are_a_form(host: Scripted, line: AiohttpRequest) -> None:
    host.say(200, DONE)
    assert await line.post(f"{host.base}/bot1/x", data(text="ü & = 🙂\r\n", list=[1, "ä"], on=True)) is True
    [seen] = host.seen
    assert (seen.method, seen.path, seen.headers["content-length"]) == ("POST", "/bot1/x", str(len(seen.body)))
    assert parse_qs(seen.body.decode()) == {"text": ["ü & = 🙂\r\n"], "list": ['[1, "\\u00e4"]'], "on": ["true"]}
    assert seen.headers["user-agent"].startswith("python-telegram-bot ")
    assert seen.headers["accept-encoding"] == "identity"


async def test_files_are_parts_whatever_they_are_called(host: Scripted, line: AiohttpRequest, tmp_path: Path) -> None:
    film = bytes(range(256)) * 3000
    (tmp_path / "film").write_bytes(film)
    host.say(200, DONE)
    with (tmp_path / "film").open("rb") as file:
        file.read(7)  # it is sent whole wherever it stands
        video = InputFile(file, "a.mp4", read_file_handle=False)
        paper = InputFile(b"1,2", 'ü"\r\nX-Evil: "b.csv')
        await line.post(f"{host.base}/x", data(caption="ü\r\n--", video=video, paper=paper))
    seen, found = host.seen[0], parts(host)
    assert seen.headers["content-length"] == str(len(seen.body))
    assert "transfer-encoding" not in seen.headers
    assert list(found) == ["caption", "video", "paper"]
    assert found["caption"].get_payload(decode=True) == "ü\r\n--".encode()
    assert found["video"].get_payload(decode=True) == film
    assert (found["video"].get_filename(), found["video"].get_content_type()) == ("a.mp4", "video/mp4")
    assert found["paper"].get_payload(decode=True) == b"1,2"
    assert found["paper"].get_content_type() == "text/csv"
    assert found["paper"]["X-Evil"] is None
    assert "%22%0D%0AX-Evil: %22b.csv" in str(found["paper"].get_filename())


async def test_a_file_is_never_in_memory(line: AiohttpRequest, tmp_path: Path) -> None:
    size = 80_000_000
    (tmp_path / "film").touch()
    with (tmp_path / "film").open("r+b") as file:
        file.truncate(size)
    came = 0

    async def read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came
        await reader.readuntil(b"\r\n\r\n")
        while came < size:
            came += len(await reader.read(2**16))
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n{"ok": true, "result": 1}\r\n')
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(read, "127.0.0.1", 0)
    async with server:
        base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with (tmp_path / "film").open("rb") as file:
            tracemalloc.start()
            assert await line.post(base, data(video=InputFile(file, "a.mp4", read_file_handle=False))) == 1
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    assert peak < 8_000_000


async def test_nothing_is_taken_from_the_environment(
    host: Scripted, line: AiohttpRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    async with scripted() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.base)
        monkeypatch.setenv("no_proxy", "")
        host.say(200, DONE)
        assert await line.post(f"{host.base}/x") is True
        assert not proxy.seen
    assert "authorization" not in host.seen[0].headers


async def test_cookies_are_not_kept_and_redirects_not_followed(host: Scripted, line: AiohttpRequest) -> None:
    async with scripted() as elsewhere:
        host.say(302, Location=elsewhere.base, Set_Cookie="a=b; Path=/")
        host.say(200, DONE)
        assert (await line.do_request(f"{host.base}/x", "POST"))[0] == 302
        await line.post(f"{host.base}/x")
        assert not elsewhere.seen
    assert "cookie" not in host.seen[1].headers


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed one, with its key."""
    if not (program := shutil.which("openssl")):
        pytest.skip("openssl makes the certificate")
    key, made = tmp_path / "key.pem", tmp_path / "certificate.pem"
    kind = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    more = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(made)]
    subprocess.run([program, *kind.split(), *more], check=True, capture_output=True)
    made.write_text(made.read_text() + key.read_text())
    return made


@pytest.mark.parametrize("trusted", [False, True])
async def test_servers_are_verified(
    certificate: Path, trusted: bool, line: AiohttpRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests._tls.cache_clear()
    if trusted:
        monkeypatch.setattr(certifi, "where", lambda: str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    heard = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        await reader.readuntil(b"\r\n\r\n")
        heard += 1
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n{"ok":true,"result":"x"}')
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
        if trusted:
            assert await line.post(url) == "x"
        else:
            assert not (await silence(line.post(url))).sent
    assert heard == trusted
    requests._tls.cache_clear()


# ── When no answer comes ─────────────────────────────────────────────────────────────────────────────────────────────

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n"
BROKEN: dict[str, Callable[[Scripted], None]] = {
    "cut before the answer": lambda host: host.raw(b""),
    "reset": lambda host: host.reset(),
    "cut in the head": lambda host: host.raw(b"HTTP/1.1 200"),
    "cut in the body": lambda host: host.raw(HEAD + b'{"ok": '),
    "no http": lambda host: host.raw(b"lorem ipsum\r\n\r\n"),
    "silence": lambda host: host.hang(),
    "silence in the body": lambda host: host.drip(HEAD + b'{"ok": ', every=0.4),
}


@pytest.mark.parametrize("kind", ["form", "file"])
@pytest.mark.parametrize("case", BROKEN)
async def test_what_went_out_may_have_been_done(case: str, kind: str, host: Scripted) -> None:
    """It is said once, also where the connection has been used before, and in the library's own words."""
    content: Any = data(text="x") if kind == "form" else data(video=InputFile(b"x" * 10_000, "a.mp4"))
    errors = []
    for request in (AiohttpRequest(), HTTPXRequest(httpx_kwargs={"trust_env": False})):
        host.say(200, DONE)
        BROKEN[case](host)
        await request.post(f"{host.base}/x", content)
        count = len(host.seen)
        with pytest.raises(NetworkError) as caught:
            await request.post(f"{host.base}/x", content, read_timeout=0.2)
        assert len(host.seen) == count + 1
        errors.append(caught.value)
        await request.shutdown()
    ours, theirs = errors
    assert type(ours) is type(theirs)
    assert isinstance(ours.__cause__, Silence)
    assert ours.__cause__.sent


async def unsent(request: BaseRequest, url: str, content: RequestData | None = None, **patience: float) -> NetworkError:
    with pytest.raises(NetworkError) as caught:
        await request.post(url, content, **patience)
    return caught.value


def check(error: NetworkError, kind: type[NetworkError]) -> None:
    assert type(error) is kind
    assert isinstance(error.__cause__, Silence)
    assert not error.__cause__.sent


async def test_refused(line: AiohttpRequest) -> None:
    check(await unsent(line, closed_port()), NetworkError)


async def test_an_unknown_name(line: AiohttpRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nowhere(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", nowhere)
    check(await unsent(line, "http://nowhere.example"), NetworkError)


async def test_a_connection_that_hangs(line: AiohttpRequest) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        check(await unsent(line, url, connect_timeout=0.2), TimedOut)
        for sock in waiting:
            sock.close()


async def test_no_connection_is_free(host: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "CONNECTIONS", 1)
    line = AiohttpRequest()
    host.hang()
    other = asyncio.create_task(line.post(f"{host.base}/x"))
    await host.arrived.wait()
    check(await unsent(line, f"{host.base}/y", pool_timeout=0.2), TimedOut)
    other.cancel()
    await asyncio.wait({other})
    await line.shutdown()
    assert [seen.path for seen in host.seen] == ["/x"]


@pytest.mark.parametrize("how", ["cut", "stalled"])
async def test_not_all_of_a_file_went_out(how: str, line: AiohttpRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if how == "stalled":
        monkeypatch.setattr(requests, "WHOLE", 0.4)
    over = asyncio.Event()

    async def take_some(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if how == "stalled":
            await over.wait()
        writer.transport.abort()

    server = await asyncio.start_server(take_some, "127.0.0.1", 0)
    async with server:
        base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        content = data(video=InputFile(bytes(30_000_000), "a.mp4"))
        check(await unsent(line, base, content), TimedOut if how == "stalled" else NetworkError)
        over.set()


class Broken(io.BytesIO):
    def read(self, _: int | None = -1) -> bytes:
        raise OSError(5, "Input/output error")


async def test_a_file_that_cannot_be_read(host: Scripted, line: AiohttpRequest) -> None:
    content = data(video=InputFile(Broken(b"x" * 1_000_000), "a.mp4", read_file_handle=False))
    check(await unsent(line, f"{host.base}/x", content), NetworkError)
    assert not host.seen


async def test_the_adapter_reads_of_it_what_may_be_repeated(host: Scripted) -> None:
    for base, kind in ((closed_port(), ChatError), (host.base, Unconfirmed)):
        host.raw(b"")
        client = TelegramClient("1:secret", base)
        with pytest.raises(ChatError) as caught, mapped():
            await client.send_message(1, "x")
        assert type(caught.value) is kind
        assert "secret" not in str(caught.value)
        await client.hang_up()


async def test_after_the_shutdown_nothing_goes_out(host: Scripted, line: AiohttpRequest) -> None:
    host.say(200, DONE)
    await line.post(f"{host.base}/x")
    await line.shutdown()
    with pytest.raises(NetworkError, match="shutdown"):
        await line.post(f"{host.base}/x")
    await line.initialize()
    host.say(200, DONE)
    assert await line.post(f"{host.base}/x") is True
    assert len(host.seen) == host.connections == 2
