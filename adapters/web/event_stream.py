"""Server-sent events: changes of a person's jobs, resumed from the last event.

Each stream polls the store, so that any process may do the work. An event's id is the time of the change; events
around it are repeated after a reconnection, which the page tolerates.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import contextmanager
from typing import Any

from adapters.web.job_json import JobJson
from adapters.web.telling import dumps, language
from bot.conversation import Inbound
from bot.core import Core
from bot.errors import StoreDown
from bot.model import Address, Job

BUSY, CALM = 0.5, 2.0
"""Seconds between polls: with unfinished jobs, and without."""
TICK = 5.0
"""Seconds between updates of unfinished jobs: queue position and expected time change by themselves."""
MINUTE = 60.0
"""Seconds between updates of a person's balance, which includes the time until it refills."""
BEAT = 15.0
"""Seconds of silence after which a comment is sent, to keep proxies from closing the connection."""
OVERLAP = 5.0
"""Maximum difference between machines' clocks, in seconds."""
EACH, ALL = 8, 400
"""Maximum streams per person, and in total. A new one ends the oldest, whose browser reconnects later."""


class _Stream:
    """One stream. `stirred`: poll immediately."""

    def __init__(self) -> None:
        self.ended = False
        self.stirred = asyncio.Event()

    def end(self) -> None:
        self.ended = True
        self.stirred.set()


class EventStreams:
    """All open streams."""

    def __init__(self, core: Core, job_json: JobJson, allowance: Callable[[str], Any]) -> None:
        self._core = core
        self._job_json = job_json
        self._allowance = allowance
        self._open: dict[str, list[_Stream]] = {}

    def close(self) -> None:
        """End all streams."""
        for streams in self._open.values():
            for stream in streams:
                stream.end()

    def stir(self, person: str) -> None:
        """Poll immediately for a person's streams, after an action of theirs."""
        for stream in self._open.get(person, ()):
            stream.stirred.set()

    async def follow(self, person: str, user: str, since: float) -> AsyncIterator[str]:
        """Events for one browser tab, as text, until it disconnects or is replaced."""
        told: dict[str, str] = {}
        ready, quiet, ticked, asked = False, 0.0, 0.0, 0.0
        whole, opened = not since, since or self._core.context.clock()
        with self._place(person) as stream:
            while not stream.ended:
                stream.stirred.clear()
                now = self._core.context.clock()
                try:
                    if now - ticked >= TICK and (at := await self._forgotten(person)) > opened:
                        opened, since = at, 0.0
                        told.clear()
                        yield event("forgotten", {})
                    jobs = await self._core.context.store.changed(person, since - OVERLAP if since else 0.0)
                    live = any(job.state != "done" for job in jobs)
                    again = now - ticked >= TICK
                    ticked = now if again else ticked
                    for job in jobs:
                        if text := await self._news(job, told, again):
                            quiet = now
                            yield text
                    since = self._advance(jobs, since)
                    if again and (text := await self._waiting(user, told)):
                        yield text
                    if again and (text := await self._deleted(user, told)):
                        yield text
                    if now - asked >= MINUTE or any(job.changed_at > now - TICK for job in jobs):
                        asked = now
                        allowance = await self._allowance(user)
                        if told.get("allowance") != allowance:
                            told["allowance"] = allowance
                            yield event("allowance", {"text": allowance})
                except StoreDown:
                    live = True  # the page keeps its state until the database is back
                if not ready:
                    ready = True
                    yield event("ready", {"whole": whole})  # jobs that were not sent have been deleted
                if now - quiet >= BEAT:
                    quiet = now
                    yield ": still here\n\n"
                try:
                    async with asyncio.timeout(BUSY if live else CALM):
                        await stream.stirred.wait()
                except TimeoutError:
                    pass

    async def _forgotten(self, person: str) -> float:
        """Time of the person's latest erasure, after which everything is sent anew; 0 if never."""
        return dict(await self._core.context.store.retention.forgetting()).get(person, 0.0)

    async def _waiting(self, user: str, told: dict[str, str]) -> str:
        """The event with all parked orders, if they changed."""
        found = await self._core.waiting(spoken(user))
        mark = " ".join(f"{job.id} {asked.text}" for job, asked in found)
        if told.get("waiting", "") == mark:
            return ""
        told["waiting"] = mark
        return event("waiting", {"orders": [self._job_json.waiting(job, asked) for job, asked in found]})

    async def _deleted(self, user: str, told: dict[str, str]) -> str:
        """The event with deleted clips, if there are new ones."""
        gone = await self._core.deleted(spoken(user))
        mark = " ".join(gone)
        if told.get("deleted", "") == mark:
            return ""
        told["deleted"] = mark
        return event("deleted", {"jobs": gone})

    async def _news(self, job: Job, told: dict[str, str], again: bool) -> str:
        """The event for a job, if it changed."""
        known = told.get(job.id, "")
        change = f"{job.changed_at} {job.state} "
        if known.startswith(change) and (job.state == "done" or not again):
            return ""
        shown = await self._job_json.job(job)
        if known == change + shown["text"]:
            return ""
        told[job.id] = change + shown["text"]
        return event("job", shown, f"{job.changed_at}")

    @staticmethod
    def _advance(jobs: list[Job], since: float) -> float:
        """Start of the next poll: never after an unfinished job, whose text keeps changing."""
        live = [job.changed_at for job in jobs if job.state != "done"]
        return min(live) if live else max([since, *(job.changed_at for job in jobs)])

    @contextmanager
    def _place(self, person: str) -> Any:
        streams = self._open.setdefault(person, [])
        if len(streams) >= EACH:
            streams.pop(0).end()
        elif sum(map(len, self._open.values())) >= ALL:
            max(self._open.values(), key=len).pop(0).end()  # of the person with the most streams
        stream = _Stream()
        streams.append(stream)
        try:
            yield stream
        finally:
            if stream in streams:
                streams.remove(stream)
            if not streams:
                self._open.pop(person, None)


def spoken(user: str, text: str = "", key: str = "") -> Inbound:
    """A message from the page without a form."""
    return Inbound(Address("web", user, key), user, f"web:{user}:{key}", text, language=language())


def event(kind: str, data: object, mark: str = "") -> str:
    """An event in wire format."""
    name = f"id: {mark}\n" if mark else ""
    return f"event: {kind}\n{name}data: {dumps(data)}\n\n"
