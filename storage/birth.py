"""When a file was made, which no copy takes along. `os.stat` says so on macOS; on Linux the system has to be asked."""

import ctypes
import os
import struct
from pathlib import Path

_HERE, _BIRTH = -100, 0x800
"""`AT_FDCWD` and `STATX_BTIME`."""
_AT = 80
"""Bytes into `struct statx` at which that time stands: seconds in eight of them, nanoseconds in four."""


def birth(path: Path) -> str:
    """Seconds with nine decimals; empty where system or file system do not know."""
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
