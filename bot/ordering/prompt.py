"""What people write, read as an order: the caption is the prompt, options may stand anywhere in it. Pure.

`--duration 10` or `--10s` · `--no blurry, extra hands` (up to the next option) · `--cfg 0.7`. `options` finds them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from bot import texts
from bot.characters import is_visible, plain, trim
from bot.errors import Refusal
from bot.model import Order, Point, Role, Seconds
from bot.ordering import options as written

OPTIONS = written.NAMES
PROMPT_LIMIT = 2500
"""Characters in a prompt or a negative prompt: the model's own limit."""
TEXT_LIMIT = 3 * PROMPT_LIMIT
"""Characters in anything that is said to us: a prompt, what to avoid, and options."""
NOTHING = frozenset({"nothing", "none"})
"""What `--no` says where nothing is to be avoided."""
BRUSHES = 6
POINTS = range(2, 78)

_SECONDS = re.compile(rf"0*(5|10)(?:[.,]0+)? *(?:{written.SECONDS})?")
_CFG = re.compile(r"(\d{0,3}[.,]?\d{1,9}) *(%|/ *([1-9]\d{0,3}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Draft:
    """An order in words, before its pictures are here."""

    prompt: str
    seconds: Seconds = 5
    negative: str = ""
    cfg: float | None = None


def read(text: str, options: Mapping[str, str] | None = None) -> Draft:
    """The order that `text` describes; picked `options` win over written ones. Raises `Refusal`."""
    prompt, values = written.split(text)
    values |= options or {}
    for name in values:
        if name not in OPTIONS:
            raise Refusal(texts.chat.option_unknown(name, OPTIONS, written.nearest(name)))
    if not is_visible(prompt):
        raise Refusal(texts.chat.NO_WORDS)
    negative = _negative(values["no"]) if "no" in values else ""
    for what, length in (("The description", len(prompt)), ("The list of things to avoid", len(negative))):
        if length > PROMPT_LIMIT:
            raise Refusal(texts.chat.too_wordy(length, PROMPT_LIMIT, what))
    return Draft(prompt, _seconds(values.get("duration", "5")), negative, _cfg(values.get("cfg")))


def reworded(text: str, options: Mapping[str, str], before: Order) -> Draft:
    """New words for what an earlier order was about: its options stay where nothing else is said. Raises `Refusal`.

    A picked option that is empty takes the earlier one away.
    """
    said = {*written.split(text)[1], *options}
    draft = read(text, {name: value for name, value in options.items() if value})
    return replace(
        draft,
        seconds=draft.seconds if "duration" in said else before.seconds,
        negative=draft.negative if "no" in said else before.negative,
        cfg=draft.cfg if "cfg" in said else before.cfg,
    )


def kept(order: Order) -> dict[str, str]:
    """The options of an order, as they are picked for the next one."""
    cfg = {} if order.cfg is None else {"cfg": f"{order.cfg:g}"}
    return {"duration": str(order.seconds), **({"no": order.negative} if order.negative else {}), **cfg}


def wordless(text: str) -> bool:
    """Whether there is nothing to be seen in it but options. Raises `Refusal`."""
    return not is_visible(written.split(text)[0])


def apart(text: str) -> str:
    """Options for words that are still to come; with a list of things to avoid in brackets, so that it ends there."""
    return f"({trim(text)})" if "no" in written.split(text)[1] else trim(text)


def repeat(order: Order) -> Draft:
    """The words and options of an earlier order."""
    return Draft(order.prompt, order.seconds, order.negative, order.cfg)


def roles(order: Order) -> list[Role]:
    """The roles of an earlier order's pictures, as `check` takes them."""
    found: list[Role] = ["photo"]
    if order.end:
        found.append("end")
    if order.static_mask:
        found.append("static_mask")
    return found + ["brush"] * len(order.brushes)


def check(draft: Draft, roles: Sequence[Role]) -> None:
    """What excludes what, and what is missing: known before a byte is downloaded. Raises `Refusal`."""
    masked = "brush" in roles or "static_mask" in roles
    ends = roles.count("photo") - 1 + roles.count("end")
    if "photo" not in roles:
        raise Refusal(texts.chat.NO_PHOTO)
    if ends > 1:
        raise Refusal(texts.chat.ONE_PHOTO)
    if draft.seconds != 5 and (ends or masked):
        raise Refusal(texts.chat.ONLY_FIVE)
    if ends and masked:
        raise Refusal(texts.chat.END_OR_MASKS)
    if roles.count("static_mask") > 1:
        raise Refusal(texts.chat.ONE_STATIC_MASK)
    if roles.count("brush") > BRUSHES:
        raise Refusal(texts.chat.too_many_brushes(BRUSHES))


def check_path(path: Sequence[Point]) -> None:
    """A brush's way has 2 to 77 points. Raises `Refusal`."""
    if len(path) not in POINTS:
        raise Refusal(texts.chat.brush_points(len(path)))


def _negative(value: str) -> str:
    """What to avoid. Picked in a form, it may begin with the option's own name; another has no place in it."""
    rest, inside = written.split(value)
    if inside and (rest or inside.keys() != {"no"}):
        raise Refusal(texts.chat.option_unclear(value))
    negative = trim(" ".join(inside.get("no", value).split()))
    if not is_visible(negative) or all(map(written.is_punctuation, negative)):
        raise Refusal(texts.chat.option_malformed("no", ""))
    return "" if negative.casefold() in NOTHING else negative


def _seconds(value: str) -> Seconds:
    match = _SECONDS.fullmatch(plain(trim(value)).text)
    if match is None:
        raise Refusal(texts.chat.option_malformed("duration", trim(value)))
    return cast(Seconds, int(match[1]))


def _cfg(value: str | None) -> float | None:
    """A share: 0.7, 0,7, 70 %, 7/10."""
    if value is None:
        return None
    match = _CFG.fullmatch(plain(trim(value)).text)
    number = float(match[1].replace(",", ".")) / _divisor(match[2], match[3]) if match else 2.0
    if number > 1:
        raise Refusal(texts.chat.option_malformed("cfg", trim(value)))
    return number


def _divisor(sign: str | None, under: str | None) -> int:
    return 100 if sign == "%" else int(under or 1)
