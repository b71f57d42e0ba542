"""What people do with their own credits: see them, say yes to a dear clip, be one person on two platforms."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import TYPE_CHECKING

from bot import idempotency, texts
from bot.errors import Refusal
from bot.jobs import status
from bot.model import Button, Inbound, Job, Reply
from bot.quotas import pricing
from bot.quotas.rules import FOREVER, Bill, Denied, Member, Movement, Parked, Quote, Rulebook

if TYPE_CHECKING:
    from bot.core import Core

WAITING = 10
"""Orders of one person that may wait for a yes."""
WAIT = 3600.0
"""Seconds for which an order waits for a yes."""
CODE = 600.0
"""Seconds for which a code links."""
GUESSES = 5
"""Codes that a person may enter in an hour."""
LATEST = 10
"""Lines about movements in /quota."""
BOOKS = 11
"""Books at most that pay for one clip: each of its credits may come of another grant."""
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a member has. `limit` is None where spending is not limited."""

    rules: Rulebook
    limit: int | None
    span: str
    left: int | None
    extra: int
    refill: str
    sentence: str


def member(inbound: Inbound) -> Member:
    """Who asks, and where."""
    return Member(inbound.scope, inbound.person, inbound.tiers)


def ask(core: "Core", inbound: Inbound, seconds: int) -> pricing.Ask:
    """An order of so many seconds, as far as the books care."""
    return pricing.Ask(
        member(inbound),
        pricing.price(seconds, core.model),
        seconds,
        core.clock(),
        f"{inbound.address.chat}/{inbound.address.thread}",
        inbound.address.platform in pricing.UNLIMITED,
    )


async def standing(core: "Core", inbound: Inbound, other: Member | None = None) -> Standing:
    """What whoever asks, or `other`, may still spend."""
    asked = ask(core, inbound, 5)
    if other:
        asked = replace(asked, member=other, unlimited=False)
        quoted = await _look(core, asked)
    else:
        asked, found = await core.quote(asked, inbound)
        quoted = await _look(core, asked, found.rules)
    held = pricing.limits(quoted.rules, core.policy)
    where = pricing.zone(quoted.rules.scope.zone)
    window = pricing.window(core.clock(), held.span, where)
    limit = None if asked.unlimited else held.credits
    refill = texts.chat.refill(window.ends_at - core.clock(), held.span, quoted.rules.scope.zone or "UTC")
    left = None if limit is None else quoted.left or 0
    sentence = texts.chat.allowance(left, refill, held.span, quoted.extra)
    return Standing(quoted.rules, limit, held.span, left, quoted.extra, refill, sentence)


async def _look(core: "Core", asked: pricing.Ask, rules: Rulebook | None = None) -> Quote:
    """What is left, whatever else would forbid an order."""

    def bare(found: Rulebook) -> Bill | Denied:
        scope = replace(found.scope, places=None, closed=None)
        free = replace(found, scope=scope, own=tuple(replace(rule, banned=None) for rule in found.own))
        return pricing.bill(
            replace(asked, seconds=0), replace(free, house=replace(found.house, paused=None)), core.policy
        )

    quoted = await core.store.books.quote(asked.member, bare, asked.now)
    return replace(quoted, rules=rules) if rules else quoted


async def mine(core: "Core", inbound: Inbound) -> Reply:
    """What is left, when it refills, the grants, the latest movements."""
    found = await standing(core, inbound)
    where, zone = pricing.zone(found.rules.scope.zone), found.rules.scope.zone or "UTC"
    lines = [found.sentence]
    for gift in await core.store.books.grants(inbound.scope, found.rules.people, core.clock()):
        until = f"until {texts.admin.when(gift.until, where, zone)}" if gift.until else ""
        lines.append(texts.admin.grant_line(gift.left, gift.amount, until, gift.because))
    moves = await core.store.figures.movements(inbound.scope, found.rules.people, LATEST * BOOKS)
    if moves:
        lines += ["", texts.admin.LATEST]
        lines += [_line(event, where) for event in _events(moves)[:LATEST]]
    return Reply("\n".join(lines), private=True)


def _events(moves: Sequence[Movement]) -> list[list[Movement]]:
    """Movements by what they are about: a clip is one thing, whatever books paid for it."""
    events: dict[object, list[Movement]] = {}
    for number, move in enumerate(moves):
        events.setdefault(move.job or number, []).append(move)
    return list(events.values())


def _line(event: Sequence[Movement], where: tzinfo) -> str:
    first, kinds = event[0], {move.kind for move in event}
    moved = [move for move in event if move.kind != "lapse"]
    amount = sum(abs(move.given or move.held or move.spent) for move in moved)
    because = "" if first.job and first.held else first.because  # how a job ended was told with its result
    kind = "partly" if {"refund", "lapse"} <= kinds else first.kind
    return texts.admin.movement(texts.admin.stamp(first.at, where), kind, amount, first.job, because)


def denial(core: "Core", asked: pricing.Ask, denied: Denied, quoted: Quote) -> str:
    """Why an order is refused, in words."""
    rules = quoted.rules
    zone = rules.scope.zone or "UTC"
    span = pricing.limits(rules, core.policy).span
    if denied.cause == "banned":
        forever = denied.ends_at is None or denied.ends_at >= FOREVER
        refill = "" if forever else texts.admin.when(denied.ends_at or 0.0, pricing.zone(zone), zone)
    elif denied.ends_at is None:
        refill = ""
    elif denied.cause == "allowance":
        refill = texts.chat.refill(denied.ends_at - asked.now, span, zone)
    else:
        month = denied.cause.endswith("month")
        own = zone if denied.cause == "community_month" else "UTC"
        refill = texts.chat.refill(denied.ends_at - asked.now, "month" if month else "day", own)
    operators = pricing.stops_all(denied) or denied.cause == "community_month"
    whom = "operator" if pricing.stops_all(denied) else "own" if operators or not asked.member.scope else "community"
    return texts.admin.denied(denied.cause, asked.price, denied.left, denied.limit, span, refill, denied.because, whom)


# ── A yes before a dear clip ─────────────────────────────────────────────────────────────────────────────────────────


async def park(core: "Core", job: Job, quoted: Quote, above: int) -> Reply:
    """Keep an order until the person says that it may cost so much."""
    await set_aside(core, job)
    return question(core, job, quoted, above)


async def check_room(core: "Core", inbound: Inbound) -> None:
    """Raise `Refusal` if too much of the person's waits for a yes: it costs them nothing, and us its pictures."""
    found = await core.store.traces.parked(inbound.person)
    if sum(parked.until >= core.clock() and not taken for parked, taken in found) >= WAITING:
        raise Refusal(texts.admin.MANY_WAIT)


async def set_aside(core: "Core", job: Job) -> None:
    """Keep an order, with its pictures, for `/yes` and `/no`; nothing is spent before."""
    photos = tuple(photo.name for photo in job.order.photos)
    body = core.store.books.write(job)
    await core.store.books.park(Parked(job.id, job.person, job.scope, body, photos, core.clock() + WAIT))


async def dear(core: "Core", parked: Parked, inbound: Inbound) -> Reply | None:
    """The question about the price of an order that was set aside; None if it needs none now."""
    job, asked, quoted = await priced(core, parked, inbound)
    above = quoted.rules.scope.confirm
    if above is None or asked.price <= above or quoted.denied is not None:
        return None
    return question(core, job, quoted, above)


def question(core: "Core", job: Job, quoted: Quote, above: int) -> Reply:
    """Whether an order that was set aside may cost so much."""
    left = None if quoted.left is None else max(0, quoted.left - job.price)
    costs = texts.chat.price(job.price, left, pricing.limits(quoted.rules, core.policy).span, quoted.extra)
    buttons = (Button(texts.admin.yes(job.price), f"/yes {job.id}"), Button(texts.admin.NO, f"/no {job.id}"))
    return Reply(texts.admin.confirm(status.understood(job.order), job.price, above, costs), buttons, waits=job.id)


async def yes(core: "Core", inbound: Inbound, argument: str) -> Reply:
    """Spend: the order that waited becomes a job, once."""
    parked = await core.store.books.parked(argument.strip()[:32])
    if parked is None:
        job = await core.store.job(argument.strip()[:32])
        if job is None or job.person != inbound.person:
            raise Refusal(texts.admin.PARKED_GONE)
        return await core.status(job)
    check(core, parked, inbound)
    job, asked, quoted = await priced(core, parked, inbound)
    job = replace(job, window=quoted.span or job.window)
    reply = await core.submit(job, asked, inbound, keep=True)
    if reply.job != job.id:
        await core.media.discard(parked.photos)
    await core.store.books.unpark(parked.id)
    return reply


async def no(core: "Core", inbound: Inbound, argument: str) -> Reply:
    """Drop an order that waits."""
    parked = await core.store.books.parked(argument.strip()[:32])
    if parked is None:
        raise Refusal(texts.admin.PARKED_GONE)
    check(core, parked, inbound)
    if await core.store.job(parked.id) is None:
        await core.media.discard(parked.photos)
        await core.store.books.unpark(parked.id)
    return Reply(texts.admin.DROPPED)


async def priced(core: "Core", parked: Parked, inbound: Inbound) -> tuple[Job, pricing.Ask, Quote]:
    """An order that waits, and whether it would pass now, at the price that was told."""
    job = await core.store.books.read(parked.body)
    asked = replace(ask(core, inbound, job.order.seconds), price=job.price, place=_place(job))
    return job, *await core.quote(asked, inbound)


def check(core: "Core", parked: Parked, inbound: Inbound) -> None:
    """Only who ordered may answer, there, and in time. Raises `Refusal`."""
    if parked.person != inbound.person or parked.scope != inbound.scope:
        raise Refusal(texts.chat.NOT_YOURS)
    if parked.until < core.clock():
        raise Refusal(texts.admin.PARKED_GONE)


def _place(job: Job) -> str:
    return f"{job.address.chat}/{job.address.thread}"


# ── One person on two platforms ──────────────────────────────────────────────────────────────────────────────────────


async def link(core: "Core", inbound: Inbound, argument: str) -> Reply:
    """Without a code: make one. With one: be one person with whoever made it."""
    if inbound.shared or inbound.scope:
        raise Refusal(texts.admin.LINK_ALONE)
    if not argument:
        code = idempotency.code(core, inbound, _LETTERS, 8)
        await core.store.accounts.offer(inbound.person, _hash(code), core.clock() + CODE, inbound.key)
        return Reply(texts.admin.code(f"{code[:4]}-{code[4:]}", round(CODE / 60)), private=True, secret=True)
    joined, _ = await core.store.accounts.join(inbound.person, _hash(argument), core.clock(), GUESSES, inbound.key)
    if joined != "joined":
        raise Refusal(texts.admin.LINK_FAILED[joined])
    return Reply(texts.admin.LINKED, private=True)


async def unlink(core: "Core", inbound: Inbound, argument: str) -> Reply:
    """Two again; both keep what they used together as used."""
    rules = await core.store.books.rulebook(Member("", inbound.person))
    now = core.clock()
    spans = [window.key for window in pricing.windows(now, pricing.zone(rules.scope.zone)).values()]
    if not await core.store.accounts.leave(inbound.person, spans, now, inbound.key):
        raise Refusal(texts.admin.NOT_LINKED)
    return Reply(texts.admin.UNLINKED, private=True)


def _hash(code: str) -> str:
    """Codes are kept as hashes: whoever reads the database can't link with them."""
    bare = "".join(character for character in code.upper() if character.isalnum())
    return hashlib.sha256(bare.encode()).hexdigest()
