"""What the operator's settings allow to be spent."""

import pytest

from bot.config import load
from bot.errors import Misconfigured
from bot.quotas.pricing import Policy


@pytest.mark.parametrize(
    ("settings", "policy"),
    [
        ({}, Policy(600)),
        ({"CEILING_DAY": "50", "DAILY_CREDITS": "7"}, Policy(7, 50)),
        ({"AIMLAPI_KEY": "k"}, Policy(30, 600, 6000)),
        ({"AIMLAPI_KEY": "k", "CEILING_DAY": "0", "CEILING_MONTH": "9"}, Policy(30, 0, 9)),
        (
            {"AIMLAPI_KEY": "k", "CREDIT_PRICE": "0.0315", "MONEY_DAY": "20", "MONEY_MONTH": "150.5"},
            Policy(30, 600, 6000, 20_000_000, 150_500_000, 31_500),
        ),
    ],
)
def test_a_paid_host_is_never_without_a_ceiling(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], policy: Policy
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert load().policy == policy


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({"MONEY_DAY": "20"}, "CREDIT_PRICE"),
        ({"CREDIT_PRICE": "cheap"}, "CREDIT_PRICE: it must be a number"),
        ({"CREDIT_PRICE": "NaN"}, "CREDIT_PRICE: it must be a number"),
        ({"CEILING_DAY": "-1"}, "CEILING_DAY: it must be at least 0"),
        ({"OWNERS": "123"}, "OWNERS: it must name people as in telegram:123,discord:456"),
        ({"OWNERS": "telegram:123,@bob"}, "OWNERS"),
    ],
)
def test_what_cannot_be_meant_is_said(monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], part: str) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Misconfigured, match=part):
        _ = load().policy


def test_owners_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWNERS", "telegram:123, discord:456")
    assert load().owners == ("telegram:123", "discord:456")
