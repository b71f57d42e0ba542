"""The way to the operator's page: a link that lets an operator in once, and the sessions that it begins.

Whether its person still is an operator is asked at each request, so one who is taken out of OWNERS is out at once.
"""

import secrets
from dataclasses import replace

from bot import idempotency, platforms, rights, texts
from bot.admin.people import act
from bot.context import Context
from bot.conversation import SHELL, Inbound, Reply
from bot.errors import Refusal
from bot.languages import ENGLISH
from bot.model import Address
from bot.quotas.rules import HOUSE

LINK = 600.0
"""Seconds for which a link may be opened."""
SESSION = 12 * 3600.0
"""Seconds until a session ends."""
PATH = "/admin"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
_LENGTH = 40  # 230 bits


async def link(ctx: Context, inbound: Inbound) -> Reply:
    """A link to the page, for the asker alone."""
    if inbound.scope or inbound.shared:
        raise Refusal(texts.operator.PAGE_IN_PRIVATE)
    at_home = platforms.kind(inbound.address.platform) == "operator"
    address = ctx.links.web or (ctx.links.own if at_home else None)
    if not address:
        raise Refusal(texts.operator.PAGE_NOWHERE)
    token, now = idempotency.code(ctx, inbound, _LETTERS, _LENGTH), ctx.clock()
    await ctx.store.operator_sessions.offer(token, inbound.person, now, now + LINK)
    await ctx.store.quotas.note(replace(act(ctx, inbound, "page"), scope=HOUSE))
    url = f"{address}{PATH}/enter?link={token}"
    return Reply(texts.operator.page_link(url, round(LINK / 60)), private=True, secret=True)


async def close(ctx: Context, inbound: Inbound) -> Reply:
    """End all sessions, of all people."""
    count = await ctx.store.operator_sessions.end_all(ctx.clock())
    await ctx.store.quotas.note(replace(act(ctx, inbound, "page close"), scope=HOUSE))
    return Reply(texts.operator.pages_closed(count), private=True)


async def enter(ctx: Context, token: str) -> str | None:
    """Use up a link; returns the token of a new session, None for a link that is over or unknown."""
    session, now = secrets.token_urlsafe(32), ctx.clock()
    person = await ctx.store.operator_sessions.begin(token, session, now, now + SESSION)
    if person is None or not rights.operates(ctx, speaking(person)):
        return None
    entry = act(ctx, speaking(person, key=f"operator:{session}"), "page opened")
    await ctx.store.quotas.note(replace(entry, scope=HOUSE))
    return session


async def whose(ctx: Context, session: str) -> str | None:
    """The operator whose session it is; None if it is over, unknown, or of somebody who is no operator any more."""
    person = await ctx.store.operator_sessions.whose(session, ctx.clock())
    return person if person and rights.operates(ctx, speaking(person)) else None


async def leave(ctx: Context, session: str) -> None:
    """End a session."""
    await ctx.store.operator_sessions.end(session)


def speaking(person: str, *, key: str = "", scope: str = "", language: str = ENGLISH) -> Inbound:
    """Who is at the page, as a message without words."""
    platform, _, user = person.partition(":")
    return Inbound(Address(platform, SHELL), user, key, "", scope=scope, language=language)
