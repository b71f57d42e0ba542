"""Programs of ours as processes that are forked from one that has loaded everything, once for all tests.

Loading Photoplay takes more processor time than most tests do with it. A fork is a process like any other: it has an
environment, a folder and streams of its own, and is killed alone. Run as a program, this file is what is forked from.
"""

import asyncio
import gc
import io
import json
import os
import runpy
import selectors
import signal
import socket
import struct
import subprocess
import sys
import time
from asyncio import StreamReader
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
"""Of each process; tests add settings."""
LOADED = (
    *("bot.cli", "bot.app", "storage.postgres", "generator.server"),
    *("adapters.telegram.platform", "adapters.telegram.delivery", "adapters.telegram.rate_limit"),
    *("adapters.discord.platform", "adapters.discord.delivery", "adapters.discord.client"),
)
_NUMBER = struct.Struct("i")
_LONGEST = 2**16
"""Bytes of a request."""


# ── In the tests ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Forked:
    """What tests need of `asyncio.subprocess.Process`."""

    def __init__(self, pid: int, told: int, stdout: StreamReader | None, stderr: StreamReader | None) -> None:
        self.pid, self.stdout, self.stderr = pid, stdout, stderr
        self.returncode: int | None = None
        self._told, self._over = told, asyncio.Event()
        asyncio.get_running_loop().add_reader(told, self._ended)

    def _ended(self) -> None:
        """Its end is told; or what it was forked from has died."""
        said = os.read(self._told, _NUMBER.size)
        self.returncode = _NUMBER.unpack(said)[0] if said else -signal.SIGKILL
        asyncio.get_running_loop().remove_reader(self._told)
        os.close(self._told)
        self._over.set()

    def send_signal(self, how: int) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):  # its end is not told yet
                os.kill(self.pid, how)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    async def wait(self) -> int:
        await self._over.wait()
        assert self.returncode is not None
        return self.returncode

    async def communicate(self) -> tuple[bytes, bytes]:
        """What is left of its output, once it has ended."""
        out, err, _ = await asyncio.gather(_rest(self.stdout), _rest(self.stderr), self.wait())
        return out, err


async def _rest(stream: StreamReader | None) -> bytes:
    return await stream.read() if stream else b""


async def fork(folder: Path, *command: str, out: bool = True, apart: bool = False, **settings: str) -> Forked:
    """Run `-m MODULE …`, or `SCRIPT …`, in `folder`. `out` reads what it prints, `apart` is a session of its own."""
    told, tell = os.pipe()
    errors, stderr = os.pipe()
    lines, stdout = os.pipe() if out else (None, os.dup(1))
    asked = {"command": command, "folder": str(folder), "settings": settings, "apart": apart}
    try:
        socket.send_fds(_source(), [json.dumps(asked).encode()], [tell, stdout, stderr])
    finally:
        for each in (tell, stdout, stderr):
            os.close(each)
    said = await asyncio.to_thread(os.read, told, _NUMBER.size)  # the first one waits for all to be loaded
    (pid,) = _NUMBER.unpack(said)
    return Forked(pid, told, lines and await _reader(lines), await _reader(errors))


async def _reader(pipe: int) -> StreamReader:
    stream = StreamReader()
    protocol = asyncio.StreamReaderProtocol(stream)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(pipe, "rb", 0))
    return stream


_sources: list[tuple[subprocess.Popen[bytes], socket.socket]] = []


def _source() -> socket.socket:
    """The line to the process that is forked from, which starts with the first request."""
    if not _sources:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, __file__]
            _sources.append((subprocess.Popen(command, stdin=theirs, env=ENVIRONMENT, start_new_session=True), ours))
    return _sources[0][1]


def end() -> None:
    """End what is forked from, and its forks."""
    while _sources:
        process, line = _sources.pop()
        line.close()
        process.wait()


# ── What is forked from ──────────────────────────────────────────────────────────────────────────────────────────────


def serve(line: socket.socket) -> dict[str, Any]:
    """Fork at each request. Returns in the forks, with the request; exits when the line ends."""
    woken, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes)
    running: dict[int, int] = {}  # by process id, whom to tell
    with selectors.DefaultSelector() as selector:
        selector.register(line, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        while True:
            ready = {key.fd for key, _ in selector.select()}
            if woken in ready:
                os.read(woken, _LONGEST)
                _reap(running)
            if line.fileno() not in ready:
                continue
            asked, files, _, _ = socket.recv_fds(line, _LONGEST, 3)
            if not asked:
                for pid in running:
                    os.kill(pid, signal.SIGKILL)
                os._exit(0)
            tell, *streams = files
            pid = os.fork()
            if pid == 0:
                break
            running[pid] = tell
            os.write(tell, _NUMBER.pack(pid))
            for stream in streams:
                os.close(stream)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for each in (woken, wakes, tell, *running.values()):
        os.close(each)
    return {**json.loads(asked), "streams": streams}


def _reap(running: dict[int, int]) -> None:
    with suppress(ChildProcessError):
        while pid := (found := os.waitpid(-1, os.WNOHANG))[0]:
            tell = running.pop(pid)
            with suppress(BrokenPipeError):  # nobody waits for it
                os.write(tell, _NUMBER.pack(os.waitstatus_to_exitcode(found[1])))
            os.close(tell)


def become(asked: dict[str, Any], line: socket.socket) -> None:
    """Be the process that was asked for, to its end."""
    if asked["apart"]:
        os.setsid()
    line.close()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, stream in enumerate((nothing, *asked["streams"])):
        os.dup2(stream, number)
        os.close(stream)
    for number, name in ((1, "stdout"), (2, "stderr")):  # those that are there know the streams of before
        before, stream = getattr(sys, name), io.BufferedWriter(io.FileIO(number, "w", closefd=False))
        after = io.TextIOWrapper(stream, before.encoding, before.errors, line_buffering=number == 2)
        setattr(sys, name, after)
    os.chdir(asked["folder"])
    os.environ.update(asked["settings"])
    time.tzset()
    first, *rest = asked["command"]
    if first == "-m":
        sys.path[0] = os.getcwd()
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = str(Path(first).parent)
        sys.argv = [first, *rest]
        runpy.run_path(first, run_name="__main__")


if __name__ == "__main__":
    for name in LOADED:
        __import__(name)
    gc.freeze()
    with socket.socket(fileno=os.dup(0)) as control:
        wanted = serve(control)
        become(wanted, control)
