"""HTTP bodies that come packed, opened within a limit: a kilobyte can hold a gigabyte. Pure."""

import zlib

LAYERS = 3
"""How often a body may be packed; nobody has a reason for more than once."""

_WINDOWS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}
"""What zlib is told, by Content-Encoding; some servers leave the head of deflate away."""


def inflate(encodings: str, data: bytes, limit: int) -> bytes:
    """The first `limit` bytes of `data` without its Content-Encoding; none at all if that cannot be undone."""
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
