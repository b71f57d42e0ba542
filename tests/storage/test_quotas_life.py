"""Whatever happens in whatever order, the books add up: random lives, two workers, crashes, leaping clocks."""

import asyncio
import itertools
import random
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.errors import Illegal, Stale
from bot.jobs import machine
from bot.jobs.machine import apply, hold
from bot.model import Accepted, Address, Clip, Job, Refused
from bot.ports import Step
from bot.quotas import pricing
from bot.quotas.records import Act, Grant
from bot.quotas.rules import Bill, Member, Rule, about
from storage import open_store
from storage.jobs import Store
from tests.bookkeeping import check, rows
from tests.samples import a_job, an_order

PEOPLE = ("telegram:1", "telegram:2", "discord:1", "discord:2")
SCOPES = ("", "telegram:-5", "discord:5", "discord:6")
PLATFORMS = ("telegram", "discord")
LEASE = 120.0
CLIP = Clip("c.mp4", 1280, 720, 5.0, 1000)
POLICY = pricing.Policy(30, day=250, month=2000, money_day=12_000_000, money_month=None, price=50_000)


class Life:
    """Everything that people, admins, workers and clocks may do, one random step at a time."""

    def __init__(self, folder: Path, url: str | None, seed: int) -> None:
        self.folder, self.url = folder, url
        self.random = random.Random(seed)
        self.numbers = itertools.count()
        self.now = 1_800_000_000.0
        self.stores: list[Store] = []
        self.hands: list[list[Job]] = [[], []]
        self.acts: list[Act] = []

    async def open(self) -> None:
        self.stores = [await open_store(self.folder, self.url) for _ in range(2)]

    async def close(self) -> None:
        for store in self.stores:
            await store.close()

    @property
    def store(self) -> Store:
        return self.random.choice(self.stores)

    def act(self, verb: str, name: str = "", scope: str = "") -> Act:
        return Act(f"act{next(self.numbers)}", self.now, "console:0", scope, verb, name, because="chance")

    async def order(self) -> None:
        scope = self.random.choice(SCOPES)
        own = [p for p in PEOPLE if not scope or p.partition(":")[0] == scope.partition(":")[0]]
        person, seconds = self.random.choice(own), self.random.choice((5, 10))
        number = next(self.numbers)
        job = a_job(
            f"job{number}",
            person=person,
            scope=scope,
            order=an_order(seconds=seconds),
            price=seconds,
            address=Address(person.partition(":")[0], "chat"),
            created_at=self.now,
            due_at=self.now,
        )
        member = Member(scope, person)
        ask = pricing.Ask(member, seconds, seconds, self.now)
        done = await self.store.submit(job, hold(job), pricing.plan(ask, POLICY))
        if done.job is None:
            return
        bill = pricing.bill(ask, await self.store.quotas.rulebook(member), POLICY)
        assert isinstance(bill, Bill)
        own_part = any(payment.kind == "own" for payment in done.job.paid)
        for line in bill.lines:
            if line.limit is not None and (line.kind != "own" or own_part):
                used = [await self.store.figures.used(book, line.span) for book in (line.book, *line.also)]
                assert sum(used) <= line.limit, line

    async def repeat(self) -> None:
        """A message that the platform sends again."""
        found = await self.store.jobs(self.random.choice(PEOPLE), 5)
        if found:
            job = replace(self.random.choice(found), id=f"again{next(self.numbers)}")
            done = await self.store.submit(job, hold(job))
            assert not done.fresh

    async def start(self) -> None:
        worker = self.random.randrange(2)

        def begin(job: Job) -> Step:
            late = self.now - job.created_at > 86_400
            return apply(job, machine.Expired() if late else machine.Started(), self.now)

        args = (self.now, 120.0, 4, self.random.randint(1, 3), PLATFORMS, ("local",), begin)
        self.hands[worker] += await self.stores[worker].start(*args)

    async def claim(self) -> None:
        worker = self.random.randrange(2)
        mine, gap = {job.id: job.claims for job in self.hands[worker]}, self.random.choice((1.0, 30.0, 600.0))
        due = await self.stores[worker].claim(self.now, LEASE, 3, PLATFORMS, lambda *_: gap, mine)
        self.hands[worker] += due.jobs + due.polls

    async def advance(self) -> None:
        """A worker acts on what it holds; another may have taken it meanwhile."""
        worker = self.random.randrange(2)
        if not self.hands[worker]:
            return
        job = self.hands[worker].pop(self.random.randrange(len(self.hands[worker])))
        events: list[machine.Event] = {
            "submitting": [
                *(Accepted("local", job.id), machine.PutBack(), machine.Lost(), Refused("moderation")),
                *(machine.Unanswered(self.now + 1800), machine.Unanswered(self.now + 1800, "local")),
            ],
            "asking": [
                *(Accepted("local", job.id, self.now - 9), machine.Lost(), Refused("failed")),
                *(machine.Waiting(1, "silence", job.unlogged), machine.Waiting(0, None, True)),
            ],
            "running": [machine.Waiting(), machine.Rendered(CLIP), Refused("failed"), machine.Expired()],
            "delivering": [machine.Sending(), machine.Deferred(1), machine.Sent("m"), machine.Undeliverable()],
        }[job.state]
        event, store = self.random.choice(events), self.stores[worker]
        if job.state == "running":  # polled, and nobody's yet
            if isinstance(event, machine.Waiting):
                await store.put_off([replace(job, tries=1, due_at=self.now + self.random.randint(0, 300))])
                return
            if not await store.take([job], self.now + LEASE):
                return
            if self.random.random() < 0.1:  # it dies before it settles
                return
            job = replace(job, claims=job.claims + 1)
        changed, entry = apply(job, event, self.now, self.now + self.random.randint(0, 300))
        with suppress(Stale):
            await self.stores[worker].save(changed, entry)
            if self.random.random() < 0.1:  # the answer was lost, and it is saved once more
                with suppress(Stale, Exception):
                    await self.stores[worker].save(changed, entry)

    async def cancel(self) -> None:
        found = await self.store.jobs(self.random.choice(PEOPLE), 3)
        for job in found[:1]:
            with suppress(Illegal):
                await self.store.change(job.id, lambda job: apply(job, machine.Cancelled(), self.now))

    async def grant(self) -> None:
        act = self.act("grant", scope=self.random.choice(SCOPES))
        until = self.random.choice((None, self.now + 500, self.now + 90_000))
        person = self.random.choice(PEOPLE)
        amount = self.random.randint(1, 30)
        self.acts.append(
            await self.store.quotas.grant(act, Grant(act.id, act.scope, person, amount, 0, until, self.now, "a", ""))
        )

    async def revoke(self) -> None:
        act = self.act("revoke", scope=self.random.choice(SCOPES))
        self.acts.append((await self.store.quotas.revoke(act, [self.random.choice(PEOPLE)]))[0])

    async def set(self) -> None:
        pick = self.random.choice
        person = about("person", pick(PEOPLE))
        changes: tuple[tuple[str, dict[str, Any]], ...] = (
            (person, {"banned": pick((None, None, self.now + 5000)), "because": "x"}),
            (person, {"credits": pick((None, 0, 12, 100)), "span": pick((None, "day", "week", "month"))}),
            ("", {"credits": pick((None, 8, 20, 60)), "span": pick((None, "day", "week"))}),
            ("", {"flight": pick((None, 1, 3)), "flights": pick((None, 2, 6))}),
            ("", {"cap": pick((None, 40, 200)), "longest": pick((None, 5, 10))}),
            ("", {"zone": pick((None, "Europe/Berlin", "Pacific/Apia"))}),
        )
        name, values = pick(changes)
        act = self.act("rule", name, pick(SCOPES))

        def edit(rule: Rule) -> Rule:
            return replace(rule, **values)

        self.acts.append(await self.store.quotas.amend(act, edit))

    async def undo(self) -> None:
        if self.acts:
            with suppress(Illegal):
                await self.store.quotas.undo(self.random.choice(self.acts).id, self.act("undo"))

    async def pardon(self) -> None:
        for job in (await self.store.jobs(self.random.choice(PEOPLE), 20))[-1:]:
            with suppress(Illegal):
                await self.store.quotas.pardon(self.act("refund", scope=job.scope), job.id)

    async def link(self) -> None:
        one, other = self.random.sample(PEOPLE, 2)
        code = f"code{next(self.numbers)}"
        await self.store.accounts.offer(one, code, self.now + 600)
        await self.store.accounts.join(other, code, self.now, 50)

    async def unlink(self) -> None:
        spans = [window.key for window in pricing.windows(self.now).values()]
        await self.store.accounts.leave(self.random.choice(PEOPLE), spans, self.now)

    async def leap(self) -> None:
        self.now += self.random.choice((30, 300, 4000, 50_000, 200_000, -3000))

    async def crash(self) -> None:
        worker = self.random.randrange(2)
        self.hands[worker] = []
        await self.stores[worker].close()
        self.stores[worker] = await open_store(self.folder, self.url)

    async def step(self) -> None:
        often = [self.order] * 8 + [self.start] * 5 + [self.claim] * 4 + [self.advance] * 12 + [self.leap] * 2
        rarely = [self.repeat, self.cancel, self.grant, self.revoke, self.set, self.set, self.undo, self.pardon]
        await self.random.choice([*often, *rarely, self.cancel, self.grant, self.link, self.unlink, self.crash])()

    async def several(self) -> None:
        """Some of it at the same moment."""
        calm = [self.order] * 4 + [self.advance] * 3 + [self.start, self.claim, self.cancel, self.revoke, self.pardon]
        await asyncio.gather(*(self.random.choice(calm)() for _ in range(5)))

    async def finish(self) -> None:
        """Let everything come to its end."""
        for _ in range(200):
            self.now += 700
            await self.start()
            await self.claim()
            while any(self.hands):
                await self.advance()
            if not (await self.stores[0].health(self.now)).states:
                return
        raise AssertionError("something never ends")


@pytest.mark.parametrize("seed", range(6))
async def test_the_books_add_up_whatever_happens(database_url: str | None, tmp_path: Path, seed: int) -> None:
    life = Life(tmp_path, database_url, seed)
    await life.open()
    try:
        for number in range(220):
            await life.step()
            if number % 4 == 0:
                await life.several()
            if number % 20 == 0:
                await check(life.stores[0])
        await life.finish()
        await check(life.stores[1])
        flights = await rows(life.stores[0], "SELECT * FROM books WHERE span = 'flight' AND used <> 0")
        assert flights == []
        assert len(await rows(life.stores[0], "SELECT id FROM jobs")) > 10
    finally:
        await life.close()
