"""/operator price: what a second of each model costs, set and taken back."""

import re
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from bot import catalogue, texts
from bot.admin.people import act, how, told
from bot.catalogue import Model
from bot.context import Context
from bot.conversation import Inbound, Reply
from bot.errors import Refusal
from bot.offers import LONGEST
from bot.quotas.rules import HOUSE, Rule
from bot.sentence import EMPTY, Sentence

_BEFORE = r"(?P<model>.*?)(?<![ =:])[ =:]++"  # at the beginning of a run of blanks alone: a message may have thousands
_RATE = re.compile(
    rf"{_BEFORE}(?P<rate>\d{{1,4}}(?:[.,]\d{{1,4}}|/[1-9]\d{{0,3}})?)(?: credits?)?(?: ?(?:a|per|/) ?s(?:econd)?)?",
    re.ASCII | re.IGNORECASE,
)
_OFF = re.compile(rf"{_BEFORE}(?:off|none|back)", re.ASCII | re.IGNORECASE)
MOST = 1000
"""Credits a second, at most."""


async def price(ctx: Context, inbound: Inbound, argument: str, because: str) -> Reply:
    """Show all prices, or that of `MODEL`; or `MODEL 4 a second`, or `MODEL off`. Raises `Refusal`."""
    shown = _named(ctx, argument)
    if shown or not argument.strip():
        return _show(ctx, [shown] if shown else catalogue.rows())
    if found := _OFF.fullmatch(argument.strip()):
        return await _unset(ctx, inbound, _model(ctx, found["model"]), because)
    found = _RATE.fullmatch(argument.strip())
    rate = Fraction(found["rate"].replace(",", ".")) if found else Fraction(0)
    if not found or not 0 < rate <= MOST:
        raise Refusal(how(inbound, texts.prices.HOW))
    model = _model(ctx, found["model"])
    entry = replace(act(ctx, inbound, f"price {model.id}", because=because), scope=HOUSE, verb="price")
    done = await ctx.store.quotas.amend(entry, lambda rule: _with(rule, model, rate))
    await ctx.reprice()
    return told(texts.prices.was_set(model.title, rate), done)


async def _unset(ctx: Context, inbound: Inbound, model: Model, because: str) -> Reply:
    entry = replace(act(ctx, inbound, f"price {model.id}", because=because), scope=HOUSE, verb="price")
    rule = (await ctx.store.quotas.rules(HOUSE)).get("", Rule())
    if _with(rule, model, None) == rule and not await ctx.store.quotas.act(entry.id):
        return Reply(texts.prices.not_set(model.title), private=True)
    done = await ctx.store.quotas.amend(entry, lambda rule: _with(rule, model, None))
    await ctx.reprice()
    now = next((one.price for one in ctx.offers().every if one.id == model.id), None)
    return told(texts.prices.was_unset(model.title, now.a_second if now else None), done)


def _show(ctx: Context, models: Sequence[Model]) -> Reply:
    offered = {one.id: one for one in ctx.offers().every}
    rows = []
    for row in models:
        found = offered[row.id].price if row.id in offered else None
        source = EMPTY if found is None else _source(found)
        rows.append(texts.prices.line(row.title, found.a_second if found else None, source))
    return Reply(texts.prices.table(rows), private=True)


def _source(found: catalogue.Price) -> Sentence:
    if found.source == "operator":
        return texts.prices.SET
    if found.source:
        return texts.prices.listed(found.source)
    return texts.prices.BY_ROW if found.estimate else EMPTY


def _named(ctx: Context, name: str) -> Model | None:
    """The row that a title, an id or a word means."""
    said = name.strip(" \"'“”")[:LONGEST]
    choice = ctx.offers().find(said)
    return catalogue.named(said) or (choice.model if choice else None)


def _model(ctx: Context, name: str) -> Model:
    """As `_named`. Raises `Refusal`."""
    said = name.strip(" \"'“”")
    if found := _named(ctx, said):
        return found
    raise Refusal(texts.prices.unknown(said[:40], catalogue.near(said)))


def _with(rule: Rule, model: Model, rate: Fraction | None) -> Rule:
    """The operator's rule with another price of a model; None: with none."""
    others = [one for one in rule.prices or () if one.rpartition("=")[0] != model.id]
    now = tuple(sorted([*others, *([f"{model.id}={rate}"] if rate else [])]))
    return replace(rule, prices=now or None)
