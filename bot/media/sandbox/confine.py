"""Restrictions that a process enters before it opens an untrusted file, so that its compromise gains nothing.

All are irrevocable. Restrictions missing on a system are skipped; `photoplay check` lists them.
"""

import ctypes
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from bot.media.sandbox import landlock, seccomp

if sys.platform != "win32":
    import resource  # imported now: later nothing can be loaded

Held = Literal["user", "limits", "privileges", "memory", "files", "calls"]
"""Restrictions of a decoder: another user, resource limits, no new privileges, memory closed to processes of its
user, no files or TCP (Landlock), no sockets or programs (seccomp)."""

HELD = "held"
"""The request for the list of restrictions."""

_USER = 65_530  # no login, and unlike `nobody` shared with no other program
_FILES = 256  # open at once, including those of a long joined clip
_SET_DEATH_SIGNAL, _SET_DUMPABLE, _SET_NO_NEW_PRIVILEGES = 1, 4, 38  # of <linux/prctl.h>


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of request and its limits. `run` gets input files, output files, and the other arguments."""

    run: Callable[..., object]
    seconds: int
    """CPU time."""
    memory: int
    """Address space in bytes."""
    heaviest: int
    """Maximum size of a written file in bytes."""
    nice: int = 5
    """Niceness relative to the bot's own loop."""


def hide() -> bool:
    """Close this process's memory and environment to others of its user, including debuggers and core dumps."""
    return sys.platform == "linux" and _prctl(_SET_DUMPABLE, 0)


def sacrifice() -> None:
    """Make this process the OOM killer's first choice."""
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")


def enter(task: Task) -> list[Held]:
    """Enter all restrictions, keeping the open files, in a process of this one task; returns them."""
    if sys.platform == "win32":
        return []
    os.nice(task.nice)
    held: dict[Held, bool] = {"user": _other_user()}
    if sys.platform == "linux":
        _prctl(_SET_DEATH_SIGNAL, 9)  # when the parent dies
        held["memory"] = hide()
        held["privileges"] = _prctl(_SET_NO_NEW_PRIVILEGES, 1)
        held["files"] = landlock.restrict() > 0
    held["limits"] = _limit(task)
    if sys.platform == "linux":
        held["calls"] = seccomp.restrict()
    return [name for name, holds in held.items() if holds]


def _other_user() -> bool:
    """Change the user; only root can."""
    try:
        os.setgroups([])
        os.setgid(_USER)
        os.setuid(_USER)
    except OSError:
        return False
    return True


def _limit(task: Task) -> bool:
    bounds = {
        resource.RLIMIT_AS: task.memory,
        resource.RLIMIT_CPU: task.seconds,
        resource.RLIMIT_FSIZE: task.heaviest,
        resource.RLIMIT_NOFILE: _FILES,
        resource.RLIMIT_CORE: 0,
    }
    held = True
    for what, most in bounds.items():
        most = min([most, *(limit for limit in resource.getrlimit(what) if limit != resource.RLIM_INFINITY)])
        try:
            resource.setrlimit(what, (most, most))
        except (OSError, ValueError):  # macOS cannot limit the address space
            held = False
    return held


def _prctl(option: int, value: int) -> bool:
    return bool(_libc_prctl(option, ctypes.c_ulong(value), 0, 0, 0) == 0)


if sys.platform == "linux":
    _libc_prctl = ctypes.CDLL(None).prctl  # looked up once: in each fork that would cost more than the calls
