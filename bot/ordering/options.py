"""Options in a text, as keyboards, phones and languages write them. Pure.

`--no`, `--duration`, `--10s`, `--cfg`, `--model`, `--sound`.

A dash that touches an option's name is an option, and so are two dashes with a blank before the name. Two dashes that
touch another word are an unknown option. A single dash with blanks around it, or between words, is prose. Ambiguous
cases are refused: no possible option is bought as part of the prompt.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from bot import catalogue, offers, texts
from bot.characters import END, KANA_DASH, UNSPACED, Plain, is_punctuation, is_unseen, plain, trim
from bot.errors import Refusal
from bot.ordering import markup
from bot.ordering.names import NAMES, pattern

_MEANT = {
    **dict.fromkeys(("length", "seconds", "second", "secs", "sec", "time", "dur", "long", "d", "t"), "duration"),
    **dict.fromkeys(("negative", "neg", "avoid", "without", "not", "exclude", "n"), "no"),
    **dict.fromkeys(("strength", "guidance", "scale", "strict", "strictness", "c"), "cfg"),
    **dict.fromkeys(("engine", "version", "m"), "model"),
    **dict.fromkeys(("audio", "noise", "voice", "music", "with-sound", "withsound"), "sound"),
    **dict.fromkeys(("mute", "muted", "silent", "silence", "nosound", "no-sound", "without-sound"), "sound off"),
    **dict.fromkeys(("quick", "fast"), "model quick"),
    "best": "model best",
}
"""Names of other programs, and what people take for options, with ours."""
_WORDS = frozenset(name for name, value in NAMES.items() if value != "number")
"""Option names that are also words of sentences."""

# ── Patterns, for plain characters ───────────────────────────────────────────────────────────────────────────────────

_STOP = rf"{END}(?![-—.,:/*]\d)"
"""End of a number: 5 is no number in 5-10, 5:30 or 5.5."""
_NUMBER = r"(?:\d+(?:[.,/]\d+)?|[.,]\d+)"
SECONDS = (
    r"(?:s|secs?|seconds?|seconde[ns]?|second[oi]|secund[ea]|segs?|segundos?|sek|sekund(?:en|er|e|y|a)?|sekunt(?:i|ia)"
    r"|másodperc|szekundum|saniye|sn|detik|giây|сек|секунд[аиы]?|с|δευτερόλεπτα|שניות|ثانية|ثانیه|ثواني|ثوان|सेकंड"
    r"|วินาที|秒[钟鐘間间]?|초|′′|''|\")"
)
"""Units of seconds in the most common languages."""
PERCENT = r"(?:%|٪|per ?cent|pct|prozent|por ?cien?to|pour ?cent|per ?cento|procent|процент[а-я]*)"
_OTHER_UNITS = r"(?:ms|milli\w*|mins?|minut\w*|m|hrs?|hours?|h|frames?|f|минут\w*|час\w*|分[钟鐘間间]?|小时|時間|분)"
_MARK = re.compile(
    r"://[!-~]*/[-—]*+|"  # the path of a URL, whose dashes are its own
    rf"((?<![-—])[-—]++|(?<!{KANA_DASH}){KANA_DASH}{{2,}}+)([ \n]*+)(?=(\w[\w-]{{0,40}}))"
)
_KNOWN = re.compile(
    rf"(?:({pattern('number')})(?![^\W\d{UNSPACED}])|({pattern('choice', 'words')}){END}(?!-\w))\s*[=:]?\s*"
)
_SHORT = re.compile(rf"\d+(?:[.,]\d+)?(?:((?: *|-){SECONDS}){END}|{_STOP})")
_MODELS = "|".join(
    r"[ _-]*".join(map(re.escape, name.split()))
    for name in sorted({*offers.NAMES, *map(catalogue.plain, catalogue.names())}, key=len, reverse=True)
)
_SWITCHES = "|".join(offers.SWITCHES)
_SURE = {"model": re.compile(rf"(?:{_MODELS}){END}"), "sound": re.compile(rf"(?:on|off){END}")}
"""Values that make a name with blanks around its dashes an option: “-- sound of rain” is prose."""
_VALUES = {
    "duration": re.compile(rf"{_NUMBER}(?:(?: *|-)(?:{SECONDS}|{_OTHER_UNITS}){END}|{_STOP})|\S*"),
    "cfg": re.compile(rf"{_NUMBER}(?: *{PERCENT})?{_STOP}|\S*"),
    "model": re.compile(rf"(?:{_MODELS}){END}(?: \((?:{_MODELS})\))?|\"[^\"\n]{{1,60}}\"|\S*"),
    "sound": re.compile(rf"(?:{_SWITCHES}){END}|\S*"),
}
_VALUE = re.compile(r"\s*[=:]|\s+\d")
"""What follows the name of an option of another program."""
_TOUCHED = re.compile(rf"[{UNSPACED}]")
_NEXT_WORD = re.compile(r" *[^\W\d_]")
_LEAD = re.compile(rf"(?:[\s,;|·•、،؛)\]}}]|[—-]++(?![\d_>])|:(?=\s|$|[{UNSPACED}])|\.(?![.\d]))*+")
_TAIL = " \n,;:|·•、،؛([{—-"
"""Separators between an option and the rest, which belong to neither."""

Before = Literal["blank", "stop", "mark", "sign", "wide", "word", "digit"]
"""The character before a dash: blank or start, CJK punctuation, other punctuation, a sign as in ±5 or and/or; a letter
of a script without capitals, of one with capitals; a digit."""


@dataclass(frozen=True, slots=True)
class Mark:
    """An option in plain text: offset of its dash, offset of its value; no `name` if it could also be prose."""

    start: int
    end: int
    name: str | None
    single: bool


def split(text: str, can: Sequence[str] = texts.options.OF_THE_FIRST) -> tuple[str, dict[str, str]]:
    """Split into words and raw option values by name. Raises `Refusal`, with examples of what the model `can`."""
    words: list[str] = []
    values: dict[str, str] = {}
    seen: dict[str, str] = {}
    for piece in _pieces(markup.unmarked(text), can):
        read = plain(piece)
        marks = list(_marks(piece, read, can))
        offsets = [mark.start for mark in marks] + [len(read.text)]
        words.append(_slice(piece, read, 0, offsets[0]))
        for mark, end in zip(marks, offsets[1:], strict=True):
            if mark.name is None or (mark.single and mark.name == "no" and "—" in read.text[mark.end : end]):
                raise Refusal(texts.options.option_unclear(_slice(piece, read, mark.start, end)))
            value = _VALUES[mark.name].match(read.text, mark.end, end) if mark.name in _VALUES else None
            over = value.end() if value else end
            said = trim(_slice(piece, read, mark.start, over))
            if mark.name in values:
                raise Refusal(texts.options.option_twice(mark.name, seen[mark.name], said))
            seen[mark.name], found = said, _slice(piece, read, mark.end, over)
            values[mark.name] = trim(found) if value else markup.unwrapped(_tidy(found))
            words.append(_slice(piece, read, over, end))
    if len(words) > 1:
        words = [word for word in map(_tidy, words) if not all(map(is_punctuation, word))]
    return _tidy(" ".join(" ".join(words).split()), tail=False), values


def nearest(name: str, can: Sequence[str] = texts.options.OF_THE_FIRST) -> str | None:
    """The closest option, of those that the examples have."""
    found = get_close_matches(name, NAMES, 1, 0.6) or [known for known in NAMES if name.startswith(known)]
    meant = _MEANT.get(name) or (found[0] if found else "")
    return meant if any(example.startswith(f"--{meant.split(' ')[0]}") for example in can) and meant else None


# ── Finding options ──────────────────────────────────────────────────────────────────────────────────────────────────


def _marks(text: str, read: Plain, can: Sequence[str]) -> Iterator[Mark]:
    """Options in order of appearance. Raises `Refusal` for an unknown one."""
    for found in _MARK.finditer(read.text):
        dash, gap, word = found.groups()
        if dash is None:
            continue
        before = _before(text, read.offsets[found.start()])
        if known := _KNOWN.match(read.text, found.end()):
            name, end, over, whole = known[1] or known[2], known.end(), known.end(), True
        elif short := _SHORT.match(read.text, found.end()):
            name, end, over, whole = "duration", found.end(), short.end(), bool(short[1])
        else:
            if not gap and _is_unknown(dash, word, before):
                written = _slice(text, read, found.start(), found.end(3))
                near = nearest(word, can)
                raise Refusal(
                    texts.options.option_unknown(word, can, near),
                    (written, _instead(word, near, read.text[found.end(3) :])),
                )
            continue
        if gap and name in _SURE and not _SURE[name].match(read.text, end):
            continue
        number = name == "duration" and end == found.end()
        if name == "no" and not gap and before == "word" and _repeats(read.text, found.start()):
            continue
        verdict = _verdict(dash, bool(gap), before, prose=name in _WORDS, number=number, whole=whole)
        loose = bool(gap and found.start()) or before in ("word", "digit")
        if verdict and number and _counts(read.text, over, dash, loose=loose, whole=whole):
            verdict = None if KANA_DASH in dash else False
        if verdict is not None:
            yield Mark(found.start(), end, name if verdict else None, len(dash) == 1)


def _verdict(dash: str, gap: bool, before: Before, *, prose: bool, number: bool, whole: bool) -> bool | None:
    """Whether a dash and a known name are an option: True; None if it is prose; False if ambiguous.

    `prose`: the name is also a common word. `number`: it is a number, `whole` if with its unit.
    """
    two, glued = len(dash) > 1, before in ("word", "digit")
    if not whole:
        return True if two and not gap and not glued else None
    if gap and not two:
        return None
    if not glued:
        return True if two or "—" in dash or before != "sign" else None
    if not two and (dash == "-" or (number and before == "digit")):
        return None  # a compound, or a range such as 5–10s
    return not prose and not (number and before == "digit")


def _repeats(text: str, start: int) -> bool:
    """Whether a dash is between “no” and another “no”: “no--no--no”."""
    return re.search(r"\bno\Z", text[max(0, start - 3) : start]) is not None


def _counts(text: str, end: int, dash: str, *, loose: bool, whole: bool) -> bool:
    """Whether a number may belong to the following words: “smiles—10 seconds later”, “——10年后”.

    `loose`: the dash is followed by a blank, or is between two words. `whole`: the number has its unit.
    """
    if _TOUCHED.match(text, end):
        return not whole or "—" in dash
    return loose and _NEXT_WORD.match(text, end) is not None


def _instead(word: str, near: str | None, rest: str) -> str:
    """What was meant by an unknown option: one like it, or words, if it looks like one; else nothing is guessed."""
    if near:
        return f"--{near}"
    return f"- {word}" if word.isalpha() and len(word) > 2 and not _VALUE.match(rest) else f"--{word}"


def _is_unknown(dash: str, word: str, before: Before) -> bool:
    """Whether two dashes and a word are an unknown option; in Chinese, two long dashes are punctuation."""
    if len(dash) < 2 or KANA_DASH in dash or before in ("word", "digit") or word[0] == "_":
        return False
    if "—" in dash:
        return word.isascii() and before == "blank"
    return word.isascii() or before != "wide"


_SIGNS = frozenset(("Sm", "Sc", "Sk", "Pc", "Pe", "Pf"))


def _before(text: str, offset: int) -> Before:
    """The class of the character before an offset."""
    while offset and unicodedata.category(text[offset - 1])[0] == "M":
        offset -= 1
    inches = offset
    while inches and text[inches - 1] in _QUOTES:
        inches -= 1
    if 0 < inches < offset and text[inches - 1].isdecimal():
        return "digit"  # 5'-10"
    if not offset or text[offset - 1].isspace() or is_unseen(text[offset - 1]) or text[offset - 1] in _QUOTES:
        return "blank"
    sign = text[offset - 1]
    category, wide = unicodedata.category(sign), unicodedata.east_asian_width(sign) in "WF"
    if category in ("Ps", "Pi"):
        return "blank"
    if category[0] not in "LN":
        return "stop" if wide else "sign" if category in _SIGNS or sign in "/\\&@#%*" else "mark"
    if category == "Lo" or wide:
        return "wide"
    return "digit" if category[0] == "N" else "word"


# ── Brackets ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_QUOTES = "\"'`"
_LOW_QUOTES = "„‚"


def _pieces(text: str, can: Sequence[str]) -> Iterator[str]:
    """The text, cut at brackets and quotes that begin with an option, and at their ends: the option ends there, too."""
    read = plain(text)
    done, unclosed = 0, set[str]()
    for mark in _marks(text, read, can):
        opening = _opening(text, read.offsets[mark.start], done)
        if opening is None or text[opening] in unclosed:
            continue
        sign = text[opening]
        closing = _closing(text, opening)
        if closing is None:
            unclosed.add(sign)
        yield text[done:opening]
        yield text[opening + 1 : closing]
        done = len(text) if closing is None else closing + 1
    yield text[done:]


def _opening(text: str, offset: int, done: int) -> int | None:
    """Offset of the bracket that opens right before an offset and after `done`; a quote must touch it."""
    before = offset - 1
    if done <= before and text[before] in _QUOTES:
        return before if before == done or text[before - 1].isspace() else None
    if done <= before and text[before] == "<":
        return before if ">" in text[offset:] else None
    while done <= before and (text[before].isspace() or is_unseen(text[before])):
        before -= 1
    return before if done <= before and unicodedata.category(text[before]) in ("Ps", "Pi") else None


def _closing(text: str, opening: int) -> int | None:
    """Offset of the closing bracket."""
    depth = 1
    for offset in range(opening + 1, len(text)):
        if _closes(text[offset], text[opening]):
            depth -= 1
        elif text[offset] == text[opening]:
            depth += 1
        if not depth:
            return offset
    return None


def _closes(sign: str, opening: str) -> bool:
    if opening in _QUOTES:
        return sign == opening
    if opening == "<":
        return sign == ">"
    if opening in _LOW_QUOTES:
        return sign in "“”‘’"
    return unicodedata.category(sign) == ("Pe" if unicodedata.category(opening) == "Ps" else "Pf")


# ── Removal ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _slice(text: str, read: Plain, start: int, end: int) -> str:
    return text[read.offsets[start] : read.offsets[end]]


def _tidy(text: str, *, tail: bool = True) -> str:
    """Strip separators between an option and the rest."""
    text = trim(text)
    read = plain(text)
    lead = _LEAD.match(read.text)
    start = lead.end() if lead else 0
    end = max(start, len(read.text.rstrip(_TAIL))) if tail else len(read.text)
    while 0 < end < len(read.text) and read.offsets[end] == read.offsets[end - 1]:
        end += 1  # Ŀ becomes two plain characters: do not split the letter
    return trim(_slice(text, read, start, end))
