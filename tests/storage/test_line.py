"""The order of the queue, beside its definition in plain Python, on both databases."""

import itertools
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.jobs import machine
from bot.jobs.machine import apply
from bot.model import Accepted, Address, Job, Refused
from bot.quotas.pricing import Policy
from storage import queue, turns
from storage.jobs import Store
from tests.bookkeeping import check_turns
from tests.samples import a_job, an_order
from tests.storage.paying import NOW, taken, town_job
from tests.storage.steps import HERE, begin, run, start, submit


def _said(sql: str, *args: object) -> Any:
    return lambda tx: tx.all(sql, *args)


def in_order(jobs: list[Job], served: dict[tuple[str, str], float]) -> list[str]:
    """The queue by its definition: every job's turn within its person, then within its party."""

    def merged(lanes: dict[str, list[str]], busy: dict[str, int], at: dict[str, float]) -> list[str]:
        keyed = [
            (busy.get(name, 0) + n, at[name], name, job)
            for name, lane in lanes.items()
            for n, job in enumerate(lane, 1)
        ]
        return [job for *_, job in sorted(keyed)]

    parties: dict[str, dict[str, list[str]]] = {}
    busy: dict[tuple[str, str], int] = Counter()
    for job in sorted(jobs, key=lambda job: (job.created_at, job.id)):
        party = job.scope or f"={job.account}"
        if job.state == "queued" and not job.halted:
            parties.setdefault(party, {}).setdefault(job.person, []).append(job.id)
        elif job.state in ("submitting", "asking", "running") and not job.halted and not job.unlogged:
            busy[party, ""] += 1
            busy[party, job.person] += 1
    within = {
        party: merged(lanes, {name: busy[party, name] for name in lanes}, {name: served[party, name] for name in lanes})
        for party, lanes in parties.items()
    }
    return merged(within, {party: busy[party, ""] for party in within}, {party: served[party, ""] for party in within})


@pytest.mark.parametrize("seed", range(4))
async def test_the_line_is_fair_whatever_happened(store: Store, seed: int) -> None:
    dice, now, names = random.Random(seed), 1000.0, itertools.count()

    async def served() -> dict[tuple[str, str], float]:
        found = await store._db.read(lambda tx: tx.all("SELECT party, person, at FROM turns"))
        return {(row["party"], row["person"]): row["at"] for row in found}

    async def known() -> list[Job]:
        found = await store._db.read(lambda tx: tx.all("SELECT id FROM jobs"))
        jobs = [await store.job(row["id"]) for row in found]
        return [job for job in jobs if job]

    for _ in range(14):
        for _ in range(dice.randint(1, 6)):
            now += dice.randint(0, 3)
            person = f"console:{dice.randint(0, 4)}"
            scope = dice.choice(("", "", "console:big", "console:big", "console:town"))
            job = a_job(f"job{next(names):03}", person=person, scope=scope, created_at=now, due_at=now)
            await submit(store, job)
            await store.track(job.id, f"line {job.id}", "")
        if dice.random() < 0.5:
            held = "UPDATE jobs SET halted = 1 - halted WHERE state = 'queued' AND person = $1"
            await store._db.write(_said(held, person))
        expected = in_order(await known(), await served())
        assert [job.id for job, _ in await store.line(HERE, 1000)] == expected
        assert [ahead for _, ahead in await store.line(HERE, 7)] == list(range(min(7, len(expected))))
        for place, job_id in enumerate(expected):
            found = await store.job(job_id)
            assert found
            assert (await store.turn(found))[0] == place
        limit = dice.randint(1, 4)
        started = [job.id for job in await start(store, now=now, limit=limit)]
        assert started == expected[:limit]
        for job in await known():
            if job.state == "submitting" and dice.random() < 0.6:
                unsure = machine.Unanswered(now + 9)
                event = dice.choice([Accepted("local", job.id), machine.PutBack(), Refused("failed"), unsure, unsure])
                await run(store, job, event, now=now)
            elif job.state == "asking" and dice.random() < 0.6:
                nothing = machine.Waiting(unlogged=True)
                event = dice.choice([nothing, nothing, Accepted("local", job.id), machine.Lost()])
                await run(store, job, event, now=now)
            elif job.state == "running" and dice.random() < 0.5:
                await run(store, job, Refused("failed"), now=now)
        await check_turns(store)


async def test_what_is_not_due_or_not_ours_keeps_its_turn(store: Store) -> None:
    for n in range(3):
        await submit(store, a_job(f"later{n}", person=f"console:{n}", created_at=1000.0 + n, due_at=5000.0))
        address = Address("telegram", "1")
        await submit(store, a_job(f"other{n}", person=f"telegram:{n}", address=address, created_at=1010.0 + n))
    await submit(store, a_job("mine", person="console:9", created_at=1020.0))
    mine = await store.job("mine")
    assert mine
    assert (await store.turn(mine))[0] == 6
    assert [job.id for job in await start(store, limit=2)] == ["mine"]
    assert (await store.turn(mine))[0] == 0  # not in line any more


async def test_those_started_at_once_take_turns_the_next_time(store: Store) -> None:
    for n in range(8):
        await submit(store, a_job(f"job{n}", person=f"console:{n % 4}", created_at=1000.0 + n))
    first = [job.id for job in await start(store, limit=4)]
    assert first == ["job0", "job1", "job2", "job3"]
    for job_id in first:
        job = await store.job(job_id)
        assert job
        await run(store, job, Refused("failed"))
    assert [job.id for job in await start(store, now=2001.0, limit=4)] == ["job4", "job5", "job6", "job7"]


async def test_starting_several_is_a_handful_of_statements(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(16):
        await submit(store, a_job(f"job{n:02}", person="console:0" if n < 8 else f"console:{n}", created_at=1000.0 + n))
    said: list[str] = []
    write = store._db.write

    async def counted(work: Any) -> Any:
        class Counting:
            def __init__(self, tx: Any) -> None:
                self._tx = tx

            async def all(self, sql: str, *args: object) -> Any:
                said.append(sql)
                return await self._tx.all(sql, *args)

            async def one(self, sql: str, *args: object) -> Any:
                said.append(sql)
                return await self._tx.one(sql, *args)

        return await write(lambda tx: work(Counting(tx)))

    monkeypatch.setattr(store._db, "write", counted)
    assert len(await start(store)) == 16
    assert sum("UPDATE jobs" in sql for sql in said) == 1
    assert len([sql for sql in said if "SELECT" not in sql]) <= 4


class _Overtaken:
    """A transaction during which another one moves jobs, before a further page of the queue is read."""

    def __init__(self, tx: Any, page: str, meanwhile: Callable[[], Awaitable[object]]) -> None:
        self._tx, self._page, self._meanwhile = tx, page, meanwhile
        self.is_over = False

    async def all(self, sql: str, *args: object) -> Any:
        if sql == self._page and args[1] and not self.is_over:
            self.is_over = True
            await self._meanwhile()
        return await self._tx.all(sql, *args)

    async def one(self, sql: str, *args: object) -> Any:
        return await self._tx.one(sql, *args)


@pytest.mark.parametrize("page", [turns.JOBS, turns.PERSONS, turns.PARTIES], ids=["jobs", "persons", "parties"])
@pytest.mark.parametrize("undue", [0, 3, 6])
async def test_a_job_is_bought_once_though_the_line_moves_while_it_is_read(
    server: str | None, store: Store, page: str, undue: int
) -> None:
    if server is None:
        pytest.skip("SQLite writes one transaction at a time")
    # An order of console:0 comes back in between, which moves those behind it to the next page.
    scope = "console:big" if page == turns.PERSONS else ""
    await submit(store, a_job("job0", person="console:0", scope=scope, created_at=1000.0))
    (first,) = await start(store, limit=1)
    await submit(store, a_job("job1", person="console:0", scope=scope, created_at=1001.0))
    for n in range(2, 10):
        person = "console:0" if page == turns.JOBS else f"console:{n}"
        due_at = 9000.0 if n < undue else 1000.0
        await submit(store, a_job(f"job{n}", person=person, scope=scope, created_at=1000.0 + n, due_at=due_at))
    await store._db.write(_said("UPDATE turns SET at = -1e12"))

    async def put_back() -> None:
        await run(store, first, machine.PutBack(), now=2000.0)

    seen = list[_Overtaken]()

    def work(tx: Any) -> Any:
        seen.append(_Overtaken(tx, page, put_back))
        return queue.start(seen[-1], 2000.0, 60.0, 20, 6, HERE, ["local"], begin(2000.0), None, lambda *_: False, {})

    started = [job.id for job in await store._db.write(work)]
    assert seen[-1].is_over
    assert len(started) == 6 if undue < 6 else len(started) >= 4
    assert len(set(started)) == len(started)
    await check_turns(store)


async def test_a_start_writes_nothing_while_all_slots_are_taken(store: Store) -> None:
    """After one that could start nothing; one that could is followed by another, without a look first."""

    async def counted(slots: int) -> tuple[int, int]:
        def gate() -> Any:
            return store._db.read(lambda tx: tx.one("SELECT starts FROM gate WHERE id = 1"))

        before = (await gate())["starts"]
        return len(await start(store, slots=slots, limit=1)), (await gate())["starts"] - before

    for n in range(4):
        await submit(store, a_job(f"job{n}"))
    assert [await counted(slots) for slots in (1, 2, 2, 2, 2, 3)] == [(1, 1), (1, 1), (0, 1), (0, 0), (0, 0), (1, 1)]


@pytest.mark.parametrize("many", [1, 40])
async def test_a_model_with_fewer_slots_keeps_no_other_waiting(store: Store, many: int) -> None:
    """Its orders keep their turns: the next one starts when one of them is over."""
    for n in range(2 * many):
        await submit(store, a_job(f"slow{n}", order=an_order(model="slow"), created_at=1000.0 + n))
    await submit(store, a_job("quick", person="console:1", order=an_order(model="quick"), created_at=2000.0))
    await submit(store, a_job("after", order=an_order(model="quick"), created_at=2001.0))

    async def started(slots: int = 100, fewer: dict[str, int] | None = None) -> list[Job]:
        given = {"slow": many} if fewer is None else fewer
        return await store.start(3000.0, 10.0, slots, 100, HERE, ("local",), begin(3000.0), fewer=given)

    first = await started()
    assert {job.id for job in first} == {*(f"slow{n}" for n in range(many)), "quick", "after"}
    assert await started() == []
    over = next(job for job in first if job.id == "slow0")
    await run(store, over, Refused("failed", ""), machine.Sent(), now=3000.0)
    assert [job.id for job in await started()] == [f"slow{many}"]
    assert await started(fewer={"slow": many, "other": 0}) == []
    assert len(await started(fewer={})) == many - 1
    await check_turns(store)


async def test_the_one_order_of_a_shell_has_to_wait_for_its_model_too(store: Store) -> None:
    for n in range(2):
        await submit(store, a_job(f"slow{n}", order=an_order(model="slow"), created_at=1000.0 + n))
    for n, wanted in enumerate((["slow0"], [])):
        found = await store.start(
            3000.0, 10.0, 9, 9, HERE, ("local",), begin(3000.0), only=f"slow{n}", fewer={"slow": 1}
        )
        assert [job.id for job in found] == wanted


async def served(store: Store, count: int) -> list[str]:
    """The order in which slots, freed one by one, take the queue."""
    names = []
    for n in range(count):
        (job,) = await store.start(
            NOW + n, 10.0, 1, 1, ("discord",), ("local",), lambda job: apply(job, machine.Started(), NOW)
        )
        names.append(job.id)
        for event in (Accepted("local", job.id), Refused("failed")):
            job, entry = apply(job, event, NOW)
            await store.save(job, entry)
    return names


async def test_the_next_is_of_the_scope_then_of_the_person_with_the_fewest(store: Store) -> None:
    for n in range(6):
        await taken(store, town_job(f"big{n}", "discord:big", created_at=NOW + n), Policy(100))
    await taken(store, town_job("second", "discord:second", created_at=NOW + 10))
    await taken(store, town_job("other", "discord:other", scope="discord:2", created_at=NOW + 20))
    await taken(store, town_job("own", "discord:own", scope="", created_at=NOW + 30))
    assert (await store.turn((await store.job("other")) or town_job("x")))[0] == 1
    assert (await store.turn((await store.job("second")) or town_job("x")))[0] == 3
    # Four slots at once: each scope has one before any has two, and then it is the other person's turn.
    started = await store.start(
        NOW + 99, 10.0, 4, 4, ("discord",), ("local",), lambda job: apply(job, machine.Started(), NOW)
    )
    assert {job.id for job in started} == {"big0", "other", "own", "second"}


async def test_who_has_twenty_delays_nobodys_first_by_more_than_a_turn(store: Store) -> None:
    for n in range(20):
        await taken(store, town_job(f"many{n:02}", "discord:many", created_at=NOW + n), Policy(100))
    for n in range(3):
        await taken(store, town_job(f"new{n}", f"discord:new{n}", created_at=NOW + 30 + n))
    assert set(await served(store, 4)) == {"many00", "new0", "new1", "new2"}
