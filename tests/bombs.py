"""Bodies that are short as they come and long unpacked; made once, and only where they are sent."""

import functools
import gzip
import zlib

UNPACKED = 100_000_000
"""Bytes. Tests allow for less than half of it."""
ENCODINGS = ("gzip", "gzip, gzip", "deflate")


@functools.cache
def bomb(encoding: str) -> bytes:
    if encoding == "gzip, gzip":
        return gzip.compress(bomb("gzip"))
    return zlib.compress(bytes(UNPACKED), 1) if encoding == "deflate" else gzip.compress(bytes(UNPACKED), 1)
