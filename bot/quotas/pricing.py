"""Prices and limits of an order. Pure; the store charges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from difflib import get_close_matches
from functools import cache
from math import ceil
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from bot.catalogue import DEFAULT, Model
from bot.characters import plain, trim
from bot.quotas.rules import FLIGHT, OPERATORS, Bill, Denied, Line, Member, Plan, Rule, Rulebook, Span

MILLIONTHS = 1_000_000
_DAYS = {"day": 1, "week": 7, "month": 30}


@dataclass(frozen=True, slots=True)
class Window:
    """A span of an allowance: `key` names it, and it refills at `ends_at` (Unix seconds)."""

    key: str
    ends_at: float


@dataclass(frozen=True, slots=True)
class Policy:
    """The operator's settings. `price` is the cost of one credit; money is in millionths; None is no limit."""

    credits: int
    day: int | None = None
    month: int | None = None
    money_day: int | None = None
    money_month: int | None = None
    price: int = 0


@dataclass(frozen=True, slots=True)
class Ask:
    """An order's inputs to the limits. `place` is `chat/thread`."""

    member: Member
    price: int
    seconds: int
    now: float
    place: str = ""
    unlimited: bool = False
    model: Model = DEFAULT
    names: frozenset[str] | None = None
    """Names by which a community may allow the model; None: it is not about an order."""


@dataclass(frozen=True, slots=True)
class Limits:
    """A member's limits: their own where set, else the best of their tiers, else the scope's."""

    credits: int
    span: Span
    flight: int | None
    longest: int | None


def price(seconds: int, model: Model = DEFAULT) -> int:
    """Credits for a clip of a model: never a part of a credit. Raises `ValueError` for a model without a price."""
    if model.price is None:
        raise ValueError(f"{model.title} has no price")
    return ceil(seconds * model.price.a_second)


def zone(name: str | None) -> tzinfo:
    """A time zone by its IANA name; UTC for None or an unknown one."""
    known = known_zone(name) if name else None
    try:
        return ZoneInfo(known) if known and known != "UTC" else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def known_zone(name: str) -> str | None:
    """The canonical spelling of a time zone in any case; None if it does not exist."""
    return _zones().get(_folded(name))


def nearest_zone(name: str) -> str | None:
    """The likely time zone for a city's name or a misspelling."""
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
    """Zone names by their folded form, without the system's aliases and folders."""
    no_zones = {"localtime", "posixrules", "posix", "right", "factory", "systemv"}
    names = {name for name in available_timezones() if name.partition("/")[0].lower() not in no_zones}
    return {_folded(name): name for name in names | {"UTC"}}


def _folded(name: str) -> str:
    return plain(trim(name)).text.replace(" ", "_").replace("—", "-")


def window(now: float, span: Span = "day", where: tzinfo = UTC) -> Window:
    """The calendar day, week (from Monday) or month in that zone that contains `now`; it ends at midnight there."""
    day = datetime.fromtimestamp(now, where).date()
    if span == "month":
        following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        return Window(f"month:{day:%Y-%m}", midnight(following, where))
    if span == "week":
        year, week, weekday = day.isocalendar()
        return Window(f"week:{year}-W{week:02}", midnight(day + timedelta(days=8 - weekday), where))
    return Window(f"day:{day.isoformat()}", midnight(day + timedelta(days=1), where))


def windows(now: float, where: tzinfo = UTC) -> dict[Span, Window]:
    """All windows that contain `now`."""
    return {span: window(now, span, where) for span in ("day", "week", "month")}


def midnight(day: date, where: tzinfo) -> float:
    """The start of a day in Unix seconds; if the clock skips midnight, the moment of the skip."""
    return datetime.combine(day, time(), where).timestamp()


def limits(rules: Rulebook, policy: Policy) -> Limits:
    """A member's limits."""
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
    """The member's ban, or None."""
    found = [rule for rule in rules.own if rule.banned is not None and rule.banned > now]
    return max(found, key=lambda rule: rule.banned or 0.0) if found else None


def takes_place(rules: Rulebook, place: str) -> bool:
    """Whether orders are taken at a place; an entry without a thread covers all threads of its chat."""
    chat = place.partition("/")[0]
    places = rules.scope.places
    return places is None or place in places or f"{chat}/" in places


def plan(ask: Ask, policy: Policy) -> Plan:
    """The limits of an order, for the store to evaluate inside its transaction."""
    return lambda rules: bill(ask, rules, policy)


def bill(ask: Ask, rules: Rulebook, policy: Policy) -> Bill | Denied:
    """The limits of an order under these rules; `Denied` if it is refused regardless of the balance."""
    member, now = ask.member, ask.now
    held = limits(rules, policy)
    banned = ban(rules, now)
    if rules.house.paused:
        return Denied("paused")
    if banned:
        return Denied("banned", ends_at=banned.banned, because=banned.because or "")
    if rules.scope.models is not None and ask.names is not None and ask.names.isdisjoint(rules.scope.models):
        return Denied("model")
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
    """The operator's own limits. Their days change at midnight UTC."""
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
    """Whether only the operator can lift the limit."""
    return denied.cause in OPERATORS


def _first(stairs: Sequence[Sequence[int | None]]) -> int | None:
    """The maximum of the first level on which anything is set."""
    for stair in stairs:
        if found := [value for value in stair if value is not None]:
            return max(found)
    return None


def _a_day(rule: Rule) -> float:
    return (rule.credits or 0) / _DAYS[rule.span or "day"]


def _span(span: Span) -> Span:
    return span
