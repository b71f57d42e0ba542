"""The section “Money”: ceilings, the last days, and what it went to."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from adapters.web.operator import charts
from adapters.web.operator.session import PATH
from bot import catalogue, texts
from bot.overview import Ceiling, Money, Part
from bot.sentence import Sentence

MONEY = f"{PATH}/money"
SHOWN = 15
"""Lines of a list."""


def bars(ceilings: Sequence[Ceiling]) -> list[tuple[Sentence, Sentence, float | None]]:
    """What is spent of what may be: name, words, and the part that is filled."""
    overview = texts.overview
    return [
        (overview.spent(one.unit, one.span), overview.of_limit(one.used, one.limit), charts.part(one.used, one.limit))
        for one in ceilings
    ]


def values(found: Money) -> dict[str, Any]:
    """What the template shows."""
    overview, days = texts.overview, found.days
    names = [overview.day(day.at) if n % 7 == 3 else "" for n, day in enumerate(days)]
    used, usd = sum(day.used for day in days), sum(day.usd for day in days)
    return {
        "ceilings": bars(found.ceilings),
        "total": overview.total(used, usd),
        "days": charts.columns(
            [
                (overview.bar_of_day(day.at, day.used), name, [("used", day.used)])
                for day, name in zip(days, names, strict=True)
            ]
        ),
        "cost": overview.dollars(usd) if usd else "",
        "costs": charts.columns(
            [
                (overview.cost_of_day(day.at, day.usd), name, [("clips", day.usd)])
                for day, name in zip(days, names, strict=True)
            ]
        ),
        "lists": [
            ("hosts", overview.LABELS["by_host"], _by(found.parts, lambda part: part.host, _host)),
            ("models", overview.LABELS["by_model"], _by(found.parts, lambda part: part.model, _model)),
            ("communities", overview.LABELS["by_community"], _by(found.parts, lambda part: part.scope, _community)),
        ],
        "balances": [
            (texts.phrases.host(host), overview.number(round(left))) for host, left in sorted(found.balances.items())
        ],
        "compared": found.compared,
    }


def _by(
    parts: Sequence[Part], key: Callable[[Part], str], called: Callable[[str], tuple[str, str]]
) -> list[tuple[str, str, Sentence, float]]:
    """Name, path, words, and length of the bar of each, the highest first."""
    used, clips, usd = Counter[str](), Counter[str](), Counter[str]()
    for part in parts:
        name = key(part)
        used[name] += part.used
        clips[name] += part.clips
        usd[name] += part.usd
    highest = max(used.values(), default=0)
    return [
        (
            *called(name),
            texts.overview.part_of_money(amount, clips[name], usd[name]),
            charts.part(amount, highest) or 0.0,
        )
        for name, amount in used.most_common(SHOWN)
    ]


def _host(name: str) -> tuple[str, str]:
    return texts.phrases.host(name) or texts.overview.LABELS["nobody"], ""


def _model(name: str) -> tuple[str, str]:
    return catalogue.row(name).title, ""


def _community(name: str) -> tuple[str, str]:
    return (name, f"{PATH}/communities/{quote(name, safe=':')}") if name else (texts.overview.LABELS["private"], "")
