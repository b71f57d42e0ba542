"""A person's own balance: credits left, next refill, latest movements."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo

from bot import platforms, texts
from bot.context import Context
from bot.conversation import Inbound, Reply
from bot.quotas import pricing, quote
from bot.quotas.records import Movement
from bot.quotas.rules import Bill, Denied, Member, Quote, Rulebook
from bot.sentence import EMPTY, Sentence, join, lines

LATEST = 10
"""Movements listed in /quota."""
BOOKS = 11
"""Maximum books per clip: its credits may come from several grants."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A member's balance. `limit` is None where spending is unlimited."""

    rules: Rulebook
    limit: int | None
    span: str
    left: int | None
    extra: int
    refill: Sentence
    sentence: Sentence


async def standing(ctx: Context, inbound: Inbound, other: Member | None = None) -> Standing:
    """The balance of the asker, or of `other`."""
    asked = quote.ask(ctx, inbound)
    if other:
        unlimited = platforms.kind(other.person.partition(":")[0]) == "operator"
        asked = replace(asked, member=other, unlimited=unlimited)
        quoted = await _look(ctx, asked)
    else:
        asked, found = await quote.quote(ctx, asked, inbound)
        quoted = await _look(ctx, asked, found.rules)
    held = pricing.limits(quoted.rules, ctx.policy)
    where = pricing.zone(quoted.rules.scope.zone)
    window = pricing.window(ctx.clock(), held.span, where)
    limit = None if asked.unlimited else held.credits
    refill = texts.phrases.refill(window.ends_at - ctx.clock(), held.span, quoted.rules.scope.zone or "UTC")
    left = None if limit is None else quoted.left or 0
    sentence = texts.chat.allowance(left, refill, held.span, quoted.extra)
    return Standing(quoted.rules, limit, held.span, left, quoted.extra, refill, sentence)


async def _look(ctx: Context, asked: pricing.Ask, rules: Rulebook | None = None) -> Quote:
    """The balance, ignoring other reasons to refuse an order."""

    def bare(found: Rulebook) -> Bill | Denied:
        scope = replace(found.scope, places=None, closed=None)
        free = replace(found, scope=scope, own=tuple(replace(rule, banned=None) for rule in found.own))
        return pricing.bill(
            replace(asked, seconds=0), replace(free, house=replace(found.house, paused=None)), ctx.policy
        )

    quoted = await ctx.store.quotas.quote(asked.member, bare, asked.now)
    return replace(quoted, rules=rules) if rules else quoted


async def mine(ctx: Context, inbound: Inbound) -> Reply:
    """Balance, next refill, grants, latest movements."""
    found = await standing(ctx, inbound)
    where, zone = pricing.zone(found.rules.scope.zone), found.rules.scope.zone or "UTC"
    said = [found.sentence]
    banned = pricing.ban(found.rules, ctx.clock())
    if banned and found.limit is not None:
        said.insert(0, texts.credits.barred(quote.until(banned.banned, zone), banned.because or ""))
    for gift in await ctx.store.quotas.grants(inbound.scope, found.rules.people, ctx.clock()):
        until = texts.admin.when(gift.until, where, zone) if gift.until else EMPTY
        said.append(texts.credits.grant_line(gift.left, gift.amount, until, gift.because))
    moves = await ctx.store.figures.movements(inbound.scope, found.rules.people, LATEST * BOOKS)
    latest = [_line(event, where, await _words(ctx, event[0].job)) for event in _events(moves)[:LATEST]]
    moved = lines(texts.credits.LATEST, *latest) if moves else EMPTY
    return Reply(join("\n\n", [lines(*said), moved]), private=True)


def _events(moves: Sequence[Movement]) -> list[list[Movement]]:
    """Movements grouped by clip or act: several books may have paid for one clip."""
    events: dict[object, list[Movement]] = {}
    for number, move in enumerate(moves):
        events.setdefault(move.job or number, []).append(move)
    return list(events.values())


async def _words(ctx: Context, job_id: str) -> str:
    """The prompt of a movement's clip."""
    job = await ctx.store.job(job_id) if job_id else None
    return job.order.prompt if job else ""


def _line(event: Sequence[Movement], where: tzinfo, words: str) -> str:
    first, kinds = event[0], {move.kind for move in event}
    moved = [move for move in event if move.kind != "lapse"]
    amount = sum(abs(move.given or move.held or move.spent) for move in moved)
    because = "" if first.job and first.held else first.because  # the reason was in the job's result
    kind = "partly" if {"refund", "lapse"} <= kinds else first.kind
    return texts.credits.movement(texts.admin.stamp(first.at, where), kind, amount, words, because)
