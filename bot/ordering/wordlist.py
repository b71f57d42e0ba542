"""Banned words in prompts: the operator's list (`bot.ordering.blocklist`), and those of a community.

A refusal quotes none of them, so that it does not help to evade the list.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product

from bot import texts
from bot.characters import FILLERS
from bot.errors import Refusal
from bot.ordering import blocklist
from bot.quotas.rules import Rule

MOST = 200
"""Maximum words of a community."""
LONGEST = 40
"""Maximum characters of one."""

# ── Refusal ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def refuse(rule: Rule, scope: str, prompt: str) -> None:
    """Raise `Refusal`, without quoting, for a prompt that is banned under a scope's rule."""
    if (not rule.lax and is_unwanted(prompt)) or (rule.words and _own(rule.words).found(read(prompt))):
        raise Refusal(texts.consent.NOT_HERE if scope else texts.consent.NOT_THESE_WORDS)


def is_unwanted(prompt: str) -> bool:
    """Whether the operator's list bans the text."""
    readings = read(prompt)
    return _HOUSE.found(readings) or (
        _SUGGESTIVE.found(readings) and (bool(_AGE.search(prompt)) or _YOUNG.found(readings))
    )


# ── Readings of a text ───────────────────────────────────────────────────────────────────────────────────────────────

_ALIKE = str.maketrans(
    "авекмнорстухѕіјԁһԛԝѵαβεηικνορτυχɡøłđıħ",
    "abekmhopctyxsijdhqwvabenikvoptuxgoldih",
)
_ALIKE |= str.maketrans("ᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡʏᴢոսօհցԛ", "abcdeghijklmnoprtuvwyznuohgq")
_ALIKE |= {start + letter: ord("a") + letter for start in (0x1F150, 0x1F170) for letter in range(26)}
_JOINED = str.maketrans({"œ": "oe", "æ": "ae"})
_DIGITS = "0134578"
_LEET_I, _LEET_L = str.maketrans(_DIGITS, "oieastb"), str.maketrans(_DIGITS, "oleastb")
_SIGNS = str.maketrans("@$!€|", "asiei")
_SIGN = re.compile(r"(?<=\w)[@$!€|](?=\w)|(?<!\S)[@$](?=\w)")
_WORD = re.compile(r"[^\W_]+")
_BREAK = re.compile(r"[\s/,;:()\"“”„«»\[\]{}?–—…&=<>]+")
_POSSESSIVE = re.compile(r"['’`´]s\b")
_LONG_RUN = re.compile(r"(.)\1{2,}")
_DOUBLE = re.compile(r"([aeioux])\1")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_AGE = re.compile(r"(?<!\d)(?:\d|1[0-7])[\s-]*(?:years?|yrs?|y\s*/?\s*o)\b", re.IGNORECASE)
_SPELLED = LONGEST
"""Maximum letters of a word that is spelled letter by letter."""


@dataclass(frozen=True, slots=True)
class Readings:
    """Possible readings of a text: each a sequence of words, each word a set of variants."""

    bare: str
    words: tuple[tuple[frozenset[str], ...], ...]
    spelled: frozenset[str]
    """Words spelled letter by letter, or in pieces."""


@lru_cache(maxsize=64)
def read(text: str) -> Readings:
    """Normalise evasions: n.u.d.e, nuuude, n0de and nudé are all one word."""
    text = _said(text)
    marked = [word for word in _WORD.findall(unicodedata.normalize("NFC", text)) if word in blocklist.MARKED]
    for word in marked:
        text = re.sub(rf"\b{word}\b", " ", unicodedata.normalize("NFC", text))
    bare = _bare(text)
    meant = _meant(bare)
    plain = _WORD.findall(meant)
    readings = dict.fromkeys((tuple(_WORD.findall(bare)), tuple(plain)))
    joined = {form for chunk in _BREAK.split(meant) for form in _joined(_WORD.findall(chunk))}
    return Readings(bare, tuple(tuple(map(_forms, each)) for each in readings), frozenset({*_spelled(plain), *joined}))


def _said(text: str) -> str:
    """Casefolded, in compatibility form, without invisible characters."""
    text = unicodedata.normalize("NFKC", text)
    seen = "".join(sign for sign in text if unicodedata.category(sign) != "Cf" and sign not in FILLERS)
    return _POSSESSIVE.sub("", seen.casefold())


def _meant(text: str) -> str:
    """With lookalike signs replaced by letters."""
    return _SIGN.sub(lambda sign: sign[0].translate(_SIGNS), text)


def _bare(text: str) -> str:
    """Without diacritics, and lookalike letters replaced by Latin ones."""
    apart = unicodedata.normalize("NFD", text.casefold().translate(_JOINED))
    kept = "".join(sign for sign in apart if unicodedata.category(sign) != "Mn")
    return unicodedata.normalize("NFC", kept).translate(_ALIKE)


@lru_cache(maxsize=4096)
def _forms(word: str) -> frozenset[str]:
    """All variants of a word."""
    forms = {word}
    if not word.isdigit() and any(digit in word for digit in _DIGITS):
        forms |= {word.translate(_LEET_I), word.translate(_LEET_L)}
    for form in tuple(forms):
        once, twice = _LONG_RUN.sub(r"\1", form), _LONG_RUN.sub(r"\1\1", form)
        forms |= {once, twice, _DOUBLE.sub(r"\1", once)}
    return frozenset(forms)


def _joined(parts: Sequence[str]) -> frozenset[str]:
    """Words made of adjacent pieces."""
    return _forms("".join(parts)) if len(parts) > 1 else frozenset()


def _spelled(words: Sequence[str]) -> Iterator[str]:
    """Words made of consecutive single letters."""
    run: list[str] = []
    for word in (*words, ""):
        if len(word) == 1:
            run.append(word)
            continue
        if len(run) >= 3:
            for letters in {form for form in _forms("".join(run)) if len(form) == len(run)}:
                if len(letters) <= _SPELLED:
                    yield letters
                for begin, length in product(range(len(letters)), range(4, _SPELLED + 1)):
                    yield letters[begin : begin + length]
        run = []


# ── Lists ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class Words:
    """A list prepared for matching. `harmless`: phrases in which its words do not match."""

    phrases: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    """Phrases by their first word."""
    stems: tuple[str, ...] = ()
    inside: tuple[str, ...] = ()
    """Words of scripts without spaces."""
    harmless: "Words | None" = None

    @classmethod
    def of(cls, entries: Iterable[str], harmless: "Words | None" = None) -> "Words":
        """Entries in the syntax of `bot.ordering.blocklist`; a star is valid only at the end of a single word."""
        made, stems, inside = cls(harmless=harmless), set(), set()
        for entry in entries:
            words = tuple(_WORD.findall(_meant(_bare(_said(entry)))))
            if not words:
                continue
            if entry.endswith("*") and len(words) == 1:
                stems.add(words[0])
            elif _UNSPACED.search(entry):
                inside.add("".join(words))
            else:
                made.phrases.setdefault(words[0], []).append(words)
        made.stems, made.inside = tuple(sorted(stems)), tuple(sorted(inside))
        return made

    def found(self, readings: Readings) -> bool:
        """Whether a text contains one of the words."""
        if any((word,) in self.phrases.get(word, ()) for word in readings.spelled):
            return True
        if any(each in readings.bare for each in self.inside):
            return True
        for words in readings.words:
            void = set(self.harmless._found(words)) if self.harmless else set()
            if any(at not in void for at in self._found(words)):
                return True
        return False

    def _found(self, words: Sequence[frozenset[str]]) -> Iterator[int]:
        """Positions of words that match the list; for a phrase all of its words."""
        for at, forms in enumerate(words):
            for form in forms:
                if form.startswith(self.stems):
                    yield at
                for phrase in self.phrases.get(form, ()):
                    behind = words[at + 1 : at + len(phrase)]
                    if len(behind) == len(phrase) - 1 and all(w in f for w, f in zip(phrase[1:], behind, strict=True)):
                        yield from range(at, at + len(phrase))


def entries(text: str) -> Iterator[str]:
    """The entries of a list in `bot.ordering.blocklist`, with alternatives expanded."""
    for entry in text.split(","):
        for words in product(*(choice.split("|") for choice in entry.split())):
            yield " ".join(words)


_HARMLESS = Words.of(entries(blocklist.HARMLESS))
_LISTS = (blocklist.NUDITY, blocklist.SEX, blocklist.MINORS, blocklist.GORE, blocklist.SLURS)
_HOUSE = Words.of((entry for each in _LISTS for entry in entries(each)), _HARMLESS)
_YOUNG, _SUGGESTIVE = Words.of(entries(blocklist.YOUNG)), Words.of(entries(blocklist.SUGGESTIVE))


@lru_cache(maxsize=256)
def _own(words: tuple[str, ...]) -> Words:
    return Words.of(word.replace("*", " ") for word in words)


def is_word(text: str) -> bool:
    """Whether an entry has enough letters to match on."""
    return sum(map(len, _WORD.findall(text))) >= (1 if _UNSPACED.search(text) else 2)
