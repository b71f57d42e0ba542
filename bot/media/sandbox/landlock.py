"""Landlock: a Linux process irrevocably loses the right to open files and connections, with all its children.

No rules are added, so only open descriptors remain usable. The numbers are those of <linux/landlock.h>; the
system calls have the same ones on every architecture.
"""

import ctypes

_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_VERSION = 1  # flag: return the supported version

# All access rights by version: files (bits of operations), TCP ports (bind, connect), and scopes (abstract sockets,
# signals).
_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_PORTS = {4: 0b11}
_OUTWARDS = {6: 0b11}


def version() -> int:
    """The kernel's Landlock version; 0 if it is missing or disabled."""
    return max(0, int(_libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)))


def restrict() -> int:
    """Give up all rights that Landlock handles; returns its version, 0 if nothing was given up.

    The process must have set no_new_privs before.
    """
    known = version()
    if not known:
        return 0
    given_up = [max((bits for since, bits in each.items() if since <= known), default=0)
                for each in (_FILES, _PORTS, _OUTWARDS)]  # fmt: skip
    attributes = (ctypes.c_uint64 * 3)(*given_up)
    # Older kernels know fewer fields, and accept more if those are zero.
    ruleset = _libc().syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(ctypes.sizeof(attributes)), 0)
    if ruleset < 0 or _libc().syscall(_RESTRICT_SELF, ruleset, 0) != 0:
        return 0
    return known


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)
