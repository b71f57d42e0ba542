"""Age restriction: clips of age-restricted channels stay out of unrestricted channels and galleries."""

import logging

from bot import texts
from bot.context import Context
from bot.conversation import Inbound
from bot.errors import Refusal
from bot.model import Job
from bot.quotas.rules import Rule

log = logging.getLogger(__name__)

FOREVER = 4e9
"""Unix seconds in the far future: no expiry."""
_NOTE = "adult"


async def note(ctx: Context, inbound: Inbound) -> None:
    """Record that a channel is age-restricted, so that its clips are known to be, wherever they are requested."""
    place, inbox = inbound.address, ctx.store.inbox
    if inbound.adult and await inbox.recall(place.platform, place.chat, _NOTE, ctx.clock()) is None:
        await inbox.remember(place.platform, place.chat, _NOTE, "yes", FOREVER)


async def check_place(ctx: Context, inbound: Inbound, job: Job) -> None:
    """Raise `Refusal` if a clip, or a clip made from it, would leave an age-restricted channel."""
    there, here = job.address, inbound.address
    if inbound.adult or not inbound.shared or (there.platform, there.chat) == (here.platform, here.chat):
        return
    if await _is_adult(ctx, job):
        raise Refusal(texts.discord.AGE_RESTRICTED)


async def check_gallery(ctx: Context, inbound: Inbound, job: Job, rule: Rule) -> None:
    """Raise `Refusal` if a clip of an age-restricted channel would be shared in an unrestricted gallery."""
    if not await _is_adult(ctx, job):
        return
    place = (rule.gallery or "").partition("/")[0]
    if rule.web or (place and not await _stays_among_adults(inbound, place)):
        raise Refusal(texts.discord.AGE_RESTRICTED)


async def _stays_among_adults(inbound: Inbound, place: str) -> bool:
    try:
        return await inbound.is_adult(place)
    except Exception:  # an error of the platform must not lift the restriction
        log.exception("nobody could say whether a channel is age-restricted")
        return False


async def _is_adult(ctx: Context, job: Job) -> bool:
    place = job.address
    return await ctx.store.inbox.recall(place.platform, place.chat, _NOTE, ctx.clock()) is not None
