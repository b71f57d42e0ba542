"""Status lines of unfinished jobs, kept up to date on the platforms; edited only when they would say something else."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bot.errors import ChatError, StoreDown
from bot.jobs import status
from bot.jobs.batch import Batch
from bot.jobs.delivery import EDIT
from bot.jobs.history import History
from bot.model import Job
from bot.ports import Chat, Provider
from storage import Store

log = logging.getLogger(__name__)

LINE, UNDER_WAY = 50, 200
"""Status lines kept up to date: first jobs of the queue, and jobs at a provider."""
KNOWN = 20_000
"""Lines of running jobs that are known to be right, at most."""
YOUNG = 5.0
"""Seconds after a change of state in which its own step may still be editing the status line."""


class StatusLines:
    """Lines of `chats`' jobs. An edit that fails is made again with the next change, poll or refresh."""

    def __init__(
        self,
        store: Store,
        provider: Provider,
        chats: Mapping[str, Chat],
        history: History,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._provider = provider
        self._chats = chats
        self._history = history
        self._clock = clock
        self._right: dict[str, int] = {}
        """Running jobs whose line is right: a hash of it and of all that it depends on."""
        self._saving: Batch[tuple[str, str, str], None] = Batch(self._save)

    async def show(self, job: Job, ahead: int = 0) -> Job:
        """Edit the status line if its text changed; `ahead`: jobs before it in the queue."""
        if job.status_id is None or job.state in ("delivering", "done") or await self._is_right(job):
            return job
        rhythm, now = await self._history.rhythm(job.order, job.host), self._clock()
        stand_in = self._provider.terms(job.host).stand_in
        try:
            paused = job.state == "queued" and await self._store.quotas.paused()
            slots = self._history.slots
            reply = status.line(job, rhythm, now, ahead=ahead, slots=slots, paused=paused, stand_in=stand_in)
            shown = await self._store.digest(reply.text.packed)
            if shown != job.shown:
                async with asyncio.timeout(EDIT):
                    await self._chats[job.address.platform].edit(job.address, job.status_id, reply)
                await self._saving.add((job.id, job.status_id, shown))
        except (ChatError, StoreDown, TimeoutError) as error:
            log.info("the status line of job %s stays as it is: %s", job.id, error)
            return job
        if job.state == "running":
            self._right[job.id] = hash((shown, status.stage(job, rhythm, now)))
        return replace(job, shown=shown) if shown != job.shown else job

    async def refresh(self) -> None:
        """Update status lines whose position or time changed without an event of their own."""
        if len(self._right) > KNOWN:
            self._right.clear()
        now, platforms = self._clock(), tuple(self._chats)
        waiting = await self._store.line(platforms, LINE)
        # Jobs that are polled soon are updated then.
        waiting += [(job, 0) for job in await self._store.under_way(platforms, now + EDIT, now - YOUNG, UNDER_WAY)]
        waiting += [(job, 0) for job in await self._store.restored.halted() if job.address.platform in self._chats]
        for job, ahead in waiting:
            if await self._is_right(job):
                continue
            latest = await self._store.job(job.id)
            if latest and (latest.state, latest.claims) == (job.state, job.claims):
                await self.show(latest, ahead)

    def forget(self, job: Job) -> None:
        """The job is no longer polled."""
        self._right.pop(job.id, None)

    async def _is_right(self, job: Job) -> bool:
        """Whether nothing changed that the line of a running job says. Does not word it: it is asked at each poll."""
        if (known := self._right.get(job.id)) is None or job.state != "running":
            return False
        rhythm = await self._history.rhythm(job.order, job.host)
        return known == hash((job.shown, status.stage(job, rhythm, self._clock())))

    async def _save(self, lines: Sequence[tuple[str, str, str]]) -> Sequence[None]:
        await self._store.shown(lines)
        return [None] * len(lines)
