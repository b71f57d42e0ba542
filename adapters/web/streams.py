"""Server-sent events: a person's jobs as they change, from where the browser left off.

Each stream asks the store for itself, so that it matters not which process works. An event's id is the moment of the
change; what may have been missed around it is sent again, and the page takes the same job twice without harm.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import contextmanager
from typing import Any

from adapters.web.view import View
from bot.core import Core
from bot.errors import StoreDown
from bot.model import Job

BUSY, CALM = 0.5, 2.0
"""Seconds between two looks: while something is under way, and else."""
TICK = 5.0
"""Seconds after which what is under way is told anew: a place in the queue and an expected time change on their own."""
BEAT = 15.0
"""Seconds of silence after which a comment keeps proxies from hanging up."""
OVERLAP = 5.0
"""Seconds by which clocks of several machines may differ."""
EACH, ALL = 8, 400
"""Streams of one person, and of all together. The oldest ends for a new one; its browser comes back later."""


class Streams:
    """All open streams."""

    def __init__(self, core: Core, view: View, allowance: Callable[[str], Any]) -> None:
        self._core = core
        self._view = view
        self._allowance = allowance
        self._open: dict[str, list[asyncio.Event]] = {}

    def close(self) -> None:
        """End all of them."""
        for streams in self._open.values():
            for ended in streams:
                ended.set()

    async def follow(self, person: str, user: str, since: float) -> AsyncIterator[str]:
        """Events for one browser tab, as text, until it goes away or makes room for another."""
        told: dict[str, str] = {}
        ready, quiet, ticked = False, 0.0, 0.0
        with self._place(person) as ended:
            while not ended.is_set():
                now = self._core.clock()
                try:
                    jobs = await self._core.store.changed(person, since - OVERLAP if since else 0.0)
                    live = any(job.state != "done" for job in jobs)
                    again = now - ticked >= TICK
                    ticked = now if again else ticked
                    for job in jobs:
                        if text := await self._news(job, told, again):
                            quiet = now
                            yield text
                    since = self._advance(jobs, since)
                    if not ready or any(job.changed_at > now - TICK for job in jobs):
                        allowance = await self._allowance(user)
                        if told.get("allowance") != allowance:
                            told["allowance"] = allowance
                            yield event("allowance", {"text": allowance})
                except StoreDown:
                    live = True  # the page keeps what it has, and hears more when the database is back
                if not ready:
                    ready = True
                    yield event("ready", {})
                if now - quiet >= BEAT:
                    quiet = now
                    yield ": still here\n\n"
                try:
                    async with asyncio.timeout(BUSY if live else CALM):
                        await ended.wait()
                except TimeoutError:
                    pass

    async def _news(self, job: Job, told: dict[str, str], again: bool) -> str:
        """The event for a job, if there is something new to tell of it."""
        known = told.get(job.id, "")
        change = f"{job.changed_at} {job.state} "
        if known.startswith(change) and (job.state == "done" or not again):
            return ""
        shown = await self._view.job(job)
        if known == change + shown["text"]:
            return ""
        told[job.id] = change + shown["text"]
        return event("job", shown, f"{job.changed_at}")

    @staticmethod
    def _advance(jobs: list[Job], since: float) -> float:
        """From where to ask next: never past a job that is still under way, as its text goes on changing."""
        live = [job.changed_at for job in jobs if job.state != "done"]
        return min(live) if live else max([since, *(job.changed_at for job in jobs)])

    @contextmanager
    def _place(self, person: str) -> Any:
        streams = self._open.setdefault(person, [])
        if len(streams) >= EACH:
            streams.pop(0).set()
        elif sum(map(len, self._open.values())) >= ALL:
            max(self._open.values(), key=len).pop(0).set()  # whoever has most gives one up
        ended = asyncio.Event()
        streams.append(ended)
        try:
            yield ended
        finally:
            if ended in streams:
                streams.remove(ended)
            if not streams:
                self._open.pop(person, None)


def event(kind: str, data: object, mark: str = "") -> str:
    """One event as it goes over the wire."""
    name = f"id: {mark}\n" if mark else ""
    return f"event: {kind}\n{name}data: {json.dumps(data, ensure_ascii=False)}\n\n"
