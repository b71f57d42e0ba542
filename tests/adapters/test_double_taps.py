"""A finger that slips says nothing twice; the same press, told again by the platform, is no slip."""

from adapters.shared.double_taps import DOUBLE, DoubleTaps
from adapters.shared.newest import Newest


def test_the_same_press_within_a_moment_is_a_slip() -> None:
    now = 0.0
    taps = DoubleTaps(lambda: now)
    assert not taps.slipped(("ann", "7", "/again"), "a")
    assert taps.slipped(("ann", "7", "/again"), "b")
    assert not taps.slipped(("bob", "7", "/again"), "c")
    assert not taps.slipped(("ann", "7", "/cancel"), "d")
    now = DOUBLE + 0.1
    assert not taps.slipped(("ann", "7", "/again"), "e")
    assert len(taps._latest) == 1, "what is over is not kept"


def test_a_press_that_the_platform_tells_again_is_the_same_one() -> None:
    taps = DoubleTaps(lambda: 0.0)
    assert not taps.slipped("press", "a")
    assert not taps.slipped("press", "a")


def test_only_the_newest_are_remembered() -> None:
    newest: Newest[str, int] = Newest(2)
    newest["a"], newest["b"] = 1, 2
    newest["a"] = 3
    newest["c"] = 4
    assert newest == {"a": 3, "c": 4}
