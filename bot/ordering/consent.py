"""Whether those in the photos agree: asked before a person's first clip, and never again.

Not asked about our own drawings, nor where the stand-in alone makes the clips: then no photo leaves this machine.
"""

from typing import TYPE_CHECKING

from bot import texts
from bot.model import Button, Inbound, Job, Reply
from bot.ordering import crop
from bot.quotas import balance, pricing
from bot.quotas.rules import Parked

if TYPE_CHECKING:
    from bot.core import Core

ANSWERS = ("/agree ", "/crop ", "/yes ", "/no ")
"""What the buttons under a question about an order say: a question that is answered goes."""


async def missing(core: "Core", inbound: Inbound, *, sample: bool) -> bool:
    """Whether the person must be asked before this order; `sample`: it shows our own drawings."""
    if sample or not core.ask_consent or inbound.address.platform in pricing.UNLIMITED:
        return False
    if all(core.provider.terms(host).stand_in for host in core.provider.hosts()):
        return False
    return (await core.store.gallery.manner(inbound.person)).agreed_at is None


async def park(core: "Core", job: Job) -> Reply:
    """Keep an order until the person has answered."""
    await balance.set_aside(core, job)
    return _question(job.id)


async def agree(core: "Core", inbound: Inbound, argument: str) -> Reply:
    """Remember the yes, and go on with the order that waited for it: at once, or with what else must be asked."""
    name = argument.strip()[:32]
    parked = await core.store.books.parked(name)
    if parked is None or await core.store.job(name):  # a second tap, or the first one after a crash
        return await balance.yes(core, inbound, name)
    balance.check(core, parked, inbound)
    job = await core.store.books.read(parked.body)
    if await missing(core, inbound, sample=job.order.sample):
        await core.store.gallery.behave(inbound.person, agreed_at=core.clock())
    return await go_on(core, parked, inbound)


async def go_on(core: "Core", parked: Parked, inbound: Inbound) -> Reply:
    """An order that waited, at once or with what else must be asked. Raises `Refusal`."""
    balance.check(core, parked, inbound)
    job = await core.store.books.read(parked.body)
    if await missing(core, inbound, sample=job.order.sample):
        return _question(parked.id)
    return await balance.dear(core, parked, inbound) or await balance.yes(core, inbound, parked.id)


async def yes(core: "Core", inbound: Inbound, argument: str) -> Reply:
    """As `purse.yes`, for those who have agreed."""
    parked = await core.store.books.parked(argument.strip()[:32])
    if parked is not None:
        balance.check(core, parked, inbound)
        job = await core.store.books.read(parked.body)
        if await missing(core, inbound, sample=job.order.sample):
            return _question(parked.id)
    return await balance.yes(core, inbound, argument)


async def waiting(core: "Core", inbound: Inbound) -> list[tuple[Job, Reply]]:
    """The person's orders that wait for an answer, oldest first, each with its question as it would be asked now."""
    found = []
    for parked, taken in await core.store.traces.parked(inbound.person):
        if taken or parked.until < core.clock():
            continue
        job = await core.store.books.read(parked.body)
        if job.order.cropped:  # asked first, and perhaps answered: the button goes on either way
            asked = crop.question(job)
        elif await missing(core, inbound, sample=job.order.sample):
            asked = _question(job.id)
        else:  # the yes came with another order
            asked = await balance.dear(core, parked, inbound) or _question(job.id, texts.consent.STILL)
        found.append((job, asked))
    return sorted(found, key=lambda each: (each[0].created_at, each[0].id))


def _question(parked: str, text: str = texts.consent.ASK) -> Reply:
    return Reply(text, (Button(texts.consent.AGREE, f"/agree {parked}"),), waits=parked)
