"""Files and answers of platforms, and the stand-in's own downloads: packed or endless, they stay within a limit."""

import gzip
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from adapters.discord import files as discord_files
from adapters.discord.client import RestClient as DiscordClient
from adapters.telegram import request as telegram_request
from adapters.telegram.client import TelegramClient, mapped
from adapters.telegram.files import Files
from adapters.telegram.parse import Picture
from bot.errors import ChatError, Refusal, Unconfirmed
from generator import download
from generator.errors import Failed
from tests.bombs import ENCODINGS, bomb

LIMIT = 2_000_000
TOKEN = "1:secret"
PLAIN = bytes(9**8)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No call may unfold a body in memory."""
    monkeypatch.setattr(telegram_request, "HEAVIEST_FILE", LIMIT)
    monkeypatch.setattr(telegram_request, "HEAVIEST_ANSWER", LIMIT)
    monkeypatch.setattr(discord_files, "HEAVIEST", LIMIT)
    for encoding in ENCODINGS:
        bomb(encoding)
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * LIMIT


@asynccontextmanager
async def serving(body: bytes, encoding: str = "gzip", *, answers: bool = False) -> AsyncIterator[str]:
    """A platform whose files are `body`; with `answers` its answers are, too."""

    async def say(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/getFile") and not answers:
            return web.json_response(
                {"ok": True, "result": {"file_id": "f", "file_unique_id": "u", "file_path": "photos/a.jpg"}}
            )
        response = web.StreamResponse(headers={"Content-Encoding": encoding} if encoding else {})
        response.enable_chunked_encoding()
        await response.prepare(request)
        try:
            for at in range(0, len(body), 65_536):
                await response.write(body[at : at + 65_536])
        except ConnectionError:
            pass
        return response

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", say)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def read(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def no_sleep(_: float) -> None: ...


@pytest.mark.parametrize("encoding", [*ENCODINGS, ""])
async def test_a_file_of_telegram(encoding: str) -> None:
    async with serving(bomb(encoding) if encoding else PLAIN, encoding) as base:
        line = TelegramClient(TOKEN, base)
        try:
            with pytest.raises(Refusal, match="too large"):
                await read(Files(line, no_sleep).attachment(Picture("f")).fetch())
        finally:
            await line.hang_up()


async def test_a_file_of_telegram_that_fits_arrives_packed_or_not() -> None:
    for body, encoding in ((b"jpeg" * 9, ""), (gzip.compress(b"jpeg" * 9), "gzip")):
        async with serving(body, encoding) as base:
            line = TelegramClient(TOKEN, base)
            try:
                assert await read(Files(line).attachment(Picture("f")).fetch()) == b"jpeg" * 9
            finally:
                await line.hang_up()


async def test_an_answer_of_telegram() -> None:
    async with serving(bomb("gzip"), answers=True) as base:
        line = TelegramClient(TOKEN, base)
        try:
            with pytest.raises(Unconfirmed), mapped():
                await line.get_me()
            with pytest.raises(ChatError):
                await read(Files(line, no_sleep).attachment(Picture("f")).fetch())
        finally:
            await line.hang_up()


@pytest.mark.parametrize("encoding", ["gzip", ""])
async def test_a_file_of_discord(encoding: str) -> None:
    async with serving(bomb(encoding) if encoding else PLAIN, encoding) as base:
        files = discord_files.Files(DiscordClient("token", f"{base}/api/v10"), no_sleep)
        try:
            with pytest.raises(Refusal, match="too large"):
                await files._fetched(f"{base}/attachments/1/2/a.jpg")
        finally:
            await files.close()


@pytest.mark.parametrize("encoding", ["gzip", ""])
async def test_a_picture_for_the_stand_in(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "BYTE_LIMIT", LIMIT)
    async with serving(bomb(encoding) if encoding else PLAIN, encoding) as base, aiohttp.ClientSession() as session:
        with pytest.raises(Failed, match="at most"):
            await download.download(session, f"{base}/a.jpg")
