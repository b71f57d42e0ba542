"""/operator: state and spending of the installation, caps of communities, the kill switch."""

import asyncio
import difflib
import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from bot import texts
from bot.admin import operator_sessions
from bot.admin.people import Target, act, how, told
from bot.admin.prices import price
from bot.context import Context
from bot.conversation import Inbound, Reply
from bot.errors import Illegal, Refusal
from bot.jobs import machine
from bot.quotas import amounts, pricing
from bot.quotas.rules import HOUSE, Rule
from bot.sentence import Number, join
from storage import Store

_SCOPE = re.compile(r"[a-z]+:-?\w+", re.ASCII)
NAMED = 5
"""Communities suggested for an unknown name."""
PATIENCE = 5.0
"""Timeout in seconds of a host's balance request."""
_OFF = frozenset({"off", "none", "unlimited"})


async def operator(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Show the state of the installation; or do what the verb says."""
    rest, because = amounts.because(argument)
    verb, rest = (*rest.split(maxsplit=1), "", "")[:2]
    match verb.lower():
        case "":
            return await _show(ctx)
        case "pause" | "resume" if not rest:
            return await _switch(ctx, inbound, verb.lower(), because)
        case "release" if not rest:
            return await _release(ctx, inbound, because)
        case "return" if not rest:
            return await _return(ctx, inbound, because)
        case "price" | "prices":
            return await price(ctx, inbound, rest, because)
        case "page" if rest.lower() in ("", "close"):
            return await (operator_sessions.close if rest else operator_sessions.link)(ctx, inbound)
        case "cap" | "flights":
            return await _cap(ctx, inbound, verb.lower(), rest, because)
    raise Refusal(how(inbound, texts.operator.OPERATOR_HOW))


async def _switch(ctx: Context, inbound: Inbound, verb: str, because: str) -> Reply:
    entry = replace(act(ctx, inbound, verb, because=because), scope=HOUSE)
    paused = True if verb == "pause" else None
    rule = (await ctx.store.quotas.rules(HOUSE)).get("", Rule())
    if rule.paused == paused and not await ctx.store.quotas.act(entry.id):
        return Reply(texts.operator.PAUSED_ALREADY if paused else texts.operator.NOT_PAUSED, private=True)
    done = await ctx.store.quotas.amend(entry, lambda rule: replace(rule, paused=paused))
    ctx.wake.worker()
    return told(texts.operator.PAUSED if paused else texts.operator.RESUMED, done)


async def _release(ctx: Context, inbound: Inbound, because: str) -> Reply:
    """Queue the jobs again that a restore has halted."""
    entry = replace(act(ctx, inbound, "release", because=because), scope=HOUSE)
    queued, lost = await ctx.store.restored.release(entry)
    ctx.wake.worker()
    return Reply(
        texts.operator.released(queued, lost) if queued or lost else texts.operator.NOTHING_HALTED, private=True
    )


async def _return(ctx: Context, inbound: Inbound, because: str) -> Reply:
    """Refund the jobs that a restore has halted."""
    restored, now = ctx.store.restored, ctx.clock()
    jobs = [job.id for job in await restored.halted()]
    await restored.noted(replace(act(ctx, inbound, "return", because=because), scope=HOUSE), jobs)
    count = 0
    for job in jobs:
        with suppress(Illegal):  # cancelled meanwhile
            count += await ctx.store.change(job, lambda job: machine.given_back(job, now)) is not None
    ctx.wake.worker()
    return Reply(texts.operator.returned(count) if count else texts.operator.NOTHING_HALTED, private=True)


async def _cap(ctx: Context, inbound: Inbound, verb: str, rest: str, because: str) -> Reply:
    """Set a cap of this community, or of a named one: operators may set all."""
    scope = inbound.scope
    word, value = (*rest.split(maxsplit=1), "", "")[:2]
    if value and _SCOPE.fullmatch(word):
        scope = await community(ctx.store, word)
    else:
        value = rest
    if not scope:
        raise Refusal(texts.operator.CAP_WHERE)
    value = " ".join(value.lower().split())
    limit = None if value in _OFF else amounts.whole(re.sub(r" ?(a|per|/) ?month$", "", value))
    if limit is None and value not in _OFF:
        raise Refusal(how(inbound, texts.operator.OPERATOR_HOW))

    def edit(rule: Rule) -> Rule:
        return replace(rule, cap=limit) if verb == "cap" else replace(rule, flights=limit)

    entry = replace(act(ctx, inbound, verb, Target("", scope, ""), because), scope=scope)
    done = await ctx.store.quotas.amend(entry, edit)
    words = texts.operator.monthly_cap(limit) if verb == "cap" else texts.operator.most_at_once(limit)
    return told(texts.admin.changed(scope, words), done)


async def community(store: Store, name: str) -> str:
    """The scope of that name, if any data exist for it. Raises `Refusal` with the nearest names."""
    scope, known = await store.quotas.scope(name), await store.figures.scopes()
    if scope not in known:
        raise Refusal(
            texts.operator.no_community(name, difflib.get_close_matches(name, known, 1, 0.6) or known[:NAMED])
        )
    return scope


async def _show(ctx: Context) -> Reply:
    now, store, policy = ctx.clock(), ctx.store, ctx.policy
    health = await store.health(now)
    states = join(", ", [texts.operator.in_state(count, state) for state, count in sorted(health.states.items())])
    lines = [texts.operator.queue(states, health.overdue)]
    paused = (await store.quotas.rules(HOUSE)).get("", Rule()).paused
    lines.append(texts.operator.PAUSED if paused else texts.operator.RESUMED)
    if halted := await store.restored.halted():
        lines.append(texts.operator.halted(len(halted)))
    day, month = pricing.window(now, "day"), pricing.window(now, "month")
    for name, key, limit in (
        (texts.operator.CREDITS_TODAY, f"credits:{day.key}", policy.day),
        (texts.operator.CREDITS_THIS_MONTH, f"credits:{month.key}", policy.month),
    ):
        used = await store.figures.used("operator", key)
        lines.append(texts.operator.against(name, used, limit))
    for name, key, limit in (
        (texts.operator.MONEY_TODAY, f"money:{day.key}", policy.money_day),
        (texts.operator.MONEY_THIS_MONTH, f"money:{month.key}", policy.money_month),
    ):
        if policy.price:
            used = await store.figures.used("operator", key)
            lines.append(texts.operator.against(name, _money(used), None if limit is None else _money(limit)))
    today = datetime.fromtimestamp(now, UTC).date()
    for name, first in ((texts.operator.TODAY, today), (texts.operator.THIS_MONTH, today.replace(day=1))):
        usd, count = await store.bills.sum(pricing.midnight(first, UTC))
        if usd:
            lines.append(texts.operator.cost(name, usd / pricing.MILLIONTHS, count))
    for one in await store.bills.comparisons():
        lines.append(texts.prices.comparison(one.host, one.since, one.counts, one.usd))
    for scope, used in await store.figures.communities(month.key):
        cap = (await store.quotas.rules(scope)).get("", Rule()).cap
        lines.append(texts.operator.community(scope, used, cap))
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            for host, left in (await ctx.provider.balances()).items():
                lines.append(texts.operator.balance(host, left))
    for incident in await store.incidents(3):
        lines.append(texts.operator.incident(incident.at, pricing.zone(None), incident.what, incident.host))
    return Reply(join("\n\n", [join("\n", lines), texts.operator.OPERATOR_HOW]), private=True)


def _money(millionths: int) -> Number:
    return Number(millionths / pricing.MILLIONTHS, places=2)
