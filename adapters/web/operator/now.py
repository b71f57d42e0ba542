"""The section “Now”: queue, spending, health, and what is unfinished."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.web.operator import charts
from adapters.web.operator.jobs import line
from adapters.web.operator.money import bars
from bot import platforms, texts
from bot.overview import Hour, Now
from bot.sentence import Sentence

AT_HOSTS = ("submitting", "asking", "running")
"""States of an order that a provider has, or may have."""
SOON = 30.0
"""Seconds of lateness that need no word."""


def values(now: Now, well: bool, figures: Mapping[str, Any]) -> dict[str, Any]:
    """What the template shows."""
    overview = texts.overview
    clips, failed = sum(hour.clips for hour in now.hours), sum(hour.failed for hour in now.hours)
    return {
        "well": well,
        "paused": now.paused,
        "tiles": [
            (overview.LABELS["in_line"], overview.number(now.states.get("queued", 0)), False),
            (overview.LABELS["at_hosts"], overview.number(sum(now.states.get(state, 0) for state in AT_HOSTS)), False),
            (overview.LABELS["delivering"], overview.number(now.states.get("delivering", 0)), False),
            (overview.LABELS["overdue"], _late(now.overdue), now.overdue > SOON),
            (overview.LABELS["in_doubt"], overview.number(now.in_doubt), now.in_doubt > 0),
            (overview.LABELS["incidents_day"], overview.number(now.incidents), False),
        ],
        "ceilings": bars(now.ceilings),
        "bars": charts.columns(_hours(now.hours)),
        "chart": overview.chart_of_hours(clips, failed),
        "health": _health(figures),
        "rows": [line(job, now.at) for job in now.jobs],
    }


def _late(seconds: float) -> Sentence:
    return texts.overview.span(seconds) if seconds > SOON else texts.overview.LABELS["on_time"]


def _hours(hours: Sequence[Hour]) -> list[tuple[str, str, list[tuple[str, float]]]]:
    return [
        (
            texts.overview.bar_of_hour(hour.at, hour.clips, hour.failed),
            texts.overview.hour(hour.at) if n % 6 == 5 else "",
            [("clips", hour.clips), ("failed", hour.failed)],
        )
        for n, hour in enumerate(hours)
    ]


def _health(figures: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """Name, state, and whether it needs somebody."""
    overview = texts.overview
    since = float(figures.get("worker_last_round_s", 0.0))
    found: list[tuple[str, str, bool]] = [
        (overview.LABELS["worker"], overview.span(max(1.0, since)), since > SOON),
        (overview.LABELS["database"], overview.LABELS["up"], False),
    ]
    if late := float(figures.get("outbox_overdue_s", 0.0)):
        found.append((overview.LABELS["outbox"], overview.span(late), False))
    for name, said in figures.get("platforms", {}).items():
        is_up = said == "up"
        found.append((platforms.of(name).label, overview.LABELS["up"] if is_up else said, not is_up))
    return found
