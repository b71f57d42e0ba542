"""When renders end, judged by those that ended and those still going: the Kaplan-Meier estimate. Pure; in seconds.

Renders that ended are by themselves a wrong sample while many are going: the short ones end first.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

from bot.model import Render

SHORTEST, DAY = 1.0, 86_400.0
HALF_LIFE = 60  # ended renders after which an earlier one counts half
DOUBT = 0.35  # standard deviation of log time, assumed of renders of which too few have ended
ATOMS = 8  # times that stand for those still going
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Survival:
    """What a history says of the next render."""

    ended: tuple[tuple[float, float], ...]
    """Times at which renders were seen to end, ascending, and the share of all renders that each stands for."""
    rest: tuple[tuple[float, float], ...]
    """Guesses for those that outlive all that ended, likewise."""
    latest: tuple[float, ...]
    """The latest three that ended."""
    count: int
    """How many ended."""
    size: float
    """How many ended renders of equal weight would say as much."""

    @classmethod
    def of(cls, renders: Sequence[Render]) -> "Survival":
        """Learn from `renders`, the latest accepted first; those whose times are no durations are left out."""
        known = [
            replace(render, seen=min(max(render.seen, SHORTEST), DAY))
            for render in renders
            if 0 <= render.seen < math.inf and (render.ended or render.seen > render.since)
        ]
        latest = [render.seen for render in known if render.ended]
        if not latest:
            return cls((), (), (), 0, 0.0)
        weights = _weights(known)
        shares = _shares(known, weights)
        heavy = [weight for weight, render in zip(weights, known, strict=True) if render.ended]
        ended = sorted((render.seen, share) for render, share in zip(known, shares, strict=True) if render.ended)
        left = 1 - sum(shares)
        rest = _rest(max(render.seen for render in known), left) if left > 1e-9 else ()
        return cls(
            tuple(ended), rest, tuple(latest[:3]), len(latest), sum(heavy) ** 2 / sum(weight**2 for weight in heavy)
        )


def _weights(renders: Sequence[Render]) -> list[float]:
    """Newer renders count more. By when they were accepted, as that says nothing about how long they take."""
    weights, ended = list[float](), 0
    for render in renders:
        weights.append(0.5 ** (ended / HALF_LIFE))
        ended += render.ended
    return weights


def _shares(renders: Sequence[Render], weights: Sequence[float]) -> list[float]:
    """The share of all renders that ends when each of these did, 0 for one still going.

    What is missing from a sum of 1 ends after all that were seen to end.
    """
    shares, going = [0.0] * len(renders), 1.0
    begun = sorted(zip((render.since for render in renders), weights, strict=True))
    ending = sum(weight for render, weight in zip(renders, weights, strict=True) if render.ended)
    watched, entered = 0.0, 0
    for i in sorted(range(len(renders)), key=lambda i: (renders[i].seen, not renders[i].ended)):
        while entered < len(begun) and begun[entered][0] <= renders[i].seen:
            watched += begun[entered][1]
            entered += 1
        if renders[i].ended:
            # Half of all that ended later, at least: one quick render in a short watch must not stand for all.
            shares[i] = going * weights[i] / max(watched, ending / 2, weights[i])
            going -= shares[i]
            ending -= weights[i]
        watched -= weights[i]
    return shares


def _rest(reached: float, left: float) -> tuple[tuple[float, float], ...]:
    """Times, none before `reached`, for the share that is `left`: as if all renders together were log-normal."""
    median = math.log(reached) - DOUBT * _NORMAL.inv_cdf(min(max(1 - left, 0.02), 0.98))
    parts = (1 - left * (part + 0.5) / ATOMS for part in reversed(range(ATOMS)))
    return tuple((max(math.exp(median + DOUBT * _NORMAL.inv_cdf(part)), reached), left / ATOMS) for part in parts)
