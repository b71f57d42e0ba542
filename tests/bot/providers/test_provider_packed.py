"""Whatever a host sends packed, in any call: it unfolds within a limit, or not at all. And it names nothing endless."""

import gzip
import json
import threading
import tracemalloc
import zlib
from collections.abc import Iterator
from dataclasses import replace

import pytest
from provider_desk import ORDER, REQUEST, Make, row

from bot.errors import Ambiguous, ProviderError
from bot.model import Accepted, Finished, Pending
from bot.providers import books, download, error_words, wire
from bot.providers.hosts import local
from bot.providers.transport import ANSWER_LIMIT
from tests.bombs import ENCODINGS, bomb
from tests.loopback.provider.scripted import Scripted

MEMORY = 40_000_000
"""Bytes that a call may take; unpacked, any of the bodies has more."""


@pytest.fixture(autouse=True)
def small() -> Iterator[None]:
    """No call may unfold a body in memory."""
    for encoding in ENCODINGS:
        bomb(encoding)
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MEMORY


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_no_answer_unfolds_beyond_the_limit(encoding: str, first: Scripted, make: Make) -> None:
    host = replace(row(first), balances=(f"{first.base}/balance",))
    providers = make(host)
    for _ in range(4):
        first.say(200, bomb(encoding), Content_Encoding=encoding)
    with pytest.raises(Ambiguous, match="without an id"):
        await providers.create(ORDER, REQUEST)
    assert await providers.poll("aimlapi", "x", 0.0) == Pending("HTTP 200 without a JSON object", failed=True)
    assert await providers.balances() == {}
    assert await providers.installation(first.base) is None


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_no_clip_unfolds_beyond_the_limit(
    encoding: str, first: Scripted, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "CLIP_LIMIT", 10_000_000)
    first.say(200, bomb(encoding), Content_Encoding=encoding)
    pieces = make(local(first.base)).fetch("local", f"{first.base}/a")
    if encoding == "gzip, gzip":  # it is handed on as it came, and is no film
        assert sum([len(piece) async for piece in pieces]) == len(bomb(encoding))
        return
    with pytest.raises(ProviderError, match="too large"):
        _ = [len(piece) async for piece in pieces]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "gzip, gzip"])
async def test_an_id_that_comes_packed_is_not_lost(encoding: str, first: Scripted, make: Make) -> None:
    said = json.dumps({"id": "kling-1"}).encode()
    pack = {"gzip": gzip.compress, "deflate": zlib.compress, "gzip, gzip": lambda b: gzip.compress(gzip.compress(b))}
    first.say(201, pack[encoding](said), Content_Encoding=encoding)
    assert await make(row(first)).create(ORDER, REQUEST) == Accepted("aimlapi", "kling-1")


def test_nothing_endless_is_taken_for_an_id_a_link_or_a_balance() -> None:
    for value in (10**4000, -(10**4000), 10**4200, "9" * 4000, "x" * 1001, " ", "a\nb", True, 1.5, ["x"]):
        with pytest.raises(Ambiguous):
            wire.created("aimlapi", 200, json.dumps({"id": value}).encode())
    assert wire.created("aimlapi", 200, b'{"id": 12345678901234567890}') == Accepted("aimlapi", "12345678901234567890")
    long = json.dumps({"status": "completed", "video": {"url": "https://x/" + "a" * 9000}}).encode()
    assert isinstance(wire.polled(200, long, 0.0), Pending)
    fine = json.dumps({"status": "completed", "video": {"url": "https://x/" + "a" * 3000}}).encode()
    assert isinstance(wire.polled(200, fine, 0.0), Finished)
    for left in (b"1e999", b"-1e999", b"NaN", b"9" * 400, b"9" * 4200, b"true", b'"5"'):
        assert books.dollars(b'{"balance": ' + left + b"}") is None
        assert books.dollars(b'{"currency": "USD", "current_balance": ' + left + b"}") is None
    assert books.dollars(b'{"balance": 125000}') == 0.0625
    assert wire.pause("9" * 5000, 0.0) == wire.LONGEST_PAUSE
    assert ANSWER_LIMIT < MEMORY


@pytest.mark.parametrize("size", [10, 19_990])
async def test_large_answers_are_parsed_beside_the_event_loop(
    size: int, first: Scripted, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A poll, its cost, an order and a balance: 20,000 objects take 0.1 s each time."""
    where = set[bool]()

    def watched(body: bytes) -> object:
        where.add(threading.current_thread() is threading.main_thread())
        return error_words.parse(body)

    monkeypatch.setattr(wire, "parse", watched)
    monkeypatch.setattr(books, "parse", watched)
    host = replace(row(first), balances=(f"{first.base}/balance",))
    providers = make(host)
    first.say(200, {"id": "x", "status": "completed", "video": {"url": "https://a.example/x.mp4"}, "a": [{}] * size})
    assert isinstance(await providers.poll("aimlapi", "x", 0.0), Finished)
    first.say(201, {"id": "x", "a": [{}] * size})
    assert isinstance(await providers.create(ORDER, REQUEST), Accepted)
    assert where == {size == 10}
    where.clear()
    first.say(200, {"current_balance": 5, "currency": "USD", "a": [{}] * size})
    assert await providers.balances() == {"aimlapi": 5.0}
    assert where == {False}
