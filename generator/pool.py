"""One rendering process, restarted when it dies.

Each slot has a process of its own instead of a share in a pool, so that a picture which kills its renderer affects no
other one. This file imports neither OpenCV nor FFmpeg: the server imports it, and only the rendering processes need
those.
"""

import asyncio
import contextlib
import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from pathlib import Path

from generator.errors import Failed
from generator.material import Material

TRIES = 2
TIME_LIMIT = 300.0  # seconds for one clip; a 10 s clip takes about a fiftieth of that
SPAWN = multiprocessing.get_context("spawn")
log = logging.getLogger(__name__)


class Renderer:
    """Renders material to clips, one at a time. `stop` kills a running render; the process starts on first use."""

    def __init__(self) -> None:
        self._executor: ProcessPoolExecutor | None = None
        self._leash: Connection | None = None

    async def render(self, material: Material, out: Path) -> None:
        """Write the clip to `out`. Raises `Failed` if that is impossible, or if the process died twice over it.

        Raises `OSError` for a full disk, or if no process can be started.
        """
        loop = asyncio.get_running_loop()
        for _ in range(TRIES):
            try:
                with _deaf():  # the process starts here
                    rendering = loop.run_in_executor(self._process(), work, material, out)
                async with asyncio.timeout(TIME_LIMIT):
                    await rendering
                return
            except BrokenProcessPool:
                log.warning("a rendering process died")
                await self.stop()
            except TimeoutError:
                await self.stop()
                raise Failed("timeout", "Rendering took too long") from None
        raise Failed("internal_error", "The renderer died while making this clip")

    async def stop(self) -> None:
        """Kill the process, even within a render."""
        executor, self._executor = self._executor, None
        if self._leash:
            self._leash.close()
        if executor:
            await asyncio.to_thread(executor.shutdown, wait=True, cancel_futures=True)

    def _process(self) -> ProcessPoolExecutor:
        if self._executor is None:
            theirs, self._leash = SPAWN.Pipe(duplex=False)
            self._executor = ProcessPoolExecutor(1, SPAWN, initializer=prepare, initargs=(theirs,))
        return self._executor


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Processes started inside get no SIGINT: Ctrl+C reaches the whole process group; the parent decides."""
    resource_tracker.ensure_running()  # its own start would end our blocking
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def prepare(leash: Connection) -> None:
    """Initialise a rendering process."""
    threading.Thread(target=_follow, args=(leash,), daemon=True).start()


def work(material: Material, out: Path) -> None:
    """Render, in the rendering process; imported here so that only that process loads the libraries."""
    from generator.render import render
    from generator.scene import compose

    render(compose(material), out)


def _follow(leash: Connection) -> None:
    """Exit with the parent: the other end of the pipe closes when the parent releases it, and on SIGKILL."""
    parent = multiprocessing.parent_process()
    wait([leash, parent.sentinel] if parent else [leash])
    os._exit(1)
