"""Dynamic masks: parts of the photo, cut out and moved along paths over an inpainted background."""

from collections.abc import Sequence

import cv2
import numpy as np

from generator.arrays import Floats, Pixels, floats, pixels
from generator.planes import Planes
from generator.scene import Scene

EDGE = 2.0  # pixels of softness along a cut
FILL_SIDE = 360  # short side of the inpainting: the result is blurred anyway, and the cost grows fast


class Strokes:
    """The strokes of one scene. `at` paints them over the inpainted background."""

    def __init__(self, scene: Scene, photo: Planes) -> None:
        moving = [stroke for stroke in scene.strokes if len(stroke.way) > 1 and _core(stroke.mask).any()]
        self.empty = not moving
        self._parts = [_Part(photo, stroke.mask, stroke.way, scene.still) for stroke in moving]
        if moving:
            hole = np.bitwise_or.reduce([stroke.mask for stroke in moving])
            self._background = Planes.of(_filled(scene.photo, hole))

    def at(self, moment: float) -> Planes:
        """The picture at `moment` (0 first frame, 1 last); the caller may change it."""
        picture = self._background.copy()
        for part in self._parts:
            part.paint(picture, moment)
        return picture


class _Part:
    """One cut-out with its path, limited to its bounding box."""

    def __init__(self, photo: Planes, mask: Pixels, way: Sequence[tuple[float, float]], still: Pixels | None) -> None:
        # Softened inwards: outwards it would include a rim of the old background.
        alpha = floats(cv2.GaussianBlur(_core(mask), (0, 0), EDGE / 2) / 255)
        shown = None if still is None else floats(1 - still / 255)
        self._luma = _Layer(photo.luma[:, :, None], alpha, shown)
        half = (mask.shape[1] // 2, mask.shape[0] // 2)
        self._chroma = _Layer(
            photo.chroma,
            floats(cv2.resize(alpha, half, interpolation=cv2.INTER_AREA)),
            None if shown is None else floats(cv2.resize(shown, half, interpolation=cv2.INTER_AREA)),
        )
        self._way = np.array(way, np.float64)
        steps = np.linalg.norm(np.diff(self._way, axis=0), axis=1)
        self._lengths = np.concatenate(([0.0], np.cumsum(steps)))

    def paint(self, picture: Planes, moment: float) -> None:
        eased = moment * moment * (3 - 2 * moment)
        along = eased * self._lengths[-1]
        x = float(np.interp(along, self._lengths, self._way[:, 0]))
        y = float(np.interp(along, self._lengths, self._way[:, 1]))
        self._luma.paint(picture.luma[:, :, None], x, y)
        self._chroma.paint(picture.chroma, x / 2, y / 2)


class _Layer:
    """A cut-out rectangle of one plane (height × width × channels), with its opacity (0..1).

    `shown` is 0 where a still region covers the layer.
    """

    def __init__(self, plane: Pixels, alpha: Floats, shown: Floats | None) -> None:
        rows, columns = np.flatnonzero(alpha.max(axis=1)), np.flatnonzero(alpha.max(axis=0))
        self._top, self._left = int(rows[0]), int(columns[0])
        window = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        # A margin of one pixel for fractional moves.
        self._patch = cv2.copyMakeBorder(plane[window], 1, 1, 1, 1, cv2.BORDER_REPLICATE)
        self._alpha = cv2.copyMakeBorder(alpha[window], 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
        self._shown = shown

    def paint(self, plane: Pixels, x: float, y: float) -> None:
        """Over `plane`, moved by (x, y) pixels; what leaves the plane is cut off."""
        whole_x, whole_y = int(np.floor(x)), int(np.floor(y))
        shift = np.array([[1, 0, x - whole_x], [0, 1, y - whole_y]], np.float32)
        height, width = self._alpha.shape
        top, left = self._top + whole_y - 1, self._left + whole_x - 1
        here = (
            slice(max(top, 0), min(top + height, plane.shape[0])),
            slice(max(left, 0), min(left + width, plane.shape[1])),
        )
        if here[0].start >= here[0].stop or here[1].start >= here[1].stop:
            return
        there = (
            slice(here[0].start - top, here[0].stop - top),
            slice(here[1].start - left, here[1].stop - left),
        )
        patch = cv2.warpAffine(self._patch, shift, (width, height), borderMode=cv2.BORDER_REPLICATE)
        alpha = cv2.warpAffine(self._alpha, shift, (width, height))[there]
        if self._shown is not None:
            alpha = alpha * self._shown[here]
        target = np.ascontiguousarray(plane[here])
        moved = np.ascontiguousarray(patch.reshape(height, width, -1)[there])
        plane[here] = cv2.blendLinear(moved, target, alpha, 1 - alpha).reshape(target.shape)


def _core(mask: Pixels) -> Pixels:
    """The mask eroded by one pixel."""
    return pixels(cv2.erode(mask, np.ones((3, 3), np.uint8)))


def _filled(photo: Pixels, hole: Pixels) -> Pixels:
    """The photo with the hole inpainted: its surroundings, extended inwards and blurred."""
    height, width = hole.shape
    scale = min(1.0, FILL_SIDE / min(height, width))
    small = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Wider than the hole: the rim of a cut-out still has its colour.
    wide = cv2.dilate(hole, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9)))
    coarse_hole = pixels(np.where(cv2.resize(wide, small, interpolation=cv2.INTER_AREA) > 0, 255, 0))
    coarse = cv2.resize(photo, small, interpolation=cv2.INTER_AREA)
    filled = cv2.inpaint(coarse, coarse_hole, 5, cv2.INPAINT_TELEA)
    filled = np.where(coarse_hole[:, :, None] > 0, cv2.GaussianBlur(filled, (0, 0), 2.5), filled)
    large = cv2.resize(filled, (width, height), interpolation=cv2.INTER_CUBIC)
    share = floats(cv2.GaussianBlur(wide, (0, 0), EDGE) / 255)[:, :, None]
    return pixels(photo + (large - floats(photo)) * share)
