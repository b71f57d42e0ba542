"""What an order costs and what a person may spend. Pure; the store does the spending."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from difflib import get_close_matches
from functools import cache
from math import ceil
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from bot.characters import plain, trim
from bot.quotas.rules import FLIGHT, OPERATORS, Bill, Denied, Line, Member, Plan, Rule, Rulebook, Span

UNLIMITED = frozenset({"console"})
"""Platforms whose people are the operator: recorded, not limited by an allowance."""
FACTORS: dict[str, tuple[int, int]] = {
    "kling-video/v1/standard/image-to-video": (1, 1),
    "kling-video/v1/pro/image-to-video": (25, 6),
}
"""Credits per second of a model, as a fraction of the standard one: the ratio of the host's published prices."""
MILLIONTHS = 1_000_000
_DAYS = {"day": 1, "week": 7, "month": 30}


@dataclass(frozen=True, slots=True)
class Window:
    """A span in which an allowance holds; `key` names it, `ends_at` (Unix seconds) is when it refills."""

    key: str
    ends_at: float


@dataclass(frozen=True, slots=True)
class Policy:
    """The operator's settings. `price` is the money of one credit, and money is in millionths; None is no limit."""

    credits: int
    day: int | None = None
    month: int | None = None
    money_day: int | None = None
    money_month: int | None = None
    price: int = 0


@dataclass(frozen=True, slots=True)
class Ask:
    """An order, as far as the books care. `place` is `chat/thread`."""

    member: Member
    price: int
    seconds: int
    now: float
    place: str = ""
    unlimited: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for a member: the first that is set of their own, the best of their tiers, and the scope's."""

    credits: int
    span: Span
    flight: int | None
    longest: int | None


def price(seconds: int, model: str = "") -> int:
    """Credits for a clip: one per second of standard video; a model that is not in `FACTORS` costs the same."""
    over, under = FACTORS.get(model, (1, 1))
    return ceil(seconds * over / under)


def zone(name: str | None) -> tzinfo:
    """A time zone by its IANA name; UTC for none, and where it is unknown here."""
    known = known_zone(name) if name else None
    try:
        return ZoneInfo(known) if known and known != "UTC" else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def known_zone(name: str) -> str | None:
    """The name of a time zone as it is written, whatever the case; None for one that does not exist."""
    return _zones().get(_folded(name))


def nearest_zone(name: str) -> str | None:
    """The time zone that is most likely meant: named by its city alone, or misspelt."""
    zones, said = _zones(), _folded(name)
    cities = {folded.rpartition("/")[2]: zones[folded] for folded in sorted(zones, reverse=True)}
    city = said.rpartition("/")[2]
    if city in cities:
        return cities[city]
    if found := get_close_matches(said, zones, 1, 0.88):
        return zones[found[0]]
    found = get_close_matches(city, cities, 1, 0.88)
    return cities[found[0]] if found else None


@cache
def _zones() -> Mapping[str, str]:
    """The name of every zone by its folded one. What this machine happens to be set to is none, nor is its folder."""
    no_zones = {"localtime", "posixrules", "posix", "right", "factory", "systemv"}
    names = {name for name in available_timezones() if name.partition("/")[0].lower() not in no_zones}
    return {_folded(name): name for name in names | {"UTC"}}


def _folded(name: str) -> str:
    return plain(trim(name)).text.replace(" ", "_").replace("—", "-")


def window(now: float, span: Span = "day", where: tzinfo = UTC) -> Window:
    """The day, week (from Monday) or month that `now` falls in, by the calendar there; it ends at midnight there."""
    day = datetime.fromtimestamp(now, where).date()
    if span == "month":
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        return Window(f"month:{day:%Y-%m}", midnight(following, where))
    if span == "week":
        year, week, weekday = day.isocalendar()
        return Window(f"week:{year}-W{week:02}", midnight(day + timedelta(days=8 - weekday), where))
    return Window(f"day:{day.isoformat()}", midnight(day + timedelta(days=1), where))


def windows(now: float, where: tzinfo = UTC) -> dict[Span, Window]:
    """All that are open now."""
    return {span: window(now, span, where) for span in ("day", "week", "month")}


def midnight(day: date, where: tzinfo) -> float:
    """When a day begins, in Unix seconds; where the clock leaps over midnight, the moment of the leap."""
    return datetime.combine(day, time(), where).timestamp()


def limits(rules: Rulebook, policy: Policy) -> Limits:
    """What holds for a member."""
    stairs = (rules.own, rules.tiers, (rules.scope,))
    credits, span = policy.credits, _span("day")
    for stair in stairs:
        if found := [rule for rule in stair if rule.credits is not None]:
            best = max(found, key=_a_day)
            credits, span = best.credits or 0, best.span or "day"
            break
    return Limits(
        credits,
        span,
        _first([[rule.flight for rule in stair] for stair in stairs]),
        _first([[rule.longest for rule in stair] for stair in stairs]),
    )


def ban(rules: Rulebook, now: float) -> Rule | None:
    """The ban that holds for a member, if there is one."""
    found = [rule for rule in rules.own if rule.banned is not None and rule.banned > now]
    return max(found, key=lambda rule: rule.banned or 0.0) if found else None


def takes_place(rules: Rulebook, place: str) -> bool:
    """Whether orders are taken there; an entry without a thread stands for all threads of its chat."""
    chat = place.partition("/")[0]
    places = rules.scope.places
    return places is None or place in places or f"{chat}/" in places


def plan(ask: Ask, policy: Policy) -> Plan:
    """What an order must pass, for the store to ask within its transaction."""
    return lambda rules: bill(ask, rules, policy)


def bill(ask: Ask, rules: Rulebook, policy: Policy) -> Bill | Denied:
    """What an order must pass under these rules; `Denied` where no sum can help."""
    member, now = ask.member, ask.now
    held = limits(rules, policy)
    banned = ban(rules, now)
    if rules.house.paused:
        return Denied("paused")
    if banned:
        return Denied("banned", ends_at=banned.banned, because=banned.because or "")
    if not takes_place(rules, ask.place):
        return Denied("place")
    if rules.scope.closed and not rules.tiers and not any(rule.credits is not None for rule in rules.own):
        return Denied("closed")
    if held.longest is not None and ask.seconds > held.longest:
        return Denied("longest", held.longest)
    where = zone(rules.scope.zone)
    own = window(now, held.span, where)
    others = tuple(person for person in rules.people if person != member.person) if not member.scope else ()
    credits = None if ask.unlimited else held.credits
    flight = None if ask.unlimited else held.flight
    lines = [
        Line("allowance", "own", member.book, own.key, ask.price, credits, own.ends_at, others),
        Line("flight", "flight", member.book, FLIGHT, 1, flight, also=others),
    ]
    if member.scope:
        month, book = window(now, "month", where), f"scope:{member.scope}"
        lines.append(Line("community_flight", "flight", book, FLIGHT, 1, rules.scope.flights))
        lines.append(Line("community_month", "cap", book, month.key, ask.price, rules.scope.cap, month.ends_at))
    return Bill((*lines, *ceilings(ask.price, now, policy)))


def ceilings(amount: int, now: float, policy: Policy) -> Sequence[Line]:
    """The operator's own lines. Their days change at midnight UTC."""
    day, month = window(now, "day"), window(now, "month")
    lines = [
        Line("ceiling_day", "cap", "operator", f"credits:{day.key}", amount, policy.day, day.ends_at),
        Line("ceiling_month", "cap", "operator", f"credits:{month.key}", amount, policy.month, month.ends_at),
    ]
    if policy.price:
        money = amount * policy.price
        lines += [
            Line("money_day", "cap", "operator", f"money:{day.key}", money, policy.money_day, day.ends_at),
            Line("money_month", "cap", "operator", f"money:{month.key}", money, policy.money_month, month.ends_at),
        ]
    return lines


def stops_all(denied: Denied) -> bool:
    """Whether it is the operator's to mend."""
    return denied.cause in OPERATORS


def _first(stairs: Sequence[Sequence[int | None]]) -> int | None:
    """The largest of the first stair on which anything is set."""
    for stair in stairs:
        if found := [value for value in stair if value is not None]:
            return max(found)
    return None


def _a_day(rule: Rule) -> float:
    return (rule.credits or 0) / _DAYS[rule.span or "day"]


def _span(span: Span) -> Span:
    return span
