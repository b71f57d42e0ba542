"""Distribution of render times, from ended and running renders: the Kaplan-Meier estimate. Pure; in seconds.

Ended renders alone are a biased sample while many are running: the short ones end first.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

from bot.model import Render

SHORTEST, DAY = 1.0, 86_400.0
HALF_LIFE = 60  # ended renders after which an earlier one has half the weight
DOUBT = 0.35  # assumed standard deviation of log time, if too few renders have ended
ATOMS = 8  # points that represent the running renders
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Survival:
    """Estimated distribution of the next render's time."""

    ended: tuple[tuple[float, float], ...]
    """Observed times of completion, ascending, each with its share of all renders."""
    rest: tuple[tuple[float, float], ...]
    """Assumed times beyond the latest observed completion, likewise."""
    latest: tuple[float, ...]
    """Times of the latest three ended renders."""
    count: int
    """Number of ended renders."""
    size: float
    """Effective sample size: the number of ended renders, if all had equal weight."""

    @classmethod
    def of(cls, renders: Sequence[Render]) -> "Survival":
        """Estimate from `renders`, the latest accepted first; invalid durations are ignored."""
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
    """Weights that decrease with age: by time of acceptance, which is independent of the duration."""
    weights, ended = list[float](), 0
    for render in renders:
        weights.append(0.5 ** (ended / HALF_LIFE))
        ended += render.ended
    return weights


def _shares(renders: Sequence[Render], weights: Sequence[float]) -> list[float]:
    """The share of all renders at each completion time; 0 for a running one.

    The remainder to 1 lies beyond the latest completion.
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
            # At least half of those that ended later: one quick render soon after the start must not represent all.
            shares[i] = going * weights[i] / max(watched, ending / 2, weights[i])
            going -= shares[i]
            ending -= weights[i]
        watched -= weights[i]
    return shares


def _rest(reached: float, left: float) -> tuple[tuple[float, float], ...]:
    """Points at or after `reached` for the share `left`, from a log-normal fit of all renders."""
    median = math.log(reached) - DOUBT * _NORMAL.inv_cdf(min(max(1 - left, 0.02), 0.98))
    parts = (1 - left * (part + 0.5) / ATOMS for part in reversed(range(ATOMS)))
    return tuple((max(math.exp(median + DOUBT * _NORMAL.inv_cdf(part)), reached), left / ATOMS) for part in parts)
