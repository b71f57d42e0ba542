"""The models that a person may choose in a place, and each with its price and usual time, in words and as buttons."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot import texts
from bot.context import Context
from bot.conversation import Button, Inbound
from bot.offers import Choice, Offers, Word
from bot.quotas import pricing
from bot.quotas.rules import Rule
from bot.sentence import Sentence


@dataclass(frozen=True, slots=True)
class Option:
    """A choice as it is shown. `value` names it, with the price seen, for buttons and forms; `seconds` of the clip."""

    choice: Choice
    value: str
    word: Word | None
    seconds: int
    price: int
    wait: float | None

    @property
    def title(self) -> Sentence:
        """The choice in words."""
        return texts.models.title(self.word, self.choice.model.title)

    @property
    def line(self) -> Sentence:
        """The choice, what it costs, its usual time."""
        model = self.choice.model
        estimate = model.price is not None and model.price.estimate
        return texts.models.option(self.title, self.seconds, self.price, self.wait, estimate=estimate)

    @property
    def label(self) -> Sentence:
        """The choice and its price, for a button: the rest is in the text above it."""
        return texts.models.label(texts.models.short(self.word, self.choice.model.title), self.price)


async def offers(ctx: Context, inbound: Inbound) -> Offers:
    """What the person may order there, with their own default. Raises `StoreDown`."""
    found = ctx.offers()
    if not found.several and not inbound.scope:
        return found
    if inbound.scope:
        scope = (await ctx.store.quotas.rules(inbound.scope)).get("", Rule())
        found = found.here(scope.models)
    return found.preferring((await ctx.store.gallery.preferences(inbound.person)).model)


async def options(ctx: Context, can: Offers, *, every: bool = False, seconds: int = 0) -> Sequence[Option]:
    """The operator's three choices, or `every` model after the usual one.

    For clips of about so many `seconds`, else of each model's usual length.
    """
    choices = list(can.choices.values())
    if every:
        choices = [can.default, *(one for one in choices if one != can.default)]
        choices += [choice for choice in map(Choice, can.models) if choice not in choices]
    return [await option(ctx, can, choice, seconds) for choice in choices]


def buttons(found: Iterable[Option], command: str) -> Sequence[Button]:
    """A button per option; `command` gets its value."""
    return [Button(one.label, f"{command} {one.value}") for one in found]


def lengths(choice: Choice) -> Sequence[tuple[int, Sentence]]:
    """The lengths of a model's clips, each with its price in words."""
    model = choice.model
    return [(one, texts.models.length(one, pricing.price(one, model))) for one in model.seconds]


async def option(ctx: Context, can: Offers, choice: Choice, seconds: int = 0) -> Option:
    """A choice as it is shown, for a clip of about so many seconds."""
    model = choice.model
    length = model.nearest(seconds) if seconds else model.preset
    return Option(
        choice,
        can.value(choice),
        can.word(choice),
        length,
        pricing.price(length, model),
        await ctx.history.usual(model.id, length),
    )
