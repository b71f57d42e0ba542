"""Whatever moves orders of several parties locks in one order: PostgreSQL ends none of it as a deadlock.

Several connections do it at once, and each row that they change is held a little longer than it would be.
"""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from bot.errors import Illegal, Stale
from bot.jobs import machine
from bot.jobs.machine import apply
from bot.model import Address, Job, Refused
from bot.ports import Step
from bot.quotas.records import Act
from bot.quotas.rules import HOUSE
from storage import open_store
from storage.database import Transaction
from storage.jobs import Store
from storage.restored import GATE, HALT
from tests.bookkeeping import check
from tests.samples import a_job
from tests.storage.steps import submit

ROUNDS = 12
SPAN = "day:2026-11-20"
PLATFORMS = ("telegram", "discord")
LINGER = """
    CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.002); RETURN NULL; END';
    CREATE TRIGGER linger AFTER INSERT OR UPDATE OR DELETE ON turns FOR EACH ROW EXECUTE FUNCTION linger();
    CREATE TRIGGER linger AFTER INSERT OR UPDATE OR DELETE ON books FOR EACH ROW EXECUTE FUNCTION linger();
    ALTER DATABASE {name} SET deadlock_timeout = '100ms';"""
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"

_numbers = itertools.count()


class People:
    """Four people, each on two platforms, alone and in two communities."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store, self.dice = store, random.Random(seed)

    def anybody(self) -> str:
        return f"{self.dice.choice(PLATFORMS)}:{self.dice.randrange(4)}"

    async def order(self) -> None:
        person = self.anybody()
        platform = person.partition(":")[0]
        scope = self.dice.choice(("", f"{platform}:big", f"{platform}:small"))
        name, at = f"job{next(_numbers)}", 1000.0 + self.dice.random()
        job = a_job(name, person=person, scope=scope, address=Address(platform, "chat"), created_at=at, due_at=at)
        await submit(self.store, replace(job, account=person))

    async def start(self) -> None:
        """Start some, of which some are too late; what is started fails."""

        def begin(job: Job) -> Step:
            return apply(job, machine.Expired() if self.dice.random() < 0.4 else machine.Started(), 2000.0)

        for job in await self.store.start(2000.0, 60.0, 100, 6, PLATFORMS, ("local",), begin):
            with suppress(Stale, Illegal):
                failed, entry = apply(job, Refused("moderation"), 2000.0)
                await self.store.save(failed, entry)
                await self.store.save(*apply(failed, machine.Sent(), 2001.0))

    async def cancel(self) -> None:
        jobs = [job for platform in PLATFORMS for job in await self.store.queued(Address(platform, "chat"))]
        for job in jobs[:2]:
            with suppress(Illegal):
                await self.store.change(job.id, lambda job: apply(job, machine.Cancelled(), 2000.0))

    async def halt_and_release(self) -> None:
        async def halt(tx: Transaction) -> None:  # as whoever notices a restore does
            await tx.one(GATE)
            await tx.all(HALT, 2000.0)

        await self.store._db.write(halt)
        number = next(_numbers)
        await self.store.restored.release(Act(f"act{number}", 2000.0, "console:0", HOUSE, "release"))

    async def link_and_part(self) -> None:
        number, code = self.dice.randrange(4), f"code{next(_numbers)}"
        one, other = self.dice.sample([f"{platform}:{number}" for platform in PLATFORMS], 2)
        await self.store.accounts.offer(one, code, 9000.0)
        await self.store.accounts.join(other, code, 2000.0, 10_000)
        await self.order()
        await self.store.accounts.leave(self.dice.choice((one, other)), [SPAN], 2000.0)

    async def forget(self) -> None:
        person, alias = self.anybody(), f"gone:{next(_numbers)}"
        for one in await self.store.retention.forget(person, 3000.0, [SPAN], alias):
            jobs = [job.id for job in await self.store.retention.orders(one, 3000.0, 50) if job.state == "done"]
            await self.store.retention.anonymise(one, jobs, 3000.0, [SPAN], alias)

    async def trim(self) -> None:
        await self.store.retention.trim(2000.0)


OTHERS = [People.cancel, People.halt_and_release, People.link_and_part, People.forget, People.trim]


@pytest.mark.parametrize("other", OTHERS, ids=lambda other: other.__name__)
async def test_nothing_ends_as_a_deadlock(
    database_url: str | None, tmp_path: Path, other: Callable[[People], Awaitable[None]]
) -> None:
    if database_url is None:
        pytest.skip("SQLite writes one transaction at a time")
    stores = [await open_store(tmp_path, database_url) for _ in range(2)]
    admin = await asyncpg.connect(database_url)
    await admin.execute(LINGER.format(name=await admin.fetchval("SELECT current_database()")))
    await admin.close()
    for store in stores:
        await store.close()  # the next connections have the timeout
    stores = [await open_store(tmp_path, database_url) for _ in range(2)]

    async def again(store: Store, seed: int, act: Callable[[People], Awaitable[None]]) -> None:
        people = People(store, seed)
        for _ in range(ROUNDS):
            await act(people)

    acts = [People.order, People.start, other, People.order, other, People.start]
    for _ in range(20):
        await People(stores[0], 9).order()
    await asyncio.gather(*(again(stores[n % 2], n, act) for n, act in enumerate(acts)))
    await check(stores[0])
    for store in stores:
        await store.close()
    admin = await asyncpg.connect(database_url)  # a connection's numbers are there once it has ended
    assert await admin.fetchval(DEADLOCKS) == 0
    await admin.close()
