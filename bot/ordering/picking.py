"""Which line of a list a written answer means: its number, or the beginning of its words. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_NUMBERS = {word: number for words in (_ONES, _ORDINALS) for number, word in enumerate(words, 1)}
_LAST = -1
_ORDINAL = re.compile(r"(\d{1,3})(?:st|nd|rd|th|\.?º|\.?ª)?")
_BESIDE = frozenset(
    (
        *("the", "number", "nr", "no", "num", "n", "line", "option", "clip", "model", "please", "pls", "thanks", "it"),
        *("is", "that", "take", "use", "pick", "choose", "want", "i", "i'd", "like", "make", "with", "back", "me"),
        *("to", "and", "ok", "okay"),
    )
)
"""Words around a number or a name that change nothing."""
_VERBS: dict[str, tuple[str, ...]] = {
    "delete": ("delete",),
    "cancel": ("cancel",),
    "unshare": ("unshare",),
    **dict.fromkeys(("remove", "drop"), ("delete", "cancel", "unshare")),
    **dict.fromkeys(("show", "send"), ("clip", "show")),
    "again": ("clip", "show", "with"),
}
"""Words that change nothing either if the lines are such commands: “show 2” does not cancel what is second."""
_NONE = frozenset(("none", "nothing", "neither", "no one", "none of them", "none of these", "forget it", "leave it"))
_ALL = frozenset(("all", "both", "everything", "all of them", "both of them", "each", "every one", "all of these"))
_MODEL = re.compile(r"\s*[-–—]*\s*model\b\s*[:=]?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a list: what a tap on it sends, what it may be called, its number (0: it has none)."""

    label: str
    command: str
    number: int
    names: Sequence[str] = ()


def words(text: str) -> tuple[str, ...]:
    """The words of a text for comparison: in lower case, without punctuation and variants of characters."""
    return tuple(re.findall(r"[^\W_]+(?:'[^\W_]+)?", unicodedata.normalize("NFKC", text).casefold().replace("’", "'")))


def is_none(text: str) -> bool:
    """Whether an answer means no line at all."""
    return " ".join(words(text)) in _NONE or words(text) == ("0",)


def is_several(text: str, lines: Sequence[Line] = ()) -> bool:
    """Whether an answer means several lines."""
    beside = _beside(lines)
    said = [word for word in words(text) if word not in beside]
    return " ".join(words(text)) in _ALL or (len(said) > 1 and all(number(word) for word in said))


def is_pointing(text: str) -> bool:
    """Whether an answer means one line without saying which."""
    return words(text)[-2:] in (("that", "one"), ("the", "one"))


def number(text: str, lines: Sequence[Line] = ()) -> int | None:
    """The number that a text names, from 1, and -1 for the last; None for other text."""
    beside = _beside(lines)
    said = [] if is_pointing(text) else [word for word in words(text) if word not in beside]
    if len(said) > 1 and said[-1] in ("one", "ones"):
        said.pop()
    if len(said) != 1:
        return None
    if said[0] == "last":
        return _LAST
    if match := _ORDINAL.fullmatch(said[0]):
        return int(match[1])
    return _NUMBERS.get(said[0]) or _sign(said[0])


def _sign(word: str) -> int | None:
    """The value of a single numeral, as 二."""
    value = unicodedata.numeric(word, None) if len(word) == 1 else None
    return int(value) if value is not None and value == int(value) else None


def _beside(lines: Sequence[Line]) -> frozenset[str]:
    commands = {line.command[1:].partition(" ")[0] for line in lines}
    return _BESIDE | {verb for verb, meant in _VERBS.items() if commands.intersection(meant)}


def name(text: str, lines: Sequence[Line] = ()) -> str:
    """A name without what people write around it."""
    said = _MODEL.sub("", text, count=1) if _MODEL.match(text) else text
    beside = _beside(lines)
    found = [word for word in said.split() if "".join(words(word)) not in beside]
    if len(found) > 1 and words(found[-1]) == ("one",):
        found.pop()
    return " ".join(found).strip(" \"'“”„«».,;:!?")


def called(text: str, lines: Sequence[Line]) -> Sequence[Line]:
    """The lines that have exactly this name."""
    said = {words(text), words(name(text, lines))} - {()}
    return [line for line in lines if any(words(one) in said for one in line.names)]


def numbered(text: str, lines: Sequence[Line]) -> Sequence[Line]:
    """The line with the number that a text names; none for other text. Raises `LookupError` if no line has it."""
    found, order = number(text, lines), {line.number: line for line in lines if line.number}
    if found is None or not order:
        return []
    return [order[max(order) if found == _LAST else found]]


def beginning(text: str, lines: Sequence[Line]) -> Sequence[Line]:
    """The lines whose words begin like this."""
    said = [one for one in (words(text), words(name(text, lines))) if one]
    return [
        line for line in lines if any(words(other)[: len(one)] == one for one in said for other in line.names if other)
    ]
