"""Who may do what: operators, admins of a community, and people with what is their own."""

import logging

from bot import texts
from bot.context import Context
from bot.errors import Refusal
from bot.model import Inbound
from bot.quotas import pricing

_PERSONAL = frozenset({"/heart", "/report"})
"""Commands that count by person."""

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


def check_person(inbound: Inbound) -> None:
    """Raise `Refusal` where it has to show who says it.

    Somebody may speak for any number of channels: each would have credits, hearts and reports of its own. For the
    group itself its admins speak, unnamed.
    """
    if inbound.behind and (inbound.behind != inbound.address.chat or inbound.text.partition(" ")[0] in _PERSONAL):
        raise Refusal(texts.chat.AS_A_PERSON)
