"""What a clip costs and when an allowance refills."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones, reset_tzpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import catalogue
from bot.quotas import pricing
from bot.quotas.rules import Bill, Denied, Member, Rule, Rulebook, Span


def test_a_credit_is_a_second() -> None:
    assert (pricing.price(5), pricing.price(10)) == (5, 10)


@pytest.mark.parametrize(
    ("at", "key", "ends"),
    [
        ("2026-11-20T00:00:00", "day:2026-11-20", "2026-11-21"),
        ("2026-11-20T23:59:59.999", "day:2026-11-20", "2026-11-21"),
        ("2026-12-31T12:00:00", "day:2026-12-31", "2027-01-01"),
        ("2028-02-28T12:00:00", "day:2028-02-28", "2028-02-29"),
    ],
)
def test_days_change_at_midnight_utc(at: str, key: str, ends: str) -> None:
    window = pricing.window(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp())
    assert window == pricing.Window(key, datetime.fromisoformat(ends).replace(tzinfo=UTC).timestamp())


def test_a_dearer_model_costs_more_and_never_a_part_of_a_credit() -> None:
    assert pricing.price(5, catalogue.row("kling-video/v1/pro/image-to-video")) == 21


@pytest.mark.parametrize(
    ("at", "span", "key", "hours"),
    [
        ("2026-03-28T23:30:00Z", "day", "day:2026-03-29", 22.5),  # 23 hours long: the clock leaps from 2 to 3
        ("2026-10-24T22:00:00Z", "day", "day:2026-10-25", 25.0),  # 25 hours long
        ("2026-10-25T22:59:59Z", "day", "day:2026-10-25", 1 / 3600),
        ("2026-10-25T23:00:00Z", "day", "day:2026-10-26", 24.0),
        ("2026-10-24T22:00:00Z", "week", "week:2026-W43", 25.0),
        ("2026-03-22T23:00:00Z", "week", "week:2026-W13", 167.0),
        ("2026-12-31T23:00:00Z", "month", "month:2027-01", 31 * 24.0),
        ("2026-02-28T22:30:00Z", "month", "month:2026-02", 0.5),
        ("2026-12-31T22:59:59Z", "week", "week:2026-W53", 3 * 24 + 1 / 3600),
    ],
)
def test_windows_change_at_the_scopes_midnight_also_when_summer_time_does(
    at: str, span: Span, key: str, hours: float
) -> None:
    now = datetime.fromisoformat(at).timestamp()
    found = pricing.window(now, span, pricing.zone("Europe/Berlin"))
    assert (found.key, round((found.ends_at - now) / 3600, 6)) == (key, round(hours, 6))


@given(
    st.floats(min_value=0, max_value=4e9),
    st.sampled_from(["day", "week", "month"]),
    st.sampled_from(
        ["UTC", "Europe/Berlin", "America/Sao_Paulo", "America/Havana", "Asia/Kathmandu", "Pacific/Apia", "Asia/Beirut"]
    ),
)
def test_one_window_ends_where_the_next_begins(now: float, span: Span, name: str) -> None:
    where = pricing.zone(name)
    found = pricing.window(now, span, where)
    assert found.ends_at > now
    following = pricing.window(found.ends_at, span, where)
    assert following.key != found.key
    assert pricing.window(found.ends_at - 1, span, where).key == found.key


def test_a_zone_is_found_however_it_is_written() -> None:
    assert pricing.known_zone("europe/berlin") == "Europe/Berlin"
    assert pricing.known_zone("America/new york") == "America/New_York"
    assert pricing.known_zone("utc") == "UTC"
    assert pricing.known_zone("../../etc/passwd") is None
    assert pricing.known_zone("Europe/Atlantis") is None
    assert pricing.zone("Europe/Atlantis") is UTC


def test_every_zone_is_found_in_any_case() -> None:
    names = available_timezones() - {"localtime", "posixrules", "Factory"}
    for name in names:
        for said in (name, name.lower(), name.upper(), name.replace("_", " "), f" \u200f{name}\u00a0"):
            assert pricing.known_zone(said) == name
    for said, name in (("us/eastern", "US/Eastern"), ("AFRICA/DAR_ES_SALAAM", "Africa/Dar_es_Salaam")):
        assert pricing.known_zone(said) == name
        assert pricing.zone(said) == ZoneInfo(name)
    assert pricing.known_zone("america/port‑au‑prince") == "America/Port-au-Prince"


def test_zones_are_known_where_the_system_has_none() -> None:
    try:
        reset_tzpath(to=[])
        pricing._zones.cache_clear()
        assert pricing.known_zone("us/eastern") == "US/Eastern"
    finally:
        reset_tzpath()
        pricing._zones.cache_clear()


@pytest.mark.parametrize(
    "name",
    ["localtime", "Localtime", "posixrules", "Factory", "posix/Europe/Berlin", "right/Europe/Berlin", "tzdata.zi"],
)
def test_what_is_no_places_time_is_no_zone(name: str) -> None:
    assert pricing.known_zone(name) is None
    assert pricing.zone(name) is UTC


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("berlin", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("Europe/Berln", "Europe/Berlin"),
        ("right/Europe/Berlin", "Europe/Berlin"),
        ("US/Eastrn", "US/Eastern"),
        ("localtime", None),
        ("Atlantis", None),
        ("", None),
    ],
)
def test_the_nearest_zone_is_told(said: str, meant: str | None) -> None:
    assert pricing.nearest_zone(said) == meant


NOTHING = Rule()


def rules(
    scope: Rule = NOTHING, own: tuple[Rule, ...] = (), tiers: tuple[Rule, ...] = (), house: Rule = NOTHING
) -> Rulebook:
    return Rulebook(("discord:7",), "discord:7", scope, own, tiers, house)


@pytest.mark.parametrize(
    ("found", "credits", "span"),
    [
        (rules(), 30, "day"),
        (rules(Rule(credits=10, span="week")), 10, "week"),
        (rules(Rule(credits=10), tiers=(Rule(credits=20), Rule(credits=200, span="month"))), 20, "day"),
        (rules(Rule(credits=10), tiers=(Rule(credits=20), Rule(credits=200, span="week"))), 200, "week"),
        (rules(Rule(credits=10), own=(Rule(credits=0),), tiers=(Rule(credits=50),)), 0, "day"),
        (rules(Rule(credits=10), own=(Rule(banned=5.0),), tiers=(Rule(flight=2),)), 10, "day"),
    ],
)
def test_the_first_that_is_set_holds(found: Rulebook, credits: int, span: Span) -> None:
    held = pricing.limits(found, pricing.Policy(30))
    assert (held.credits, held.span) == (credits, span)


ASK = pricing.Ask(Member("discord:1", "discord:7"), 10, 10, 1000.0, "chat/thread")


@pytest.mark.parametrize(
    ("found", "cause"),
    [
        (rules(house=Rule(paused=True)), "paused"),
        (rules(own=(Rule(banned=1001.0),)), "banned"),
        (rules(own=(Rule(banned=999.0),)), None),
        (rules(Rule(places=("chat/other",))), "place"),
        (rules(Rule(places=())), "place"),
        (rules(Rule(places=("chat/thread",))), None),
        (rules(Rule(places=("chat/",))), None),
        (rules(Rule(closed=True)), "closed"),
        (rules(Rule(closed=True), tiers=(Rule(flight=3),)), None),
        (rules(Rule(closed=True), own=(Rule(credits=3),)), None),
        (rules(Rule(longest=5)), "longest"),
        (rules(Rule(longest=5), own=(Rule(longest=10),)), None),
    ],
)
def test_what_no_sum_can_help(found: Rulebook, cause: str | None) -> None:
    bill = pricing.bill(ASK, found, pricing.Policy(30))
    assert (bill.cause if isinstance(bill, Denied) else None) == cause


def test_the_console_is_counted_and_not_limited() -> None:
    bill = pricing.bill(replace(ASK, unlimited=True), rules(Rule(cap=9)), pricing.Policy(30, day=5))
    assert isinstance(bill, Bill)
    assert [(line.cause, line.limit) for line in bill.lines] == [
        ("allowance", None),
        ("flight", None),
        ("community_flight", None),
        ("community_month", 9),
        ("ceiling_day", 5),
        ("ceiling_month", None),
    ]


def test_money_is_whole_millionths() -> None:
    lines = pricing.ceilings(7, 1000.0, pricing.Policy(30, money_day=1_000_000, price=31_500))
    assert [(line.amount, line.limit) for line in lines[2:]] == [(220_500, 1_000_000), (220_500, None)]
