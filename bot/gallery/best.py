"""The clips with the most hearts: on request, and posted on a schedule."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from bot import texts
from bot.context import Context
from bot.conversation import Button, Inbound, Reply
from bot.errors import Refusal
from bot.gallery import lookup
from bot.gallery.model import OutboxEntry, Share
from bot.quotas import pricing
from bot.sentence import Sentence

BEST = 5
"""Maximum clips in the list."""
HOUR = 9
"""Hour of the day from which scheduled posts are made."""
DAY = 86_400.0
TAKEN = "best"
"""Name of the note that a community's scheduled post was queued."""
KEPT = 40 * DAY
"""Seconds for which that note is kept: longer than a month."""
_DAYS = {"week": 7, "month": 30}


async def best(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """The most-liked clips among those shared in the last seven or thirty days."""
    span = argument.lower() or "week"
    if span not in _DAYS:
        raise Refusal(texts.sharing.BEST_HOW)
    if not inbound.scope:
        raise Refusal(texts.sharing.BEST_WHERE)
    rule = await lookup.rule_of(ctx.store, inbound.scope)
    found = await ctx.store.gallery.best(inbound.scope, ctx.clock() - _DAYS[span] * DAY, BEST)
    if not found and not rule.gallery and not rule.web:
        raise Refusal(texts.sharing.NO_GALLERY)
    if not found:
        return Reply(texts.sharing.no_best(span))
    lines, buttons = _ranked(found)
    named = tuple(one.id for one in found)
    text = texts.sharing.best(span, lines, lookup.gallery_link(ctx.links.web, rule))
    return Reply(text, buttons, shares=named, chooser=inbound.person, lines=buttons)


async def post_best(ctx: Context) -> None:
    """Chore: on Monday, or the first of the month, queue one post of the best clips in each community that wants it."""
    now, inbox = ctx.clock(), ctx.store.inbox
    for scope, rule in await ctx.store.gallery.punctual():
        if rule.best is None or not rule.gallery:
            continue
        if (since := _since(now, rule.best, rule.zone)) is not None:
            key = f"best:{scope}:{pricing.window(now, rule.best, pricing.zone(rule.zone)).key}"
            await inbox.take(key, TAKEN, json.dumps([scope, since]), now)
    for key, body in await inbox.waiting(TAKEN):
        scope, since = json.loads(body)
        rule, found = await lookup.rule_of(ctx.store, scope), await ctx.store.gallery.best(scope, since, BEST)
        if not (rule.best and rule.gallery and found):
            await inbox.handled(key, now)
            continue
        lines, buttons = _ranked(found)
        text = texts.sharing.best_post(rule.best, lines, lookup.gallery_link(ctx.links.web, rule))
        place = lookup.place_of(scope, rule.gallery)
        entry = OutboxEntry(
            ctx.ids.new(), "tell", place, now, text=text, buttons=buttons, shows=tuple(one.id for one in found)
        )
        await ctx.store.outbox.put(entry, settles=key)  # one transaction: both or neither, also after a crash
        ctx.wake.outbox()
        await inbox.sweep(TAKEN, now, KEPT)


def _since(now: float, span: Literal["week", "month"], zone: str | None) -> float | None:
    """Start of the period whose best clips are due to be posted; None if none is due."""
    moment = datetime.fromtimestamp(now, pricing.zone(zone))
    first = moment.weekday() == 0 if span == "week" else moment.day == 1
    if not first or moment.hour < HOUR:
        return None
    before = moment - timedelta(days=7) if span == "week" else (moment - timedelta(days=1)).replace(day=1)
    return before.replace(hour=HOUR, minute=0, second=0, microsecond=0).timestamp()


def _ranked(ranking: Sequence[Share]) -> tuple[list[Sentence], tuple[Button, ...]]:
    lines = [texts.sharing.best_line(n, one.prompt, one.name, one.hearts) for n, one in enumerate(ranking, 1)]
    return lines, tuple(Button(texts.jobs.clip_number(n), f"/show {one.id}") for n, one in enumerate(ranking, 1))
