"""Questions that are answered by yes or no, recorded so that a typed answer finds its question, like a tap on a button.

They are about a parked order, or about a removal (`Reply.confirms`). An answer belongs to the question that the
platform says the person sees; else to the one that it replies to; else to the person's latest one in that chat.
"""

import json
import re
from contextlib import suppress
from dataclasses import replace

from bot import platforms, texts
from bot.commands import talk
from bot.context import Context
from bot.conversation import Inbound, Reply
from bot.errors import Refusal
from bot.model import ID, Address, Job
from bot.offers import Offers
from bot.ordering import prompt, waiting
from bot.quotas.records import Parked

_YES = re.compile(r"/(?:crop|agree|yes) ([\w-]{1,32})(?: alone)?", re.ASCII)
"""The yes to a question about an order."""
REMOVALS = ("forgetme", "delete")
_REMOVAL = re.compile(r"(/forgetme) yes \w{1,32}|(/delete [\w-]{1,32}) yes", re.ASCII)
"""The yes to a removal; its no is the same command with `no`."""
_REPLAYED = 7 * 86_400.0
"""Seconds for which a repeated answer belongs to the same question."""


def check_talk(words: str) -> None:
    """Raise `Refusal` for a mere yes, no or thanks in place of words for a clip."""
    if talk.is_talk(words):
        raise Refusal(texts.chat.ONLY_TALK)


def is_missing(text: str, can: Offers) -> bool:
    """Whether there are no words for a clip of a photo that came along. Raises `Refusal`."""
    return prompt.wordless(text, can) or talk.says_nothing(prompt.words(text, can))


async def asked(ctx: Context, reply: Reply, place: Address) -> None:
    """Record the message at `place` as a question. Raises `StoreDown`."""
    parked = await ctx.store.quotas.parked(reply.parked) if reply.parked else None
    yes = next((button.command for button in reply.buttons if _no(button.command)), "")
    person = parked.person if parked else reply.confirms
    if not person or not yes:
        return
    now, about = ctx.clock(), parked.id if parked else person
    note = json.dumps([now, about, yes, place.message])
    for name in (f"question:{about}", f"question at {place.message}"):
        await ctx.store.inbox.remember(place.platform, place.chat, name, note, now + waiting.WAIT, [person])


async def for_consent_alone(ctx: Context, inbound: Inbound) -> list[tuple[Parked, Job, str]]:
    """The person's orders that a yes to the question of consent, said there, starts; with that question's message.

    They wait for nothing else, and their message can become their status line. A page shows the jobs by itself: no
    message of its questions is known.
    """
    found, on_page = [], platforms.kind(inbound.address.platform) == "page"
    for parked, taken in await ctx.store.retention.parked(inbound.person):
        if taken or parked.scope != inbound.scope or parked.until < ctx.clock():
            continue
        job: Job = await ctx.store.quotas.read(parked.body)
        message = await _message(ctx, job, f"/agree {parked.id}")
        if not (message or on_page) or job.address.platform != inbound.address.platform or job.order.cropped:
            continue
        with suppress(Refusal):  # it waits on, and says why when it is tapped
            if await waiting.price_missing(ctx, parked, replace(inbound, address=job.address)) is None:
                found.append((parked, job, message))
    return found


async def _message(ctx: Context, job: Job, yes: str) -> str:
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
    _, _, yes, message = json.loads(note)
    return replace(inbound, text=yes if said else _no(yes), source=message)


def _no(yes: str) -> str:
    """The command of the no to the question that `yes` is the yes to; empty if that is no yes."""
    if order := _YES.fullmatch(yes):
        return f"/no {order[1]}"
    removal = _REMOVAL.fullmatch(yes)
    return f"{removal[1] or removal[2]} no" if removal else ""


def _to_the_seen(inbound: Inbound, *, yes: bool) -> Inbound | None:
    no = _no(inbound.asked)
    return replace(inbound, text=inbound.asked if yes else no) if no else None


async def _replied_to(ctx: Context, inbound: Inbound) -> str | None:
    where = inbound.address
    note = await ctx.store.inbox.recall(where.platform, where.chat, f"question at {inbound.source}", ctx.clock())
    about = json.loads(note)[1] if note else ""
    parked = await ctx.store.quotas.parked(about) if ID.fullmatch(about) else None
    person = parked.person if parked else about if ":" in about else inbound.person
    return note if person == inbound.person else None  # conversation of others


async def _latest(ctx: Context, inbound: Inbound) -> str | None:
    where, now, found = inbound.address, ctx.clock(), list[str]()
    scope = await ctx.store.quotas.scope(inbound.scope) if inbound.scope else ""
    for parked, taken in await ctx.store.retention.parked(inbound.person):
        note = await ctx.store.inbox.recall(where.platform, where.chat, f"question:{parked.id}", now)
        if note and not taken and parked.until >= now and parked.scope == scope:
            found.append(note)
    removal = await ctx.store.inbox.recall(where.platform, where.chat, f"question:{inbound.person}", now)
    if removal and not await _went_on(ctx, inbound.person, _asked_at(removal)):
        found.append(removal)
    return max(found, key=_asked_at, default=None)


async def _went_on(ctx: Context, person: str, since: float) -> bool:
    """Whether the person ordered or got a clip since then: what they write now may be about that."""
    return any(job.changed_at > since for job in await ctx.store.jobs(person, 10))


def _asked_at(note: str) -> float:
    return float(json.loads(note)[0])
