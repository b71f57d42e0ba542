"""What characters are, by Unicode's categories: seen or not, blanks, dashes, and the plain ones that they stand for."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")
"""Letters and symbols by their category, of which nothing is seen: fillers, and the empty Braille cell."""
UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
"""Scripts without blanks between words, for a set in a pattern."""
END = rf"(?![\u0300-\u036f]|[^\W{UNSPACED}])"
"""A pattern for the end of a word; in scripts without blanks the next word may follow at once."""
_SEEN = frozenset("LNPS")
_LINES = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
_BARE = frozenset(("", " ", "\n", "-", "—"))
_JOINERS = frozenset("\u200c\u200d")
_LIKE_HYPHENS = "-\u2010\u2011\u2212\u207b\u208b\u02d7\u2043\u2796\u058a\u05be\u1400\u1806"
_LIKE_DASHES = "\u2500\u2501\u23af\u2e3a\u2e3b"
_DOUBLE = {"\u2e3a": 2, "\u2e3b": 3}
_ALIKE = {"\u2236": ":", "\ua789": ":", "\u066b": ".", "\u3002": ".", "\uff61": ".", "\u2044": "/", "\u2215": "/"}
KANA_DASH = "\u30fc"
"""What a Japanese keyboard writes for a hyphen: a letter of most words, so that it takes two to be dashes."""


def is_seen(sign: str) -> bool:
    """Whether there is anything to see of a character: a letter, a number, a mark of writing, a symbol.

    What has no category yet is seen: the next year's emoji. Marks are part of a letter, and nothing without one.
    """
    if sign in FILLERS:
        return False
    category = unicodedata.category(sign)
    return category[0] in _SEEN or (category == "Cn" and not _is_reserved(ord(sign)))


def _is_reserved(code: int) -> bool:
    """Whether Unicode keeps an unassigned code point for what is not seen, or for no character at all."""
    return (
        code & 0xFFFE == 0xFFFE
        or 0xFDD0 <= code <= 0xFDEF
        or code in (0x2065, *range(0xFFF0, 0xFFF9))
        or code >> 12 == 0xE0
    )


def is_visible(text: str) -> bool:
    """Whether anybody can see that something is written."""
    return any(map(is_seen, text))


def is_unseen(sign: str) -> bool:
    """Whether a character is nothing by itself, and no blank: a mark of direction, a filler, half of a character."""
    return not (sign.isspace() or is_seen(sign) or unicodedata.category(sign)[0] == "M")


def trim(text: str) -> str:
    """Without blanks and what nobody sees at either end; what joins or marks the last letter stays with it."""
    start, end = 0, len(text)
    while start < end and not is_seen(text[start]):
        start += 1
    while end > start and not is_seen(text[end - 1]):
        end -= 1
    while start < end < len(text) and _is_attached(text[end]):
        end += 1
    return text[start:end]


def _is_attached(sign: str) -> bool:
    """Whether a character is part of the one before it: marks, joiners, the tags of flags."""
    return unicodedata.category(sign)[0] == "M" or sign in _JOINERS or 0xE0000 <= ord(sign) <= 0xE0FFF


@dataclass(frozen=True, slots=True)
class Plain:
    """A text in small plain characters, and for each of these its place in the text; one more place for the end.

    Every blank is a space or a line feed; every dash is `-`, or `—` if it is a long one; digits and Latin letters of
    any width or style are those of ASCII. What is not seen is left out.
    """

    text: str
    places: tuple[int, ...]


def plain(text: str) -> Plain:
    """The text as it is meant, for whoever looks for words of ours in it."""
    signs: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        said = sign if "!" <= sign <= "@" or "a" <= sign <= "z" else _plain(sign)
        if sign > "\u02ff" and unicodedata.category(sign)[0] == "M" and "".join(signs[-1:]) in _BARE:
            continue  # a mark on a dash or a blank, as those that make an emoji of a minus
        if said:
            signs.append(said)
            places += [place] * len(said)
    return Plain("".join(signs), (*places, len(text)))


@lru_cache(maxsize=4096)
def _plain(sign: str) -> str:
    if sign in _LINES:
        return "\n"
    if sign.isspace():
        return " "
    if is_unseen(sign):
        return ""
    if sign in _ALIKE:
        return _ALIKE[sign]
    if sign == KANA_DASH or sign == "\uff70":
        return KANA_DASH
    if dashes := _dashes(sign):
        return dashes
    if (digit := unicodedata.decimal(sign, None)) is not None:
        return str(digit)
    folded = unicodedata.normalize("NFKC", sign)
    return "".join(_dashes(each) or _ALIKE.get(each, each) for each in folded).casefold()


def _dashes(sign: str) -> str:
    """A dash as `-` or `—`; nothing for anything else."""
    folded = unicodedata.normalize("NFKC", sign)
    if sign in _LIKE_HYPHENS or folded in _LIKE_HYPHENS:
        return "-"
    if (
        unicodedata.category(sign) == "Pd"
        or sign in _LIKE_DASHES
        or (len(folded) == 1 and unicodedata.category(folded) == "Pd")
    ):
        return "—" * _DOUBLE.get(sign, 1)
    return ""
