"""What a process gives up before it opens a stranger's file, so that whoever takes it over has won nothing.

All of it is for good: there is no way back. What a system does not have is left out, and `photoplay check` says so.
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
    import resource  # now, as later there is nothing to load it from

Held = Literal["user", "limits", "privileges", "memory", "files", "calls"]
"""What a decoder gave up: the bot's user, unlimited resources, new privileges, letting others of its user read its
memory, files and TCP (Landlock), sockets and programs (seccomp)."""

HELD = "held"
"""The request that is answered with what a decoder gave up."""

_USER = 65_530  # nobody logs in with it, and unlike `nobody` no other program uses it
_FILES = 256  # open at once, with those of a long film
_SET_DEATH_SIGNAL, _SET_DUMPABLE, _SET_NO_NEW_PRIVILEGES = 1, 4, 38  # of <linux/prctl.h>


@dataclass(frozen=True, slots=True)
class Task:
    """What one kind of request runs, and what it may take. `run` gets files to read, files to write, and the rest."""

    run: Callable[..., object]
    seconds: int
    """Of processor time."""
    memory: int
    """Bytes of address space."""
    heaviest: int
    """Bytes that a file may grow to."""
    nice: int = 5
    """How far behind the bot's own loop it stands in the line for the cores."""


def hide() -> bool:
    """Keep this process's memory and environment from others of its user; debuggers and core dumps lose them, too."""
    return sys.platform == "linux" and _prctl(_SET_DUMPABLE, 0)


def sacrifice() -> None:
    """Be the first to go when the machine runs out of memory."""
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")


def enter(task: Task) -> list[Held]:
    """Give up everything but the open files, in a process of this one task; returns what was given up."""
    if sys.platform == "win32":
        return []
    os.nice(task.nice)
    held: dict[Held, bool] = {"user": _other_user()}
    if sys.platform == "linux":
        _prctl(_SET_DEATH_SIGNAL, 9)  # when the parent is gone
        held["memory"] = hide()
        held["privileges"] = _prctl(_SET_NO_NEW_PRIVILEGES, 1)
        held["files"] = landlock.restrict() > 0
    held["limits"] = _limit(task)
    if sys.platform == "linux":
        held["calls"] = seccomp.restrict()
    return [name for name, holds in held.items() if holds]


def _other_user() -> bool:
    """Only root can become somebody else."""
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
        except (OSError, ValueError):  # macOS knows no bound for the address space
            held = False
    return held


def _prctl(option: int, value: int) -> bool:
    return bool(ctypes.CDLL(None).prctl(option, ctypes.c_ulong(value), 0, 0, 0) == 0)
