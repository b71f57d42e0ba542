"""The real process, killed in every state and started again: nothing is lost, nothing is paid twice."""

import asyncio
import random
import signal
from pathlib import Path

import pytest
from aiohttp import web
from killed import LEASE, end, stopped, world

from generator.receipts import Asked
from tests.loopback.provider.paid import STEPS

pytestmark = pytest.mark.databases


async def killed_at(step: str, folder: Path, clip: bytes) -> None:
    async with world(folder, clip) as w:
        await w.order("one")
        w.host.hang_at = step
        process = await w.start()
        assert await w.reached() == step
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
            assert await w.reached() == step
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
        await w.reached()
        w.host.hang_at = "log"
        await end(first)
        first = await w.start()
        await w.reached()
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
        await w.reached()
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
        await w.reached()
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
        await w.reached()
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
