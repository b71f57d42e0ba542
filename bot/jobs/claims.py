"""What a worker does with a claim: renews it while it works, saves what came of it, lets go.

A save that the database cannot take is tried again until it succeeds or the job is another's: after a paid order was
accepted, the worst that could happen is to forget it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from bot.errors import Stale, StoreDown
from bot.jobs import machine
from bot.model import Incident, Job
from storage import Store

log = logging.getLogger(__name__)

AGAIN = 0.5
"""Seconds between two tries to save."""
LONGEST_PAUSE = 60.0
"""Seconds between two tries of what keeps failing."""


class Claims:
    """`lease`: seconds after which a job is anybody's whose worker fell silent."""

    def __init__(self, store: Store, clock: Callable[[], float], lease: float) -> None:
        self._store = store
        self._clock = clock
        self.lease = lease

    def until(self) -> float:
        """When a claim that is renewed now runs out, Unix seconds."""
        return self._clock() + self.lease

    @asynccontextmanager
    async def held(self, job: Job) -> AsyncIterator[None]:
        """Renew the claim on a job every third of the lease while the block runs.

        As soon as the job turns out to be another worker's the block is cancelled, and this raises `Stale`.
        """
        done, overtaken = asyncio.Event(), False

        async def renew() -> None:
            nonlocal overtaken
            pause = job.due_at - self._clock() - self.lease * 2 / 3
            while not await _set_within(done, min(pause, self.lease / 3)):
                try:
                    overtaken = not await self._store.renew(job, self.until())
                    pause = self.lease / 3
                except StoreDown as error:
                    log.warning("the claim on job %s could not be renewed: %s", job.id, error)
                    pause = AGAIN
                if overtaken:
                    limit.reschedule(0.0)
                    return

        try:
            async with asyncio.timeout(None) as limit:  # without an end: `renew` sets one
                renewing = asyncio.create_task(renew(), name=f"claim-{job.id}")
                try:
                    yield
                finally:  # a renewal under way is waited for: it must not undo what is saved next
                    done.set()
                    await asyncio.wait({renewing})
        except TimeoutError:
            if overtaken:
                raise Stale(job.id) from None
            raise

    async def save(
        self,
        job: Job,
        event: machine.Event,
        due_at: float | None = None,
        now: float | None = None,
        *,
        once: bool = False,
    ) -> Job:
        """Save what `event` makes of a job; until it succeeds, unless `once`, or until the job is another's."""
        changed, entry = machine.apply(job, event, self._clock() if now is None else now, due_at)
        while True:
            try:
                await self._store.save(changed, entry)
                return changed
            except StoreDown as error:
                log.error("job %s could not be saved: %s", job.id, error)
                if once:
                    raise
            await asyncio.sleep(AGAIN)
            with suppress(StoreDown):  # it may have been saved, and only the answer was lost
                latest = await self._store.job(job.id)
                if latest and replace(latest, shown="", status_id=None) == replace(changed, shown="", status_id=None):
                    return changed

    async def release(self, job: Job, pause: float = 0.0) -> None:
        """Let go of a job that is as it was; anyone may take it in `pause` seconds."""
        await self._store.release(job, self._clock() + pause)

    async def note(self, what: str, detail: str, job: Job) -> None:
        """Keep something about a job for the operator, if the database takes it."""
        log.warning("job %s: %s: %s", job.id, what, detail)
        try:
            await self._store.note(Incident(self._clock(), what, detail, job.host or "", job.id))
        except StoreDown as error:
            log.error("could not be noted for the operator: %s", error)


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    """Whether an event is set in time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(max(0.0, seconds)):
            await event.wait()
    return event.is_set()


def backoff(tries: int) -> float:
    """Seconds before a try that follows so many."""
    return min(LONGEST_PAUSE, 2.5 * float(1 << min(tries, 6))) if tries else 0.0
