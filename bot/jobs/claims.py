"""A worker's claims: renews the lease during work, saves the outcome, releases the job.

A save that fails because the database is down is repeated until it succeeds or another worker owns the job: losing
the record of a paid order would be the worst outcome.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from bot.errors import Stale, StoreDown
from bot.jobs import machine
from bot.jobs.batch import Batch
from bot.jobs.quotes import unquoted
from bot.model import Incident, Job, LedgerEntry
from bot.sentence import Sentence
from storage import Store

log = logging.getLogger(__name__)

AGAIN = 0.5
"""Seconds between the first attempts to save."""
LONGEST_PAUSE = 60.0
"""Maximum seconds between attempts."""


class Claims:
    """`lease`: seconds after which another worker may claim the job of a silent one. `ended` is told of done jobs."""

    def __init__(
        self, store: Store, clock: Callable[[], float], lease: float, ended: Callable[[Job], None] = lambda _: None
    ) -> None:
        self._store = store
        self._clock = clock
        self._ended = ended
        self.lease = lease
        self._taking: Batch[Job, float | None] = Batch(self._take)
        self._putting_off: Batch[Job, None] = Batch(self._put_off)

    def until(self) -> float:
        """End of a lease that is renewed now, Unix seconds."""
        return self._clock() + self.lease

    @asynccontextmanager
    async def held(self, job: Job) -> AsyncIterator[None]:
        """Renew the lease of a job every third of it while the block runs.

        If another worker has claimed the job, the block is cancelled and this raises `Stale`. A lease that is over, as
        after a suspension, is renewed before the block; that raises `StoreDown`, too.
        """
        if job.due_at <= self._clock():
            job = await self.renewed(job)
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
            async with asyncio.timeout(None) as limit:  # no deadline yet: `renew` sets it
                renewing = asyncio.create_task(renew(), name=f"claim-{job.id}")
                try:
                    yield
                finally:  # wait for a running renewal: it must not overwrite the next save
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
        """Save the job after `event`; repeats until saved or claimed by another worker; `once`: a single attempt."""
        changed, entry = machine.apply(job, event, self._clock() if now is None else now, due_at)
        changed = await self._save(changed, entry, once=once)
        if changed.state == "done":
            self._ended(changed)
        return changed

    async def _save(self, changed: Job, entry: LedgerEntry | None, *, once: bool) -> Job:
        while True:
            try:
                return await self._store.save(changed, entry)
            except StoreDown as error:
                log.error("job %s could not be saved: %s", changed.id, error)
                if once:
                    raise
            await asyncio.sleep(AGAIN)
            with suppress(StoreDown):  # an earlier attempt may have succeeded without its answer arriving
                latest = await self._store.job(changed.id)
                if latest and replace(latest, shown="", status_id=None) == replace(changed, shown="", status_id=None):
                    return latest

    async def take(self, job: Job) -> Job:
        """Claim a polled job, to act on what was found. Raises `Stale` if another did, or it changed."""
        taking = asyncio.ensure_future(self._taking.add(job))
        try:
            due_at = await asyncio.shield(taking)
        except asyncio.CancelledError:  # released, so that the next worker need not wait for the lease
            with suppress(StoreDown):
                if due_at := await taking:
                    await self.release(replace(job, claims=job.claims + 1))
            raise
        if due_at is None:
            raise Stale(job.id)
        return replace(job, claims=job.claims + 1, due_at=due_at)

    async def put_off(self, job: Job, event: machine.Waiting, due_at: float, now: float) -> None:
        """Save the changes of a failed poll, or of the first good one after it, unless a worker has claimed the job."""
        await self._putting_off.add(machine.apply(job, event, now, due_at)[0])

    async def _take(self, jobs: Sequence[Job]) -> Sequence[float | None]:
        due_at = self.until()
        taken = await self._store.take(jobs, due_at)
        return [due_at if job.id in taken else None for job in jobs]

    async def _put_off(self, jobs: Sequence[Job]) -> Sequence[None]:
        await self._store.put_off(jobs)
        return [None] * len(jobs)

    async def release(self, job: Job, pause: float = 0.0) -> None:
        """Release a job that is unchanged, or to be delivered; it is due again in `pause` seconds."""
        await self._store.release(job, self._clock() + pause)

    async def renewed(self, job: Job) -> Job:
        """A claimed job with a whole lease. Raises `Stale` if another worker has claimed it; `StoreDown`."""
        due_at = self.until()
        if not await self._store.renew(job, due_at):
            raise Stale(job.id)
        return replace(job, due_at=due_at)

    async def note(self, what: Sentence, detail: str, job: Job) -> None:
        """Store an incident about a job, without its words; a failure to store is ignored."""
        detail = unquoted(detail, job.order)
        log.warning("job %s: %s: %s", job.id, what, detail)
        try:
            await self._store.note(Incident(self._clock(), what, detail, job.host or "", job.id))
        except StoreDown as error:
            log.error("could not be noted for the operator: %s", error)


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    """Whether the event is set within `seconds`."""
    with suppress(TimeoutError):
        async with asyncio.timeout(max(0.0, seconds)):
            await event.wait()
    return event.is_set()


def backoff(tries: int) -> float:
    """Seconds to wait after `tries` consecutive failures."""
    return min(LONGEST_PAUSE, 2.5 * float(1 << min(tries, 6))) if tries else 0.0
