"""Prompts and the camera movements they ask for."""

import pytest

from generator.camera import Motion, pose
from generator.words import DRIFT, WORDS, read


@pytest.mark.parametrize(
    ("prompt", "axis", "sign"),
    [
        ("zoom in on her face", "zoom", 1),
        ("The camera slowly zooms out.", "zoom", -1),
        ("push in", "zoom", 1),
        ("slow pull out", "zoom", -1),
        ("camera pulls back", "zoom", -1),
        ("pan left", "right", -1),
        ("Camera pans slowly to the right", "right", 1),
        ("tilt up", "down", -1),
        ("the camera tilts down", "down", 1),
        ("orbit around the statue", "orbit", 1),
        ("handheld footage", "shake", 1),
        ("camera shake", "shake", 1),
        ("rotate clockwise", "roll", 1),
        ("roll to the left", "roll", -1),
        ("zoom in, then zoom out", "zoom", -1),
    ],
)
def test_camera_words(prompt: str, axis: str, sign: int) -> None:
    assert read(prompt).axes()[axis] * sign > 0


def test_words_add_up() -> None:
    assert set(read("zoom in and pan left while the camera shakes").axes()) == {"zoom", "right", "shake"}


@pytest.mark.parametrize("prompt", ["Mona Lisa puts on glasses with her hands.", "", "two men shake hands", "🎈"])
def test_other_prompts_drift(prompt: str) -> None:
    assert read(prompt) == DRIFT
    assert read(prompt, drift=False) == Motion()


@pytest.mark.parametrize("prompt", ["static camera", "a fixed shot of the sea", "no camera movement"])
def test_a_still_camera_can_be_asked_for(prompt: str) -> None:
    assert read(prompt) == Motion()


def test_the_negative_prompt_takes_movements_out() -> None:
    assert read("zoom in, pan left", "zoom") == read("pan left")
    assert read("zoom in", "zoom out") == read("zoom in")
    assert "zoom" not in read("a cat", "zoom in, blurry").axes()
    assert read("pan right", "camera movement") == Motion()
    assert "zoom" not in read("a cat, without zoom").axes()


def test_every_word_moves_something() -> None:
    assert all(word.motion.axes() for word in WORDS)


@pytest.mark.parametrize("word", WORDS)
def test_the_camera_starts_on_the_photo(word: object) -> None:
    motion = word.motion
    start = pose(motion, 0, 5)
    assert (start.right, start.down, start.roll, start.orbit, start.reserve) == (0, 0, 0, 0, 0)
    assert start.zoom == (0 if motion.zoom >= 0 else -motion.zoom)
    end = pose(motion, 1, 5, returning=True)
    assert max(abs(end.right), abs(end.down), abs(end.zoom), abs(end.roll), abs(end.orbit), end.reserve) < 1e-9
