"""The looks at a render: bounded for any history, few for a known one, and adapting by what they themselves see."""

import asyncio
import math
from collections.abc import Callable, Sequence
from random import Random
from statistics import mean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import poll
from bot.jobs.polling import LONGEST, Rhythm
from bot.jobs.survival import SHORTEST
from bot.model import Render

DAY = 86_400.0
NO_DURATIONS = [math.nan, math.inf, -math.inf, -1.0]
elapsed = st.floats(0, 2 * DAY)
renders = st.one_of(
    st.lists(st.floats(), max_size=40),  # anything at all
    st.lists(st.floats(0, DAY), max_size=250),
    st.builds(lambda render, n: [render] * n, st.floats(0, DAY), st.integers(0, 250)),
    st.builds(lambda a, b, n: [a, b] * n, st.floats(1, 600), st.floats(1, 600), st.integers(10, 100)),
)


def drawn(sigma: float, usual: float = 300.0, n: int = 200, seed: int = 1) -> list[float]:
    random = Random(seed)
    return [poll.lognormal(sigma, usual)(random) for _ in range(n)]


def lived(medians: Sequence[float], sigma: float, seed: int = 1) -> tuple[list[float], list[int]]:
    """Wait and looks of each job in turn when the history is our own: what is recorded is the look that saw it."""
    random = Random(seed)
    history, waits, counts = list[float](), list[float](), list[int]()
    for usual in medians:
        rhythm, render = Rhythm.of(poll.ended(history)), poll.lognormal(sigma, usual)(random)
        now, polls = 0.0, 0
        while now < render:
            now, polls = now + rhythm.next_poll(now, polls), polls + 1
        history.insert(0, now)
        waits.append(now - render)
        counts.append(polls)
    return waits, counts


@given(renders, elapsed)
def test_a_look_is_1_to_30_seconds_away_or_the_first(history: list[float], now: float) -> None:
    rhythm = Rhythm.of(poll.ended(history))
    wait = rhythm.next_poll(now)
    assert wait >= SHORTEST - 1e-9
    assert wait <= LONGEST + 1e-9 or now + wait <= rhythm.first + 1e-6


@given(renders)
def test_the_first_look_is_not_absurdly_late(history: list[float]) -> None:
    known = [r for r in history if 0 <= r < math.inf]
    assert Rhythm.of(poll.ended(history)).next_poll(0) <= max([15.0, *known[:3]])


@given(renders, elapsed)
def test_what_is_left_is_finite_or_unknown(history: list[float], now: float) -> None:
    left = Rhythm.of(poll.ended(history)).left(now)
    assert left is None or 0 <= left < math.inf


@given(renders, elapsed, elapsed)
def test_progress_never_falls_and_never_ends(history: list[float], one: float, other: float) -> None:
    rhythm = Rhythm.of(poll.ended(history))
    early, late = rhythm.progress(min(one, other)), rhythm.progress(max(one, other))
    assert 0 <= early <= late < 1


@given(elapsed, st.floats(1, 30))
def test_without_history_it_is_the_plain_loop(now: float, blind: float) -> None:
    for history in ([], NO_DURATIONS):
        rhythm = Rhythm.of(poll.ended(history), blind=blind)
        assert rhythm.next_poll(now) == pytest.approx(max(blind, rhythm.lead - now))
        assert blind <= rhythm.lead <= 2 * blind


def test_without_history_the_documented_time_is_expected() -> None:
    rhythm = Rhythm.of([], usual=120)
    assert rhythm.left(0) == pytest.approx(120, rel=0.05)
    assert rhythm.left(1_200) is None
    assert 0.4 < rhythm.progress(60) < 0.6


def test_what_is_no_duration_is_left_out() -> None:
    history = drawn(0.15)
    assert Rhythm.of(poll.ended([*NO_DURATIONS, *history])) == Rhythm.of(poll.ended(history))


@pytest.mark.parametrize("n", [1, 2, 5, 10, 15, 19])
@pytest.mark.parametrize("sigma", [0.15, 0.35])
def test_a_short_history_is_no_worse_than_the_loop(n: int, sigma: float) -> None:
    jobs = drawn(sigma, n=2_000, seed=2)
    ours = [poll.seen(Rhythm.of(poll.ended(drawn(sigma, n=n, seed=seed))).next_poll, jobs) for seed in range(3, 9)]
    late, polls = poll.seen(lambda elapsed: 10.0, jobs)
    assert mean(run[0] for run in ours) < 1.05 * late
    assert mean(run[1] for run in ours) < polls


@pytest.mark.parametrize(("sigma", "most"), [(0.15, 10), (0.35, 21)])
def test_a_known_kind_of_render_is_seen_soon_with_few_looks(sigma: float, most: float) -> None:
    jobs = drawn(sigma, n=4_000, seed=2)
    runs = [poll.seen(Rhythm.of(poll.ended(drawn(sigma, seed=seed))).next_poll, jobs) for seed in range(3, 23)]
    assert mean(run[0] for run in runs) <= 5
    assert mean(run[1] for run in runs) <= most


SHAPES: dict[str, Callable[[Random], float]] = {
    "bimodal": poll.bimodal,
    "gamma": poll.gamma,
    "uniform": lambda random: random.uniform(100, 500),
    "exponential": lambda random: random.expovariate(1 / 300),
    "heavy tail": lambda random: min(200 * random.paretovariate(1.5), DAY),
    "wide": poll.lognormal(1.0),
    "narrow": poll.lognormal(0.03),
    "an hour now and then": lambda random: 3_600 if random.random() < 0.02 else poll.lognormal(0.15)(random),
    "half an hour": poll.lognormal(0.2, 1_800),
    "a minute": poll.lognormal(0.35, 60),
}


@pytest.mark.parametrize("name", SHAPES)
def test_other_shapes_cost_fewer_looks_and_hardly_more_time_than_the_loop(name: str) -> None:
    random = Random(1)
    history, jobs = ([SHAPES[name](random) for _ in range(n)] for n in (200, 2_000))
    late, polls = poll.seen(Rhythm.of(poll.ended(history)).next_poll, jobs)
    plain_late, plain_looks = poll.seen(lambda elapsed: 10.0, jobs)
    assert late < 1.2 * plain_late
    assert polls < 1.05 * plain_looks


def test_a_quick_host_is_looked_at_quickly() -> None:
    late, polls = poll.seen(Rhythm.of(poll.ended(drawn(0.2, 3))).next_poll, drawn(0.2, 3, seed=2))
    assert late < 1
    assert polls < 5


def test_one_outlier_costs_a_few_looks_and_no_time() -> None:
    history, jobs = drawn(0.15), drawn(0.15, n=2_000, seed=2)
    late, polls = poll.seen(Rhythm.of(poll.ended(history)).next_poll, jobs)
    for outlier in (0.0, 5.0, 3_600.0, DAY):
        again, more = poll.seen(Rhythm.of(poll.ended([outlier, *history])).next_poll, jobs)
        assert again < late + 1
        assert more < polls + 300 / LONGEST


def test_nothing_is_looked_at_before_anything_plausibly_finished() -> None:
    history = drawn(0.15)
    rhythm = Rhythm.of(poll.ended(history))
    assert rhythm.next_poll(0) == pytest.approx(rhythm.probe)
    assert 0.5 * median(history) < rhythm.first
    assert sum(render < rhythm.first for render in history) <= 10


def test_a_job_that_outlives_the_history_is_looked_at_more_rarely() -> None:
    rhythm = Rhythm.of(poll.ended(drawn(0.15)))
    waits = [rhythm.next_poll(now) for now in (300, 600, 1_200, 6_000, DAY)]
    assert waits == sorted(waits)
    assert waits[-1] == pytest.approx(LONGEST)
    assert rhythm.left(600) is None


def test_what_is_left_is_the_median_of_those_still_going() -> None:
    history = drawn(0.35, n=200)
    rhythm = Rhythm.of(poll.ended(history))
    for now in (0.0, 200.0, 300.0, 400.0):
        truth = median(render for render in drawn(0.35, n=20_000, seed=2) if render > now) - now
        assert rhythm.left(now) == pytest.approx(truth, abs=30)


@pytest.mark.parametrize("median", poll.MEDIANS)
def test_a_burst_on_a_host_without_history_is_no_worse_than_the_loop(median: float) -> None:
    """The first to end are the short ones; no one may wait longer because they were believed."""
    random, draw = Random(1), poll.lognormal(0.35, median)
    jobs = [draw(random) for _ in range(200)]
    waits, polls = asyncio.run(poll.Burst(jobs).run())
    late, plain = poll.seen(lambda elapsed: 10.0, jobs)
    assert mean(waits) < late + 0.1
    assert polls <= plain
    assert max(wait for wait, job in zip(waits, jobs, strict=True) if job <= 2 * median) <= 10 + 1e-6


@given(renders, renders, st.floats(1, 30), elapsed, st.integers(0, 50))
def test_from_the_first_look_to_twice_the_usual_time_nobody_waits_longer_than_with_the_loop(
    history: list[float], going: list[float], blind: float, now: float, polls: int
) -> None:
    rhythm = Rhythm.of([*(Render(seen, ended=False) for seen in going), *poll.ended(history)], blind=blind)
    if rhythm.first <= now < 2 * rhythm.usual:
        assert rhythm.next_poll(now, polls) <= max(blind, rhythm.lead - now, SHORTEST) + 1e-6


def test_a_job_that_had_the_looks_of_the_loop_gets_no_more() -> None:
    rhythm = Rhythm.of(poll.ended(drawn(0.15)))
    assert rhythm.next_poll(300.0, polls=3) < 9
    assert rhythm.next_poll(300.0, polls=30) == pytest.approx(10)


def test_a_quick_start_is_not_called_longer_than_usual() -> None:
    """Two clips of two seconds are no reason to apologise to the third after four."""
    for known in ([2.0], [2.0, 2.1], [2.0] * 200):
        rhythm = Rhythm.of(poll.ended(known), blind=1.0, usual=6.0)
        assert rhythm.left(4.0) is not None
        assert rhythm.left(60.0) is None


def test_a_burst_is_not_called_longer_than_usual_because_the_short_ones_ended() -> None:
    seen = [Render(20.0, ended=n % 8 == 0) for n in range(200)]
    rhythm = Rhythm.of(seen)
    assert 22 < rhythm.usual < 35
    assert rhythm.left(30.0) is not None


@pytest.mark.parametrize("sigma", [0.05, 0.35])
@pytest.mark.parametrize(("before", "after"), [(300, 100), (300, 150), (100, 300), (300, 20)])
def test_it_adapts_when_the_host_changes(before: float, after: float, sigma: float) -> None:
    waits, counts = lived([before] * 60 + [after] * 120, sigma)
    assert mean(waits[80:100]) < 12
    assert mean(waits[100:]) < 6
    assert mean(counts[100:]) < max(after / 10, 6)


@pytest.mark.parametrize("usual", [3, 20, 100, 1_500])
@pytest.mark.parametrize("sigma", [0.0, 0.04])
def test_it_does_not_creep_later_by_following_its_own_looks(usual: float, sigma: float) -> None:
    waits, counts = lived([usual] * 200, sigma)
    assert mean(waits[150:]) < 7
    assert mean(counts[150:]) < max(usual / 10, 4)
