"""Rights: operators, admins of a community, and owners of clips."""

import logging

from bot import platforms, texts
from bot.context import Context
from bot.conversation import Inbound
from bot.errors import Refusal

log = logging.getLogger(__name__)


def operates(ctx: Context, inbound: Inbound) -> bool:
    """Whether the sender is an operator."""
    return platforms.kind(inbound.address.platform) == "operator" or inbound.person in ctx.owners


async def administers(ctx: Context, inbound: Inbound) -> bool:
    """Whether the sender may set limits there; False if the platform does not answer."""
    if operates(ctx, inbound):
        return True
    if not inbound.scope:
        return False
    try:
        return await inbound.administers()
    except Exception:  # an error of the platform must not grant rights
        log.exception("nobody could say who is an admin")
        return False


async def is_own(ctx: Context, inbound: Inbound, person: str) -> bool:
    """Whether the sender is that person, on any linked platform."""
    return person == inbound.person or person in await ctx.store.accounts.people(inbound.person)


def check_person(inbound: Inbound, *, personal: bool) -> None:
    """Raise `Refusal` for an anonymous sender where a person is needed. `personal`: for per-person limits.

    One person may write as any number of channels, each of which would get credits, hearts and reports. Anonymous
    admins write as the group itself.
    """
    if inbound.behind and (inbound.behind != inbound.address.chat or personal):
        raise Refusal(texts.chat.AS_A_PERSON)


async def check_admin(ctx: Context, inbound: Inbound) -> None:
    """Raise `Refusal` if the sender is no admin of this community; in private chats only operators are."""
    if not await administers(ctx, inbound):
        raise Refusal(texts.admin.NOT_ADMIN if inbound.scope else texts.admin.NOT_IN_PRIVATE)


def check_operator(ctx: Context, inbound: Inbound) -> None:
    """Raise `Refusal` if the sender is no operator."""
    if not operates(ctx, inbound):
        raise Refusal(texts.admin.NOT_OPERATOR)
