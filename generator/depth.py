"""Estimated depth of a photo, without a model: a few rules of composition, added and smoothed."""

import cv2
import numpy as np

from generator.arrays import Floats, Pixels, floats

SMOOTHING = 0.085  # of the short side; displacement follows depth, so a step in depth would tear the picture


def estimate(photo: Pixels, width: int, height: int) -> Floats:
    """Height × width values from 0 (far) to 1 (near) for an RGB photo of any size.

    Subjects are usually in the middle, the ground is below and near, the sky above and far, and areas that differ in
    colour from the picture's rim or in detail from their surroundings are rarely background.
    """
    lab = floats(cv2.cvtColor(cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2LAB))
    short = min(width, height)
    rim = max(1, short // 12)
    top_and_sides = np.concatenate(
        [lab[:rim].reshape(-1, 3), lab[:, :rim].reshape(-1, 3), lab[:, -rim:].reshape(-1, 3)]
    )
    unlike_rim = np.linalg.norm((lab - top_and_sides.mean(axis=0)) / (top_and_sides.std(axis=0) + 12), axis=2)
    detail = np.linalg.norm(lab - _blurred(lab, short * 0.04), axis=2)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    centre = np.exp(-(((x / width - 0.5) / 0.3) ** 2) - ((y / height - 0.55) / 0.4) ** 2)
    below = (y / height) ** 1.5
    near = (
        0.35 * _stretched(_blurred(floats(unlike_rim), short * 0.02))
        + 0.15 * _stretched(_blurred(floats(detail), short * 0.05))
        + 0.25 * centre
        + 0.35 * below
    )
    return _stretched(_blurred(near, short * SMOOTHING))


def _blurred(values: Floats, sigma: float) -> Floats:
    return floats(cv2.GaussianBlur(values, (0, 0), max(sigma, 0.5), borderType=cv2.BORDER_REFLECT))


def _stretched(values: Floats) -> Floats:
    """Scale to 0..1, with the extreme hundredths clipped. Constant input becomes 0.5."""
    low, high = np.percentile(values, (1, 99))
    if high - low < 1e-6:
        return np.full_like(values, 0.5)
    return floats(np.clip((values - low) / (high - low), 0, 1))
