"""One person on two platforms: a code links their accounts, /unlink separates them."""

import hashlib

from bot import idempotency, texts
from bot.context import Context
from bot.conversation import Inbound, Reply
from bot.errors import Refusal
from bot.quotas import pricing
from bot.quotas.rules import Member

CODE_VALID = 600.0
"""Seconds until a code expires."""
GUESSES = 5
"""Codes that a person may try per hour."""
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


async def link(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Without a code: issue one. With one: link with its issuer."""
    if inbound.shared or inbound.scope:
        raise Refusal(texts.credits.LINK_ALONE)
    if ctx.only_on(inbound.address.platform):
        raise Refusal(texts.credits.NO_OTHER_PLATFORM)
    if not argument:
        code = idempotency.code(ctx, inbound, _LETTERS, 8)
        await ctx.store.accounts.offer(inbound.person, _hash(code), ctx.clock() + CODE_VALID, inbound.key)
        return Reply(texts.credits.code(f"{code[:4]}-{code[4:]}", round(CODE_VALID / 60)), private=True, secret=True)
    joined, _ = await ctx.store.accounts.join(inbound.person, _hash(argument), ctx.clock(), GUESSES, inbound.key)
    if joined != "joined":
        raise Refusal(texts.credits.LINK_FAILED[joined])
    return Reply(texts.credits.LINKED, private=True)


async def unlink(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Separate the accounts; both keep their joint use."""
    rules = await ctx.store.quotas.rulebook(Member("", inbound.person))
    now = ctx.clock()
    spans = [window.key for window in pricing.windows(now, pricing.zone(rules.scope.zone)).values()]
    if not await ctx.store.accounts.leave(inbound.person, spans, now, inbound.key):
        raise Refusal(texts.credits.NOT_LINKED)
    return Reply(texts.credits.UNLINKED, private=True)


def _hash(code: str) -> str:
    """Codes are stored as hashes, so that reading the database does not suffice to link."""
    bare = "".join(character for character in code.upper() if character.isalnum())
    return hashlib.sha256(bare.encode()).hexdigest()
