"""Transition from the photo to the tail image: optical flow moves points while one fades into the other."""

import cv2
import numpy as np

from generator.arrays import Floats, Pixels, floats

SIDE = 180  # short side at which the pictures are compared
SOFTNESS = 0.06  # of the short side: smooths the flow of unlike pictures
FARTHEST = 0.12  # of the short side
START, END = 0.12, 0.97  # the part of the clip with the transition


def flow(photo: Pixels, tail: Pixels, size: tuple[int, int]) -> Floats:
    """Positions of the photo's points in the tail image: `size` (width, height) × 2, in pixels of the photo."""
    height, width = photo.shape[:2]
    scale = SIDE / min(height, width)
    small = (max(16, round(width * scale)), max(16, round(height * scale)))
    first, last = (
        cv2.cvtColor(cv2.resize(image, small, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
        for image in (photo, tail)
    )
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    found = cv2.GaussianBlur(search.calc(first, last, np.zeros((*first.shape, 2), np.float32)), (0, 0), SOFTNESS * SIDE)
    length = np.linalg.norm(found, axis=2, keepdims=True)
    found *= np.minimum(1, FARTHEST * SIDE / np.maximum(length, 1e-3))
    return floats(cv2.resize(found, size, interpolation=cv2.INTER_AREA) / scale)


def share(moment: float) -> float:
    """Opacity of the tail image at `moment`: 0 at first, 1 in the last frames."""
    way = min(1.0, max(0.0, (moment - START) / (END - START)))
    return way * way * (3 - 2 * way)
