"""Shutdown: orderly after a signal, and within ten seconds in any case.

Each part bounds its own waits. The `Watchdog` covers the rest: a blocked event loop, a name lookup in a thread, a
database outage. Ending a process is safe at any moment, as no state lives in it alone.
"""

import asyncio
import logging
import os
import queue
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import FrameType
from typing import Literal

log = logging.getLogger(__name__)

PATIENCE = 8.0
"""Maximum seconds from the signal to the end."""
LAST_LINE = 0.2
"""Seconds for a last log line."""


@asynccontextmanager
async def signals(say: Callable[[], None], code: int, patience: float = PATIENCE) -> AsyncIterator[asyncio.Event]:
    """An event set by SIGTERM and SIGINT; `say` is called once. After `patience` seconds the process exits with `code`.

    The signal handlers are the system's, not the loop's: they run even when the loop is blocked.
    """
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    watchdog = Watchdog(loop, patience, code)

    def stop() -> None:
        if not stopped.is_set():
            stopped.set()
            say()

    def heard(number: int, frame: FrameType | None) -> None:
        watchdog.wake()
        loop.call_soon_threadsafe(stop)

    before = {number: signal.signal(number, heard) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@asynccontextmanager
async def ended_by(stopped: asyncio.Event) -> AsyncIterator[None]:
    """Cancel the block once the event is set; raises `TimeoutError` then."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(None) as limit:

        def end(_: asyncio.Task[Literal[True]]) -> None:
            limit.reschedule(loop.time())

        waiting = asyncio.create_task(stopped.wait())
        waiting.add_done_callback(end)
        try:
            yield
        finally:
            waiting.remove_done_callback(end)
            waiting.cancel()


class Watchdog:
    """Ends the process `patience` seconds after `wake`, unless it has ended by then."""

    def __init__(self, loop: asyncio.AbstractEventLoop, patience: float, code: int) -> None:
        self._loop = loop
        self._patience = patience
        self._code = code
        self._woken: queue.SimpleQueue[None] = queue.SimpleQueue()
        # Started now: starting a thread in a signal handler risks a deadlock.
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def wake(self) -> None:
        """Start the countdown. Safe in a signal handler."""
        self._woken.put(None)

    def _watch(self) -> None:
        self._woken.get()
        time.sleep(self._patience)
        # In a thread, as the log itself may be blocked.
        threading.Thread(target=self._tell, daemon=True).start()
        time.sleep(LAST_LINE)
        os._exit(self._code)

    def _tell(self) -> None:
        names = sorted(task.get_name() for task in asyncio.all_tasks(self._loop))
        log.error(
            "not stopped after %g s, and ended; what was under way goes on at the next start: %s",
            self._patience,
            ", ".join(names[:10]) or "no task",
        )
