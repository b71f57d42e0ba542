"""A process of ours on a chat platform that may be killed, with its data folder; platform and paid host stay up."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from forks import Forked, fork
from killed import end, half_an_hour_passes, remember_quick_renders

from bot.config import Settings
from bot.encryption import cipher_of
from bot.model import Job
from storage import open_store
from storage.jobs import Store as SqlStore
from tests import templates
from tests.bookkeeping import folder_agrees, own_books_agree
from tests.loopback.provider.paid import PaidHost

LEASE = 15.0
"""Long, so that a busy machine breaks nothing off; `killed` lets it pass."""


class ChatWorld(ABC):
    """`reached`: where the platform's server says that a call is stuck; `settings`: how that server is found."""

    def __init__(self, folder: Path, host: PaidHost, reached: asyncio.Queue[str], settings: dict[str, str]) -> None:
        self.folder, self.host, self._reached = folder, host, reached
        self.settings = {
            "DATA_DIR": str(folder),
            "PORT": "0",
            "LEASE": str(LEASE),
            "DAILY_CREDITS": "1000",
            "AIMLAPI_KEY": "sk-test",
            "AIMLAPI_URL": host.base,
            **settings,
        }
        self.processes: list[Forked] = []

    @abstractmethod
    async def jobs(self, store: SqlStore) -> list[Job]:
        """All jobs, oldest first."""

    @abstractmethod
    async def waiting(self, store: SqlStore) -> list[str]:
        """Keys of the updates that are not worked off."""

    async def start(self) -> Forked:
        process = await fork(self.folder, "-m", "bot", "run", out=False, **{"ASK_CONSENT": "false", **self.settings})
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

    @asynccontextmanager
    async def store(self) -> AsyncIterator[SqlStore]:
        store = await open_store(self.folder, cipher=cipher_of(Settings(_env_file=None, data_dir=self.folder)))
        try:
            yield store
        finally:
            await store.close()

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

    async def check_the_ledger(self, jobs: list[Job]) -> None:
        """A clip is charged, all else given back; no file is left over."""
        async with self.store() as store:
            rows = await store._db.read(lambda tx: tx.all("SELECT * FROM ledger WHERE person <> 'test:old'"))
            await own_books_agree(store, jobs)
            await folder_agrees(store, self.folder)
        assert sum(row["spent"] for row in rows) == sum(job.price for job in jobs if job.outcome == "clip")
        assert sum(row["held"] for row in rows) == 0
        assert len(rows) == 2 * len(jobs)


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
