"""/limits and /tier: a community's limits, places and lists of people."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from bot import catalogue, offers, rights, texts
from bot.admin.people import Target, act, group, how, told
from bot.context import Context
from bot.conversation import MENTION, SHELL, Inbound, Reply
from bot.errors import Refusal
from bot.quotas import amounts, pricing, quote
from bot.quotas.rules import Rule, about
from bot.sentence import EMPTY, Sentence, join, lines, sentences

Edit = Callable[[Rule], Rule]
_LIST = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_RESERVED = frozenset({"admins", "default", "everyone", "all", "set"})
_OFF = frozenset({"off", "none", "no", "unlimited", "any"})
MOST_PLACES = 100
MOST_PEOPLE = 1000


async def limits(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Show or set limits."""
    if not argument:
        return await _show(ctx, inbound)
    word = argument.split(maxsplit=1)[0].lower().rstrip(":=")
    everyone = Target("", texts.admin.DEFAULT, argument)
    found = everyone if word in _SETTERS else await group(ctx, inbound, argument, how(inbound, texts.admin.LIMITS_HOW))
    name, value = (*found.rest.split(maxsplit=1), "", "")[:2]
    name = name.rstrip(":=")
    value, because = amounts.because(value)
    setter = _SETTERS.get(name.lower())
    own = name.lower() in _OWN
    if setter is None or (found.about and not own):
        raise Refusal(how(inbound, texts.admin.LIMITS_HOW))
    edit, words = setter(ctx, inbound, value)
    done = await ctx.store.quotas.amend(act(ctx, inbound, f"limits {name.lower()}", found, because), edit)
    return told(texts.admin.changed(found.label, words) if own else words, done)


async def tier(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Manage named lists: `/tier staff add @someone`; they replace roles on platforms without roles."""
    if not argument and (lists := _lists(await ctx.store.quotas.rules(inbound.scope))):
        return Reply(join("\n\n", [lines(*lists), texts.admin.TIER_HOW]), private=True)
    name, rest = (*argument.lower().split(maxsplit=1), "", "")[:2]
    verb = rest.split(maxsplit=1)[0] if rest else ""
    if not _LIST.fullmatch(name) or name in _RESERVED or verb not in ("", "add", "remove"):
        raise Refusal(how(inbound, texts.admin.TIER_HOW))
    if inbound.text.count(MENTION) != len(inbound.named):
        raise Refusal(texts.admin.WHOSE_NAME)
    people = {who.id for who in inbound.named if who.kind == "person"}
    if inbound.replied_to and inbound.replied_to.kind == "person" and not people:
        people = {inbound.replied_to.id}
    if verb and not people:
        raise Refusal(texts.admin.WHOSE)
    if not verb:
        rule = (await ctx.store.quotas.rules(inbound.scope)).get(about("list", name))
        if rule is None:
            raise Refusal(texts.admin.no_list(name))
        return Reply(_list(name, rule), private=True)

    def edit(rule: Rule) -> Rule:
        now = set(rule.people or ())
        now = now | people if verb == "add" else now - people
        return replace(rule, people=tuple(sorted(now)[:MOST_PEOPLE]))

    found = Target(about("list", name), name, "")
    done = await ctx.store.quotas.amend(act(ctx, inbound, f"tier {verb}", found), edit)
    return told(_list(name, Rule.load(done.after)), done)


async def _show(ctx: Context, inbound: Inbound) -> Reply:
    rules = await ctx.store.quotas.rules(inbound.scope)
    scope = rules.get("", Rule())
    held = pricing.limits(
        (await ctx.store.quotas.rulebook(replace(quote.member(inbound), person="", tiers=frozenset()))), ctx.policy
    )
    names = _lists(rules)
    for name, rule in rules.items():
        if name.startswith("tier:") and rule.credits is not None:
            rate = texts.phrases.rate(rule.credits, rule.span or "day")
            names.append(texts.admin.changed(name.partition(":")[2], rate))
    words = texts.admin.limits(
        texts.admin.DEFAULT,
        texts.phrases.rate(held.credits, held.span),
        held.flight,
        held.longest,
        places=_places(inbound, scope.places),
        closed=bool(scope.closed),
        confirm=scope.confirm,
        models=None if scope.models is None else [*map(offers.said_title, scope.models)],
        zone=scope.zone or "UTC",
        cap=scope.cap,
        flights=scope.flights,
        others=names,
    )
    if await rights.administers(ctx, inbound):
        words = join("\n\n", [words, how(inbound, texts.admin.LIMITS_HOW)])
    return Reply(words, private=True)


def _places(inbound: Inbound, places: tuple[str, ...] | None) -> Sentence:
    """Where orders are taken: number of places, or ids in a shell; empty for everywhere."""
    if places is None:
        return EMPTY
    if inbound.address.chat == SHELL:
        return texts.admin.in_channels(f"#{place.removesuffix('/')}" for place in places)
    chat = f"{inbound.address.chat}/"
    return texts.admin.places(len(places), here=chat in places or f"{chat}{inbound.address.thread}" in places)


def _lists(rules: Mapping[str, Rule]) -> list[Sentence]:
    return [_list(name.partition(":")[2], rule) for name, rule in rules.items() if name.startswith("list:")]


def _list(name: str, rule: Rule) -> Sentence:
    rate = texts.phrases.rate(rule.credits, rule.span or "day") if rule.credits is not None else EMPTY
    return texts.admin.tier(name, len(rule.people or ()), rate)


# ── One setter per word ──────────────────────────────────────────────────────────────────────────────────────────────


def _flight(ctx: Context, inbound: Inbound, value: str) -> tuple[Edit, Sentence]:
    count = _count(inbound, value)
    return lambda rule: replace(rule, flight=count), texts.admin.at_once(count)


def _longest(ctx: Context, inbound: Inbound, value: str) -> tuple[Edit, Sentence]:
    count = _count(inbound, value.removesuffix("seconds").removesuffix("s").strip())
    if count is not None and count not in catalogue.LENGTHS:
        raise Refusal(how(inbound, texts.admin.LIMITS_HOW))
    return lambda rule: replace(rule, longest=count), texts.admin.longest(count)


def _confirm(ctx: Context, inbound: Inbound, value: str) -> tuple[Edit, Sentence]:
    count = _count(inbound, value)
    return lambda rule: replace(rule, confirm=count), texts.admin.confirm_above(count)


def _models(ctx: Context, inbound: Inbound, value: str) -> tuple[Edit, Sentence]:
    if value.lower() in ("all", "every", "everything", *_OFF):
        return lambda rule: replace(rule, models=None), texts.models.allowed(())
    names = offers.said_names(value)
    if not names:
        raise Refusal(how(inbound, texts.admin.LIMITS_HOW))
    can = ctx.offers().here(names)
    known = {*can.words, *(one.id for one in can.models)}
    missing = [offers.said_title(name) for name in names if name not in known]
    if not can.models:
        raise Refusal(texts.models.none_offered(missing, ctx.offers().titles()))
    said = texts.models.allowed([*map(offers.said_title, names)])
    if missing:
        said = sentences(said, texts.models.not_offered_now(missing))
    return lambda rule: replace(rule, models=tuple(names)), said


def _who(ctx: Context, inbound: Inbound, value: str) -> tuple[Edit, Sentence]:
    closed = {"everyone": None, "all": None, "anyone": None, "tiers": True, "roles": True}.get(value.lower(), 0)
    if closed == 0:
        raise Refusal(how(inbound, texts.admin.LIMITS_HOW))
    words = texts.admin.CLOSED if closed else texts.admin.OPEN
    return lambda rule: replace(rule, closed=True if closed else None), words


def _zone(ctx: Context, inbound: Inbound, value: str) -> tuple[Edit, Sentence]:
    name = pricing.known_zone(value) if value else None
    if name is None:
        raise Refusal(texts.credits.zone_unknown(pricing.nearest_zone(value)))
    return lambda rule: replace(rule, zone=name), texts.admin.zone_set(name)


def _channels(ctx: Context, inbound: Inbound, value: str) -> tuple[Edit, Sentence]:
    # Mentions are parsed from the message: in `value` they are expanded to names already.
    named = tuple(channel.id for channel in inbound.named if channel.kind == "channel")
    if value.lower() in ("everywhere", "all", "any", *_OFF):
        return lambda rule: replace(rule, places=None), texts.admin.orders_in(EMPTY)
    if value.lower() == "here":
        named = (f"{inbound.address.chat}/{inbound.address.thread}",)
    if not named:
        raise Refusal(how(inbound, texts.admin.LIMITS_HOW))

    def edit(rule: Rule) -> Rule:
        return replace(rule, places=tuple(dict.fromkeys((*(rule.places or ()), *named)))[:MOST_PLACES])

    names = [f"#{channel.label}" for channel in inbound.named if channel.kind == "channel"]
    where = texts.admin.HERE if value.lower() == "here" else texts.admin.in_channels(names)
    return edit, texts.admin.orders_in(where)


_SETTERS: dict[str, Callable[[Context, Inbound, str], tuple[Edit, Sentence]]] = {
    "flight": _flight,
    "clips": _flight,
    "longest": _longest,
    "confirm": _confirm,
    "models": _models,
    "model": _models,
    "who": _who,
    "zone": _zone,
    "channels": _channels,
    "channel": _channels,
    "topics": _channels,
    "topic": _channels,
}


_OWN = frozenset({"flight", "clips", "longest"})
"""Limits that can be set for a person or role, too."""


def _count(inbound: Inbound, value: str) -> int | None:
    """A number, or None for no limit. Raises `Refusal`."""
    if value.lower() in _OFF:
        return None
    found = amounts.whole(value)
    if found is None:
        raise Refusal(how(inbound, texts.admin.LIMITS_HOW))
    return found
