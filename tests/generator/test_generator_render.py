"""What is to be seen in the frames. Small pictures and one-second clips: the rules do not depend on size."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
from generator_drawings import difference, drawing, pixels_of, rgb
from PIL import Image, ImageDraw

from generator.arrays import Floats, Pixels
from generator.camera import pose
from generator.field import Field
from generator.render import frames
from generator.scene import Scene, Stroke
from generator.words import WORDS

PHOTO = pixels_of(drawing())


def ends(scene: Scene) -> tuple[Pixels, Pixels]:
    shown = rgb(frames(scene))
    assert len(shown) == scene.seconds * 30
    return shown[0], shown[-1]


def travel(scene: Scene) -> Floats:
    """Where things went from the first to the last frame: height × width × 2, in pixels."""
    first, last = (cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in ends(scene))
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return np.asarray(search.calc(first, last, np.zeros((*first.shape, 2), np.float32)))[20:-20, 20:-20]


@pytest.mark.parametrize("prompt", ["zoom in", "pan left", "shake", "orbit", "a man waves"])
def test_the_first_frame_is_the_photo(prompt: str) -> None:
    first, last = ends(Scene(PHOTO, prompt=prompt, seconds=1))
    assert difference(first, PHOTO) < 6  # 4:2:0 colour costs a little
    assert difference(last, PHOTO) > 6


def test_camera_words_move_the_picture_their_way() -> None:
    left, right = (travel(Scene(PHOTO, prompt=f"pan {way}", seconds=1)) for way in ("left", "right"))
    assert np.median(left[:, :, 0]) > 5  # the camera goes left, so the picture goes right
    assert np.median(right[:, :, 0]) < -5
    assert np.median(travel(Scene(PHOTO, prompt="tilt up", seconds=1))[:, :, 1]) > 3
    inwards, outwards = (travel(Scene(PHOTO, prompt=f"zoom {way}", seconds=1)) for way in ("in", "out"))
    assert np.median(inwards[:, -60:, 0]) - np.median(inwards[:, :60, 0]) > 10  # the rims part
    assert np.median(outwards[:, -60:, 0]) - np.median(outwards[:, :60, 0]) < -10


def test_cfg_scale_is_the_strength_of_the_movement() -> None:
    weak, middle, strong = (
        np.abs(travel(Scene(PHOTO, prompt="pan left", seconds=1, strength=strength))[:, :, 0]).mean()
        for strength in (0.0, 0.5, 1.0)
    )
    assert 0 < weak < 0.7 * middle < 0.7 * strong


def test_a_negative_prompt_stops_a_movement() -> None:
    first, last = ends(Scene(PHOTO, prompt="pan left", negative_prompt="camera movement", seconds=1))
    assert difference(first, last) == 0


def test_near_things_move_faster_than_far_ones() -> None:
    field = Field(PHOTO)
    moved = np.abs(field.at(pose(WORDS[3].motion, 1.0, 5))[:, :, 0])
    assert moved.max() > 1.2 * moved.min()


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("shape", [(640, 360), (360, 640), (720, 300)])
def test_no_frame_shows_what_lies_outside_the_photo(word: object, shape: tuple[int, int]) -> None:
    width, height = shape
    field = Field(pixels_of(drawing(width, height)))
    columns, rows = field.size
    x, y = np.meshgrid((np.arange(columns) + 0.5) * width / columns, (np.arange(rows) + 0.5) * height / rows)
    for moment in np.linspace(0, 1, 21):
        moved = field.at(pose(word.motion.times(1.6), float(moment), 5))
        assert (x + moved[:, :, 0]).min() > -1
        assert (x + moved[:, :, 0]).max() < width + 1
        assert (y + moved[:, :, 1]).min() > -1
        assert (y + moved[:, :, 1]).max() < height + 1


def test_the_tail_image_is_reached() -> None:
    tail = pixels_of(drawing(seed=2))
    shown = rgb(frames(Scene(PHOTO, prompt="zoom out, pan left", seconds=1, tail=tail)))
    assert difference(shown[0], PHOTO) < 6
    assert difference(shown[-1], tail) < 6
    far = [difference(frame, tail) for frame in shown]
    assert far[7] > far[15] > far[22]
    assert max(difference(one, other) for one, other in pairwise(shown)) < far[0] / 2  # no jump


@pytest.mark.parametrize("prompt", ["pan left", "zoom in", "rotate", "shake"])
def test_a_still_region_stays_still(prompt: str) -> None:
    still = np.zeros(PHOTO.shape[:2], np.uint8)
    still[100:260, 250:400] = 255
    shown = rgb(frames(Scene(PHOTO, prompt=prompt, seconds=1, strength=1.0, still=still)))
    inside = still > 0
    for frame in shown[10::10]:
        assert np.abs(frame[inside].astype(int) - shown[0][inside].astype(int)).max() <= 2
    assert difference(shown[-1][~inside], shown[0][~inside]) > 5


def test_no_fold_beside_a_still_region() -> None:
    """Neighbours stay in order: the map from frame to photo never turns back."""
    still = np.zeros(PHOTO.shape[:2], np.uint8)
    still[100:260, 250:400] = 255
    field = Field(PHOTO, still)
    for word in WORDS:
        moved = field.at(pose(word.motion.times(1.6), 1.0, 5))
        assert np.diff(moved[:, :, 0], axis=1).min() > -8
        assert np.diff(moved[:, :, 1], axis=0).min() > -8


def red_centre(frame: Pixels) -> tuple[float, float]:
    red, green, blue = (frame[:, :, n].astype(int) for n in range(3))
    y, x = np.nonzero((red > 180) & (green < 90) & (blue < 90))
    assert len(x) > 300
    return float(x.mean()), float(y.mean())


def with_ball() -> tuple[Pixels, Pixels]:
    """A grey picture with a red ball at (160, 280), and the ball's mask."""
    image, mask = Image.new("RGB", (640, 360), (120, 130, 140)), Image.new("L", (640, 360))
    ImageDraw.Draw(image).ellipse([130, 250, 190, 310], fill=(230, 20, 20))
    ImageDraw.Draw(mask).ellipse([126, 246, 194, 314], fill=255)
    return pixels_of(image), np.asarray(mask)


def test_a_dynamic_region_follows_its_way_and_leaves_no_hole() -> None:
    photo, mask = with_ball()
    scene = Scene(photo, seconds=1, strokes=(Stroke(mask, ((0, 0), (200, 0), (200, -100))),))
    shown = rgb(frames(scene))
    assert red_centre(shown[0]) == pytest.approx((160, 280), abs=2)
    assert red_centre(shown[-1]) == pytest.approx((360, 180), abs=2)
    corner = min(np.hypot(*np.subtract(red_centre(frame), (360, 280))) for frame in shown)
    assert corner < 12  # along the polyline, not straight to its end
    assert np.abs(shown[-1][250:310, 130:190].astype(int) - (120, 130, 140)).max() < 25


def test_a_dynamic_region_may_leave_the_picture() -> None:
    photo, mask = with_ball()
    shown = rgb(frames(Scene(photo, seconds=1, strokes=(Stroke(mask, ((0, 0), (3000, 50_000))),))))
    assert (shown[-1][:, :, 0] < 180).all()


@pytest.mark.parametrize("way", [(), ((0.0, 0.0),)])
def test_a_way_of_less_than_two_points_is_no_movement(way: tuple[tuple[float, float], ...]) -> None:
    photo, mask = with_ball()
    first, last = ends(Scene(photo, prompt="static camera", seconds=1, strokes=(Stroke(mask, way),)))
    assert difference(first, last) == 0


def test_an_empty_or_tiny_mask_is_harmless() -> None:
    photo, mask = with_ball()
    dot = np.zeros_like(mask)
    dot[5, 5] = 255
    strokes = tuple(Stroke(part, ((0, 0), (10, 10))) for part in (np.zeros_like(mask), dot))
    first, last = ends(Scene(photo, seconds=1, strokes=strokes, still=np.zeros_like(mask)))
    assert difference(first, last) == 0
