"""Landlock: a Linux process irrevocably loses the right to open files and connections, with all its children.

No rules are added, so only open descriptors remain usable. The numbers are those of <linux/landlock.h>; the
system calls have the same ones on every architecture.
"""

import ctypes
import struct
import sys
from functools import cache

_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_VERSION = 1  # flag: return the supported version

# All access rights by version: files (bits of operations), TCP ports (bind, connect), and scopes (abstract sockets,
# signals).
_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_PORTS = {4: 0b11}
_OUTWARDS = {6: 0b11}

if sys.platform == "linux":
    _SIZE = ctypes.c_size_t(24)  # bytes of the attributes
    _syscall = ctypes.CDLL(None).syscall  # looked up once: in each fork that would cost more than the calls


def version() -> int:
    """The kernel's Landlock version; 0 if it is missing or disabled."""
    return max(0, int(_syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)))


def restrict(known: int) -> bool:
    """Give up all rights that Landlock handles in the kernel's version; False if nothing was given up.

    The process must have set no_new_privs before.
    """
    if not known:
        return False
    attributes = _attributes(known)
    ruleset = _syscall(_CREATE_RULESET, attributes, _SIZE, 0)
    return bool(ruleset >= 0 and _syscall(_RESTRICT_SELF, ruleset, 0) == 0)


@cache
def _attributes(known: int) -> bytes:
    """A `struct landlock_ruleset_attr` with all rights of a version."""
    # Older kernels know fewer fields, and accept more if those are zero.
    return struct.pack("QQQ", *(max((bits for since, bits in each.items() if since <= known), default=0)
                                for each in (_FILES, _PORTS, _OUTWARDS)))  # fmt: skip


if sys.platform == "linux":
    _attributes(version())  # as above
