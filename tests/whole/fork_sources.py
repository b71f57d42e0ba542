"""What `forks` forks from: a process that has loaded Photoplay, and one that has loaded what its decoders need."""

import sys

if sys.argv[1] == "decoders":
    from bot.media.sandbox import worker  # first, as in a decoder: it keeps the hooks of others from forks

import asyncio
import atexit
import fcntl
import gc
import io
import json
import os
import runpy
import selectors
import signal
import socket
import threading
import time
from asyncio.subprocess import Process
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from forks import LONGEST, NUMBER, decoder

from bot.media.sandbox import client

PROGRAMS = (
    *("bot.cli", "bot.app", "storage.postgres", "generator.server"),
    *("adapters.telegram.platform", "adapters.telegram.delivery", "adapters.telegram.rate_limit"),
    *("adapters.discord.platform", "adapters.discord.delivery", "adapters.discord.client", "tests.renderers"),
)
DECODERS = tuple(f"bot.media.sandbox.{kind}_tasks" for kind in ("photo", "clip", "still", "cut"))
UNSEEN = 100
"""File descriptors of a program's own are smaller."""


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
                os.read(woken, LONGEST)
                _reap(running)
            if line.fileno() not in ready:
                continue
            asked, files, _, _ = socket.recv_fds(line, LONGEST, 4)
            if not asked:
                for pid in running:
                    os.kill(pid, signal.SIGKILL)
                os._exit(0)
            tell, *streams = files
            pid = os.fork()
            if pid == 0:
                break
            running[pid] = tell
            os.write(tell, NUMBER.pack(pid))
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
                os.write(tell, NUMBER.pack(os.waitstatus_to_exitcode(found[1])))
            os.close(tell)


def _stream(*streams: int) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)


def become(asked: dict[str, Any]) -> None:
    """Be the program that was asked for, to its end."""
    if asked["apart"]:
        os.setsid()
    _stream(os.open(os.devnull, os.O_RDONLY), *asked["streams"])
    for number, name in ((1, "stdout"), (2, "stderr")):  # those that are there know the streams of before
        before, stream = getattr(sys, name), io.BufferedWriter(io.FileIO(number, "w", closefd=False))
        after = io.TextIOWrapper(stream, before.encoding, before.errors, line_buffering=number == 2)
        setattr(sys, name, after)
    os.chdir(asked["folder"])
    os.environ.update(asked["settings"])
    time.tzset()
    if not asked["whole"]:
        sys.modules["generator.pool"].work = sys.modules["tests.renderers"].small
    code = _run(*asked["command"])
    # From here on as any program, but nothing that was loaded before is taken to pieces: it would be copied for that.
    threading._shutdown()
    atexit._run_exitfuncs()
    gc.collect()
    for end in (sys.stdout, sys.stderr):
        end.flush()
    os._exit(code)


def _run(first: str, *rest: str) -> int:
    """Run a program; returns its exit code. Raises what it raises, but for a `SystemExit` with a number."""
    try:
        if first == "-m":
            sys.path[0] = os.getcwd()
            sys.argv = [*rest]
            runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
        else:
            sys.path[0] = str(Path(first).parent)
            sys.argv = [first, *rest]
            runpy.run_path(first, run_name="__main__")
    except SystemExit as end:
        if not isinstance(end.code, int | None):
            raise
        return end.code or 0
    return 0


def decode(asked: dict[str, Any]) -> None:
    """Be the decoder that was asked for, to its end."""
    os.setsid()
    _stream(*asked["streams"])
    sys.argv = ["worker", asked["module"]]
    worker.main()
    os._exit(0)  # as in a program


def fork_decoders(line: socket.socket) -> None:
    """Let the client start its processes as forks of what is behind `line`."""
    start = asyncio.create_subprocess_exec

    async def started(*command: Any, **options: Any) -> Process:
        if command[:-1] == client._COMMAND:
            return cast(Process, await decoder(line, command[-1]))
        return await start(*command, **options)

    asyncio.create_subprocess_exec = started


def prepare() -> None:
    """What each program would do first, and the same way."""
    import typer.main

    from bot.cli import cli
    from bot.providers.transport import tls

    tls()
    command = typer.main.get_command(cli)
    typer.main.get_command = lambda app: command


def main(what: str, *rest: str) -> None:
    for name in DECODERS if what == "decoders" else PROGRAMS:
        __import__(name)
    if what == "programs":
        prepare()
    for number in rest:
        fork_decoders(socket.socket(fileno=fcntl.fcntl(int(number), fcntl.F_DUPFD_CLOEXEC, UNSEEN)))
        os.close(int(number))
    gc.freeze()
    with socket.socket(fileno=os.dup(0)) as line:
        wanted = serve(line)
    (decode if what == "decoders" else become)(wanted)


if __name__ == "__main__":
    main(*sys.argv[1:])
