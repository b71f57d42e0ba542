"""Decoders whose processes are reused by later tests, as loading the libraries takes longer than most tests."""

import asyncio
import os
import signal
import subprocess
from collections import defaultdict
from contextlib import suppress
from typing import cast

from bot.media.sandbox import client, confine
from bot.media.sandbox.client import Decoder


class Warm:
    """A reused worker process, with the interface of `asyncio.subprocess.Process`."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process, self.pid = process, process.pid
        self.stdin, self.stdout = self, asyncio.StreamReader()
        self._pipe: asyncio.ReadTransport | None = None

    async def attach(self) -> None:
        assert self.process.stdout
        copy = os.fdopen(os.dup(self.process.stdout.fileno()), "rb", 0)
        loop = asyncio.get_running_loop()
        self._pipe, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(self.stdout), copy)

    async def detach(self) -> None:
        if self._pipe:
            self._pipe.close()
            await asyncio.sleep(0)  # the transport is closed in the next iteration of the loop
            await asyncio.sleep(0)

    @property
    def returncode(self) -> int | None:
        return self.process.poll()

    def write(self, line: bytes) -> None:
        """Write a request; it is short enough for the pipe's buffer."""
        assert self.process.stdin
        self.process.stdin.write(line)

    async def drain(self) -> None:
        """Nothing is buffered."""

    async def wait(self) -> int:
        await self.detach()
        return ended(self.process)


class Shared(Decoder):
    """A decoder that leaves its idle processes for the next one with the same module."""

    async def _start(self) -> asyncio.subprocess.Process:
        while self._idle:
            known = self._idle.pop()
            if known.returncode is None:
                return known
            self._all.discard(known)
        confine.hide()
        warm = Warm(taken(self._module))
        process = cast(asyncio.subprocess.Process, warm)
        self._all.add(process)  # before anything is awaited: who gives up now leaves it to be closed
        await warm.attach()
        return process

    async def close(self) -> None:
        for process in cast(list[Warm], self._idle):
            await process.detach()
            _kept[self._module].append(process.process)
        self._all.difference_update(self._idle)
        self._idle.clear()
        await super().close()  # busy processes


_kept: defaultdict[str, list[subprocess.Popen[bytes]]] = defaultdict(list)


def taken(module: str) -> subprocess.Popen[bytes]:
    """An idle process with `module`, or a new one."""
    while _kept[module]:
        process = _kept[module].pop()
        if process.poll() is None:
            return process
        ended(process)
    return subprocess.Popen(
        [*client._COMMAND, module],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=client._CODE,
        env=client._ENVIRONMENT,
        start_new_session=True,
    )


def ended(process: subprocess.Popen[bytes]) -> int:
    assert process.stdin
    assert process.stdout
    process.stdin.close()
    process.stdout.close()
    return process.wait()


def end() -> None:
    """Stop all idle processes."""
    for processes in _kept.values():
        for process in processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            ended(process)
    _kept.clear()
