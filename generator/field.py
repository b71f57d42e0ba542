"""Source position of each pixel of a frame, on a coarse grid: camera movement is smooth."""

import math

import cv2
import numpy as np

from generator.arrays import Floats, Pixels, floats
from generator.camera import Pose
from generator.depth import estimate

CELL = 8  # pixels of the clip per grid cell
PARALLAX = 0.3  # speed of the nearest points above the average
FEATHER = 0.3  # of the short side: transition from a still region to full movement
STRETCH = 0.55  # of that transition: farthest source of a pixel beside a still region; beyond it the picture would fold


class Field:
    """The displacement fields of one photo: arrays of grid height × grid width × 2, in clip pixels, (x, y).

    A pixel at p of a frame shows the photo at p + field(p). Inside still regions the field is exactly zero.
    """

    def __init__(self, photo: Pixels, still: Pixels | None = None) -> None:
        height, width = photo.shape[:2]
        self.size = (-(-width // CELL), -(-height // CELL))
        columns, rows = self.size
        self._half_height: float = height / 2
        self._aspect: float = width / height
        # Lengths are halves of the frame's height; x runs from -aspect to aspect, y from -1 to 1.
        self._x, self._y = np.meshgrid(
            ((np.arange(columns, dtype=np.float32) + 0.5) * (2 / columns) - 1) * np.float32(self._aspect),
            (np.arange(rows, dtype=np.float32) + 0.5) * np.float32(2 / rows) - 1,
        )
        self._offset = 2 * estimate(photo, columns, rows) - 1
        self._speed = 1 + np.float32(PARALLAX) * self._offset
        self.freedom = _freedom(still, columns, rows)
        self._held = bool((self.freedom == 0).any())

    def at(self, pose: Pose) -> Floats:
        """The field of a camera pose; its sources lie inside the photo."""
        x, y, speed, aspect = self._x, self._y, self._speed, self._aspect
        cos, sin = np.float32(np.cos(pose.roll) - 1), np.float32(np.sin(pose.roll))
        dx = x * cos - y * sin + speed * (pose.right * aspect - pose.zoom * x) + self._offset * (pose.orbit / 2)
        dy = x * sin + y * cos + speed * (pose.down - pose.zoom * y)
        # A camera on a circle also sees the near side grow: a slight keystone.
        dy += x * y * (pose.orbit * 0.25 / aspect)
        fit = self._fit(dx, dy) - pose.reserve - 1
        field = np.dstack((dx + x * fit + pose.jolt_x * aspect, dy + y * fit + pose.jolt_y))
        return floats(field * self.freedom * (self._half_height * self._tamed(field)))

    def _tamed(self, field: Floats) -> float:
        """The factor that keeps the field from folding around a still region: near 1 at first, then decreasing."""
        farthest = float(np.abs(field).max())
        if not self._held or farthest < 1e-6:
            return 1.0
        limit = 2 * STRETCH * FEATHER * min(1.0, self._aspect)
        return limit * math.tanh(farthest / limit) / farthest

    def _fit(self, dx: Floats, dy: Floats) -> float:
        """The magnification (1 = none) with which the rim of the frame lies inside the photo."""
        sides = 1 + min(float(dx[:, 0].min()), float(-dx[:, -1].max())) / self._aspect
        ends = 1 + min(float(dy[0].min()), float(-dy[-1].max()))
        return min(1.0, sides, ends)


class Grid:
    """Converts coarse fields to maps for `cv2.remap`, reusing its buffers.

    `luma` and `chroma` return the same array each time: it is valid until the next call.
    """

    def __init__(self, width: int, height: int) -> None:
        self._full = _Level(width, height, 1.0)
        self._half = _Level(width // 2, height // 2, 0.5)

    def luma(self, field: Floats) -> Floats:
        return self._full.map(field)

    def chroma(self, field: Floats) -> Floats:
        return self._half.map(field)


class _Level:
    def __init__(self, width: int, height: int, scale: float) -> None:
        self._size = (width, height)
        self._scale = scale
        self._identity = np.dstack(np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)))
        self._map = np.empty_like(self._identity)

    def map(self, field: Floats) -> Floats:
        cv2.resize(field, self._size, dst=self._map, interpolation=cv2.INTER_LINEAR)
        if self._scale == 1:
            cv2.add(self._map, self._identity, dst=self._map)
        else:
            cv2.scaleAdd(self._map, self._scale, self._identity, dst=self._map)
        return self._map


def _freedom(still: Pixels | None, columns: int, rows: int) -> Floats:
    """Rows × columns × 1: 0 in the still region, rising smoothly to 1 at a distance."""
    if still is None or not still.any():
        return np.ones((rows, columns, 1), np.float32)
    coarse = cv2.resize(still, (columns, rows), interpolation=cv2.INTER_AREA)
    # Two cells wider: a pixel takes its displacement from the cells around it, and all of those must be zero.
    held = cv2.dilate((coarse > 0).astype(np.uint8), np.ones((5, 5), np.uint8))
    reach = FEATHER * min(columns, rows)
    way = np.clip(cv2.distanceTransform(1 - held, cv2.DIST_L2, 5) / reach, 0, 1)
    return floats(way * way * (3 - 2 * way))[:, :, None]
