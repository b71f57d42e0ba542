"""One person on two platforms: a code links, /unlink parts."""

import hashlib

from bot import idempotency, texts
from bot.context import Context
from bot.errors import Refusal
from bot.model import Inbound, Reply
from bot.quotas import pricing
from bot.quotas.rules import Member

CODE = 600.0
"""Seconds for which a code links."""
GUESSES = 5
"""Codes that a person may enter in an hour."""
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


async def link(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Without a code: make one. With one: be one person with whoever made it."""
    if inbound.shared or inbound.scope:
        raise Refusal(texts.admin.LINK_ALONE)
    if ctx.only_on(inbound.address.platform):
        raise Refusal(texts.admin.NO_OTHER_PLATFORM)
    if not argument:
        code = idempotency.code(ctx, inbound, _LETTERS, 8)
        await ctx.store.accounts.offer(inbound.person, _hash(code), ctx.clock() + CODE, inbound.key)
        return Reply(texts.admin.code(f"{code[:4]}-{code[4:]}", round(CODE / 60)), private=True, secret=True)
    joined, _ = await ctx.store.accounts.join(inbound.person, _hash(argument), ctx.clock(), GUESSES, inbound.key)
    if joined != "joined":
        raise Refusal(texts.admin.LINK_FAILED[joined])
    return Reply(texts.admin.LINKED, private=True)


async def unlink(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Two again; both keep what they used together as used."""
    rules = await ctx.store.books.rulebook(Member("", inbound.person))
    now = ctx.clock()
    spans = [window.key for window in pricing.windows(now, pricing.zone(rules.scope.zone)).values()]
    if not await ctx.store.accounts.leave(inbound.person, spans, now, inbound.key):
        raise Refusal(texts.admin.NOT_LINKED)
    return Reply(texts.admin.UNLINKED, private=True)


def _hash(code: str) -> str:
    """Codes are kept as hashes: whoever reads the database can't link with them."""
    bare = "".join(character for character in code.upper() if character.isalnum())
    return hashlib.sha256(bare.encode()).hexdigest()
