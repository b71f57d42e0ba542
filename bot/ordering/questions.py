"""Messages with questions about parked orders, recorded so that a typed yes finds its order, like a tap on a button.

An answer belongs to the question that the platform says the person sees; else to the one that it replies to; else to
the person's latest one in that chat.
"""

import json
from dataclasses import replace

from bot import texts
from bot.commands import talk
from bot.context import Context
from bot.conversation import Inbound, Reply
from bot.errors import Refusal
from bot.model import ID, Address, Job
from bot.ordering.waiting import WAIT

_YES = ("/crop ", "/agree ", "/yes ")
_REPLAYED = 7 * 86_400.0
"""Seconds for which a repeated answer belongs to the same question."""


def check_talk(words: str) -> None:
    """Raise `Refusal` for a mere yes, no or thanks in place of words for a clip."""
    if talk.is_talk(words):
        raise Refusal(texts.chat.ONLY_TALK)


async def asked(ctx: Context, reply: Reply, place: Address) -> None:
    """Record the message at `place` as a question. Raises `StoreDown`."""
    parked = await ctx.store.quotas.parked(reply.parked) if reply.parked else None
    yes = next((button.command for button in reply.buttons if button.command.startswith(_YES)), "")
    if parked is None or not yes:
        return
    now, about = ctx.clock(), [parked.person]
    note = json.dumps([now, parked.id, yes, place.message])
    for name in (f"question:{parked.id}", f"question at {place.message}"):
        await ctx.store.inbox.remember(place.platform, place.chat, name, note, now + WAIT, about)


async def of(ctx: Context, job: Job, yes: str) -> str:
    """The message with a parked order's question; empty if it is not known, or `yes` is not its answer."""
    where = job.address
    note = await ctx.store.inbox.recall(where.platform, where.chat, f"question:{job.id}", ctx.clock())
    _, _, answer, message = json.loads(note) if note else (0, "", "", "")
    return message if answer == yes else ""


async def answered(ctx: Context, inbound: Inbound, words: str) -> Inbound | None:
    """A typed yes or no as its command, with the question's message as `source`.

    None if it answers no question. Raises `StoreDown`.
    """
    said = talk.assent(words)
    if said is None or inbound.attachments:
        return None
    if inbound.asked:
        return _to_the_seen(inbound, yes=said)
    where, now, again = inbound.address, ctx.clock(), f"answer:{inbound.key}"
    note = await ctx.store.inbox.recall(where.platform, where.chat, again, now)
    if note is None:
        note = await (_replied_to(ctx, inbound) if inbound.source else _latest(ctx, inbound))
        if note is None:
            return None
        await ctx.store.inbox.remember(where.platform, where.chat, again, note, now + _REPLAYED, [inbound.person])
    _, name, yes, message = json.loads(note)
    return replace(inbound, text=yes if said else f"/no {name}", source=message)


def _to_the_seen(inbound: Inbound, *, yes: bool) -> Inbound | None:
    command, name = (*inbound.asked.split(" "), "")[:2]
    if f"{command} " not in _YES or not ID.fullmatch(name):
        return None
    return replace(inbound, text=inbound.asked if yes else f"/no {name}")


async def _replied_to(ctx: Context, inbound: Inbound) -> str | None:
    where = inbound.address
    note = await ctx.store.inbox.recall(where.platform, where.chat, f"question at {inbound.source}", ctx.clock())
    parked = await ctx.store.quotas.parked(json.loads(note)[1]) if note else None
    if parked is not None and parked.person != inbound.person:
        return None  # conversation of others
    return note


async def _latest(ctx: Context, inbound: Inbound) -> str | None:
    where, now, found = inbound.address, ctx.clock(), list[str]()
    scope = await ctx.store.quotas.scope(inbound.scope) if inbound.scope else ""
    for parked, taken in await ctx.store.retention.parked(inbound.person):
        note = await ctx.store.inbox.recall(where.platform, where.chat, f"question:{parked.id}", now)
        if note and not taken and parked.until >= now and parked.scope == scope:
            found.append(note)
    return max(found, key=lambda note: float(json.loads(note)[0]), default=None)
