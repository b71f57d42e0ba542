"""How late, and after how many looks, a clip is seen: `bot.schedule` beside the seeds' 10-second loop, simulated."""

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from random import Random
from statistics import mean

from bot.schedule import Rhythm

RENDERS, HISTORY, REPEATS = 4_000, 200, 20
"""Each figure is the mean of 20 runs: 200 renders to learn from, then 4,000 others."""

Draw = Callable[[Random], float]


def lognormal(sigma: float, median: float = 300.0) -> Draw:
    return lambda random: median * math.exp(random.gauss(0, sigma))


def bimodal(random: Random) -> float:
    return lognormal(0.1, random.choice((100.0, 400.0)))(random)


def gamma(random: Random) -> float:
    return random.gammavariate(4, 80)


SHAPES: dict[str, Draw] = {"s015": lognormal(0.15), "s035": lognormal(0.35), "gamma": gamma, "bimodal": bimodal}


def seen(next_look: Callable[[float], float], renders: Sequence[float]) -> tuple[float, float]:
    """Mean seconds from completion to the look that sees it, and mean looks per job, that one included."""
    looks = [0.0]
    while looks[-1] < max(renders):
        looks.append(looks[-1] + next_look(looks[-1]))
    counts = [bisect_left(looks, render) for render in renders]
    return mean(looks[n] - render for n, render in zip(counts, renders, strict=True)), mean(counts)


def main() -> None:
    for name, draw in SHAPES.items():
        ours, seeds = [], []
        for repeat in range(REPEATS):
            random = Random(repeat)
            history = [draw(random) for _ in range(HISTORY)]
            renders = [draw(random) for _ in range(RENDERS)]
            ours.append(seen(Rhythm.of(history).next_look, renders))
            seeds.append(seen(lambda elapsed: 10.0, renders))
        for label, runs in ((name, ours), (f"{name}.seeds", seeds)):
            print(f"poll.{label}.lateness_s {mean(run[0] for run in runs):.2f} s")
            print(f"poll.{label}.polls {mean(run[1] for run in runs):.2f} polls")
        print(f"poll.{name}.worst.lateness_s {max(run[0] for run in ours):.2f} s")
        print(f"poll.{name}.worst.polls {max(run[1] for run in ours):.2f} polls")


if __name__ == "__main__":
    main()
