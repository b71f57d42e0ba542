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
    return sys.platform == "linux" and bool(_prctl(_SET_DUMPABLE, _NOTHING, 0, 0, 0) == 0)


def sacrifice() -> None:
    """Make this process the OOM killer's first choice."""
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")


def prepared(task: Task) -> Callable[[], list[Held]]:
    """A function that enters all restrictions in the process of a task, whose files stay open; it returns their names.

    What can be prepared is prepared here, in the parent: each step in a fork costs memory.
    """
    if sys.platform == "win32":
        return list
    limits, version = _limits(task), landlock.version() if sys.platform == "linux" else 0

    def enter() -> list[Held]:
        os.nice(task.nice)
        held: list[Held] = ["user"] if _other_user() else []
        if sys.platform == "linux":
            _prctl(_SET_DEATH_SIGNAL, _KILL, 0, 0, 0)  # when the parent dies
            if hide():
                held.append("memory")
            if _prctl(_SET_NO_NEW_PRIVILEGES, _ONE, 0, 0, 0) == 0:
                held.append("privileges")
            if landlock.restrict(version):
                held.append("files")
        if all([_limit(what, most) for what, most in limits]):
            held.append("limits")
        if sys.platform == "linux" and seccomp.restrict():
            held.append("calls")
        return held

    return enter


def _other_user() -> bool:
    """Change the user; only root can."""
    try:
        os.setgroups([])
        os.setgid(_USER)
        os.setuid(_USER)
    except OSError:
        return False
    return True


def _limits(task: Task) -> list[tuple[int, int]]:
    bounds = {
        resource.RLIMIT_AS: task.memory,
        resource.RLIMIT_CPU: task.seconds,
        resource.RLIMIT_FSIZE: task.heaviest,
        resource.RLIMIT_NOFILE: _FILES,
        resource.RLIMIT_CORE: 0,
    }
    known = {what: [limit for limit in resource.getrlimit(what) if limit != resource.RLIM_INFINITY] for what in bounds}
    return [(what, min([most, *known[what]])) for what, most in bounds.items()]


def _limit(what: int, most: int) -> bool:
    try:
        resource.setrlimit(what, (most, most))
    except (OSError, ValueError):  # macOS cannot limit the address space
        return False
    return True


if sys.platform == "linux":  # looked up once: in each fork that would cost more than the calls
    _prctl = ctypes.CDLL(None).prctl
    _NOTHING, _ONE, _KILL = ctypes.c_ulong(0), ctypes.c_ulong(1), ctypes.c_ulong(9)
