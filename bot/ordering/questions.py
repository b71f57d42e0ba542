"""Questions with buttons, recorded so that a written answer finds its question, like a tap on a button.

They are about a parked order, or of a person's own (`Reply.chooser`): about a removal, or a list (`lists`). An answer
belongs to the question that the platform says the person sees; else to the one that it replies to; else to the person's
latest one in that chat, or topic. A mere no belongs to a list only if nothing else is asked.
"""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

from bot import platforms, texts
from bot.commands import invocation, talk
from bot.context import Context
from bot.conversation import Inbound, Reply
from bot.errors import Refusal
from bot.model import ID, Address, Job
from bot.offers import Offers
from bot.ordering import lists, picking, prompt, waiting
from bot.ordering.lists import Recorded
from bot.quotas.records import Parked

_YES = re.compile(r"/(?:crop|agree|yes) ([\w-]{1,32})(?: alone)?", re.ASCII)
"""The yes to a question about an order."""
_REMOVAL = re.compile(r"(/forgetme) yes \w{1,32}|(/delete [\w-]{1,32}) yes", re.ASCII)
"""The yes to a removal; its no is the same command with `no`."""
_REPLAYED = 7 * 86_400.0
"""Seconds for which a repeated answer belongs to the same question."""


@dataclass(frozen=True, slots=True)
class _Question:
    """A recorded question. `what`: the command of its yes, or a list. `own`: it is about no order."""

    at: float
    what: str | Recorded
    message: str
    own: bool = False


def check_talk(words: str) -> None:
    """Raise `Refusal` for a mere yes, no or thanks in place of words for a clip."""
    if talk.is_talk(words):
        raise Refusal(texts.chat.ONLY_TALK)


def is_missing(text: str, can: Offers) -> bool:
    """Whether there are no words for a clip of a photo that came along. Raises `Refusal`."""
    return prompt.wordless(text, can) or talk.says_nothing(prompt.words(text, can))


def seen(reply: Reply) -> str:
    """A reply's question of a person's own, for platforms that send it back with what is written (`Inbound.asked`)."""
    what = _what(reply) if reply.chooser else ""
    return what if isinstance(what, str) else json.dumps(what)


async def asked(ctx: Context, reply: Reply, place: Address) -> None:
    """Record the message at `place` as a question; without a message, only as the latest. Raises `StoreDown`."""
    parked = await ctx.store.quotas.parked(reply.parked) if reply.parked else None
    person = parked.person if parked else reply.chooser
    what = _what(reply) if person else ""
    if not what:
        return
    now, about = ctx.clock(), parked.id if parked else person
    note = json.dumps([now, about, what, place.message])
    last = f"question:{about}" if parked else latest("question" if isinstance(what, str) else "list", about, place)
    for name in (last, f"question at {place.message}") if place.message else (last,):
        await ctx.store.inbox.remember(place.platform, place.chat, name, note, now + waiting.WAIT, [person])


def latest(kind: Literal["question", "list"], person: str, place: Address) -> str:
    """The name of the note of a person's latest question of their own in a chat, or in one of its topics."""
    return f"{kind}:{person} {place.thread}".rstrip()


def _what(reply: Reply) -> str | Recorded:
    """The command of a question's yes, or its list; empty if there is no question."""
    yes = next((button.command for button in reply.buttons if _no(button.command)), "")
    return yes or (lists.recorded(reply) if reply.chooser else "")


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


async def message_of(ctx: Context, inbound: Inbound, parked: str) -> str:
    """The message with a parked order's question in that chat; empty if it is not known."""
    where = inbound.address
    note = await ctx.store.inbox.recall(where.platform, where.chat, f"question:{parked}", ctx.clock())
    return _question(note).message if note else ""


async def _message(ctx: Context, job: Job, yes: str) -> str:
    """The message with a parked order's question; empty if it is not known, or `yes` is not its answer."""
    where = job.address
    note = await ctx.store.inbox.recall(where.platform, where.chat, f"question:{job.id}", ctx.clock())
    _, _, answer, message = json.loads(note) if note else (0, "", "", "")
    return message if answer == yes else ""


async def answered(ctx: Context, inbound: Inbound, words: str | None) -> Inbound | Reply | None:
    """A written answer as its command, with the question's message as `source` if that goes; or the question again.

    `words`: None for a command, as which `/delete 2` is an answer, too. None if it answers no question. Raises
    `StoreDown`.
    """
    said = invocation.command(inbound.text) if words is None else None
    if inbound.attachments or inbound.forwarded or (words is None and not (said and picking.number(said.argument))):
        return None
    if inbound.asked:
        return await _read(ctx, inbound, words, [_to_the_seen(inbound)])
    where, now, again = inbound.address, ctx.clock(), f"said:{inbound.key}"
    if known := await ctx.store.inbox.recall(where.platform, where.chat, again, now):
        text, source = json.loads(known)
        return replace(inbound, text=text, source=source, answers=True)
    standing = await _open(ctx, inbound)
    found = await _read(ctx, inbound, words, standing)
    if isinstance(found, Inbound):
        note = json.dumps([found.text, found.source])
        await ctx.store.inbox.remember(where.platform, where.chat, again, note, now + _REPLAYED, [inbound.person])
        whats = [one.what for one in standing if one.own and isinstance(one.what, str)]
        if any(found.text in (what, _no(what)) for what in whats):  # from now on only a reply answers it
            await ctx.store.inbox.forget(where.platform, where.chat, latest("question", inbound.person, where))
    return found


async def _read(
    ctx: Context, inbound: Inbound, words: str | None, found: Sequence[_Question]
) -> Inbound | Reply | None:
    """The first of these questions that a text answers."""
    assent = None if words is None else talk.assent(words)
    if assent:  # of a list of one line, too: what was asked about before is not bought or deleted by it
        found = sorted(found, key=lambda question: question.at, reverse=True)
    for question in found:
        if isinstance(question.what, str):
            if assent is not None:
                command = question.what if assent else _no(question.what)
                return replace(inbound, text=command, source=question.message, answers=True)
            continue
        said, lines = words or "", question.what
        if words is None and (call := invocation.command(inbound.text)):
            said, lines = call.argument, [line for line in lines if line[1].startswith(f"/{call.name} ")]
        answer = await lists.answer(ctx, inbound, said, lines) if lines else None
        if isinstance(answer, str):
            return replace(inbound, text=answer, source="", answers=True)
        if answer:
            return answer
    return None


def _no(yes: str) -> str:
    """The command of the no to the question that `yes` is the yes to; empty if that is no yes."""
    if order := _YES.fullmatch(yes):
        return f"/no {order[1]}"
    removal = _REMOVAL.fullmatch(yes)
    return f"{removal[1] or removal[2]} no" if removal else ""


def _to_the_seen(inbound: Inbound) -> _Question:
    return _Question(0.0, inbound.asked if _no(inbound.asked) else lists.parsed(inbound.asked), inbound.source)


async def _open(ctx: Context, inbound: Inbound) -> Sequence[_Question]:
    """The questions that a message may answer: the one that it replies to, or what is asked there, the latest first."""
    where = inbound.address
    if inbound.source:
        note = await ctx.store.inbox.recall(where.platform, where.chat, f"question at {inbound.source}", ctx.clock())
        return [_question(note)] if note and await _is_asked(ctx, inbound, note) else []
    return await _latest(ctx, inbound)


async def _is_asked(ctx: Context, inbound: Inbound, note: str) -> bool:
    """Whether a question is the person's; what others say to it is conversation."""
    about = json.loads(note)[1]
    parked = await ctx.store.quotas.parked(about) if ID.fullmatch(about) else None
    return (parked.person if parked else about if ":" in about else inbound.person) == inbound.person


async def _latest(ctx: Context, inbound: Inbound) -> Sequence[_Question]:
    where, now, found = inbound.address, ctx.clock(), list[str]()
    scope = await ctx.store.quotas.scope(inbound.scope) if inbound.scope else ""
    for parked, taken in await ctx.store.retention.parked(inbound.person):
        note = await ctx.store.inbox.recall(where.platform, where.chat, f"question:{parked.id}", now)
        if note and not taken and parked.until >= now and parked.scope == scope:
            found.append(note)
    kinds: tuple[Literal["question", "list"], ...] = ("question", "list")
    for name in (latest(kind, inbound.person, where) for kind in kinds):
        own = await ctx.store.inbox.recall(where.platform, where.chat, name, now)
        if own and not await _went_on(ctx, inbound.person, _question(own).at):
            found.append(own)
    order = sorted(map(_question, found), key=lambda question: question.at, reverse=True)
    return sorted(order, key=lambda question: not isinstance(question.what, str))  # lists last


async def _went_on(ctx: Context, person: str, since: float) -> bool:
    """Whether the person ordered or got a clip since then: what they write now may be about that."""
    return any(max(job.created_at, job.done_at or 0.0) > since for job in await ctx.store.jobs(person, 10))


def _question(note: str) -> _Question:
    at, about, what, message = json.loads(note)
    return _Question(float(at), what, message, ":" in about)
