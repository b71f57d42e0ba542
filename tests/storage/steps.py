"""Steps of jobs in a store, without a worker."""

from typing import Any

from bot.jobs import machine
from bot.jobs.machine import apply, hold
from bot.model import Clip, Job
from bot.quotas.rules import Bill, Line, Plan
from storage.claims import Due
from storage.jobs import Store

LEASE = 20.0
HERE = ("console",)
CLIP = Clip("c.mp4", 1280, 720, 5.0, 1000, sound=True)


def upto(job: Job, allowance: int | None) -> Plan:
    """A bill of the allowance alone."""
    return lambda _: Bill((Line("allowance", "own", job.person, job.spent_from, job.price, allowance),))


async def submit(store: Store, job: Job, allowance: int | None = None) -> Job:
    submission = await store.submit(job, hold(job), upto(job, allowance))
    assert submission.job is not None
    return submission.job


def begin(now: float) -> Any:
    return lambda job: apply(job, machine.Started(), now)


async def start(store: Store, now: float = 2000.0, slots: int = 100, limit: int = 100) -> list[Job]:
    return await store.start(now, 10.0, slots, limit, HERE, ("local",), begin(now))


async def claim(store: Store, now: float, limit: int = 10, platforms: tuple[str, ...] = HERE) -> Due:
    """What is due; the next poll is always 30 s later."""
    return await store.claim(now, LEASE, limit, platforms, lambda *_: 30.0)


async def polled(store: Store, now: float) -> Job:
    """The one job that is to be polled."""
    (job,) = (await claim(store, now)).polls
    return job


async def ledger(store: Store) -> list[dict[str, Any]]:
    return [dict(row) for row in await store._db.read(lambda tx: tx.all("SELECT * FROM ledger ORDER BY at, kind"))]


async def run(store: Store, job: Job, *events: machine.Event, now: float = 2000.0) -> Job:
    """Bring a started job further."""
    for event in events:
        job, entry = apply(job, event, now)
        await store.save(job, entry)
    return job
