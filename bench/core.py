"""Core, worker and SQLite on one CPU core: 10,000 concurrent jobs from order to delivery, eight polls each.

Then the same with a tenth of them: the scale ratio compares lives per second of processor time, the decoders' included.
"""

import asyncio
import gc
import io
import itertools
import os
import resource
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from PIL import Image

from bot.context import Context, Ids, Wake
from bot.conversation import Attachment, Inbound, Posted, Reply
from bot.core import Core
from bot.jobs.history import History
from bot.jobs.steps import Steps
from bot.jobs.worker import PACE, Worker
from bot.media.fit import Fitting
from bot.media.library import Media
from bot.model import Accepted, Address, Finished, Job, Order, Pending, Terms
from bot.offers import alone
from bot.quotas.pricing import Policy
from bot.sentence import EMPTY
from storage import open_store

LIVES = int(os.environ.get("LIVES", 10_000))
POLLS = 8
FEWER = max(1, LIVES // 10)
WARM_UP = min(300, FEWER)


class Provider:
    """A provider whose jobs are done at the eighth poll."""

    def __init__(self, clip: bytes) -> None:
        self._clip = clip
        self._ids = itertools.count()
        self._looks: dict[str, int] = {}

    def terms(self, host: str | None = None, model: str = "") -> Terms:
        return Terms("scripted", False, True, blind=10.0, usual=300.0)

    def hosts(self) -> tuple[str, ...]:
        return ("scripted",)

    async def create(self, order: Order, request_id: str) -> Accepted:
        return Accepted("scripted", str(next(self._ids)))

    def asked_for(self, host: str | None) -> float:
        return 0.0

    async def look(self, host: str | None, request_id: str, since: float, until: float) -> Pending:
        return Pending()

    async def poll(self, host: str, remote_id: str, age: float, order: Order) -> Pending | Finished:
        polls = self._looks.get(remote_id, 0) + 1
        if polls == POLLS:
            del self._looks[remote_id]
            return Finished("scripted://clip")
        self._looks[remote_id] = polls
        return Pending()

    async def balances(self) -> dict[str, float]:
        return {}

    async def fetch(self, host: str, url: str) -> AsyncIterator[bytes]:
        yield self._clip


class Chat:
    """A chat that counts deliveries."""

    once = True

    def __init__(self) -> None:
        self.clips = 0

    async def send(self, address: Address, reply: Reply, *, nonce: str) -> Posted:
        self.clips += reply.clip is not None
        return Posted(nonce)

    async def edit(self, address: Address, message: str, reply: Reply) -> None: ...

    async def remove(self, address: Address, message: str) -> None: ...

    def person(self, user: str) -> Address | None: ...

    def alone(self, job: Job) -> Address | None: ...


def small_clip() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for shade in range(15):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((48, 64, 3), shade * 9, np.uint8), "rgb24")))
        container.mux(stream.encode(None))
    return file.getvalue()


def small_photo() -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize((320, 300)).convert("RGB").save(file, "JPEG")
    return file.getvalue()


def resident() -> int:
    """Resident memory of this process in bytes."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cpu() -> float:
    """Seconds of processor time of this process and of its children that have ended."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one run. `by_cpu`: per second of processor time, with the start and the warm-up; `memory`: bytes per job."""

    by_wall: float
    by_cpu: float
    memory: float


async def measure(folder: Path, lives: int) -> Figures:
    """Take `lives` jobs from order to delivery, all of them in flight at once."""
    now, idle = 1_800_000_000.0, cpu()

    def clock() -> float:
        return now

    numbers = itertools.count()
    store = await open_store(folder)
    media = Media(folder, new_id=lambda: f"n{next(numbers):09}")
    provider, chat = Provider(small_clip()), Chat()
    history = History(store, provider, clock)
    acts = Steps(store, media, provider, {"scripted": chat}, history, clock=clock, deadline=1e9, lease=120)
    worker = Worker(store, acts, ("scripted",), clock=clock, slots=lives)
    context = Context(
        store=store,
        media=media,
        fit=Fitting(media),
        provider=provider,
        history=history,
        clock=clock,
        ids=Ids(lambda: f"j{next(numbers):09}", b"seed"),
        offers=alone,
        policy=Policy(10**9),
        wake=Wake(worker.poke),
    )
    core = Core(context)
    photo = small_photo()

    async def fetch() -> AsyncIterator[bytes]:
        yield photo

    async def submit(count: int) -> None:
        """Submit orders while the worker starts them; the clock is stopped, so that none finishes."""

        async def some(numbers: range) -> None:
            for number in numbers:
                address = Address("scripted", str(number % 100), str(number))
                key = f"{now}:{number}"
                inbound = Inbound(address, str(number % 500), key, "she smiles", (Attachment(fetch),))
                await core.track((await core.handle(inbound)).job or "", key, EMPTY)

        asking = asyncio.gather(*(some(range(start, count, 32)) for start in range(32)))
        while not asking.done() or await worker.round():
            await worker.round()
            await asyncio.sleep(PACE)
        await worker.idle()
        await asking

    async def work(until: float = float("inf")) -> None:
        """Run rounds, advancing the clock to the next due job."""
        nonlocal now
        while True:
            while await worker.round():
                await worker.idle()
            due_at = await store.next_due(("scripted",))
            if due_at is None or due_at > until:
                return
            now = max(now, due_at)

    await submit(WARM_UP)
    await work()
    empty, began, before = resident(), time.perf_counter(), chat.clips
    await submit(lives)
    while await worker.round():
        await worker.idle()
    states = (await store.health(now)).states
    assert states == {"running": lives}, states
    full = resident()
    await work()
    took = time.perf_counter() - began
    assert chat.clips - before == lives
    await media.close()
    await store.close()
    return Figures(lives / took, (lives + WARM_UP) / (cpu() - idle), (full - empty) / lives)


def main() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as many, tempfile.TemporaryDirectory() as few:
        # The larger run first: memory that another has left behind would be used again, and not be counted.
        found, fewer = asyncio.run(measure(Path(many), LIVES)), asyncio.run(measure(Path(few), FEWER))
    print(f"core.lives_per_second {found.by_wall:.0f} lives/s")
    print(f"core.lives_per_cpu_second {found.by_cpu:.0f} lives/s")
    print(f"core.bytes_per_job_in_flight {found.memory:.0f} B")
    print(f"core.scale_ratio {found.by_cpu / fewer.by_cpu:.2f}")


if __name__ == "__main__":
    main()
