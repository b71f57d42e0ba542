"""Programs of ours as processes that are forked from one that has loaded everything, once for all tests.

Loading Photoplay takes more processor time than most tests do with it. A fork is a process like any other: it has an
environment, a folder and streams of its own, and is killed alone. So are its decoders, which are forked from another
process that has loaded theirs. `fork_sources` is what both are forked from.
"""

import asyncio
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from asyncio import StreamReader, StreamWriter
from asyncio.streams import FlowControlMixin
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot.media.sandbox import client

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
"""Of each process; tests add settings."""
NUMBER = struct.Struct("i")
LONGEST = 2**16
"""Bytes of a request."""


class Forked:
    """What tests need of `asyncio.subprocess.Process`."""

    def __init__(
        self,
        pid: int,
        told: int,
        stdout: StreamReader | None = None,
        stderr: StreamReader | None = None,
        stdin: StreamWriter | None = None,
    ) -> None:
        self.pid, self.stdin, self.stdout, self.stderr = pid, stdin, stdout, stderr
        self.returncode: int | None = None
        self._told, self._over = told, asyncio.Event()
        asyncio.get_running_loop().add_reader(told, self._ended)

    def _ended(self) -> None:
        """Its end is told; or what it was forked from has died."""
        said = os.read(self._told, NUMBER.size)
        self.returncode = NUMBER.unpack(said)[0] if said else -signal.SIGKILL
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


async def fork(
    folder: Path, *command: str, out: bool = True, apart: bool = False, whole: bool = False, **settings: str
) -> Forked:
    """Run `-m MODULE …`, or `SCRIPT …`, in `folder`. `out` reads what it prints, `apart` is a session of its own. The
    stand-in in it makes small clips, or `whole` ones."""
    errors, stderr = os.pipe()
    lines, stdout = os.pipe() if out else (None, os.dup(1))
    wanted = {"command": command, "folder": str(folder), "settings": settings, "apart": apart, "whole": whole}
    pid, told = await _asked(_source(), wanted, (stdout, stderr))
    return Forked(pid, told, lines and await _reader(lines), await _reader(errors))


async def decoder(line: socket.socket, module: str) -> Forked:
    """A decoder of this process. `line`: to what decoders are forked from."""
    theirs, stdin = os.pipe()
    stdout, answers = os.pipe()
    pid, told = await _asked(line, {"module": module}, (theirs, answers, os.dup(2)))
    return Forked(pid, told, await _reader(stdout), stdin=await _writer(stdin))


async def _asked(line: socket.socket, wanted: dict[str, Any], streams: Sequence[int]) -> tuple[int, int]:
    """A new fork's pid, and the pipe that tells its end. Its `streams` are closed here."""
    told, tell = os.pipe()
    try:
        socket.send_fds(line, [json.dumps(wanted).encode()], [tell, *streams])
    finally:
        for each in (tell, *streams):
            os.close(each)
    said = await asyncio.to_thread(os.read, told, NUMBER.size)  # the first one waits for all to be loaded
    return NUMBER.unpack(said)[0], told


async def _reader(pipe: int) -> StreamReader:
    stream = StreamReader()
    protocol = asyncio.StreamReaderProtocol(stream)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(pipe, "rb", 0))
    return stream


async def _writer(pipe: int) -> StreamWriter:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.connect_write_pipe(FlowControlMixin, os.fdopen(pipe, "wb", 0))
    return StreamWriter(transport, protocol, None, loop)


_sources: list[tuple[subprocess.Popen[bytes], socket.socket]] = []


def _source() -> socket.socket:
    """The line to the process that programs are forked from, which starts with the first request."""
    if not _sources:
        # Not in the test's own folder, which ends with the test.
        decoders = _started("decoders", cwd=ROOT, env={**client._ENVIRONMENT, "PYTHONPATH": str(ROOT)})
        _started("programs", str(decoders.fileno()), pass_fds=[decoders.fileno()], env=ENVIRONMENT)
    return _sources[-1][1]


def _started(*what: str, **options: Any) -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, str(Path(__file__).with_name("fork_sources.py")), *what]
    with theirs:
        _sources.append((subprocess.Popen(command, stdin=theirs, start_new_session=True, **options), ours))
    return ours


def end() -> None:
    """End what is forked from, and its forks."""
    while _sources:
        process, line = _sources.pop()
        line.close()
        process.wait()
