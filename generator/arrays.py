"""The two array types of pictures, and conversion of OpenCV's results."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Pixels = NDArray[np.uint8]  # height × width × 3 (RGB), or height × width for one plane or a mask
Floats = NDArray[np.float32]


def pixels(values: ArrayLike) -> Pixels:
    return np.asarray(values, np.uint8)


def floats(values: ArrayLike) -> Floats:
    return np.asarray(values, np.float32)
