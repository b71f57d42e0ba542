"""A picture that is too long is no dead end: its middle is kept, and the person asked whether that will do."""

from typing import TYPE_CHECKING

from bot import idempotency, texts
from bot.errors import Refusal
from bot.model import Button, Inbound, Job, Reply
from bot.ordering import consent
from bot.quotas import balance, pricing

if TYPE_CHECKING:
    from bot.core import Core


async def park(core: "Core", job: Job, inbound: Inbound) -> Reply:
    """Keep an order, whose picture was cut to its middle, until the person has answered. Raises `Refusal`."""
    try:
        if inbound.address.platform in pricing.UNLIMITED:  # a shell has no buttons
            raise Refusal(texts.chat.TOO_LONG_SHELL)
        earlier = await idempotency.given(core, inbound)
        if earlier is None:
            await balance.check_room(core, inbound)
    except Refusal:
        await _discard(core, job)
        raise
    if earlier:
        await _discard(core, job)
        return earlier
    await balance.set_aside(core, job)
    return question(job)


def question(job: Job) -> Reply:
    """Whether the middle of a picture will do."""
    return Reply(texts.chat.TOO_LONG, (Button(texts.chat.CROP, f"/crop {job.id}"),), waits=job.id)


async def crop(core: "Core", inbound: Inbound, argument: str) -> Reply:
    """The middle will do: go on with the order that waited, at once or with what else must be asked."""
    name = argument.strip()[:32]
    parked = await core.store.books.parked(name)
    if parked is None or await core.store.job(name):  # a second tap, or the first one after a crash
        return await balance.yes(core, inbound, name)
    return await consent.go_on(core, parked, inbound)


async def _discard(core: "Core", job: Job) -> None:
    await core.media.discard([photo.name for photo in job.order.photos])
