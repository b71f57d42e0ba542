"""A process of ours on a chat platform that may be killed, with its data folder; platform and paid host stay up."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from forks import Forked
from killed import Installation, end, half_an_hour_passes, remember_quick_renders

from bot.model import Job
from storage.jobs import Store as SqlStore
from tests import templates
from tests.loopback.provider.paid import PaidHost

LEASE = 15.0
"""Long, so that a busy machine breaks nothing off; `killed` lets it pass."""


class ChatWorld(Installation, ABC):
    """`reached`: where the platform's server says that a call is stuck; `settings`: how that server is found."""

    def __init__(self, folder: Path, host: PaidHost, reached: asyncio.Queue[str], settings: dict[str, str]) -> None:
        super().__init__(folder, host, LEASE, PORT="0", DAILY_CREDITS="1000", **settings)
        self._reached = reached
        self.processes: list[Forked] = []

    @abstractmethod
    async def jobs(self, store: SqlStore) -> list[Job]:
        """All jobs, oldest first."""

    @abstractmethod
    async def waiting(self, store: SqlStore) -> list[str]:
        """Keys of the updates that are not worked off."""

    async def start(self) -> Forked:
        process = await self.fork("-m", "bot", "run")
        self.processes.append(process)
        return process

    async def killed(self) -> None:
        """End the process as a power cut would; what it had claimed is anybody's soon after."""
        await end(self.processes[-1])
        async with self.store() as store:
            await store._db.write(lambda tx: tx.all("UPDATE jobs SET due_at = 0 WHERE state NOT IN ('queued', 'done')"))

    async def stuck(self) -> None:
        """Wait until the process is where it shall be killed."""
        waiting = [asyncio.create_task(queue.get()) for queue in (self._reached, self.host.reached)]
        done, rest = await asyncio.wait(waiting, timeout=90, return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        if not done:
            raise AssertionError(f"never got there:\n{await end(self.processes[-1])}")

    async def over(self, count: int, within: float = 120) -> list[Job]:
        """All jobs, once there are so many, each is done and every update is worked off."""
        jobs: list[Job] = []
        async with self.store() as store:
            try:
                async with asyncio.timeout(within):
                    while len(jobs) != count or any(job.state != "done" for job in jobs) or await self.waiting(store):
                        await asyncio.sleep(0.1)
                        jobs = await self.jobs(store)
                        await half_an_hour_passes(store, jobs, self.host)
            except TimeoutError:
                log = await end(self.processes[-1])
                raise AssertionError(f"{count} jobs wanted, these are there: {jobs}\n{log}") from None
        return jobs


@asynccontextmanager
async def ended(world: ChatWorld) -> AsyncIterator[None]:
    """Prepare the folder of a world; at the end of the block its processes end."""
    await templates.put(world.folder, remember_quick_renders)
    try:
        yield
    finally:
        for process in world.processes:
            if process.returncode is None:
                await end(process)
