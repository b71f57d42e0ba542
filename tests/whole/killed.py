"""A process of ours that may be killed, with its data folder and its paid host; and what time does meanwhile."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
from forks import Forked, fork

from bot.app import open_app
from bot.config import Settings
from bot.conversation import Attachment, Inbound
from bot.encryption import cipher_of
from bot.jobs import machine
from bot.model import Accepted, Address, Clip, Job
from storage import Store, open_store
from tests.bookkeeping import folder_agrees, own_books_agree
from tests.houses import picture
from tests.loopback.provider.paid import PaidHost
from tests.samples import a_job, an_order

PROCESS = Path(__file__).with_name("process.py")
LEASE = 2.0
TOGETHER = 6
"""Processes that are stopped at once: each takes some processor time for it."""
MODEL = Settings.model_fields["model"].default


class Installation:
    """One data folder, one paid host, and the settings of processes that may be killed."""

    def __init__(self, folder: Path, host: PaidHost, lease: float, **settings: str) -> None:
        self.folder, self.host = folder, host
        self.settings = {
            "DATA_DIR": str(folder),
            "AIMLAPI_KEY": "sk-test",
            "AIMLAPI_URL": host.base,
            "LEASE": str(lease),
            **settings,
        }

    async def fork(self, *args: str) -> Forked:
        return await fork(self.folder, *args, out=False, **{"ASK_CONSENT": "false", **self.settings})

    @asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        cipher = cipher_of(Settings(_env_file=None, data_dir=self.folder))
        store = await open_store(self.folder, self.settings.get("DATABASE_URL"), cipher=cipher)
        try:
            yield store
        finally:
            await store.close()

    async def check_the_ledger(self, jobs: list[Job]) -> None:
        """A clip is charged, all else given back; no file is left over."""
        async with self.store() as store:
            rows = await store._db.read(lambda tx: tx.all("SELECT * FROM ledger WHERE person <> 'test:old'"))
            await own_books_agree(store, jobs)
            await folder_agrees(store, self.folder)
        assert sum(row["spent"] for row in rows) == sum(job.price for job in jobs if job.outcome == "clip")
        assert sum(row["held"] for row in rows) == 0
        assert len(rows) == 2 * len(jobs)


class World(Installation):
    """People of a platform `test`, who order in one process, and another one that works and may be killed."""

    def __init__(self, folder: Path, host: PaidHost, database_url: str | None) -> None:
        super().__init__(folder, host, LEASE, **({"DATABASE_URL": database_url} if database_url else {}))

    async def order(self, *prompts: str) -> None:
        """Ask, in a process that does not work."""
        settings = Settings(_env_file=None, **{k.lower(): v for k, v in self.settings.items()})

        async def photo() -> AsyncIterator[bytes]:
            yield picture()

        async with open_app(settings) as app:
            await remember_quick_renders(app.store)
            for prompt in prompts:
                message = Inbound(Address("test", "chat", prompt), "7", f"test:{prompt}", prompt, (Attachment(photo),))
                assert (await app.core.handle(message)).job

    async def start(self) -> Forked:
        return await self.fork(str(PROCESS))

    async def jobs(self) -> list[Job]:
        async with self.store() as store:
            return await store.jobs("test:7", 100)

    async def reached(self) -> str:
        """The step at which the host hangs next."""
        async with self.store() as store, asyncio.timeout(90):
            while self.host.reached.empty():
                await asyncio.sleep(0.1)
                await pauses_end(store, await store.jobs("test:7", 100))
            return self.host.reached.get_nowait()

    async def all_done(self, within: float = 120) -> list[Job]:
        async with self.store() as store, asyncio.timeout(within):
            while any(job.state != "done" for job in (await store.jobs("test:7", 100))):
                await asyncio.sleep(0.1)
                await half_an_hour_passes(store, await store.jobs("test:7", 100), self.host)
                await pauses_end(store, await store.jobs("test:7", 100))
            return await store.jobs("test:7", 100)

    async def check_the_books(self, jobs: list[Job]) -> None:
        """Paid once at most; a clip is charged, all else given back; everyone has heard."""
        assert not {prompt: n for prompt, n in self.host.bought.items() if n > 1}
        for job in jobs:
            assert self.host.delivered[job.id] >= 1, job
            assert bool(self.host.clips[job.id]) == (job.outcome == "clip")
            assert job.outcome == "clip" or self.host.bought[job.order.prompt] <= 1
        await self.check_the_ledger(jobs)


async def remember_quick_renders(store: Store) -> None:
    """A history of renders of one to three seconds, so that the worker polls each second."""
    for n in range(30):
        job = a_job(f"old{n}", person="test:old", address=Address("test", "old"), order=an_order(model=MODEL))
        if await store.find(job.key):  # a copy of a database that has them
            continue
        job = (await store.submit(job, machine.hold(job), None)).job or job  # with what it was paid from
        for event, at in (
            (machine.Started(), 1000.0),
            (Accepted("aimlapi", f"old{n}"), 1000.0),
            (machine.Rendered(Clip("old.mp4", 64, 48, 1.0, 1)), 1001.0 + n % 6 * 0.4),
            (machine.Sent(), 1004.0),
        ):
            job, entry = machine.apply(job, event, at)
            await store.save(job, entry)


async def half_an_hour_passes(store: Store, jobs: Sequence[Job], host: PaidHost) -> None:
    """For orders that died before they were sent: no log will ever have them, however long it is asked."""
    lost = [job.id for job in jobs if job.state == "asking" and job.unlogged and not host.bought[job.order.prompt]]
    sql = """
        UPDATE jobs SET started_at = started_at - 1800, ask_until = ask_until - 1800, due_at = 0
        WHERE state = 'asking' AND id = ANY($1)"""
    if lost:
        await store._db.write(lambda tx: tx.all(sql, lost))


async def pauses_end(store: Store, jobs: Sequence[Job]) -> None:
    """Those between two polls, or two looks into a log. A claim is none: it ends within a lease, and stays."""
    claimed = time.time() + LEASE
    if any(job.state in ("asking", "running") and job.due_at > claimed for job in jobs):
        sql = "UPDATE jobs SET due_at = 0 WHERE state IN ('asking', 'running') AND due_at > $1"
        await store._db.write(lambda tx: tx.all(sql, claimed))


@asynccontextmanager
async def world(folder: Path, clip: bytes, database_url: str | None = None) -> AsyncIterator[World]:
    folder.mkdir(exist_ok=True)
    host = PaidHost(clip)
    async with host.serve():
        yield World(folder, host, database_url)


async def end(process: Forked, how: int = signal.SIGKILL) -> str:
    """End a process of ours; returns what it logged."""
    if process.returncode is None:
        process.send_signal(how)
    _, log = await process.communicate()
    return log.decode()


async def stopped(process: Forked) -> None:
    """A process of ours ends in good order, and within ten seconds after SIGTERM, those not counted when it starved."""
    began, before, allowed = time.monotonic(), starved(process.pid), 10.0
    process.send_signal(signal.SIGTERM)
    while process.returncode is None and time.monotonic() - began < allowed:
        await asyncio.sleep(0.1)
        allowed = max(allowed, 10.0 + starved(process.pid) - before)
    late = process.returncode is None and psutil.pid_exists(process.pid)
    log = await end(process)
    assert not late, f"it takes too long to stop:\n{log}"
    assert process.returncode == 0, log
    assert "Traceback" not in log, log


def starved(pid: int) -> float:
    """Seconds for which the threads of a process were ready, and others had the processor; 0 where that is unknown."""
    try:
        return sum(int(one.read_text().split()[1]) for one in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9
    except (OSError, IndexError):  # it has ended
        return 0.0
