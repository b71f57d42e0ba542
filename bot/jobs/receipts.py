"""Orders whose answer never came: logs of requests are asked whether a host took them.

A log yields an id and no more; polling says the rest. No order is sent twice.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from bot import texts
from bot.errors import NotSent, Stale, StoreDown
from bot.jobs import machine
from bot.jobs.claims import Claims, backoff
from bot.jobs.quotes import unquoted
from bot.model import Accepted, Job, Pending, Refused
from bot.ports import Provider

log = logging.getLogger(__name__)

MARGIN = 120.0
"""Seconds by which a host's clock may differ from ours."""
FIRST, LONGEST = 5.0, 120.0
"""Shortest and longest pause between two looks, in seconds."""
FAILURES = 5
"""Looks that fail in a row before an order is given up unseen, once its time is over."""


class Receipts:
    """Questions to the logs. `clock` returns Unix seconds."""

    def __init__(self, provider: Provider, claims: Claims, clock: Callable[[], float]) -> None:
        self._provider = provider
        self._claims = claims
        self._clock = clock

    async def unanswered(
        self, job: Job, why: str, host: str | None = None, *, pause: float = FIRST, once: bool = False
    ) -> Job:
        """Save that an order's answer never came: a log is asked in `pause` seconds, or it is lost if there is none.

        `host`: where it was sent; None: unknown, so every log is asked. `once`: a single attempt to save.
        """
        if not (seconds := self._provider.asked_for(host)):
            return await self._lose(job, why, once=once)
        said = unquoted(why, job.order)
        log.warning("job %s: %s; %s is asked whether it was taken", job.id, said, host or "every log")
        now = self._clock()
        return await self._claims.save(job, machine.Unanswered(now + seconds, host), now + pause, now, once=once)

    async def look(self, job: Job) -> Job:
        """Look for an `asking` job in the logs, and save what they say."""
        async with self._claims.held(job):
            said = await self._provider.look(job.host, job.request_id, *self._span(job))
        now = self._clock()
        match said:
            case Accepted():
                return await self._found(job, said)
            case Refused():
                await self._claims.note(texts.incidents.ORDER_REFUSED, said.detail, job)
                return await self._claims.save(job, said, now=now)
            case Pending():
                return await self._wait(job, said, now)

    async def found_before(self, job: Job) -> Job | None:
        """An order that is about to be sent, if it was taken already: it was in line when a copy was made of the data.

        None: no log has it, or there is none. Raises `NotSent` if a log cannot be read, and `Stale`.
        """
        if not job.copied or not self._provider.asked_for(None):
            return None
        try:
            async with self._claims.held(job):
                said = await self._provider.look(None, job.request_id, *self._span(job))
        except asyncio.CancelledError:
            with suppress(StoreDown, Stale):  # otherwise the next worker asks about an order that was not sent
                await self._claims.save(job, machine.PutBack(), once=True)
            raise
        if isinstance(said, Pending) and said.failed:
            raise NotSent(
                f"it may have been bought before, and the log cannot be read: {said.detail}", LONGEST, "silence"
            )
        return await self._found(job, said) if isinstance(said, Accepted) else None

    async def _found(self, job: Job, said: Accepted) -> Job:
        log.info("job %s was taken by %s as %s, says its log", job.id, said.host, said.remote_id)
        now = self._clock()
        # No later than now, and no earlier than it can have been sent: clocks differ.
        at = min(max(said.at or now, self._sent_after(job)), now)
        return await self._claims.save(job, replace(said, at=at), now, now)

    async def _wait(self, job: Job, said: Pending, now: float) -> Job:
        """Nothing is known yet: save when to look again, or give the order up once its time is over."""
        until = job.ask_until or now
        tries = job.tries + 1 if said.failed else 0
        if now >= until and (not said.failed or tries > FAILURES):
            return await self._lose(job, said.detail or "no log has it")
        pause = backoff(tries) if said.failed else min(max(self._age(job, now) / 2, FIRST), LONGEST)
        waits = said.waits if said.failed else None
        due_at = min(now + pause, max(until, now + FIRST))  # the last look is at the end
        return await self._claims.save(job, machine.Waiting(tries, waits, job.unlogged or not said.failed), due_at, now)

    def _age(self, job: Job, now: float) -> float:
        """Seconds since the answer failed to come; 0 for an order that was not sent yet."""
        return now - job.ask_until + self._provider.asked_for(job.host) if job.ask_until else 0.0

    def _span(self, job: Job) -> tuple[float, float]:
        """The time in which the order was sent, by the host's clock."""
        now = self._clock()
        return self._sent_after(job) - MARGIN, now - self._age(job, now) + MARGIN

    def _sent_after(self, job: Job) -> float:
        """The earliest time at which it can have been sent, also in a life of the database that is over."""
        return job.created_at if job.copied else (job.started_at or job.created_at)

    async def _lose(self, job: Job, why: str, *, once: bool = False) -> Job:
        await self._claims.note(texts.incidents.NO_ANSWER, why, job)
        return await self._claims.save(job, machine.Lost(), once=once)
