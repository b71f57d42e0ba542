"""The real process, killed in every state and started again: nothing is lost, nothing is paid twice."""

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from aiohttp import web
from forks import Forked, fork

from bot.app import open_app
from bot.config import Settings
from bot.conversation import Attachment, Inbound
from bot.encryption import cipher_of
from bot.jobs import machine
from bot.model import Accepted, Address, Clip, Job
from generator.receipts import Asked
from storage import Store, open_store
from tests.bookkeeping import folder_agrees
from tests.houses import picture
from tests.loopback.provider.paid import STEPS, PaidHost
from tests.samples import a_job, an_order

pytestmark = pytest.mark.databases

PROCESS = Path(__file__).with_name("process.py")
LEASE = 2.0
TOGETHER = 6
"""Processes that are stopped at once: each takes some processor time for it."""
MODEL = Settings.model_fields["model"].default


class World:
    """One data folder, one paid host, and the process that may be killed."""

    def __init__(self, folder: Path, host: PaidHost, database_url: str | None) -> None:
        self.folder, self.host, self.database_url = folder, host, database_url
        self.settings = {
            "DATA_DIR": str(folder),
            "AIMLAPI_KEY": "sk-test",
            "AIMLAPI_URL": host.base,
            "LEASE": str(LEASE),
            **({"DATABASE_URL": database_url} if database_url else {}),
        }

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
        return await fork(self.folder, str(PROCESS), out=False, **{"ASK_CONSENT": "false", **self.settings})

    @asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        settings = Settings(_env_file=None, data_dir=self.folder)
        store = await open_store(self.folder, self.database_url, cipher=cipher_of(settings))
        try:
            yield store
        finally:
            await store.close()

    async def jobs(self) -> list[Job]:
        async with self.store() as store:
            return await store.jobs("test:7", 100)

    async def all_done(self, within: float = 120) -> list[Job]:
        async with self.store() as store, asyncio.timeout(within):
            while any(job.state != "done" for job in (await store.jobs("test:7", 100))):
                await asyncio.sleep(0.1)
                await half_an_hour_passes(store, await store.jobs("test:7", 100), self.host)
            return await store.jobs("test:7", 100)

    async def check_the_books(self, jobs: list[Job]) -> None:
        """Paid once at most; a clip is charged, all else given back; everyone has heard."""
        assert not {prompt: n for prompt, n in self.host.bought.items() if n > 1}
        for job in jobs:
            assert self.host.delivered[job.id] >= 1, job
            assert bool(self.host.clips[job.id]) == (job.outcome == "clip")
            assert job.outcome == "clip" or self.host.bought[job.order.prompt] <= 1
        async with self.store() as store:
            used = await store.used("test:7", jobs[0].spent_from)
            sql = "SELECT job, kind, held, spent FROM ledger WHERE person = 'test:7'"
            rows = await store._db.read(lambda tx: tx.all(sql))
            await folder_agrees(store, self.folder)
        assert used == sum(job.price for job in jobs if job.outcome == "clip") == sum(row["spent"] for row in rows)
        assert sum(row["held"] for row in rows) == 0
        assert len(rows) == 2 * len(jobs)


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
    """Seconds for which the threads of a process were ready, and others had the processor; 0 where nobody counts."""
    try:
        return sum(int(one.read_text().split()[1]) for one in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9
    except (OSError, IndexError):  # it has ended
        return 0.0


async def killed_at(step: str, folder: Path, clip: bytes) -> None:
    async with world(folder, clip) as w:
        await w.order("one")
        w.host.hang_at = step
        process = await w.start()
        async with asyncio.timeout(90):
            assert await w.host.reached.get() == step
        await end(process)
        w.host.let_go()
        process = await w.start()
        try:
            (job,) = await w.all_done()
        finally:
            await end(process, signal.SIGTERM)
        await w.check_the_books([job])
        assert job.outcome == "clip", "also if nobody heard the host's answer: its log has it"
        if step not in ("send", "sent"):  # there, nobody can know whether the message arrived
            assert w.host.delivered[job.id] == 1


async def test_killed_at_every_step(tmp_path: Path, clip: bytes) -> None:
    async with asyncio.TaskGroup() as group:
        for step in STEPS:
            group.create_task(killed_at(step, tmp_path / step, clip), name=step)


async def killed_in_doubt(how: int, folder: Path, clip: bytes, database_url: str | None = None) -> None:
    """Killed, or stopped, while an order is on its way, and again while its host is asked about it."""
    async with world(folder, clip, database_url) as w:
        await w.order("one")
        for step in ("create", "log"):
            w.host.hang_at = step
            process = await w.start()
            async with asyncio.timeout(90):
                assert await w.host.reached.get() == step
            if how == signal.SIGTERM:
                await stopped(process)
            await end(process)
            (job,) = await w.jobs()
            assert (job.state, job.outcome) == (
                "submitting" if (how, step) == (signal.SIGKILL, "create") else "asking",
                None,
            )
        w.host.let_go()
        process = await w.start()
        try:
            (job,) = await w.all_done()
        finally:
            await end(process, signal.SIGTERM)
        await w.check_the_books([job])
        assert (job.outcome, job.host, w.host.bought, w.host.delivered[job.id]) == ("clip", "aimlapi", {"one": 1}, 1)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_an_order_in_doubt_outlives_whoever_asks(
    database_url: str | None, tmp_path: Path, clip: bytes, how: int
) -> None:
    await killed_in_doubt(how, tmp_path / "w", clip, database_url)


async def test_two_workers_of_which_one_is_killed_while_it_asks(
    database_url: str | None, tmp_path: Path, clip: bytes
) -> None:
    async with world(tmp_path / "w", clip, database_url) as w:
        await w.order("one")
        w.host.hang_at = "create"
        first = await w.start()
        async with asyncio.timeout(90):
            await w.host.reached.get()
            w.host.hang_at = "log"
            await end(first)
            first = await w.start()
            await w.host.reached.get()
        second = await w.start()
        await asyncio.sleep(2 * LEASE)
        assert w.host.reached.empty(), "whoever asks is left to it"
        w.host.hang_at = None  # for whoever comes; the first one's call stays as it is
        await end(first)
        try:
            (job,) = await w.all_done()
        finally:
            await end(second, signal.SIGTERM)
        await w.check_the_books([job])
        assert (job.outcome, w.host.bought, w.host.delivered[job.id]) == ("clip", {"one": 1}, 1)


async def test_an_order_is_found_in_a_busy_log_that_is_late(
    database_url: str | None, tmp_path: Path, clip: bytes
) -> None:
    """Others' requests on several pages, some without an id, ours twice, and looks that are refused before."""
    async with world(tmp_path / "w", clip, database_url) as w:
        await w.order("one")
        w.host.hang_at, w.host.logged_after = "create", 1.5
        process = await w.start()
        async with asyncio.timeout(90):
            await w.host.reached.get()
        await end(process)
        (job,) = await w.jobs()
        others = ["", f"{job.id}x.1", f"x{job.id}.1", job.id, "7.1"]
        for n in range(250):
            asked = Asked(f"other{n}", others[n % len(others)] or None, f"r{n}", "m")
            w.host.receipts.begin(asked, 1)
            w.host.receipts.settle(f"other{n}", succeeded=n % 3 > 0)
        w.host.receipts.begin(Asked("twin", job.request_id, "r", "m"), 1)
        w.host.receipts.settle("twin", succeeded=False)
        w.host.log_refusals = [web.Response(status=429, headers={"Retry-After": "1"}), web.Response(status=502)]
        w.host.let_go()
        process = await w.start()
        try:
            (job,) = await w.all_done()
        finally:
            await end(process, signal.SIGTERM)
        await w.check_the_books([job])
        assert (job.outcome, job.remote_id, w.host.bought) == ("clip", "one:kling/v1", {"one": 1})
        assert w.host.log_refusals == []


async def test_an_order_that_the_log_calls_failed_is_given_back(
    database_url: str | None, tmp_path: Path, clip: bytes
) -> None:
    async with world(tmp_path / "w", clip, database_url) as w:
        await w.order("one")
        w.host.hang_at, w.host.logged_after = "create", 1e9
        process = await w.start()
        async with asyncio.timeout(90):
            await w.host.reached.get()
        await end(process)
        w.host.receipts.settle("one:kling/v1", succeeded=False)
        w.host.let_go()
        process = await w.start()
        try:
            (job,) = await w.all_done()
        finally:
            await end(process, signal.SIGTERM)
        await w.check_the_books([job])
        assert (job.outcome, job.reason, w.host.bought) == ("failed", "failed", {"one": 1})


async def test_killed_at_random_again_and_again(database_url: str | None, tmp_path: Path, clip: bytes) -> None:
    dice = random.Random(20)
    async with world(tmp_path / "w", clip, database_url) as w:
        await w.order(*(f"prompt {n}" for n in range(6)))
        for _ in range(7):
            process = await w.start()
            await asyncio.sleep(dice.uniform(0.05, 1.5))
            await end(process)
        process = await w.start()
        try:
            jobs = await w.all_done()
        finally:
            await end(process, signal.SIGTERM)
        await w.check_the_books(jobs)


async def test_two_workers_of_which_one_is_killed_while_it_uploads(
    database_url: str | None, tmp_path: Path, clip: bytes
) -> None:
    async with world(tmp_path / "w", clip, database_url) as w:
        await w.order("one")
        w.host.hang_at, w.host.renders_after = "send", 0
        first = await w.start()
        try:
            async with asyncio.timeout(20):
                await w.host.reached.get()
        except TimeoutError:
            raise AssertionError(f"it never got there:\n{await end(first)}") from None
        second = await w.start()
        await asyncio.sleep(2 * LEASE)
        (job,) = await w.jobs()
        assert w.host.delivered[job.id] == 1, "a long upload is left to whoever is at it"
        w.host.hang_at = None  # for whoever comes; the first one's call stays as it is
        await end(first)
        try:
            (job,) = await w.all_done(LEASE + 3.0)
        finally:
            await end(second, signal.SIGTERM)
        await w.check_the_books([job])
        assert w.host.delivered[job.id] == 2


async def stopped_at(step: str, folder: Path, clip: bytes) -> None:
    async with world(folder, clip) as w:
        await w.order("one")
        w.host.hang_at = step
        process = await w.start()
        async with asyncio.timeout(90):
            await w.host.reached.get()
        await stopped(process)
        w.host.let_go()
        process = await w.start()
        try:
            (job,) = await w.all_done()
        finally:
            await end(process, signal.SIGTERM)
        await w.check_the_books([job])


async def test_sigterm_in_every_state_stops_within_ten_seconds_and_goes_on(tmp_path: Path, clip: bytes) -> None:
    async with asyncio.TaskGroup() as group:
        for step in STEPS:
            group.create_task(stopped_at(step, tmp_path / step, clip), name=step)
