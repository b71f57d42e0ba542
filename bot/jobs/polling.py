"""When to poll a render, learned from how long earlier ones took. Pure; all times are in seconds."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from bot.jobs.survival import SHORTEST, Survival
from bot.model import Render

# Let h(t) be the hazard: the chance per second that a render which is still going at t completes now. With d(t) between
# two polls a clip waits d/2 on average to be seen, and a job costs the integral of S/d polls, S being the share still
# going. The fewest polls for a given wait have d proportional to 1/sqrt(h), which is to say: equal steps of
#
#     G(t) = the integral of sqrt(h).
#
# The size of the step follows from the wait we allow: that of a plain loop every `blind` seconds, half of it. So polls
# are dense while completion is likely, and there are none while it is not.
#
# S comes from the history itself, those still going included (`survival`): each render is a small bell in log time
# (two humps stay two humps), and a broad curve stands for "unlike anything seen", with the odds of that after so many
# renders. It keeps every logarithm finite, and as its hazard falls with time, a job that outlives the history is looked
# at ever more rarely.
#
# No curve is so sure of itself that anybody should wait longer than with the plain loop: from the first poll on, no gap
# is longer than `blind` until a job is past twice the usual time. Under that limit the first poll stands where another
# moment's delay costs those that are ready already as much as it saves the others.
#
# Hosts change, so newer renders weigh more. And what is recorded is not the end of a render but the poll that saw it.
# Left alone, polls aimed at earlier polls would creep later and later: so that wait is taken off first. Nor would a
# host that became faster show before our first poll: so there is a probe, somewhat before the median of the latest
# three renders; if those were first polls themselves, the next is earlier again, and so on.

LONGEST = 30.0  # between two polls
KNOWN = 200  # ended renders used, at most
TRUSTED = 20  # renders after which the plain loop has no say any more
FAR = math.log(8)  # a render further off the median than this is taken as this far off
EARLIER = 0.84  # than the latest renders: the probe
WAIT = 0.512  # of `blind`, on average: half, and a little, as the bells make the curve wider than the truth
TWICE = 2.5  # times the usual: twice, and a margin, as the usual time is itself an estimate
LEAD = 0.05  # of the documented time: nothing is looked for sooner while there is no history
PATIENCE = 20.0  # seconds that are never called long
CELLS = 160


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The polls of one kind of render. Make a new one when a render finishes (milliseconds); asking it is cheap."""

    blind: float
    lead: float
    """The first poll while there is no history."""
    trust: float
    """What the history has to say against the plain loop: 0 to 1."""
    usual: float
    """The median."""
    past: float
    """By then 99 % of the history had finished."""
    step: float
    first: float
    """Nothing is expected to finish before."""
    probe: float
    """An earlier poll, so that a host that became faster is noticed."""
    times: tuple[float, ...] = field(repr=False)
    hazards: tuple[float, ...] = field(repr=False)
    """-log S at each of `times`."""
    steps: tuple[float, ...] = field(repr=False)
    """G at each of `times`."""

    @classmethod
    def of(cls, renders: Sequence[Render], *, blind: float = 10.0, usual: float = 300.0) -> "Rhythm":
        """Learn from `renders`, the latest accepted first; those whose times are no durations are left out.

        `blind` is the time between polls while there is no history, and `usual` what is then expected of a render.
        """
        lead = min(max(blind, LEAD * usual), 2 * blind)
        known = Survival.of(renders)
        ranked = [(math.log(t - min(blind / 2, t / 10)), share) for t, share in (*known.ended, *known.rest)]
        ranked = ranked or [(math.log(usual), 1.0)]
        low, middle, high = (_quantile(ranked, share) for share in (0.16, 0.5, 0.84))
        # Three renders' worth of doubt about the spread, for short histories.
        count = max(known.size, 1.0)
        spread = math.sqrt((3 * 0.3**2 + count * ((high - low) / 2) ** 2) / (3 + count))
        width = max(0.02, 0.75 * spread * count**-0.2)
        bells = [(min(max(log, middle - FAR), middle + FAR), share) for log, share in ranked]
        usual = math.exp(middle)
        curve = _curve(bells, width, middle, 0.3 / (1 + count))
        soonest = EARLIER * sorted(known.latest)[len(known.latest) // 2] if known.latest else usual
        step, first, probe = _stride(*curve, TWICE * usual, blind, soonest, min(WAIT * blind, usual / 6))
        done = sum(share for _, share in known.ended)
        trust = min(known.count / TRUSTED, 1.0) * done
        late = math.exp(_quantile(ranked[: len(known.ended)] or ranked, 0.99 * (done or 1.0)) + width)
        past = max(late, (2 - trust) * usual, PATIENCE)
        return cls(blind, lead, trust, usual, past, step, first, probe, *curve)

    def next_poll(self, elapsed: float, polls: int = 0) -> float:
        """Seconds until the next poll of a job that was still going `elapsed` seconds after it was accepted.

        1 to 30, or longer when that leads no further than the first time at which anything plausibly finished. A job
        that had as many `polls` as the plain loop makes in that time gets no more than that loop from now on.
        """
        if elapsed < self.probe:
            learned = self.probe - elapsed
        else:
            goal = _at(self.times, self.steps, elapsed) + self.step
            learned = _at(self.steps, self.times, goal) - elapsed if goal < self.steps[-1] else LONGEST
            longest = max(self.blind, self.first - elapsed) if elapsed < TWICE * self.usual else LONGEST
            learned = min(learned, longest, LONGEST)
        if polls * self.blind >= elapsed:
            learned = max(learned, min(self.blind, self.usual / 3))
        blind = max(self.lead - elapsed, self.blind)
        return 1 / (self.trust / max(learned, SHORTEST) + (1 - self.trust) / blind)

    def left(self, elapsed: float) -> float | None:
        """Seconds still to go, as likely more as less; None when the job already takes longer than usual."""
        if elapsed >= self.past:
            return None
        goal = _at(self.times, self.hazards, elapsed) + math.log(2)
        return max(_at(self.hazards, self.times, goal) - elapsed, 0.0)

    def progress(self, elapsed: float) -> float:
        """How far a progress bar should be, 0 to 0.99: steady at first, slower and slower past the usual time."""
        share = min(max(elapsed / self.usual, 0.0), 10.0)
        return 0.99 * share / math.sqrt(math.hypot(1, share * share))


def _curve(
    bells: Sequence[tuple[float, float]], width: float, middle: float, unlike: float
) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    """Times, and at each of them -log S and G, for bells of this width in log time."""
    start, end = bells[0][0] - 4 * width, bells[-1][0] + 4 * width
    scale, erfc = 1 / (width * math.sqrt(2)), math.erfc
    scaled = [(bell * scale, share) for bell, share in bells]
    times, hazards, steps = [0.0], [0.0], [0.0]
    for cell in range(CELLS + 1):
        log = start + (end - start) * cell / CELLS
        place = log * scale
        going = sum([share * erfc(place - bell) for bell, share in scaled]) / 2
        share = (1 - unlike) * going + unlike / (1 + math.exp(3 * (log - middle)))
        hazard = max(-math.log(share), hazards[-1])
        steps.append(steps[-1] + math.sqrt((math.exp(log) - times[-1]) * (hazard - hazards[-1])))
        times.append(math.exp(log))
        hazards.append(hazard)
    return tuple(times), tuple(hazards), tuple(steps)


def _stride(
    times: Sequence[float],
    hazards: Sequence[float],
    steps: Sequence[float],
    twice: float,
    blind: float,
    soonest: float,
    wait: float,
) -> tuple[float, float, float]:
    """The step in G with which a clip waits `wait` seconds on average; the first poll that comes of it, and a probe."""
    cells = [
        (t1, h1, math.exp(-h0) - math.exp(-h1), (t1 - t0) / (g1 - g0), blind if t1 < twice else LONGEST)
        for t0, t1, h0, h1, g0, g1 in zip(times, times[1:], hazards, hazards[1:], steps, steps[1:], strict=False)
        if g1 > g0
    ]
    short, long = math.log(1e-3), math.log(1e3)
    for _ in range(20):
        step = math.exp((short + long) / 2)
        late = ((t, math.expm1(h) * 2 * min(step * slow, cap) >= step * step) for t, h, _, slow, cap in cells)
        first = max(next((t for t, enough in late if enough), times[-1]), SHORTEST)
        probe = max(min(first, soonest), SHORTEST)
        gaps = ((t, mass, min(max(step * slow, SHORTEST), cap)) for t, _, mass, slow, cap in cells)
        waits = sum(mass * (probe - t if t < probe else first - t if t < first else gap / 2) for t, mass, gap in gaps)
        short, long = (short, math.log(step)) if waits > wait else (math.log(step), long)
    return step, first, probe


def _quantile(ranked: Sequence[tuple[float, float]], share: float) -> float:
    """The first of the ascending values below which this share of all lies."""
    reached = list(accumulate(part for _, part in ranked))
    return ranked[min(bisect_left(reached, share), len(ranked) - 1)][0]


def _at(xs: Sequence[float], ys: Sequence[float], x: float) -> float:
    """y at x on the line through the points, which ends where they end; `xs` ascend."""
    i = min(max(bisect_right(xs, x), 1), len(xs) - 1)
    if xs[i] == xs[i - 1]:
        return ys[i]
    return ys[i - 1] + (ys[i] - ys[i - 1]) * min(max((x - xs[i - 1]) / (xs[i] - xs[i - 1]), 0.0), 1.0)
