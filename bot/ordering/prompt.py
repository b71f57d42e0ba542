"""Parser of messages: the caption is the prompt, with options anywhere in it. Pure.

`--duration 10` or `--10s` · `--no blurry, extra hands` (up to the next option) · `--cfg 0.7`. `options` finds them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot import catalogue, texts
from bot.catalogue import DEFAULT, Model, Needs
from bot.characters import is_visible, plain, trim
from bot.errors import Refusal
from bot.model import Order, Point, Role
from bot.ordering import options as written

OPTIONS = written.NAMES
PROMPT_LIMIT = 2500
"""Characters of a prompt or a negative prompt: the model's limit."""
TEXT_LIMIT = 3 * PROMPT_LIMIT
"""Characters of a whole message: prompt, negative prompt and options."""
NOTHING = frozenset({"nothing", "none"})
"""Values of `--no` for an empty negative prompt."""
BRUSHES = 6
POINTS = range(2, 78)

_SECONDS = re.compile(rf"0*([0-9]{{1,3}})(?:[.,]0+)? *(?:{written.SECONDS})?")
_CFG = re.compile(r"(\d{0,3}[.,]?\d{1,9}) *(%|/ *([1-9]\d{0,3}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Draft:
    """An order's words and options, without its pictures."""

    prompt: str
    seconds: int = 5
    negative: str = ""
    cfg: float | None = None


def read(text: str, options: Mapping[str, str] | None = None, model: Model = DEFAULT) -> Draft:
    """Parse an order for a model; picked `options` override written ones. Raises `Refusal`."""
    prompt, values = written.split(text)
    values |= options or {}
    for name in values:
        if name not in OPTIONS:
            raise Refusal(texts.options.option_unknown(name, OPTIONS, written.nearest(name)))
    if not is_visible(prompt):
        raise Refusal(texts.chat.NO_WORDS)
    negative = _negative(values["no"]) if "no" in values else ""
    if len(prompt) > PROMPT_LIMIT:
        raise Refusal(texts.options.too_wordy(len(prompt), PROMPT_LIMIT, "prompt"))
    if len(negative) > PROMPT_LIMIT:
        raise Refusal(texts.options.too_wordy(len(negative), PROMPT_LIMIT, "no"))
    seconds = _seconds(values["duration"], model) if "duration" in values else model.preset
    return Draft(prompt, seconds, negative, _cfg(values.get("cfg")))


def reworded(text: str, options: Mapping[str, str], before: Order, model: Model = DEFAULT) -> Draft:
    """New words for an earlier order, whose options stay unless overridden. Raises `Refusal`.

    A picked option that is empty removes the earlier one.
    """
    said = {*written.split(text)[1], *options}
    draft = read(text, {name: value for name, value in options.items() if value}, model)
    return replace(
        draft,
        seconds=draft.seconds if "duration" in said else before.seconds,
        negative=draft.negative if "no" in said else before.negative,
        cfg=draft.cfg if "cfg" in said else before.cfg,
    )


def kept(order: Order) -> dict[str, str]:
    """An order's options, as picked options of the next one."""
    cfg = {} if order.cfg is None else {"cfg": f"{order.cfg:g}"}
    return {"duration": str(order.seconds), **({"no": order.negative} if order.negative else {}), **cfg}


def wordless(text: str) -> bool:
    """Whether the text is empty apart from options. Raises `Refusal`."""
    return not is_visible(written.split(text)[0])


def apart(text: str) -> str:
    """Options to put before words that follow; a negative prompt is bracketed, so that it ends there."""
    return f"({trim(text)})" if "no" in written.split(text)[1] else trim(text)


def repeat(order: Order) -> Draft:
    """Words and options of an earlier order."""
    return Draft(order.prompt, order.seconds, order.negative, order.cfg)


def roles(order: Order) -> list[Role]:
    """Roles of an earlier order's pictures, for `check`."""
    found: list[Role] = ["photo"]
    if order.end:
        found.append("end")
    if order.static_mask:
        found.append("static_mask")
    return found + ["brush"] * len(order.brushes)


def check(draft: Draft, roles: Sequence[Role], model: Model = DEFAULT) -> None:
    """Check what the model cannot do, exclusions and missing parts, before any download. Raises `Refusal`."""
    ends = roles.count("photo") - 1 + roles.count("end")
    if "photo" not in roles:
        raise Refusal(texts.chat.NO_PHOTO)
    if ends > 1:
        raise Refusal(texts.pictures.ONE_PHOTO)
    needs = Needs(
        draft.seconds,
        max(len(draft.prompt), len(draft.negative)),
        bool(ends),
        "static_mask" in roles,
        "brush" in roles,
        bool(draft.negative),
        draft.cfg is not None,
    )
    if refusal := catalogue.fits(needs, model):
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
    if not is_visible(negative) or all(map(written.is_punctuation, negative)):
        raise Refusal(texts.options.option_malformed("no", ""))
    return "" if negative.casefold() in NOTHING else negative


def _seconds(value: str, model: Model) -> int:
    match = _SECONDS.fullmatch(plain(trim(value)).text)
    if match is None or int(match[1]) not in model.seconds:
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
    return 100 if sign == "%" else int(under or 1)
