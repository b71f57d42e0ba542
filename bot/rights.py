"""Who may do what: operators, admins of a community, and people with what is their own."""

import logging

from bot import texts
from bot.context import Context
from bot.errors import Refusal
from bot.model import Inbound
from bot.quotas import pricing

log = logging.getLogger(__name__)


def operates(ctx: Context, inbound: Inbound) -> bool:
    """Whether an operator says it."""
    return inbound.address.platform in pricing.UNLIMITED or inbound.person in ctx.owners


async def administers(ctx: Context, inbound: Inbound) -> bool:
    """Whether whoever says it may set limits there; an answer that does not come is a no."""
    if operates(ctx, inbound):
        return True
    if not inbound.scope:
        return False
    try:
        return await inbound.administers()
    except Exception:  # whatever an edge raises, nobody becomes an admin by it
        log.exception("nobody could say who is an admin")
        return False


async def is_own(ctx: Context, inbound: Inbound, person: str) -> bool:
    """Whether whoever says it is that person, on whatever platform."""
    return person == inbound.person or person in await ctx.store.accounts.people(inbound.person)


def check_person(inbound: Inbound, *, personal: bool) -> None:
    """Raise `Refusal` where it has to show who says it. `personal`: it is about what counts by person.

    Somebody may speak for any number of channels: each would have credits, hearts and reports of its own. For the
    group itself its admins speak, unnamed.
    """
    if inbound.behind and (inbound.behind != inbound.address.chat or personal):
        raise Refusal(texts.chat.AS_A_PERSON)


async def check_admin(ctx: Context, inbound: Inbound) -> None:
    """Raise `Refusal` where no admin of this community says it; in people's own chats only operators are."""
    if not await administers(ctx, inbound):
        raise Refusal(texts.admin.NOT_ADMIN if inbound.scope else texts.admin.NOT_IN_PRIVATE)


def check_operator(ctx: Context, inbound: Inbound) -> None:
    """Raise `Refusal` where no operator says it."""
    if not operates(ctx, inbound):
        raise Refusal(texts.admin.NOT_OPERATOR)
