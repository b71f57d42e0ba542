"""What somebody would run who has taken over a decoder: Python of their own, in place of our tasks."""

import ctypes
import errno
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, BinaryIO

from bot.media.sandbox.confine import Task

PARENT = os.getppid()
"""The bot: this is loaded by the decoder, which forks a process for each task."""


def _read(path: str) -> None:
    with open(path, "rb") as file:
        file.read(1)


def _write(path: str) -> None:
    with open(path, "w") as file:
        file.write("mine")


def _connect(kind: int, address: Any, family: int = socket.AF_INET) -> None:
    with socket.socket(family, kind) as line:
        line.connect(address)


def _trace(pid: int) -> None:
    """Attach to a process, as a debugger does."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, pid, None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")
    libc.ptrace(17, pid, None, None)


def _call(number: int, *values: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(number, *values) < 0:
        raise OSError(ctypes.get_errno(), "syscall")


def _attempts(folder: str, port: int) -> dict[str, Callable[[], object]]:
    return {
        "the bot's environment": lambda: _read(f"/proc/{PARENT}/environ"),
        "the bot's memory": lambda: _read(f"/proc/{PARENT}/mem"),
        "the decoder's memory": lambda: _read(f"/proc/{os.getppid()}/mem"),
        "a file of the bot": lambda: _read(f"{folder}/secret"),
        "a file of the machine": lambda: _read("/etc/passwd"),
        "the names of files": lambda: os.listdir(folder),
        "writing a file": lambda: _write(f"{folder}/mine"),
        "changing a file": lambda: _write(f"{folder}/secret"),
        "removing a file": lambda: os.unlink(f"{folder}/secret"),
        "writing to /tmp": lambda: _write("/tmp/of-a-decoder"),
        "a connection": lambda: _connect(socket.SOCK_STREAM, ("127.0.0.1", port)),
        "a datagram": lambda: _connect(socket.SOCK_DGRAM, ("127.0.0.1", port)),
        "a socket of the machine": lambda: _connect(socket.SOCK_STREAM, f"{folder}/socket", socket.AF_UNIX),
        "a pair of sockets": socket.socketpair,
        "a process of the old kind": lambda: _call(57 if os.uname().machine == "x86_64" else 220, 17),
        "a program": lambda: subprocess.run(["/bin/true"], check=True),
        "becoming a program": lambda: os.execv(sys.executable, [sys.executable, "-c", ""]),
        "another process": lambda: os._exit(0) if os.fork() == 0 else None,
        "looking into the bot": lambda: _trace(PARENT),
        "a signal to the bot": lambda: os.kill(PARENT, signal.SIGCONT),
        "limits of the bot": lambda: resource.prlimit(PARENT, resource.RLIMIT_CORE, (0, 0)),
        "more processor time": lambda: resource.setrlimit(resource.RLIMIT_CPU, (9999, 9999)),
        "the front of the line": lambda: os.setpriority(os.PRIO_PROCESS, PARENT, 19),
        "a session of its own": os.setsid,
        "a ring to the kernel": lambda: _call(425, 1, 0),
        "becoming root": lambda: os.setuid(0) if os.getuid() else _read("/etc/shadow"),
        "much memory": lambda: bytes(2 * 1024**3),
    }


def _attack(read: list[BinaryIO], written: list[BinaryIO], folder: str, port: int) -> dict[str, str]:
    """Try everything; returns what happened, by attempt. (`mask` passes two values on.)"""
    outcome = {}
    for name, attempt in _attempts(folder, port).items():
        try:
            attempt()
            outcome[name] = "done"
        except OSError as error:
            outcome[name] = errno.errorcode.get(error.errno or 0, "?")
        except Exception as error:
            outcome[name] = type(error).__name__
    outcome["environment"] = ",".join(sorted(os.environ))
    written[0].write(json.dumps(outcome).encode())
    return outcome


def _fill(read: list[BinaryIO], written: list[BinaryIO]) -> None:
    while True:
        written[0].write(bytes(1024**2))


def _chatter(read: list[BinaryIO], written: list[BinaryIO]) -> None:
    """Fill every pipe and file that is open for writing, the answer's among them."""
    for file in range(64):
        try:
            os.write(file, b'["done", [1, 1, 1, 1]]\n' * 1000)
        except OSError:
            continue


def _nest(read: list[BinaryIO], written: list[BinaryIO]) -> None:
    """The same with an answer that is deeper than a parser's stack, as the fork's last words."""
    for file in range(3, 64):
        try:
            os.write(file, b"[" * 3_000 + b"\n")
        except OSError:
            continue
    os._exit(0)


def _spin(read: list[BinaryIO], written: list[BinaryIO]) -> None:
    while True:
        pass


def _sleep(read: list[BinaryIO], written: list[BinaryIO]) -> None:
    time.sleep(600)


def _lie(read: list[BinaryIO], written: list[BinaryIO]) -> object:
    return {"width": "<script>"}


def _take(run: Callable[..., object], seconds: int = 20) -> Task:
    return Task(run, seconds, 1024**3, 2 * 1024**2)


ATTACKS = {"fill": _fill, "chatter": _chatter, "nest": _nest, "sleep": _sleep, "lie": _lie}


def _by_name(read: list[BinaryIO], written: list[BinaryIO]) -> object:
    return ATTACKS[read[0].read().decode()](read, written)


TASKS = {"mask": _take(_attack), "photo": _take(_by_name), "still": _take(_spin, 1), "held": _take(_spin)}
