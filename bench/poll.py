"""Lateness and number of polls until a clip is seen: our schedule and a fixed 10-second interval, simulated."""

import asyncio
import heapq
import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from random import Random
from statistics import mean
from typing import cast

from bot.jobs.history import History
from bot.jobs.polling import Rhythm
from bot.model import Order, Photo, Render, Terms
from bot.ports import Provider
from storage import Store

RENDERS, HISTORY, REPEATS = 4_000, 200, 20
"""Each figure is the mean of 20 runs: 200 renders to learn from, then 4,000 others."""

MEDIANS = (30.0, 300.0)
"""Median render times of the cold bursts of 200 orders, in seconds."""

Draw = Callable[[Random], float]


def lognormal(sigma: float, median: float = 300.0) -> Draw:
    return lambda random: median * math.exp(random.gauss(0, sigma))


def bimodal(random: Random) -> float:
    return lognormal(0.1, random.choice((100.0, 400.0)))(random)


def gamma(random: Random) -> float:
    return random.gammavariate(4, 80)


SHAPES: dict[str, Draw] = {"s015": lognormal(0.15), "s035": lognormal(0.35), "gamma": gamma, "bimodal": bimodal}


def seen(next_poll: Callable[[float], float], renders: Sequence[float]) -> tuple[float, float]:
    """Mean seconds from completion to the successful poll, and mean polls per job, including that one."""
    polls = [0.0]
    while polls[-1] < max(renders):
        polls.append(polls[-1] + next_poll(polls[-1]))
    counts = [bisect_left(polls, render) for render in renders]
    return mean(polls[n] - render for n, render in zip(counts, renders, strict=True)), mean(counts)


def ended(durations: Sequence[float]) -> list[Render]:
    """Durations as a history, the latest first."""
    return [Render(duration) for duration in durations]


class Burst:
    """Orders accepted at once by a host without history, and polled like in `bot.jobs.steps`.

    Store and provider of a real `History`, which learns from these polls.
    """

    def __init__(self, renders: Sequence[float]) -> None:
        """`renders`: render times in seconds, in order of acceptance."""
        self.now = 0.0
        self._renders = renders
        self._seen = [Render(0.0, ended=False)] * len(renders)

    def terms(self, host: str | None = None, model: str = "") -> Terms:
        return Terms("host", False, True, blind=10.0, usual=300.0)

    async def renders(self, host: str, model: str, seconds: int, limit: int) -> list[Render]:
        return self._seen[::-1]

    async def run(self) -> tuple[list[float], float]:
        """Seconds from completion to the successful poll, by job, and mean polls per job."""
        history = History(cast(Store, self), cast(Provider, self), lambda: self.now)
        order, waits, polls = Order("model", Photo("photo.jpg", 640, 480), "she smiles"), [0.0] * len(self._renders), 0
        due = [((await history.rhythm(order)).next_poll(0.0), job, 1) for job in range(len(self._renders))]
        while due:
            self.now, job, count = heapq.heappop(due)
            polls += 1
            pause = history.next_poll(("host", order.model, order.seconds), self.now, count)  # before it is answered
            self._seen[job] = Render(self.now, ended=self._renders[job] <= self.now)
            if self._seen[job].ended:
                history.add(order, "host")
                waits[job] = self.now - self._renders[job]
            else:
                await history.rhythm(order)
                heapq.heappush(due, (self.now + pause, job, count + 1))
        return waits, polls / len(self._renders)


def cold(median: float) -> tuple[float, float]:
    """Mean and maximum lateness in seconds of a burst of 200 orders at a host without history."""
    ours, plain, worst = list[tuple[float, float]](), list[tuple[float, float]](), 0.0
    for repeat in range(REPEATS):
        random, draw = Random(repeat), lognormal(0.35, median)
        renders = [draw(random) for _ in range(HISTORY)]
        waits, polls = asyncio.run(Burst(renders).run())
        worst = max(worst, *(wait for wait, render in zip(waits, renders, strict=True) if render <= 2 * median))
        ours.append((mean(waits), polls))
        plain.append(seen(lambda elapsed: 10.0, renders))
    for label, runs in ((f"m{median:.0f}", ours), (f"m{median:.0f}.seeds", plain)):
        print(f"poll.cold.{label}.lateness_s {mean(run[0] for run in runs):.2f} s")
        print(f"poll.cold.{label}.polls {mean(run[1] for run in runs):.2f} polls")
    print(f"poll.cold.m{median:.0f}.worst_s {worst:.2f} s")
    return mean(run[0] for run in ours), worst


def main() -> None:
    bursts = [cold(median) for median in MEDIANS]
    print(f"poll.cold.lateness_s {max(late for late, _ in bursts):.2f} s")
    print(f"poll.cold.worst_s {max(worst for _, worst in bursts):.2f} s")
    for name, draw in SHAPES.items():
        ours, seeds = [], []
        for repeat in range(REPEATS):
            random = Random(repeat)
            history = [draw(random) for _ in range(HISTORY)]
            renders = [draw(random) for _ in range(RENDERS)]
            ours.append(seen(Rhythm.of(ended(history)).next_poll, renders))
            seeds.append(seen(lambda elapsed: 10.0, renders))
        for label, runs in ((name, ours), (f"{name}.seeds", seeds)):
            print(f"poll.{label}.lateness_s {mean(run[0] for run in runs):.2f} s")
            print(f"poll.{label}.polls {mean(run[1] for run in runs):.2f} polls")
        print(f"poll.{name}.worst.lateness_s {max(run[0] for run in ours):.2f} s")
        print(f"poll.{name}.worst.polls {max(run[1] for run in ours):.2f} polls")


if __name__ == "__main__":
    main()
