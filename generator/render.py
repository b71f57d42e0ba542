"""Rendering of a scene: for each frame the camera pose, the strokes, and the share of the tail image."""

from collections.abc import Iterator
from pathlib import Path

import cv2

from generator import morph, sound
from generator.arrays import Pixels
from generator.camera import Motion, pose
from generator.clip import RATE, encode
from generator.field import Field, Grid
from generator.planes import Planes
from generator.scene import Scene
from generator.strokes import Strokes
from generator.words import read


def render(scene: Scene, out: Path) -> None:
    """Write the clip to `out`. CPU-bound: seconds on one core."""
    cv2.setNumThreads(1)  # several slots render at once, one core each
    height, width = scene.photo.shape[:2]
    encode(frames(scene), width, height, out, sound.track(scene.seconds) if scene.sound else None)


def frames(scene: Scene) -> Iterator[Pixels]:
    """The frames of a clip, in yuv420p layout."""
    height, width = scene.photo.shape[:2]
    photo = Planes.of(scene.photo)
    tail = None if scene.tail is None else Planes.of(scene.tail)
    strokes = Strokes(scene, photo)
    field, grid = Field(scene.photo, scene.still), Grid(width, height)
    slide = None if scene.tail is None else morph.flow(scene.photo, scene.tail, field.size) * field.freedom
    motion = _motion(scene)
    count = scene.seconds * RATE
    for number in range(count):
        moment = number / (count - 1)
        base = photo if strokes.empty else strokes.at(moment)
        camera = field.at(pose(motion, moment, scene.seconds, returning=tail is not None))
        if tail is None or slide is None:
            frame = base.warped(grid.luma(camera), grid.chroma(camera))
        else:
            share = morph.share(moment)
            there, back = camera - share * slide, camera + (1 - share) * slide
            frame = base.warped(grid.luma(there), grid.chroma(there))
            frame = frame.mixed(tail.warped(grid.luma(back), grid.chroma(back)), share)
        yield frame.flat()


def _motion(scene: Scene) -> Motion:
    """The camera's movement. A scene with strokes has no drift, so that trajectories are exact."""
    drift = not any(len(stroke.way) > 1 for stroke in scene.strokes)
    return read(scene.prompt, scene.negative_prompt, drift=drift).times(0.4 + 1.2 * scene.strength)
