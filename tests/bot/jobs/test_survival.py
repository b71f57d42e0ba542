"""What a history says of the next render, while others are still going."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import poll
from bot.jobs.survival import Survival
from bot.model import Render

DAY = 86_400.0
renders = st.lists(st.builds(Render, st.floats(), st.booleans(), st.floats(0, DAY)), max_size=60)


def ended_by(known: Survival, time: float) -> float:
    return sum(share for seen, share in known.ended if seen <= time)


@given(renders)
def test_shares_make_a_whole_whatever_was_seen(history: list[Render]) -> None:
    known = Survival.of(history)
    shares = [share for _, share in (*known.ended, *known.rest)]
    assert all(share >= -1e-9 for share in shares)
    assert not known.ended or sum(shares) == pytest.approx(1)
    assert [seen for seen, _ in known.ended] == sorted(seen for seen, _ in known.ended)
    assert all(1 <= seen < math.inf for seen, _ in (*known.ended, *known.rest))


def test_the_textbook_example() -> None:
    # At 6: 3 of 10 end. At 7: 1 of the 6 left (one was last seen at 6). At 10: 1 of 4.
    history = [Render(6.0)] * 3 + [Render(6.0, False), Render(7.0), Render(9.0, False), Render(10.0)]
    history += [Render(11.0, False)] * 3
    known = Survival.of([Render(render.seen, render.ended) for render in history])
    close = pytest.approx
    assert ended_by(known, 6) == close(0.3, abs=0.02)
    assert ended_by(known, 7) == close(1 - 0.7 * 5 / 6, abs=0.02)
    assert ended_by(known, 10) == close(1 - 0.7 * 5 / 6 * 3 / 4, abs=0.02)
    assert min(seen for seen, _ in known.rest) >= 11


@pytest.mark.parametrize("at", [20.0, 26.0, 30.0, 40.0])
def test_the_short_ones_that_ended_first_do_not_speak_for_all(at: float) -> None:
    random, draw = Random(1), poll.lognormal(0.35, 30)
    truth = [draw(random) for _ in range(400)]
    known = Survival.of([Render(min(render, at), render <= at) for render in truth])
    for time in (15.0, 20.0, 25.0, at):
        if time <= at:
            assert ended_by(known, time) == pytest.approx(sum(t <= time for t in truth) / 400, abs=0.06)
    half = sorted((*known.ended, *known.rest))
    total, median = 0.0, 0.0
    for seen, share in half:
        total += share
        if total < 0.5:
            median = seen
    assert 22 < median < 38


def test_a_host_with_thousands_in_flight_is_not_taken_for_a_slow_one() -> None:
    """The latest 200 ended within seconds, and those going were accepted long before: a watch that begins late."""
    random, draw = Random(1), poll.lognormal(0.15)
    accepted = [(n * 0.1, draw(random)) for n in range(12_000)]
    now = 1_150.0
    ended = sorted((at for at in accepted if sum(at) <= now), key=sum)[-200:]
    since = sum(ended[0])
    going = [at for at in accepted if at[0] <= now < sum(at)]
    assert len(going) > 2_500
    rows = sorted([(at, took, True) for at, took in ended] + [(at, now - at, False) for at, _ in going], reverse=True)
    known = Survival.of([Render(seen, over, max(since - at, 0.0)) for at, seen, over in rows])
    for time in (240.0, 270.0, 300.0, 340.0):
        truth = sum(took <= time for _, took in accepted) / len(accepted)
        assert ended_by(known, time) == pytest.approx(truth, abs=0.15)


def test_one_quick_render_in_a_short_watch_does_not_stand_for_all() -> None:
    old = [Render(300.0 + n / 10, since=290.0) for n in range(200)]
    assert ended_by(Survival.of([Render(10.0), *old]), 10) < 0.05
