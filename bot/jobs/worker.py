"""The background worker: claim due jobs, run their steps, sleep until the next is due.

No state of a job is kept here between rounds: all of it is in the store. So a killed worker loses nothing, and any
number may run. A claim is exclusive until its lease ends; a save with an older claim changes nothing.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from bot import catalogue, log_context
from bot.errors import Stale, StoreDown
from bot.jobs.others import Others
from bot.jobs.steps import Steps
from bot.model import Job
from storage import Store

log = logging.getLogger(__name__)

NAP = 2.0
"""Maximum seconds of sleep: another process may have queued a job."""
PACE = 0.05
"""Minimum seconds between the starts of rounds."""
GATHER = 0.2
"""Seconds for which polls that fall due, and what follows from acts that end, may wait to share a round."""
REFRESH = 20.0
"""Seconds between refreshes of status lines."""
PAUSE = 5.0
"""Seconds until a job is retried whose step failed, or met a database outage."""
GRACE = 3.0
"""Seconds that running steps get at shutdown."""

T = TypeVar("T")


class Worker:
    """Works on the jobs of `platforms`, `parallel` at once, with at most `slots` at the provider."""

    def __init__(
        self,
        store: Store,
        steps: Steps,
        platforms: Sequence[str],
        *,
        clock: Callable[[], float],
        slots: int,
        parallel: int = 64,
    ) -> None:
        self._store = store
        self._steps = steps
        self._platforms = platforms
        self._clock = clock
        self._slots = slots
        self._parallel = parallel
        self._under_way: dict[asyncio.Task[None], Job] = {}
        self._fruitless: set[asyncio.Task[None]] = set()
        """Polls without news, or that broke: nothing follows from their end."""
        self._others = Others(clock)
        self._next_at: float | None = None
        self._following: asyncio.TimerHandle | None = None
        """Timer of the round that follows what ended last."""
        self._poked = asyncio.Event()
        self._stopping = False
        self.only: str | None = None
        """Restricts the worker to one job (console); None: all."""
        self.last_round = clock()
        """Time of the last round; `/healthz` fails when it is long ago."""

    def poke(self) -> None:
        """Wake the worker: something is due now."""
        self._poked.set()

    async def run(self) -> None:
        """Work until `stop`; then finish or release running steps."""
        refreshing = asyncio.create_task(self._refresh(), name="status-lines")
        time = asyncio.get_running_loop().time
        try:
            while not self._stopping:
                self._poked.clear()
                soonest = time() + PACE
                pause = await self._turn()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._poked.wait()
                await asyncio.sleep(soonest - time())
        finally:
            refreshing.cancel()
            await asyncio.wait({refreshing})
            await self._wind_down()

    async def _turn(self) -> float:
        """One round; returns the seconds to sleep. Never raises."""
        try:
            await self.round()
        except StoreDown as error:
            log.error("the database takes nothing: %s", error)
            return NAP
        except Exception:  # an odd row must not end the worker, which would strand every job
            log.exception("a round broke")
            return NAP
        if self._next_at is None or self._is_full():
            return NAP
        return min(NAP, max(GATHER, self._next_at - self._clock()))

    async def _refresh(self) -> None:
        """Refresh the status lines of waiting jobs."""
        while True:
            await asyncio.sleep(REFRESH)
            try:
                await self._steps.refresh()
            except StoreDown as error:
                log.info("no status line was refreshed: %s", error)
            except Exception:  # optional work
                log.exception("the status lines could not be refreshed")

    async def round(self) -> int:
        """Claim due jobs up to the capacity and start their steps; returns their number."""
        now, lease = self._clock(), self._steps.lease
        free = self._parallel - len(self._under_way)
        if free <= 0:
            self.last_round = now
            return 0
        due = await self._store.claim(
            now,
            lease,
            free,
            self._platforms,
            self._steps.next_poll,
            {job.id: job.claims for job in self._under_way.values()},
        )
        self._next_at = due.next_at
        for job in due.polls:
            self._begin(job, self._poll(job))
        acts = {"submitting": self._steps.give_up, "asking": self._steps.ask}
        for job in due.jobs:
            self._begin(job, self._run(job, acts.get(job.state, self._steps.deliver)))
        taken = len(due.polls) + len(due.jobs)
        if due.waits and free > taken:
            hosts, begin, leave = self._steps.hosts(), self._steps.start, self._others.leave
            self._others.begin()
            fewer = catalogue.fewer_slots()
            for job in await self._store.start(
                now, lease, self._slots, free - taken, self._platforms, hosts, begin, self.only, leave, fewer
            ):
                self._begin(job, self._run(job, self._steps.buy))
                taken += 1
        self.last_round = self._clock()
        return taken

    async def idle(self) -> None:
        """Wait until all running steps have ended."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    def stop(self) -> None:
        """Take no more jobs; `run` returns within about `GRACE` seconds."""
        self._stopping = True
        self.poke()

    async def _wind_down(self) -> None:
        # A poll or a look can be repeated by the next worker; a purchase or a delivery should finish.
        for task, job in self._under_way.items():
            if job.state in ("running", "asking"):
                task.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=GRACE)
        for task in self._under_way:
            task.cancel()
        await self.idle()

    def _is_full(self) -> bool:
        return len(self._under_way) >= self._parallel

    def _begin(self, job: Job, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=f"job-{job.id}")
        self._under_way[task] = job
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        if self._is_full():  # each act frees capacity
            self.poke()
        elif task not in self._fruitless:
            self._follow_soon()
        self._fruitless.discard(task)
        del self._under_way[task]

    def _follow_soon(self) -> None:
        if self._following is None:
            self._following = asyncio.get_running_loop().call_later(GATHER, self._follow)

    def _follow(self) -> None:
        self._following = None
        self.poke()

    async def _poll(self, job: Job) -> None:
        task = asyncio.current_task()
        assert task
        if (found := await self._run(job, self._steps.poll)) is None:
            self._fruitless.add(task)
        elif settled := await self._run(found.job, lambda _: self._steps.settle(found)):
            self._under_way[task] = settled
            self._follow_soon()  # a slot is free
            await self._run(settled, self._steps.deliver)

    async def _run(self, job: Job, act: Callable[[Job], Awaitable[T]]) -> T | None:
        with log_context.about(platform=job.address.platform, job=job.id):
            return await self._acted(job, act)

    async def _acted(self, job: Job, act: Callable[[Job], Awaitable[T]]) -> T | None:
        """What the act returns; None if it broke."""
        try:
            return await act(job)
        except asyncio.CancelledError:
            # A purchase saves its own outcome; other jobs are released, so that they need not wait for the lease.
            if job.state != "submitting":
                await self._let_go(job)
            raise
        except Stale:
            log.warning("job %s belongs to another worker now", job.id)
        except StoreDown as error:
            log.error("job %s waits for the database: %s", job.id, error)
            await self._let_go(job, PAUSE)
        except Exception:  # a failing job must not affect the others
            log.exception("job %s: an act broke; it falls due again", job.id)
            await self._let_go(job, PAUSE)
        return None

    async def _let_go(self, job: Job, pause: float = 0.0) -> None:
        with contextlib.suppress(StoreDown):  # else it is due again when its lease ends, or at its next poll
            await self._steps.release(job, pause)
