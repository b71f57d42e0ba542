"""What a clip costs and when an allowance refills."""

from datetime import UTC, datetime

import pytest

from bot import quota


def test_a_credit_is_a_second() -> None:
    assert (quota.price(5), quota.price(10)) == (5, 10)


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
    window = quota.window(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp())
    assert window == quota.Window(key, datetime.fromisoformat(ends).replace(tzinfo=UTC).timestamp())


def test_the_console_is_the_operators() -> None:
    assert quota.allowance("console", 30) is None
    assert quota.allowance("telegram", 30) == 30
