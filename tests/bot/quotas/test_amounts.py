"""Amounts and spans as people write them."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.quotas import amounts, pricing
from bot.quotas.amounts import Gift, Rate

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()  # a Friday
DAY = 86_400.0


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("30 a day", Rate(30, "day")),
        ("30/day", Rate(30, "day")),
        ("30 / day", Rate(30, "day")),
        ("30 per week", Rate(30, "week")),
        ("30 credits per week", Rate(30, "week")),
        ("1,000 a month", Rate(1000, "month")),
        ("30 daily", Rate(30, "day")),
        ("200 weekly", Rate(200, "week")),
        ("30 each day", Rate(30, "day")),
        ("30", Rate(30, "day")),
        ("0 a day", Rate(0, "day")),
        ("３０　ａ　day", Rate(30, "day")),
        ("\u200f٣٠\u00a0/\u202fday", Rate(30, "day")),
        ("1\u202f000 a day", Rate(1000, "day")),
        ("", None),
        ("lots", None),
        ("-3 a day", None),
        ("5.5 a day", None),
        ("30 a year", None),
        ("30 a day please", None),
        ("99999999999 a day", None),
    ],
)
def test_rates(text: str, rate: Rate | None) -> None:
    assert amounts.rate(text) == rate
    assert amounts.rate(text.upper()) == rate


@pytest.mark.parametrize(
    ("text", "credits", "until"),
    [
        ("50", 50, None),
        ("50 credits", 50, None),
        ("50 until today", 50, "2026-11-21"),
        ("５０\u00a0until\u30002026‑12‑24", 50, "2026-12-25"),
        ("50 until tomorrow", 50, "2026-11-22"),
        ("50 until Sunday", 50, "2026-11-23"),
        ("50 until Friday", 50, "2026-11-28"),
        ("50 till fri", 50, "2026-11-28"),
        ("50 until 2026-12-24", 50, "2026-12-25"),
        ("50 until 24 December", 50, "2026-12-25"),
        ("50 until Dec 24th", 50, "2026-12-25"),
        ("50 until 3 Jan", 50, "2027-01-04"),
        ("50 until the end of the month", 50, "2026-12-01"),
        ("50 until end of week", 50, "2026-11-23"),
        ("50 for 2 weeks", 50, "2026-12-04T12:00"),
        ("50 for an hour", 50, "2026-11-20T13:00"),
        ("50 for 1d 12h", 50, "2026-11-22T00:00"),
        ("50 for 1 day and 12 hours", 50, "2026-11-22T00:00"),
    ],
)
def test_gifts(text: str, credits: int, until: str | None) -> None:
    at = datetime.fromisoformat(until).replace(tzinfo=UTC).timestamp() if until else None
    assert amounts.gift(text, NOW, UTC) == Gift(credits, at)


@pytest.mark.parametrize(
    "text",
    [
        *("", "0", "-5", "fifty", "50 until", "50 until yesterday", "50 until 2026-11-19", "50 until 2026-02-30"),
        *("50 for ever", "50 for 0 days", "50 for 2 fortnights", "50 until 9999-12-31", "50 for 99999 years", "50 x"),
        *("50 until mo", "50 until Mayday", "5 0", "50.5", "50 for 2 weeks or so"),
    ],
)
def test_what_is_not_understood_is_not_guessed(text: str) -> None:
    assert amounts.gift(text, NOW, UTC) is None


def test_a_day_counts_to_its_end_where_it_is() -> None:
    berlin = pricing.zone("Europe/Berlin")
    gift = amounts.gift("5 until 2027-03-28", NOW, berlin)
    assert gift
    assert gift.until == datetime(2027, 3, 28, 22, tzinfo=UTC).timestamp()  # summer time began that morning


def test_a_reason_stands_behind_because() -> None:
    assert amounts.because("50 until Friday because they won") == ("50 until Friday", "they won")
    assert amounts.because("because of spam") == ("", "spam")
    assert amounts.because("for 2 weeks") == ("for 2 weeks", "")
    for said in ("because: spam", "Due to spam", "reason: spam", "Because of  spam"):
        assert amounts.because(f"for 2 weeks {said}") == ("for 2 weeks", "spam")


def test_a_reason_stands_behind_for_unless_it_is_a_time() -> None:
    assert amounts.because_or_for("for 2 weeks for spam") == ("for 2 weeks", "spam")
    assert amounts.because_or_for("until Friday for spam because I say so") == ("until Friday", "spam because I say so")
    for said in ("for 2 weeks", "for four weeks", "for the night", "for now", "for a fortnight", "for"):
        assert amounts.because_or_for(said) == (said, "")


@given(st.text(max_size=60))
def test_nothing_breaks_it(text: str) -> None:
    for where in (UTC, pricing.zone("America/Havana")):
        gift = amounts.gift(text, NOW, where)
        assert gift is None or gift.credits > 0
        end = amounts.end(text, NOW, where)
        assert end is None or end > NOW
    amounts.rate(text)
    amounts.whole(text)
    amounts.because(text)
    amounts.because_or_for(text)


@given(
    st.integers(1, 10_000), st.sampled_from(["day", "week", "month"]), st.sampled_from([" a ", "/", " per ", " each "])
)
def test_rates_come_back(credits: int, span: str, between: str) -> None:
    assert (
        amounts.rate(f"{credits:,}{between}{span}") == amounts.rate(f"{credits}{between}{span}") == Rate(credits, span)
    )


@pytest.mark.parametrize("bit", ["9", " ", "1 ", ",000", " 000", "'000", "a", "\n", "1d ", "1d and ", "a day ", "٣"])
def test_what_is_long_is_no_amount_and_takes_no_time(bit: str) -> None:
    began = time.perf_counter()
    for start in ("", "1", "1,000", "for 1d", "until 1"):
        text = start + (bit * 6001)[:6001]
        for said in (text, text + "!"):
            for found in (
                *(amounts.rate(said), amounts.whole(said), amounts.gift(said, NOW, UTC), amounts.end(said, NOW, UTC)),
                amounts.duration(said),
            ):
                assert found is None or bit.isspace()
    assert time.perf_counter() - began < 1
