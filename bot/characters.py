"""Classes of characters, by Unicode category: visible, blank, dash; and their plain equivalents."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\U0001d159\U00013441\U00013442")
"""Letters and symbols by category that are invisible: fillers, the empty Braille cell, a note without a head, blank
hieroglyphs."""
UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
"""Scripts without blanks between words, as ranges for a regex set."""
END = rf"(?![\u0300-\u036f]|[^\W{UNSPACED}])"
"""A regex for the end of a word; in scripts without blanks the next word may follow directly."""
_SEEN = frozenset("LNPS")
_LINES = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")
_BARE = frozenset(("", " ", "\n", "-", "—"))
_JOINERS = frozenset("\u200c\u200d")
_LIKE_HYPHENS = "-\u2010\u2011\u2212\u207b\u208b\u02d7\u2043\u2796\u058a\u05be\u1400\u1806"
_LIKE_DASHES = "\u2500\u2501\u23af\u2e3a\u2e3b"
_DOUBLE = {"\u2e3a": 2, "\u2e3b": 3}
_ALIKE = {"\u2236": ":", "\ua789": ":", "\u066b": ".", "\u3002": ".", "\uff61": ".", "\u2044": "/", "\u2215": "/"}
KANA_DASH = "\u30fc"
"""Typed for a hyphen on Japanese keyboards; also a letter of most words, so that only two of them are dashes."""


def is_seen(sign: str) -> bool:
    """Whether a character is visible: a letter, number, combining mark, or symbol.

    Unassigned code points are visible: next year's emoji. Combining marks belong to a letter, and are nothing alone.
    """
    if sign in FILLERS:
        return False
    category = unicodedata.category(sign)
    return category[0] in _SEEN or (category == "Cn" and not _is_reserved(ord(sign)))


def _is_reserved(code: int) -> bool:
    """Whether Unicode reserves an unassigned code point for invisible characters or noncharacters."""
    return (
        code & 0xFFFE == 0xFFFE
        or 0xFDD0 <= code <= 0xFDEF
        or code in (0x2065, *range(0xFFF0, 0xFFF9))
        or code >> 12 == 0xE0
    )


def is_visible(text: str) -> bool:
    """Whether a text has any visible character."""
    return any(map(is_seen, text))


def is_punctuation(sign: str) -> bool:
    """Whether a character is punctuation."""
    return unicodedata.category(sign)[0] in "PZC"


def is_unseen(sign: str) -> bool:
    """Whether a character is invisible and no blank: direction marks, fillers, lone surrogates."""
    return not (sign.isspace() or is_seen(sign) or unicodedata.category(sign)[0] == "M")


def trim(text: str) -> str:
    """Strip blanks and invisible characters at both ends; joiners and marks of the last letter stay."""
    start, end = 0, len(text)
    while start < end and not is_seen(text[start]):
        start += 1
    while end > start and not is_seen(text[end - 1]):
        end -= 1
    while start < end < len(text) and _is_attached(text[end]):
        end += 1
    return text[start:end]


def _is_attached(sign: str) -> bool:
    """Whether a character belongs to the one before it: marks, joiners, flag tags."""
    return unicodedata.category(sign)[0] == "M" or sign in _JOINERS or 0xE0000 <= ord(sign) <= 0xE0FFF


@dataclass(frozen=True, slots=True)
class Plain:
    """A text in lower-case plain characters, with each one's offset in the original, and one offset for the end.

    Every blank is a space or line feed; every dash is `-`, or `—` if long; digits and Latin letters of any width or
    style become ASCII. Invisible characters are dropped.
    """

    text: str
    offsets: tuple[int, ...]


def plain(text: str) -> Plain:
    """Normalise a text for matching keywords."""
    if text.isascii() and text.isprintable():  # most commands, and much of what is asked for in English
        return Plain(text.lower(), tuple(range(len(text) + 1)))
    signs: list[str] = []
    offsets: list[int] = []
    for offset, sign in enumerate(text):
        said = sign if "!" <= sign <= "@" or "a" <= sign <= "z" else _plain(sign)
        if sign > "\u02ff" and unicodedata.category(sign)[0] == "M" and "".join(signs[-1:]) in _BARE:
            continue  # a variation mark on a dash or blank, as in the emoji minus
        if said:
            signs.append(said)
            offsets += [offset] * len(said)
    return Plain("".join(signs), (*offsets, len(text)))


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
    """A dash as `-` or `—`; empty for other characters."""
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
