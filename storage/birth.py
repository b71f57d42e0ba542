"""A file's creation time, which copies do not keep. `os.stat` has it on macOS; Linux needs the `statx` call."""

import ctypes
import os
import struct
from pathlib import Path

_HERE, _BIRTH = -100, 0x800
"""`AT_FDCWD` and `STATX_BTIME`."""
_AT = 80
"""Offset in bytes of `stx_btime` in `struct statx`: 8 bytes of seconds, 4 bytes of nanoseconds."""


def birth(path: Path) -> str:
    """Creation time in Unix seconds with nine decimals; empty if the system or file system does not record it."""
    if (made := getattr(path.stat(), "st_birthtime", None)) is not None:
        return f"{made:.9f}"
    try:
        statx = ctypes.CDLL(None).statx
    except (AttributeError, OSError):
        return ""
    found = ctypes.create_string_buffer(256)
    if statx(_HERE, os.fsencode(path), 0, _BIRTH, found):
        return ""
    (known,) = struct.unpack_from("I", found)
    seconds, nanoseconds = struct.unpack_from("qI", found, _AT)
    return f"{seconds}.{nanoseconds:09}" if known & _BIRTH else ""
