"""What an order costs and what a person may spend. Pure; the store does the spending."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

UNLIMITED = frozenset({"console"})
"""Platforms whose people are the operator: recorded, not limited."""


@dataclass(frozen=True, slots=True)
class Window:
    """A span in which an allowance holds; `key` names it, `ends_at` (Unix seconds) is when it refills."""

    key: str
    ends_at: float


def price(seconds: int) -> int:
    """Credits for a clip: one per second of standard video."""
    return seconds


def window(now: float) -> Window:
    """The day that `now` falls in. Days change at midnight UTC."""
    day = datetime.fromtimestamp(now, UTC).date()
    midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)
    return Window(f"day:{day.isoformat()}", midnight.timestamp())


def allowance(platform: str, daily: int) -> int | None:
    """Credits that a person on `platform` may spend per window; None is no limit."""
    return None if platform in UNLIMITED else daily
