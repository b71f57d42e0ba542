"""Money as the operator's page shows it: against ceilings, by day, and by host, model and community."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from bot import texts
from bot.context import Context
from bot.overview import Ceiling, Day, Money
from bot.quotas import pricing
from bot.quotas.pricing import MILLIONTHS

DAYS = 30
DAY = 86_400.0
PATIENCE = 5.0
"""Timeout in seconds of a host's balance request."""


async def ceilings(ctx: Context) -> list[Ceiling]:
    """What is spent of what may be."""
    lines = pricing.ceilings(0, ctx.clock(), ctx.policy)
    used = await ctx.store.overview.spent([line.span for line in lines])
    found = []
    for line in lines:
        unit, span = line.span.split(":")[:2]
        scale = MILLIONTHS if unit == "money" else 1
        limit = None if line.limit is None else line.limit / scale
        found.append(Ceiling(unit, span, used.get(line.span, 0) / scale, limit))
    return found


async def money(ctx: Context) -> Money:
    """Spending of the last days."""
    today = pricing.window(ctx.clock(), "day").ends_at - DAY
    begins = [today - n * DAY for n in reversed(range(DAYS))]
    spans = [f"credits:{pricing.window(at, 'day').key}" for at in begins]
    used = await ctx.store.overview.spent(spans)
    days = [(at, at + DAY) for at in begins]
    usd = await ctx.store.overview.taken(days)
    return Money(
        await ceilings(ctx),
        [Day(at, used.get(span, 0), cost) for at, span, cost in zip(begins, spans, usd, strict=True)],
        await ctx.store.overview.parts(days),
        await _balances(ctx),
        [
            texts.prices.comparison(one.host, one.since, one.counts, one.usd)
            for one in await ctx.store.bills.comparisons()
        ],
    )


async def _balances(ctx: Context) -> Mapping[str, float]:
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            return await ctx.provider.balances()
    return {}
