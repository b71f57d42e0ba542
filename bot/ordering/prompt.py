"""Parser of messages: the caption is the prompt, with options anywhere in it. Pure.

`--duration 10` or `--10s` · `--no blurry, extra hands` (up to the next option) · `--cfg 0.7` · `--model best` ·
`--sound on`. `options` finds them.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from bot import abilities, offers, texts
from bot.abilities import Needs
from bot.catalogue import DEFAULT, Model
from bot.characters import is_punctuation, is_visible, plain, trim
from bot.errors import Refusal
from bot.model import UNREADABLE, Order, Point, Role
from bot.offers import Offers
from bot.ordering import options as written
from bot.ordering.names import NAMES

PROMPT_LIMIT = 2500
"""Characters of a prompt or a negative prompt: the model's limit."""
TEXT_LIMIT = 3 * PROMPT_LIMIT
"""Characters of a whole message: prompt, negative prompt and options."""
NOTHING = frozenset({"nothing", "none"})
"""Values of `--no` for an empty negative prompt."""
BRUSHES = 6
POINTS = range(2, 78)

_SECONDS = re.compile(rf"0*([0-9]{{1,3}})(?:[.,]0+)?(?: *|-)(?:{written.SECONDS})?")
_CFG = re.compile(rf"(\d{{0,3}}[.,]?\d{{1,9}}) *({written.PERCENT}|/ *([1-9]\d{{0,3}}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Draft:
    """An order's words and options, without its pictures."""

    prompt: str
    seconds: int = 5
    negative: str = ""
    cfg: float | None = None
    model: Model = DEFAULT
    sound: bool = False
    seen: Fraction | None = None
    """Credits a second that the person was shown, if any."""
    timed: bool = field(default=False, compare=False)
    """The length was asked for."""
    lost: tuple[str, ...] = field(default=(), compare=False)
    """Names of an earlier order's options that the model has not."""


ONE = offers.alone()


def read(text: str, options: Mapping[str, str] | None = None, can: Offers = ONE) -> Draft:
    """Parse an order of what can be had; picked `options` override written ones. Raises `Refusal`."""
    prompt, values = written.split(text, can.examples())
    values |= options or {}
    for name in values:
        if name not in NAMES:
            raise Refusal(texts.options.option_unknown(name, can.examples(), written.nearest(name, can.examples())))
    if not is_visible(prompt):
        raise Refusal(texts.chat.NO_WORDS)
    negative = _negative(values["no"]) if "no" in values else ""
    if len(prompt) > PROMPT_LIMIT:
        raise Refusal(texts.options.too_wordy(len(prompt), PROMPT_LIMIT, "prompt"))
    if len(negative) > PROMPT_LIMIT:
        raise Refusal(texts.options.too_wordy(len(negative), PROMPT_LIMIT, "no"))
    choice = _chosen(values, can)
    model = choice.model
    seconds = _seconds(values["duration"], model, can) if "duration" in values else model.preset
    timed = "duration" in values
    return Draft(prompt, seconds, negative, _cfg(values.get("cfg")), model, choice.sound, choice.seen, timed)


def _chosen(values: Mapping[str, str], can: Offers) -> offers.Choice:
    """The model and the sound of an order. Sound without a model is made by the operator's choice for it."""
    if "model" in values and not trim(values["model"]):
        raise Refusal(texts.options.option_malformed("model", ""))
    choice = can.pick(values["model"]) if "model" in values else can.default
    if "sound" not in values:
        return choice
    sound = offers.switched(values["sound"])
    if sound and not choice.model.sound and "model" not in values and can.loud:
        return can.loud
    return replace(choice, sound=sound)


def reworded(text: str, options: Mapping[str, str], before: Order, can: Offers = ONE) -> Draft:
    """New words for an earlier order, whose model and options stay unless overridden. Raises `Refusal`.

    A picked option that is empty removes the earlier one. Another model has the length next to the earlier one, and
    of the rest what it can; the same one, named again as a form does, has the earlier sound.
    """
    said = {*written.split(text, can.examples())[1], *options}
    draft = read(text, {name: value for name, value in options.items() if value}, can.like(before))
    return within_model(
        replace(
            draft,
            seconds=draft.seconds if "duration" in said else draft.model.nearest(before.seconds),
            negative=draft.negative if "no" in said else before.negative,
            cfg=draft.cfg if "cfg" in said else before.cfg,
            sound=draft.sound or (before.sound and "sound" not in said and draft.model.id == before.model),
        ),
        said,
    )


def within_model(draft: Draft, said: Collection[str] = ()) -> Draft:
    """Without what the model has not, except for options that were `said` now: those are for `check`."""
    has = {"no": draft.model.negative or not draft.negative, "cfg": draft.model.cfg or draft.cfg is None}
    lost = tuple(name for name, can in has.items() if not can and name not in said)
    return replace(
        draft,
        negative="" if "no" in lost else draft.negative,
        cfg=None if "cfg" in lost else draft.cfg,
        lost=lost,
    )


def kept(order: Order, can: Offers) -> dict[str, str]:
    """An order's options, as picked options of the next one."""
    cfg = {} if order.cfg is None else {"cfg": f"{order.cfg:g}"}
    no = {"no": order.negative} if order.negative else {}
    model = {"model": can.value(can.like(order).default)} if can.several else {}
    return {"duration": str(order.seconds), **no, **cfg, **model}


def wordless(text: str, can: Offers = ONE) -> bool:
    """Whether the text is empty apart from options. Raises `Refusal`."""
    return not is_visible(words(text, can))


def words(text: str, can: Offers = ONE) -> str:
    """The text without its options. Raises `Refusal`."""
    return written.split(text, can.examples())[0]


def apart(text: str) -> str:
    """Options to put before words that follow; a negative prompt is bracketed, so that it ends there."""
    said, values = written.split(text)
    rest = trim(text.replace(said, "", 1))
    return f"({rest})" if "no" in values else rest


def repeat(order: Order, can: Offers = ONE) -> Draft:
    """Words and options of an earlier order, by its model while that can be had."""
    return within_model(by(order, can.like(order).default))


def by(order: Order, choice: offers.Choice) -> Draft:
    """Words and options of an earlier order, made by another model, whose length is the nearest."""
    seconds = choice.model.nearest(order.seconds)
    return Draft(order.prompt, seconds, order.negative, order.cfg, choice.model, choice.sound, choice.seen)


def fits(draft: Draft, roles: Sequence[Role]) -> bool:
    """Whether the model can do all of an order."""
    return lacks(draft, roles) is None


def lacks(draft: Draft, roles: Sequence[Role]) -> str | None:
    """What the model cannot do of an order; None if it can do all."""
    return abilities.lacks(needs(draft, roles), draft.model)


def roles(order: Order) -> list[Role]:
    """Roles of an earlier order's pictures, for `check`."""
    found: list[Role] = ["photo"]
    if order.end:
        found.append("end")
    if order.static_mask:
        found.append("static_mask")
    return found + ["brush"] * len(order.brushes)


def needs(draft: Draft, roles: Sequence[Role]) -> Needs:
    """What an order asks of its model."""
    return Needs(
        draft.seconds,
        max(len(draft.prompt), len(draft.negative)),
        roles.count("photo") - 1 + roles.count("end") > 0,
        "static_mask" in roles,
        "brush" in roles,
        bool(draft.negative),
        draft.cfg is not None,
        draft.sound,
    )


def check(draft: Draft, roles: Sequence[Role], can: Offers = ONE) -> None:
    """Check what the model cannot do, exclusions and missing parts, before any download. Raises `Refusal`."""
    if UNREADABLE in draft.prompt:  # of an earlier order
        raise Refusal(texts.chat.WORDS_LOST)
    ends = roles.count("photo") - 1 + roles.count("end")
    if "photo" not in roles:
        raise Refusal(texts.chat.NO_PHOTO)
    if ends > 1:
        raise Refusal(texts.pictures.ONE_PHOTO)
    refusal = abilities.fits(
        needs(draft, roles),
        draft.model,
        can.ranked(sound=draft.sound),
        any_length=not draft.timed,
        called=lambda one: can.name(offers.Choice(one, draft.sound)),
    )
    if refusal:
        raise Refusal(refusal)
    if roles.count("static_mask") > 1:
        raise Refusal(texts.pictures.ONE_STATIC_MASK)
    if roles.count("brush") > BRUSHES:
        raise Refusal(texts.pictures.too_many_brushes(BRUSHES))


def check_path(path: Sequence[Point]) -> None:
    """Check a brush's path: 2 to 77 points. Raises `Refusal`."""
    if len(path) not in POINTS:
        raise Refusal(texts.pictures.brush_points(len(path)))


def _negative(value: str) -> str:
    """A negative prompt. From a form it may begin with the option's name; other options in it are refused."""
    rest, inside = written.split(value)
    if others := [name for name in inside if name != "no"]:
        raise Refusal(texts.options.option_elsewhere(others))
    if inside and rest:
        raise Refusal(texts.options.option_unclear(value))
    negative = trim(" ".join(inside.get("no", value).split()))
    if not is_visible(negative) or all(map(is_punctuation, negative)):
        raise Refusal(texts.options.option_malformed("no", ""))
    return "" if negative.casefold() in NOTHING else negative


def _seconds(value: str, model: Model, can: Offers) -> int:
    """A length; one that the model has not is for `check`, which names another model, where there is one."""
    match = _SECONDS.fullmatch(plain(trim(value)).text)
    if match is None or (int(match[1]) not in model.seconds and not can.several):
        raise Refusal(texts.options.option_malformed("duration", trim(value), model.seconds))
    return int(match[1])


def _cfg(value: str | None) -> float | None:
    """A share of one: 0.7, 0,7, 70 %, 7/10."""
    if value is None:
        return None
    match = _CFG.fullmatch(plain(trim(value)).text)
    number = float(match[1].replace(",", ".")) / _divisor(match[2], match[3]) if match else 2.0
    if number > 1:
        raise Refusal(texts.options.option_malformed("cfg", trim(value)))
    return number


def _divisor(sign: str | None, under: str | None) -> int:
    return int(under) if under else 100 if sign else 1
