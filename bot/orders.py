"""What people write, read as an order: the caption is the prompt, options may stand anywhere in it. Pure.

`--duration 10` or `--10s` · `--no blurry, extra hands` (up to the next option) · `--cfg 0.7`. A phone that turns two
hyphens into a dash is understood too.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from bot import texts
from bot.errors import Refusal
from bot.model import Order, Point, Role, Seconds

OPTIONS = ("duration", "no", "cfg")
PROMPT_LIMIT = 2500
"""Characters in a prompt or a negative prompt: the model's own limit."""
TEXT_LIMIT = 3 * PROMPT_LIMIT
"""Characters in anything that is said to us: a prompt, what to avoid, and options."""
BRUSHES = 6
POINTS = range(2, 78)

_OPTION = re.compile(r"(?:^|(?<=\s))(--|—|–)(\w[\w-]*)=?", re.ASCII)
_SHORT = re.compile(r"(\d+)s", re.ASCII)
_SECONDS = re.compile(r"(5|10)s?", re.ASCII)
_CFG = re.compile(r"\d{0,3}[.,]?\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Draft:
    """An order in words, before its pictures are here."""

    prompt: str
    seconds: Seconds = 5
    negative: str = ""
    cfg: float | None = None


def read(text: str, options: Mapping[str, str] | None = None) -> Draft:
    """The order that `text` describes; picked `options` win over written ones. Raises `Refusal`."""
    prompt, written = _split(text)
    values = {**written, **(options or {})}
    for name in values:
        if name not in OPTIONS:
            raise Refusal(texts.option_unknown(name, OPTIONS))
    if not prompt:
        raise Refusal(texts.NO_WORDS)
    negative = " ".join(values.get("no", "").split())
    if "no" in values and not negative:
        raise Refusal(texts.option_malformed("no", ""))
    for what, length in (("The description", len(prompt)), ("The list of things to avoid", len(negative))):
        if length > PROMPT_LIMIT:
            raise Refusal(texts.too_wordy(length, PROMPT_LIMIT, what))
    return Draft(prompt, _seconds(values.get("duration", "5")), negative, _cfg(values.get("cfg")))


def wordless(text: str) -> bool:
    """Whether there is nothing in it but options. Raises `Refusal`."""
    return not _split(text)[0]


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
        raise Refusal(texts.NO_PHOTO)
    if ends > 1:
        raise Refusal(texts.ONE_PHOTO)
    if draft.seconds != 5 and (ends or masked):
        raise Refusal(texts.ONLY_FIVE)
    if ends and masked:
        raise Refusal(texts.END_OR_MASKS)
    if roles.count("static_mask") > 1:
        raise Refusal(texts.ONE_STATIC_MASK)
    if roles.count("brush") > BRUSHES:
        raise Refusal(texts.too_many_brushes(BRUSHES))


def check_path(path: Sequence[Point]) -> None:
    """A brush's way has 2 to 77 points. Raises `Refusal`."""
    if len(path) not in POINTS:
        raise Refusal(texts.brush_points(len(path)))


def _split(text: str) -> tuple[str, dict[str, str]]:
    """The prompt, and the options by name with their raw values."""
    marks = [m for m in _OPTION.finditer(text) if m[1] == "--" or m[2] in OPTIONS or _SHORT.fullmatch(m[2])]
    ends = [m.start() for m in marks[1:]] + [len(text)]
    words = [text[: marks[0].start()] if marks else text]
    values: dict[str, str] = {}
    for mark, end in zip(marks, ends, strict=False):
        name, tail = mark[2].lower(), text[mark.end() : end].strip()
        if short := _SHORT.fullmatch(name):
            name, value, rest = "duration", short[1], tail
        elif name == "no":
            value, rest = tail, ""
        else:
            value, rest = (*tail.split(maxsplit=1), "", "")[:2]
        if name in values:
            raise Refusal(texts.option_twice(name))
        values[name] = value
        words.append(rest)
    return " ".join(" ".join(words).split()), values


def _seconds(value: str) -> Seconds:
    match = _SECONDS.fullmatch(value.strip())
    if match is None:
        raise Refusal(texts.option_malformed("duration", value))
    return cast(Seconds, int(match[1]))


def _cfg(value: str | None) -> float | None:
    if value is None:
        return None
    number = float(value.strip().replace(",", ".")) if _CFG.fullmatch(value.strip()) else 2.0
    if number > 1:
        raise Refusal(texts.option_malformed("cfg", value))
    return number
