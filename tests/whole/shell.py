"""The real program, run as whoever has a shell runs it."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

ROOT = Path(__file__).parents[2]
Said = tuple[int, str, str]


async def start(folder: Path, *args: str, **settings: str) -> Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *args),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "COLUMNS": "200", **settings},
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,
    )


async def photoplay(folder: Path, *args: str, **settings: str) -> Said:
    """Run a command to its end: exit code, output, errors."""
    process = await start(folder, *args, **settings)
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()
