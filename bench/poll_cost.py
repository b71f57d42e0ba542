"""Processor time of a poll that finds nothing: claim, request, commit, status line; 100 polls a second, five a round.

The paid host is in a process of its own, on loopback.
"""

import asyncio
import os
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from pathlib import Path

from aiohttp import web
from pydantic import SecretStr

from bench.core import Chat
from bot.jobs import machine
from bot.jobs.history import History
from bot.jobs.steps import Steps
from bot.jobs.worker import PACE, Worker
from bot.media.library import Media
from bot.model import Accepted, Address, Clip, Job, LedgerEntry, Order, Photo
from bot.providers import hosts
from bot.providers.client import Providers
from storage import Store, open_store
from tests.loopback.provider.paid import PaidHost

JOBS, RATE, HISTORY = int(os.environ.get("JOBS", 1_000)), 100, 200
POLLS = 3
"""Of each job; the first, which finds a new status line, is not measured."""
NOW = 1_800_000_000.0


class Host(PaidHost):
    """A clip is never ready."""

    async def _retrieve(self, request: web.Request) -> web.StreamResponse:
        return web.json_response({"id": request.query["generation_id"], "status": "generating", "video": None})


async def be_the_host() -> None:
    host = Host(b"")
    async with host.serve():
        print(host.base, flush=True)
        await asyncio.to_thread(sys.stdin.read)


async def settle(store: Store, job: Job, *events: tuple[machine.Event, float, float]) -> None:
    await store.submit(job, machine.hold(job))
    for event, at, due_at in events:
        found = await store.job(job.id)
        assert found
        step: tuple[Job, LedgerEntry | None] = machine.apply(found, event, at, due_at)
        await store.save(*step)


async def fill(store: Store) -> None:
    """Renders of 300 s to learn from, and jobs that are half done, each with a status line."""
    order = Order("kling", Photo("photo.jpg", 1280, 960), "a wave rolls in")
    for n in range(HISTORY):
        began = NOW - 1000 - n
        job = Job(f"old{n}", f"old{n}", "test:old", Address("scripted", "c"), order, 5, "day", began, began)
        events = [
            (machine.Started(), 0),
            (Accepted("aimlapi", job.id), 0),
            (machine.Rendered(Clip("c", 1, 1, 5, 1)), 300),
        ]
        await settle(store, job, *((event, began + at, began) for event, at in (*events, (machine.Sent(), 300))))

    async def begin(n: int) -> None:
        began = NOW - 270 + n / RATE
        job = Job(f"job{n}", f"job{n}", f"test:{n}", Address("scripted", "c"), order, 5, "day", began, began)
        due = NOW + n / RATE
        await settle(store, job, (machine.Started(), began, due), (Accepted("aimlapi", job.id), began, due))
        await store.track(job.id, f"line{n}", "")

    await asyncio.gather(*map(begin, range(JOBS)))


async def measure(folder: Path, base: str) -> float:
    """Milliseconds for a poll."""
    now, store = NOW, await open_store(folder)
    await fill(store)

    def clock() -> float:
        return now

    async def unread(_: object) -> str:
        raise AssertionError

    async def unheard(_: object) -> None:
        raise AssertionError

    row = hosts.aimlapi(SecretStr("key-of-the-bench"), base)
    providers = Providers([row], link=None, data_uri=unread, clock=clock, report=unheard)
    media, history = Media(folder, new_id=lambda: "x"), History(store, providers, clock)
    steps = Steps(store, media, providers, {"scripted": Chat()}, history, clock=clock, deadline=1e9, lease=120)
    worker = Worker(store, steps, ("scripted",), clock=clock, slots=JOBS)
    polls = first = 0
    began = time.process_time()
    while polls < POLLS * JOBS:
        if polls < JOBS:
            first, began = polls, time.process_time()
        polls += await worker.round()
        await worker.idle()
        now += PACE
    spent = time.process_time() - began
    for close in (providers.close, media.close, store.close):
        await close()
    return spent / (polls - first) * 1e3


async def main() -> None:
    host = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.poll_cost", "host", stdin=PIPE, stdout=PIPE
    )
    assert host.stdin
    assert host.stdout
    with tempfile.TemporaryDirectory() as folder:
        base = (await host.stdout.readline()).decode().strip()
        print(f"poll.cpu_ms {await measure(Path(folder), base):.2f} ms")
    host.stdin.close()
    await host.wait()


if __name__ == "__main__":
    asyncio.run(be_the_host() if sys.argv[1:] == ["host"] else main())
