"""Services that watch us may answer anything: it is said in a word, without their address, and nothing is raised."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.watch.outside import Outside

ODD = [
    *(
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %s\r\n\r\n" % place
        for place in (
            b"file:///etc/passwd",
            b"http://[",
            b"//",
            b"",
            b"http://a:99999/",
            b"http://\xff/",
            b"http://a..b/",
        )
    ),
    b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    b"HTTP/1.1 999 Odd\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 100_000 + b"\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n" * 100,
    b"no HTTP\r\n\r\n",
    b"",
]


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    found = Outside(patience=2.0)
    yield found
    await found.close()


@pytest.mark.parametrize("answer", ODD, ids=range(len(ODD)))
async def test_an_odd_answer_is_trouble_in_a_word(answer: bytes, outside: Outside) -> None:
    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(say, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        for method, body in (("GET", None), ("POST", {"incidents": []})):
            trouble = await outside.ask(method, f"http://127.0.0.1:{port}/secret", body)  # type: ignore[arg-type]
            assert trouble
            assert "secret" not in trouble
            assert len(trouble) < 40


@pytest.mark.parametrize("url", ["http://[::1", "http://a b/", "ht!tp://x", "http://x:y/", "\0"])
async def test_an_odd_address_is_trouble_too(url: str, outside: Outside) -> None:
    assert await outside.ask("GET", url)
