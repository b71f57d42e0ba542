"""Amounts and spans as people write them: `30/day`, `50 until Friday`, `for 2 weeks`, `because …`. Pure.

Nothing is guessed: unparsable text gives None, and the caller explains the syntax. Text above `MAX_LENGTH` is rejected
unparsed, as the expressions below take quadratic time or worse.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from bot.characters import plain, trim
from bot.quotas.pricing import midnight
from bot.quotas.rules import Span

MOST = 10_000_000
"""Maximum credits in one sentence."""
LONGEST = 10 * 366 * 86_400.0
"""Maximum length of any period, in seconds."""
MAX_LENGTH = 100
"""Maximum characters of an amount and its span."""

_NUMBER = r"(\d{1,3}(?:[,'’٬_ ]\d{3})+|\d{1,9})"
_AMOUNT = re.compile(rf"{_NUMBER}(?![\d.,/])\s*(?:credits?\b|cr\b)?\s*", re.IGNORECASE)
_RATE = re.compile(
    rf"{_NUMBER}\s*(?:credits?|cr)?\s*(?:/|\ba\b|\ban\b|\bper\b|\beach\b|\bevery\b)?\s*"
    r"(d|day|daily|days|w|week|weekly|weeks|m|month|monthly|months)?",
    re.IGNORECASE,
)
_SPANS: dict[str, Span] = {"d": "day", "w": "week", "m": "month"}
_BECAUSE = re.compile(r"(?:^|\s)(?:because\b[:,]?(?:\s+of\b)?|reason\s?[:=]|due\s+to\b|owing\s+to\b)\s*", re.IGNORECASE)
_FOR = re.compile(r"(?:^|\s)for\s+(?=\D)", re.IGNORECASE)
_TIMES = re.compile(
    r"(?:second|minute|hour|day|week|fortnight|month|year|decade)s?|weekend|night|evening|morning|today|tonight|tomorrow"
    r"|now|while|moment|bit|(?:mon|tues|wednes|thurs|fri|satur|sun)day",
    re.IGNORECASE,
)
_PART = re.compile(r"(\d{1,5}|an?|one|two|three)\s*([a-z]+)(?:\s*(?:,|and)\s*|\s+|$)", re.IGNORECASE)
_ONES = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3}
_UNITS = {
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86_400.0),
    **dict.fromkeys(("w", "week", "weeks"), 7 * 86_400.0),
    **dict.fromkeys(("mo", "month", "months"), 30 * 86_400.0),
    **dict.fromkeys(("y", "year", "years"), 365 * 86_400.0),
}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DATE = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th|\.)?(?:\s+of)?\s+([a-z]+)\.?|([a-z]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?)"
    r"(?:,?\s+(\d{4}))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Rate:
    """Credits per span."""

    credits: int
    span: Span


@dataclass(frozen=True, slots=True)
class Gift:
    """Credits, and their expiry (Unix seconds; None: never)."""

    credits: int
    until: float | None


def because(text: str) -> tuple[str, str]:
    """Split at `because`, `because of`, `due to` or `reason:` into text and reason."""
    return _cut(text, _BECAUSE.search(text))


def because_or_for(text: str) -> tuple[str, str]:
    """As `because`, for sentences about one person: `for spam` is a reason, too, unless it is a time."""
    match = _BECAUSE.search(text)
    early = _FOR.search(text, 0, match.start() if match else len(text))
    if early and not any(map(_TIMES.fullmatch, re.findall(r"[a-z]+", text[early.end() :].lower()))):
        match = early
    return _cut(text, match)


def _cut(text: str, match: re.Match[str] | None) -> tuple[str, str]:
    if match is None:
        return text.strip(), ""
    return text[: match.start()].strip(), " ".join(text[match.end() :].split())[:300]


def rate(text: str) -> Rate | None:
    """`30 a day`, `30/day`, `200 credits per week`, `30 daily`; a bare number is per day."""
    match = _RATE.fullmatch(_short(text))
    if match is None:
        return None
    credits = _number(match[1])
    return Rate(credits, _SPANS[(match[2] or "d")[0].lower()]) if credits <= MOST else None


def whole(text: str) -> int | None:
    """A bare amount: `20`, `20 credits`."""
    match = _AMOUNT.fullmatch(_short(text))
    return _number(match[1]) if match and _number(match[1]) <= MOST else None


def gift(text: str, now: float, where: tzinfo) -> Gift | None:
    """`50`, `50 until Friday`, `50 credits for 2 weeks`."""
    text = _short(text)
    match = _AMOUNT.match(text)
    if match is None or not 0 < _number(match[1]) <= MOST:
        return None
    rest = text[match.end() :]
    if not rest:
        return Gift(_number(match[1]), None)
    until = end(rest, now, where)
    return Gift(_number(match[1]), until) if until else None


def end(text: str, now: float, where: tzinfo) -> float | None:
    """The end of `until Friday`, `until 2026-12-24` or `for 2 weeks` in Unix seconds; a day counts to its end."""
    word, rest = (*_short(text).split(maxsplit=1), "", "")[:2]
    found = None
    if word.lower() in ("until", "till", "til"):
        found = _until(rest, now, where)
    elif word.lower() == "for":
        found = _for(rest, now)
    return found if found and now < found <= now + LONGEST else None


def _for(text: str, now: float) -> float | None:
    seconds = duration(text)
    return now + seconds if seconds else None


def duration(text: str) -> float | None:
    """`2 weeks`, `an hour`, `1d 12h` in seconds; a month is 30 days."""
    text = _short(text)
    total, place = 0.0, 0
    for match in _PART.finditer(text):
        unit = _UNITS.get(match[2].lower())
        if match.start() != place or unit is None:
            return None
        total += (_ONES.get(match[1].lower()) or int(match[1])) * unit
        place = match.end()
    return total if place == len(text) and total > 0 else None


def _until(text: str, now: float, where: tzinfo) -> float | None:
    """The end of a named day."""
    today = datetime.fromtimestamp(now, where).date()
    day = _day(" ".join(text.lower().split()), today)
    try:
        return midnight(day + timedelta(days=1), where) if day else None
    except (OverflowError, ValueError, OSError):
        return None


def _day(text: str, today: date) -> date | None:
    text = text.removeprefix("the end of ").removeprefix("end of ").removeprefix("the ")
    simple = {"today": 0, "tonight": 0, "tomorrow": 1}
    if text in simple:
        return today + timedelta(days=simple[text])
    if text in ("week", "this week"):
        return today + timedelta(days=6 - today.weekday())
    if text in ("month", "this month"):
        return (today.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    name = text.removeprefix("next ").removeprefix("this ")
    weekday = _named(name, _DAYS)
    if weekday is not None:  # on a Friday, “until Friday” is a week away
        return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    try:
        if iso := _ISO.fullmatch(text):
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        if match := _DATE.fullmatch(text):
            month = _named(match[2] or match[3], _MONTHS)
            if month is None:
                return None
            number, year = int(match[1] or match[4]), int(match[5] or today.year)
            day = date(year, month + 1, number)
            return day if match[5] or day >= today else date(year + 1, month + 1, number)
    except ValueError:
        return None
    return None


def _named(word: str, names: tuple[str, ...]) -> int | None:
    """The index of a name, which may be shortened to three letters."""
    if len(word) < 3:
        return None
    return next((i for i, name in enumerate(names) if name.startswith(word.lower())), None)


def _short(text: str) -> str:
    """In plain characters with single spaces; empty if too long for an amount."""
    text = " ".join(plain(trim(text)).text.replace("—", "-").split()) if len(text) <= 10 * MAX_LENGTH else ""
    return text if len(text) <= MAX_LENGTH else ""


def _number(text: str) -> int:
    return int(re.sub(r"\D", "", text))
