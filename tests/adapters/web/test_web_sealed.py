"""Encrypted files over HTTP: to every request the answer is that of the same file unencrypted, which aiohttp gives."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Mapping
from email.utils import formatdate
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest
from aiohttp import web

from adapters.web import file_response
from adapters.web.server import serve
from bot.media.stored import StoredFile
from bot.media.vault import Vault
from bot.sealing.keys import open_keys
from bot.sealing.masters import Masters

DATA = os.urandom(300_000)
WRITTEN = 1_790_000_000
ETAG = f'"{WRITTEN * 10**9:x}-{len(DATA):x}"'
RANGES = [
    *(None, "bytes=0-", "bytes=0-0", "bytes=65535-65536", "bytes=65536-131071", "bytes=100-199", "bytes=-5"),
    *("bytes=299999-", "bytes=0-999999", "bytes=-999999", "bytes=300000-", "bytes=400000-500000", "bytes=5-2"),
    *("bytes=0-1,5-6", "pages=1-2", "bytes=x-y", "bytes=-0", "bytes=-"),
]
CONDITIONS: list[dict[str, str]] = [
    {},
    {"If-None-Match": ETAG},
    {"If-None-Match": '"other"'},
    {"If-None-Match": "*"},
    {"If-Match": ETAG},
    {"If-Match": '"other"'},
    {"If-Match": "*"},
    {"If-Modified-Since": formatdate(WRITTEN, usegmt=True)},
    {"If-Modified-Since": formatdate(WRITTEN - 1, usegmt=True)},
    {"If-Unmodified-Since": formatdate(WRITTEN, usegmt=True)},
    {"If-Unmodified-Since": formatdate(WRITTEN - 1, usegmt=True)},
    {"If-Range": formatdate(WRITTEN, usegmt=True)},
    {"If-Range": formatdate(WRITTEN - 1, usegmt=True)},
    {"If-None-Match": '"other"', "If-Modified-Since": formatdate(WRITTEN, usegmt=True)},
]


class Answer(NamedTuple):
    status: int
    body: bytes
    headers: Mapping[str, str]


class Pair:
    """A server with a file, plain and encrypted."""

    def __init__(self, base: str, http: aiohttp.ClientSession, sealed: StoredFile) -> None:
        self.base, self.http, self.sealed = base, http, sealed

    async def ask(self, name: str, method: str = "GET", **headers: str) -> "Answer":
        async with self.http.request(method, f"{self.base}/{name}.mp4", headers=headers) as answer:
            kept = {key: value for key, value in answer.headers.items() if key not in ("Date", "Server")}
            return Answer(answer.status, await answer.read(), kept)


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    keys = open_keys(tmp_path, Masters(tmp_path), make=True)
    assert keys
    vault = Vault(keys)
    (tmp_path / "plain.mp4").write_bytes(DATA)
    with vault.writing(tmp_path / "sealed.mp4", keys.current("telegram:1")) as sink:
        sink.write(DATA)
    for name in ("plain", "sealed"):
        os.utime(tmp_path / f"{name}.mp4", (WRITTEN, WRITTEN))

    async def served(request: web.Request) -> web.StreamResponse:
        stored = StoredFile(tmp_path / request.match_info["name"], vault)
        return file_response.file_response(stored, {"Cache-Control": "private"})

    app = web.Application()
    app.add_routes([web.get("/{name}", served)])
    async with aiohttp.ClientSession() as http, serve(app, "127.0.0.1", 0) as base:
        yield Pair(base, http, StoredFile(tmp_path / "sealed.mp4", vault))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_every_request_gets_the_answer_of_a_plain_file(pair: Pair, method: str) -> None:
    for part, condition in itertools.product(RANGES, CONDITIONS):
        asked = {**condition, **({"Range": part} if part else {})}
        plain, sealed = [await pair.ask(name, method, **asked) for name in ("plain", "sealed")]
        assert (sealed.status, sealed.body) == (plain.status, plain.body), asked
        assert sealed.headers.get("Content-Range") == plain.headers.get("Content-Range"), asked
        if plain.status < 400:
            assert sealed.headers == plain.headers, asked


async def test_a_part_of_this_version_only_is_asked_for_by_its_tag_as_well(pair: Pair) -> None:
    """aiohttp knows dates here alone."""
    status, body, _ = await pair.ask("sealed", Range="bytes=1-2", **{"If-Range": ETAG})
    assert (status, body) == (206, DATA[1:3])
    status, body, _ = await pair.ask("sealed", Range="bytes=1-2", **{"If-Range": '"other"'})
    assert (status, body) == (200, DATA)


async def test_a_part_costs_no_more_than_its_chunks(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.sealing.stream import Reader

    decrypted: list[int] = []
    whole = Reader._decrypt

    def counting(self: Reader, number: int, buffer: memoryview) -> None:
        decrypted.append(number)
        whole(self, number, buffer)

    monkeypatch.setattr(Reader, "_decrypt", counting)
    assert (await pair.ask("sealed", Range="bytes=65536-65600"))[1] == DATA[65536:65601]
    assert sorted(decrypted) == [1, len(DATA) // 65536]  # and the last one, which proves that the file is whole


async def test_a_missing_file_and_a_missing_key(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    assert (await pair.ask("gone"))[0] == (await pair.ask("gone-too"))[0] == 404
    vault = pair.sealed.vault
    assert vault.keys
    vault.keys.retire("telegram:1")
    vault.keys.drop("telegram:1")
    status, body, _ = await pair.ask("sealed")
    assert (status, body) == (503, b"")
    assert "sealed.mp4 cannot be opened: the key of an encrypted file is missing" in caplog.text


async def test_a_damaged_chunk_ends_the_answer(pair: Pair) -> None:
    path = pair.sealed.local_path
    stored = bytearray(path.read_bytes())
    stored[150_000] ^= 1
    path.write_bytes(stored)
    with pytest.raises(aiohttp.ClientPayloadError):
        await pair.ask("sealed")
    assert (await pair.ask("sealed", Range="bytes=0-9"))[1] == DATA[:10]


async def test_a_player_that_leaves_closes_the_file(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.sealing.stream import Reader

    closed = asyncio.Event()
    loop = asyncio.get_running_loop()
    close = Reader.close

    def closing(self: Reader) -> None:
        close(self)
        loop.call_soon_threadsafe(closed.set)

    monkeypatch.setattr(Reader, "close", closing)
    pair.sealed.local_path.write_bytes(b"")
    keys = pair.sealed.vault.keys
    assert keys
    with pair.sealed.vault.writing(pair.sealed.local_path, keys.current("telegram:1")) as sink:
        for _ in range(40):
            sink.write(os.urandom(2**20))
    answer = await pair.http.get(f"{pair.base}/sealed.mp4")
    await answer.content.read(10)
    answer.close()
    await asyncio.wait_for(closed.wait(), 20)
