"""Whether those in the photos agree: asked before a person's first clip, and never again."""

from typing import TYPE_CHECKING

from bot import purse, quota, texts_admin, texts_consent
from bot.model import Button, Inbound, Job, Reply

if TYPE_CHECKING:
    from bot.core import Core


async def missing(core: "Core", inbound: Inbound) -> bool:
    """Whether the person must be asked before this order."""
    if not core.ask_consent or inbound.address.platform in quota.UNLIMITED:
        return False
    return (await core.store.gallery.manner(inbound.person)).agreed_at is None


async def park(core: "Core", job: Job) -> Reply:
    """Keep an order until the person has answered."""
    await purse.set_aside(core, job)
    return _question(job.id)


async def agree(core: "Core", inbound: Inbound, argument: str) -> Reply:
    """Remember the yes, and go on with the order that waited for it: at once, or with what else must be asked."""
    name = argument.strip()[:32]
    parked = await core.store.books.parked(name)
    if parked is None or await core.store.job(name):  # a second tap, or the first one after a crash
        return await purse.yes(core, inbound, name)
    purse.check(core, parked, inbound)
    if await missing(core, inbound):
        await core.store.gallery.behave(inbound.person, agreed_at=core.clock())
    job, asked, quoted = await purse.priced(core, parked, inbound)
    above = quoted.rules.scope.confirm
    if above is not None and asked.price > above and quoted.denied is None:
        return purse.question(core, job, quoted, above)
    return await purse.yes(core, inbound, name)


async def yes(core: "Core", inbound: Inbound, argument: str) -> Reply:
    """As `purse.yes`, for those who have agreed."""
    parked = await core.store.books.parked(argument.strip()[:32])
    if parked is not None:
        purse.check(core, parked, inbound)
        if await missing(core, inbound):
            return _question(parked.id)
    return await purse.yes(core, inbound, argument)


def _question(parked: str) -> Reply:
    buttons = Button(texts_consent.AGREE, f"/agree {parked}"), Button(texts_admin.NO, f"/no {parked}")
    return Reply(texts_consent.ASK, buttons)
