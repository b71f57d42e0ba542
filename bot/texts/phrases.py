"""Parts of sentences: amounts, spans of time, people's words."""

from collections.abc import Iterable
from typing import Literal

from bot.sentence import EMPTY, Sentence, _, _n, verbatim

UNREADABLE = _("[words that cannot be read: their key is missing]")
"""`bot.model.UNREADABLE`, in place of words that cannot be decrypted."""


def credits_(amount: int) -> Sentence:
    """An amount of credits with its unit."""
    return _n("{count} credit", "{count} credits", amount)


def quoted(words: str, length: int) -> Sentence:
    """People's words in quotes, cut to `length` characters; empty without words."""
    return _("“{words}”", words=shorten(words, length)) if words else EMPTY


_HOSTS = {"aimlapi": verbatim("AI/ML API"), "apilaplas": verbatim("Apilaplas"), "local": _("the stand-in")}


def host(name: str) -> Sentence:
    """A host by the name that people know; empty for none."""
    return _HOSTS.get(name) or verbatim(name)


SPANS = {"day": _("today"), "week": _("this week"), "month": _("this month")}


def _span(seconds: float) -> tuple[Literal["few", "s", "min", "h", "day"], int]:
    if seconds < 10:
        return "few", 0
    if seconds < 50:
        return "s", round(seconds / 10) * 10
    if seconds < 5400:
        return "min", max(1, round(seconds / 60))
    if seconds < 2 * 86_400:
        return "h", round(seconds / 3600)
    return "day", round(seconds / 86_400)


_ABOUT = {
    "few": _("a few seconds"),
    "s": _("about {count} s"),
    "min": _("about {count} min"),
    "h": _("about {count} h"),
}


def about(seconds: float) -> Sentence:
    """A span of time, rounded."""
    unit, count = _span(seconds)
    if unit == "day":
        return _n("about {count} day", "about {count} days", count)
    return _ABOUT[unit].fill(count=count) if count else _ABOUT[unit]


_REFILL = {
    "day": _("at midnight {zone}, in {wait}"),
    "week": _("on Monday at midnight {zone}, in {wait}"),
    "month": _("on the 1st at midnight {zone}, in {wait}"),
}


def refill(seconds: float, span: str = "day", zone: str = "UTC") -> Sentence:
    """Time of the next refill; `seconds` from now."""
    return _REFILL[span].fill(zone=zone, wait=about(seconds))


def shorten(text: str, length: int) -> str:
    """The text on one line, cut to `length` characters."""
    if text == UNREADABLE:
        return UNREADABLE
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


_AGO = {"few": _("a few seconds ago"), "s": _("{count} s ago"), "min": _("{count} min ago"), "h": _("{count} h ago")}


def ago(age: float) -> Sentence:
    """An age in seconds, rounded."""
    unit, count = _span(age)
    if unit == "day":
        return _n("{count} day ago", "{count} days ago", count)
    return _AGO[unit].fill(count=count) if count else _AGO[unit]


_RATE = {"day": _("{credits} a day"), "week": _("{credits} a week"), "month": _("{credits} a month")}


def clips_(count: int) -> Sentence:
    return _n("{count} clip", "{count} clips", count)


def numbered(options: Iterable[Sentence]) -> list[Sentence]:
    """The lines of a list, each with the number that may be written for it."""
    return [_("{number}. {line}", number=number, line=line) for number, line in enumerate(options, 1)]


def rate(credits: int, span: str) -> Sentence:
    """An allowance: credits per span."""
    return _RATE[span].fill(credits=credits_(credits))


BANNED_BECAUSE = _("a clip that was shared")
"""Reason of a ban by a button."""
THE_MAKER = _("the person who shared it")
"""Label of a person without a name."""
EVERYONE = _("everyone")
"""Label of what is set for all people of a scope."""
PAUSED_BECAUSE = _("a backup was put back")
"""Reason of a pause after a restore."""
_OURS = {sentence.id: sentence for sentence in (BANNED_BECAUSE, THE_MAKER, EVERYONE, PAUSED_BECAUSE)}


def ours(words: str) -> str:
    """Words of a rule or act: a sentence if we wrote them, people's as they are."""
    return _OURS.get(words, words)


def reason(because: str) -> Sentence:
    """An admin's reason: a sentence, as in “it came out black”, or a noun, as in “spam”; empty without one."""
    return _("The reason: {because}.", because=ours(because.rstrip("."))) if because else EMPTY
