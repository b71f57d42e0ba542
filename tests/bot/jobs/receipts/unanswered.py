"""Orders whose answer never came, and what the log says of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.errors import Ambiguous
from bot.model import Accepted, Job, Pending
from tests.houses import House

TAKEN = Accepted("local", "found")
AWAY = Pending("HTTP 502", failed=True)


def silence(host: str | None = "local") -> Ambiguous:
    """A create without an answer."""
    error = Ambiguous("it gave no answer: ReadTimeout")
    error.host = host
    return error


async def asking(house: House) -> Job:
    """An order whose answer never came."""
    job = await house.order()
    await house.work()
    job = await house.job(job.id)
    assert job.state == "asking", job
    return job


async def until(house: House, state: str, job: Job) -> Job:
    """Work until the job is in `state`, at the times at which it is due."""
    for _ in range(500):
        job = await house.job(job.id)
        if job.state == state:
            return job
        house.clock.now = max(house.clock.now, job.due_at)
        await house.work()
    raise AssertionError(f"the job stays {job.state}")


@asynccontextmanager
async def hanging(house: House, name: str) -> AsyncIterator[asyncio.Event]:
    """A call to the provider that hangs when it has been made; yields whether it was."""
    call, reached = getattr(house.provider, name), asyncio.Event()

    async def hang(*args: object) -> None:
        if name == "create":
            house.provider.creates = [Accepted("local", "unheard")]
        await call(*args)
        reached.set()
        await asyncio.Event().wait()

    setattr(house.provider, name, hang)
    yield reached
    setattr(house.provider, name, call)


async def killed(house: House) -> None:
    """End the tasks of the worker without a word, as `kill -9` does."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("save", "renew"):
            patch.setattr(house.store, name, _never)
        for task in house.worker._under_way:
            task.cancel()
        async with asyncio.timeout(60):
            while house.worker._under_way:
                for task in house.worker._under_way:
                    task.cancel()
                await asyncio.sleep(0)


async def _never(*_: object) -> None:
    await asyncio.Event().wait()
