"""When to look next at a render, learned from how long earlier ones took. Pure; all times are in seconds."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

# Let h(t) be the hazard: the chance per second that a render which is still going at t completes now. With d(t) between
# two looks a clip waits d/2 on average to be seen, and a job costs the integral of S/d looks, S being the share still
# going. The fewest looks for a given wait have d proportional to 1/sqrt(h), which is to say: equal steps of
#
#     G(t) = the integral of sqrt(h).
#
# The size of the step follows from the wait we allow: that of a plain loop every `blind` seconds, half of it. So looks
# are dense while completion is likely, and there are none while it is not: the first is one step up from G(0).
#
# S comes from the history itself: each render is a small bell in log time (two humps stay two humps), and a broad curve
# stands for "unlike anything seen", with the odds of that after so many renders. It keeps every logarithm finite, and
# as its hazard falls with time, a job that outlives the history is looked at ever more rarely.
#
# Hosts change, so newer renders weigh more. And what is recorded is not the end of a render but the look that saw it.
# Left alone, looks aimed at earlier looks would creep later and later: so that wait is taken off first. Nor would a
# host that became faster show before our first look: so that look comes a fifth before the median of the latest three
# renders; if those were first looks themselves, the next is earlier again, and so on.

SHORTEST, LONGEST = 1.0, 30.0  # between two looks
DAY = 86_400.0
KNOWN = 200  # renders used, at most
TRUSTED = 20  # renders after which the plain loop has no say any more
HALF_LIFE = 60  # renders after which one counts half
FAR = math.log(8)  # a render further off the median than this is taken as this far off
EARLIER = 0.8
CELLS = 160


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The looks at one kind of render. Make a new one when a render finishes (milliseconds); asking it is cheap."""

    blind: float
    trust: float
    """What the history has to say against the plain loop: 0 to 1."""
    usual: float
    """The median."""
    past: float
    """By then 99 % of the history had finished."""
    step: float
    first: float
    """Nothing is expected to finish before."""
    times: tuple[float, ...] = field(repr=False)
    hazards: tuple[float, ...] = field(repr=False)
    """-log S at each of `times`."""
    steps: tuple[float, ...] = field(repr=False)
    """G at each of `times`."""

    @classmethod
    def of(cls, renders: Sequence[float], *, blind: float = 10.0, usual: float = 300.0) -> "Rhythm":
        """Learn from `renders`, in seconds, newest first; what is no duration (NaN, negative, infinite) is left out.

        `blind` is the time between looks while there is no history, and `usual` what is then expected of a render.
        """
        known = [min(max(r, SHORTEST), DAY) for r in renders[:KNOWN] if 0 <= r < math.inf]
        logs = [math.log(r - min(blind / 2, r / 10)) for r in known] or [math.log(usual)]
        weights = [0.5 ** (age / HALF_LIFE) for age in range(len(logs))]
        total = sum(weights)
        count = total**2 / sum(w * w for w in weights)
        ranked = sorted(zip(logs, (w / total for w in weights), strict=True))
        shares = list(accumulate(weight for _, weight in ranked))
        low, middle, high = (ranked[bisect_left(shares, share)][0] for share in (0.16, 0.5, 0.84))
        # Three renders' worth of doubt about the spread, for short histories.
        spread = math.sqrt((3 * 0.3**2 + count * ((high - low) / 2) ** 2) / (3 + count))
        width = max(0.02, 0.75 * spread * count**-0.2)
        bells = [(min(max(log, middle - FAR), middle + FAR), weight) for log, weight in ranked]
        unlike = 0.3 / (1 + count)

        start, end = bells[0][0] - 4 * width, bells[-1][0] + 4 * width
        past = math.exp(end)
        times, hazards, steps = [0.0], [0.0], [0.0]
        for cell in range(CELLS + 1):
            log = start + (end - start) * cell / CELLS
            going = sum(weight * math.erfc((log - bell) / (width * math.sqrt(2))) for bell, weight in bells) / 2
            if going < 0.01:
                past = min(past, math.exp(log))
            share = (1 - unlike) * going + unlike / (1 + math.exp(3 * (log - middle)))
            hazard = max(-math.log(share), hazards[-1])
            steps.append(steps[-1] + math.sqrt((math.exp(log) - times[-1]) * (hazard - hazards[-1])))
            times.append(math.exp(log))
            hazards.append(hazard)

        latest = sorted(known[:3])
        soonest = EARLIER * latest[len(latest) // 2] if latest else math.exp(middle)
        step, first = _stride(times, hazards, steps, soonest, min(blind / 2, math.exp(middle) / 10))
        trust = min(len(known) / TRUSTED, 1.0)
        return cls(blind, trust, math.exp(middle), past, step, first, tuple(times), tuple(hazards), tuple(steps))

    def next_look(self, elapsed: float) -> float:
        """Seconds until the next look at a job that was still going `elapsed` seconds after it was accepted.

        1 to 30, or longer when that leads no further than the first time at which anything plausibly finished.
        """
        if elapsed < self.first:
            learned = self.first - elapsed
        elif elapsed >= self.times[-1]:
            learned = LONGEST
        else:
            goal = _at(self.times, self.steps, elapsed) + self.step
            learned = min(_at(self.steps, self.times, goal) - elapsed, LONGEST) if goal < self.steps[-1] else LONGEST
        return 1 / (self.trust / max(learned, SHORTEST) + (1 - self.trust) / self.blind)

    def left(self, elapsed: float) -> float | None:
        """Seconds still to go, as likely more as less; None when the job already takes longer than usual."""
        if elapsed >= self.past:
            return None
        return _at(self.hazards, self.times, _at(self.times, self.hazards, elapsed) + math.log(2)) - elapsed

    def progress(self, elapsed: float) -> float:
        """How far a progress bar should be, 0 to 0.99: steady at first, slower and slower past the usual time."""
        share = min(max(elapsed / self.usual, 0.0), 10.0)
        return 0.99 * share / math.sqrt(math.hypot(1, share * share))


def _stride(
    times: Sequence[float], hazards: Sequence[float], steps: Sequence[float], soonest: float, wait: float
) -> tuple[float, float]:
    """The step in G with which a clip waits `wait` seconds on average, and the first look that comes of it."""
    cells = [
        (t1, math.exp(-h0) - math.exp(-h1), (t1 - t0) / (g1 - g0))
        for t0, t1, h0, h1, g0, g1 in zip(times, times[1:], hazards, hazards[1:], steps, steps[1:], strict=False)
        if g1 > g0
    ]
    short, long = math.log(1e-3), math.log(1e3)
    for _ in range(20):
        step = math.exp((short + long) / 2)
        first = max(min(_at(steps, times, step), soonest), SHORTEST)
        gaps = ((t, mass, min(max(step * slow, SHORTEST), LONGEST)) for t, mass, slow in cells)
        late = sum(mass * (first - t if t < first else gap / 2) for t, mass, gap in gaps)
        short, long = (short, math.log(step)) if late > wait else (math.log(step), long)
    return step, first


def _at(xs: Sequence[float], ys: Sequence[float], x: float) -> float:
    """y at x on the line through the points, which ends where they end; `xs` ascend."""
    i = min(max(bisect_right(xs, x), 1), len(xs) - 1)
    if xs[i] == xs[i - 1]:
        return ys[i]
    return ys[i - 1] + (ys[i] - ys[i - 1]) * min(max((x - xs[i - 1]) / (xs[i] - xs[i - 1]), 0.0), 1.0)
