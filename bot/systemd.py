"""Notifications to systemd from a unit of `Type=notify`: ready, alive, stopping. Without systemd, none are sent.

The protocol is a datagram of lines (sd_notify(3)).
"""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

log = logging.getLogger(__name__)


class Notifier:
    """Writes to the socket at `address`; `patience` is the unit's WatchdogSec in seconds, None without."""

    def __init__(self, address: str | None, patience: float | None = None) -> None:
        self._address = address
        self._patience = patience

    @classmethod
    def found(cls, environment: Mapping[str, str] = os.environ) -> "Notifier":
        """From systemd's environment variables."""
        wanted, whose = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
        ours = wanted.isdecimal() and int(wanted) > 0 and whose in ("", str(os.getpid()))
        return cls(environment.get("NOTIFY_SOCKET") or None, int(wanted) / 1e6 if ours else None)

    @asynccontextmanager
    async def watched(self, status: str, stopped: asyncio.Event) -> AsyncIterator[None]:
        """Notify readiness with this status, liveness while the event loop runs, and the stop once `stopped` is set."""
        self._say(f"READY=1\nSTATUS={status}")
        tasks = [asyncio.create_task(self._beat()), asyncio.create_task(self._end(stopped))]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _beat(self) -> None:
        while self._patience is not None:
            self._say("WATCHDOG=1")
            await asyncio.sleep(self._patience / 3)

    async def _end(self, stopped: asyncio.Event) -> None:
        await stopped.wait()
        self._say("STOPPING=1\nSTATUS=stopping")

    def _say(self, words: str) -> None:
        if not self._address:
            return
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
                line.setblocking(False)  # a full queue must not block the loop
                line.sendto(words.encode(), address)
        except OSError as error:
            log.warning("systemd cannot be told %s: %s", words.partition("\n")[0], error.strerror)
