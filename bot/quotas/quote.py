"""Quotes: an order's price, whether it would pass now, and the sentence for a refusal."""

import asyncio
import logging
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace

from bot import platforms, rights, texts
from bot.catalogue import Model
from bot.context import Context
from bot.conversation import Inbound
from bot.errors import Denial, Refusal, StoreDown
from bot.model import Incident
from bot.offers import Choice
from bot.quotas import pricing
from bot.quotas.rules import FOREVER, Denied, Member, Quote
from bot.sentence import EMPTY, Sentence

log = logging.getLogger(__name__)

ALARM = 5.0
"""Seconds by which the report to the operator may delay the reply."""


def member(inbound: Inbound) -> Member:
    """The asker and their place."""
    return Member(inbound.scope, inbound.person, inbound.tiers)


def ask(
    ctx: Context, inbound: Inbound, seconds: int = 0, model: Model | None = None, price: int | None = None
) -> pricing.Ask:
    """An order of so many seconds of video of a model, as input to the limits; without a model, of nothing.

    `price`: what was agreed before, instead of today's.
    """
    today = pricing.price(seconds, model) if model and price is None else 0
    return pricing.Ask(
        member(inbound),
        today if price is None else price,
        seconds,
        ctx.clock(),
        f"{inbound.address.chat}/{inbound.address.thread}",
        platforms.kind(inbound.address.platform) == "operator",
        *((model, ctx.offers().names(model.id)) if model else ()),
    )


async def quote(ctx: Context, ask: pricing.Ask, inbound: Inbound) -> tuple[pricing.Ask, Quote]:
    """Whether an order would pass; the returned ask includes the admins' tier if it matters and applies."""
    found = await ctx.store.quotas.quote(ask.member, pricing.plan(ask, ctx.policy), ask.now)
    return await as_admin(ctx, ask, inbound, found)


async def as_admin(ctx: Context, ask: pricing.Ask, inbound: Inbound, found: Quote) -> tuple[pricing.Ask, Quote]:
    """What was `found`, or what holds for an admin, if that matters and the asker is one."""
    if found.rules.admins_matter and await rights.administers(ctx, inbound):
        ask = replace(ask, member=replace(ask.member, tiers=ask.member.tiers | {"admins"}))
        found = await ctx.store.quotas.quote(ask.member, pricing.plan(ask, ctx.policy), ask.now)
    return ask, found


def until(ends_at: float | None, zone: str) -> Sentence:
    """The end of a ban in words; empty if it has none."""
    return EMPTY if ends_at is None or ends_at >= FOREVER else texts.admin.when(ends_at, pricing.zone(zone), zone)


async def denial(ctx: Context, ask: pricing.Ask, denied: Denied, quoted: Quote) -> Refusal:
    """The refusal in words. A reached ceiling of the whole installation is reported to the operator first."""
    if denied.cause == "model":  # told at each try, as another may be named
        allowed = ctx.offers().here(quoted.rules.scope.models).titles()
        return Refusal(texts.models.forbidden(ctx.offers().title(ask.model), allowed))
    if pricing.stops_all(denied):
        await _alarm(ctx, ask, denied)
    return Denial(_words(ctx, ask, denied, quoted), denied.cause)


async def _alarm(ctx: Context, ask: pricing.Ask, denied: Denied) -> None:
    """Report a reached ceiling to the operator, once each time."""
    if denied.cause == "paused" or denied.ends_at is None:
        return
    key = f"alarm:{denied.cause}:{denied.ends_at:.0f}:{denied.limit}"
    refill = texts.phrases.refill(denied.ends_at - ask.now)
    words = texts.credits.alarm(denied.cause, denied.limit, refill)
    with suppress(StoreDown):
        if not await ctx.store.inbox.take(key, "operator", "", ask.now):
            return
        await ctx.store.inbox.handled(key, ask.now)
        await ctx.store.note(Incident(ask.now, texts.incidents.BUYING_STOPPED, words))
    if ctx.tell:
        try:
            async with asyncio.timeout(ALARM):
                await ctx.tell(words)
        except Exception as error:  # the reply does not depend on the report
            log.warning("the operator could not be told: %s", error)


def _words(ctx: Context, asked: pricing.Ask, denied: Denied, quoted: Quote) -> Sentence:
    """The reason for a refusal, in words."""
    rules = quoted.rules
    zone = rules.scope.zone or "UTC"
    span = pricing.limits(rules, ctx.policy).span
    if denied.cause == "banned":
        refill = until(denied.ends_at, zone)
    elif denied.ends_at is None:
        refill = EMPTY
    elif denied.cause == "allowance":
        refill = texts.phrases.refill(denied.ends_at - asked.now, span, zone)
    else:
        month = denied.cause.endswith("month")
        own = zone if denied.cause == "community_month" else "UTC"
        refill = texts.phrases.refill(denied.ends_at - asked.now, "month" if month else "day", own)
    operators = pricing.stops_all(denied) or denied.cause == "community_month"
    whom = "operator" if pricing.stops_all(denied) else "own" if operators or not asked.member.scope else "community"
    left = _affordable(denied, quoted)
    seconds, fits = _shorter(asked.model, left)
    other = EMPTY if fits else _cheaper(ctx, left, rules.scope.models)
    return texts.credits.denied(
        denied.cause, asked.price, denied.left, denied.limit, span, refill, denied.because, whom, fits, seconds, other
    )


def _affordable(denied: Denied, quoted: Quote) -> int:
    """Credits that a refused person may spend on another clip now; 0 if the refusal is not for want of credits."""
    if denied.cause == "allowance":
        return denied.left
    if denied.cause != "community_month":
        return 0
    return denied.left if quoted.left is None else min(denied.left, quoted.left + quoted.extra)


def _shorter(model: Model, left: int) -> tuple[int, int]:
    """Seconds and price of the longest clip of a model that so many credits pay for; zeros if there is none."""
    costs = [(one, pricing.price(one, model)) for one in model.seconds] if model.price else []
    return max(((one, price) for one, price in costs if price <= left), default=(0, 0))


def _cheaper(ctx: Context, left: int, allowed: Collection[str] | None) -> Sentence:
    """A clip of another model that so many credits pay for, and how it is ordered; empty if there is none."""
    can = ctx.offers().here(allowed)
    for model in can.ranked(sound=False):
        if model.price and (costs := pricing.price(model.seconds[0], model)) <= left:
            return texts.credits.cheaper(can.title(model), model.seconds[0], costs, can.name(Choice(model)))
    return EMPTY
