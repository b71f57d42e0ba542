"""A system call filter for Linux: refuses sockets, programs, other processes and rare kernel interfaces.

A deny list: codecs and the C library may use any call for memory, time and open files. Defined for x86-64 and ARM64;
elsewhere there is no filter.
"""

import ctypes
import os
import struct
import sys

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column below, name in <linux/audit.h>
_CLONE, _CLONE3 = (56, 220), (435, 435)
_REFUSED = {
    "fork": (57, None),
    "vfork": (58, None),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "execve": (59, 221),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    "prlimit64": (302, 261),
    "setpriority": (141, 140),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122),
    "setsid": (112, 157),
    "setpgid": (109, 154),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "open_by_handle_at": (304, 265),
}

_LOAD, _EQUAL, _AT_LEAST, _HAS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # of <linux/bpf_common.h>
_ALLOW, _REFUSE, _UNKNOWN = 0x7FFF0000, 0x00050001, 0x00050026  # refusals are EPERM and ENOSYS
_ARCHITECTURE, _NUMBER, _FIRST_VALUE = 4, 0, 16  # offsets in `struct seccomp_data`
_THREAD = 0x10000  # CLONE_THREAD: libde265 decodes HEIC in a thread
_X32 = 0x40000000  # first number of x86-64's second table (x32)
_SET_SECCOMP, _BY_FILTER = 22, 2


def restrict() -> bool:
    """Irrevocably refuse the calls above; False if there is no filter for this machine.

    The process must have set no_new_privs before.
    """
    return _FILTER is not None and _prctl(_SET_SECCOMP, _BY_FILTER, _FILTER, 0, 0) == 0


def _program() -> bytes:
    """The filter for this machine; empty if there is none."""
    machine = os.uname().machine
    if machine not in _ARCHITECTURES or struct.calcsize("P") != 8:
        return b""
    column, name = _ARCHITECTURES[machine]
    numbers = [number for each in _REFUSED.values() if (number := each[column]) is not None]
    count = len(numbers)
    code = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_EQUAL, name, otherwise=count + 7),  # calls of another architecture
        _step(_LOAD, _NUMBER),
        _step(_AT_LEAST, _X32, then=count + 5),
        _step(_EQUAL, _CLONE3[column], then=count + 6),  # flags out of reach; glibc then uses `clone`
        _step(_EQUAL, _CLONE[column], then=count + 1),
        *(_step(_EQUAL, number, then=count + 2 - at) for at, number in enumerate(numbers)),
        _step(_RETURN, _ALLOW),
        _step(_LOAD, _FIRST_VALUE),
        _step(_HAS, _THREAD, then=1),
        _step(_RETURN, _REFUSE),
        _step(_RETURN, _ALLOW),
        _step(_RETURN, _UNKNOWN),
    ]
    return b"".join(code)


def _step(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    """A BPF instruction, with the number of instructions to skip if it compares true (`then`) or false."""
    return struct.pack("HBBI", code, then, otherwise, value)


if sys.platform == "linux":  # made and looked up once: in each fork that would cost more than the call
    _prctl = ctypes.CDLL(None).prctl
    _CODE = ctypes.create_string_buffer(_program())
    _FILTER = struct.pack("HxxxxxxP", len(_CODE) // 8, ctypes.addressof(_CODE)) if len(_CODE) > 1 else None
