"""The real program, run as from a shell, and its commands without a process of their own."""

import asyncio
import logging
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

from forks import ENVIRONMENT, Forked, fork
from typer.testing import CliRunner

from bot.cli import cli

Said = tuple[int, str, str]


async def start(folder: Path, *args: str, whole: bool = False, **settings: str) -> Forked:
    return await fork(folder, "-m", "bot", *args, apart=True, whole=whole, **settings)


def ctrl_c(process: Forked) -> None:
    """As a terminal does it: to the program and all its children."""
    os.killpg(process.pid, signal.SIGINT)


async def photoplay(folder: Path, *args: str, whole: bool = False, **settings: str) -> Said:
    """Run a command to its end: exit code, output, errors. `whole`: clips of full size."""
    return await said(await start(folder, *args, whole=whole, **settings))


async def afresh(folder: Path, *args: str, **settings: str) -> Said:
    """As `photoplay`, in a process that has loaded nothing before."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *args),
        cwd=folder,
        env={**ENVIRONMENT, **settings},
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )
    return await said(process)


async def said(process: Forked | Process) -> Said:
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


def here(*args: str, **settings: str) -> Said:
    """Run a command to its end in this process, where the test stands: for what is said, not for signals or streams.

    It makes an event loop, so the test that asks has none. An exception that is not made into words is raised.
    """
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []  # the command replaces and closes them
    env = {"COLUMNS": "200", "ASK_CONSENT": None, **settings}
    try:
        result = CliRunner(env=env).invoke(cli, args, prog_name="photoplay", catch_exceptions=False)
    finally:
        root.handlers, root.level = handlers, level
    return result.exit_code, result.stdout, result.stderr
