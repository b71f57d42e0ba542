"""Decompression of HTTP bodies within a limit: a kilobyte can hold a gigabyte. Pure."""

import zlib

LAYERS = 3
"""Maximum nested encodings; more than one is unusual."""

_WINDOWS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}
"""zlib's window bits by Content-Encoding; some servers omit the header of deflate."""


def inflate(encodings: str, data: bytes, limit: int) -> bytes:
    """The first `limit` bytes of the decoded `data`; empty if it cannot be decoded."""
    names = [name for part in encodings.lower().split(",") if (name := part.strip()) not in ("", "identity")]
    if len(names) > LAYERS:
        return b""
    for name in reversed(names):
        data = next((found for bits in _WINDOWS.get(name, ()) if (found := _open(bits, data, limit))), b"")
    return data[:limit]


def _open(bits: int, data: bytes, limit: int) -> bytes:
    try:
        return zlib.decompressobj(bits).decompress(data, limit)
    except zlib.error:
        return b""
