"""Orders of a town, paid for in a store, without a worker; acts of its admins."""

import itertools
from dataclasses import replace
from typing import Any

from bot.jobs import machine
from bot.jobs.machine import apply, hold
from bot.model import Accepted, Address, Clip, Job, Refused
from bot.quotas import pricing
from bot.quotas.pricing import Ask, Policy
from bot.quotas.records import Act, Grant
from bot.quotas.rules import Member, Plan
from storage.jobs import Store
from tests.samples import a_job

NOW = 1_800_000_000.0
CLIP = Clip("c.mp4", 1280, 720, 5.0, 1000)
TOWN = "discord:1"
MONTH = pricing.window(NOW, "month").key
DAY = pricing.window(NOW).key
THIRTY = Policy(30)


def an_ask(job: Job, *tiers: str) -> Ask:
    member = Member(job.scope, job.person, frozenset(tiers))
    return Ask(member, job.price, job.order.seconds, job.created_at, "chat/")


def planned(job: Job, policy: Policy = THIRTY) -> Plan:
    return pricing.plan(an_ask(job), policy)


def town_job(id: str, person: str = "discord:7", **changes: Any) -> Job:
    values = {"scope": TOWN, "created_at": NOW, "due_at": NOW, "address": Address("discord", "chat"), **changes}
    return a_job(id, person=person, **values)


async def order(store: Store, job: Job, policy: Policy = THIRTY) -> Job | str:
    """The job, or which limit refused it."""
    submission = await store.submit(job, hold(job), planned(job, policy))
    assert (submission.job is None) == (submission.denied is not None)
    return submission.job or (submission.denied.cause if submission.denied else "")


async def taken(store: Store, *args: Any, **changes: Any) -> Job:
    made = await order(store, *args, **changes)
    assert isinstance(made, Job), made
    return made


async def end(store: Store, job: Job, *, clip: bool, now: float = NOW) -> Job:
    """Bring a queued job to its end."""
    found = await store.job(job.id)
    assert found
    last: machine.Event = machine.Rendered(CLIP) if clip else Refused("failed")
    for event in (machine.Started(), Accepted("local", job.id), last):
        found, entry = apply(found, event, now)
        await store.save(found, entry)
    return found


_numbers = itertools.count(1)


def an_act(verb: str = "test", about: str = "", **changes: Any) -> Act:
    values = {
        "id": f"act{next(_numbers)}",
        "at": NOW,
        "actor": "discord:1",
        "scope": TOWN,
        "verb": verb,
        "about": about,
    }
    return Act(**{**values, **changes})


async def rule(store: Store, about: str = "", scope: str = TOWN, **values: Any) -> Act:
    return await store.quotas.amend(an_act("rule", about, scope=scope), lambda held: replace(held, **values))


async def give(store: Store, amount: int, until: float | None = None, person: str = "discord:7", **changes: Any) -> Act:
    act = an_act("grant", f"person:{person}", **changes)
    return await store.quotas.grant(act, Grant(act.id, act.scope, person, amount, 0, until, NOW, "discord:1", "why"))
