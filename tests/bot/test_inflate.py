"""Packed bodies, opened within a limit."""

import gzip
import tracemalloc
import zlib

import pytest

from bot.inflate import inflate

BODY = b'{"id": "kling-1"}'


@pytest.mark.parametrize(
    ("encodings", "data"),
    [
        *(("", BODY), ("identity", BODY), ("gzip", gzip.compress(BODY)), ("X-GZIP ", gzip.compress(BODY))),
        *(("deflate", zlib.compress(BODY)), ("deflate", zlib.compress(BODY)[2:-4])),
        *(("deflate, gzip", gzip.compress(zlib.compress(BODY))), ("gzip, identity", gzip.compress(BODY))),
    ],
    ids=range(8),  # gzip writes the time into its head, and processes that share the suite must agree on names
)
def test_what_was_packed(encodings: str, data: bytes) -> None:
    assert inflate(encodings, data, 1000) == BODY
    assert BODY[:5].startswith(inflate(encodings, data, 5))


@pytest.mark.parametrize("encodings", ["gzip", "br", "zstd", "gzip, br", "nonsense", "gzip," * 9 + "gzip"])
def test_what_cannot_be_unpacked_is_nothing(encodings: str) -> None:
    assert inflate(encodings, BODY, 1000) == b""


def test_a_kilobyte_stays_small() -> None:
    once = gzip.compress(bytes(50_000_000))
    twice = gzip.compress(once)
    tracemalloc.start()
    assert len(inflate("gzip", once, 1_000_000)) == 1_000_000
    assert len(inflate("gzip, gzip", twice, 1_000_000)) == 1_000_000
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()
