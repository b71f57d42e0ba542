"""A quiet sound for clips that were ordered with one: a soft chord that swells."""

import numpy as np

from generator.arrays import Floats

SAMPLES = 48_000  # per second
LOUDNESS = 0.05  # of full scale
CHORD = ((110.0, 0.31), (165.0, 0.23), (220.0, 0.17))
"""Frequency of each tone, and of its swelling, in hertz."""
FADE = 0.5  # seconds, at both ends


def track(seconds: int) -> Floats:
    """Samples in one channel."""
    at = np.arange(seconds * SAMPLES, dtype=np.float32) / SAMPLES
    tones = sum(np.sin(2 * np.pi * tone * at) * (0.6 + 0.4 * np.sin(2 * np.pi * swell * at)) for tone, swell in CHORD)
    fade = np.minimum(1, np.minimum(at, at[::-1]) / FADE)
    return np.asarray(LOUDNESS / len(CHORD) * tones * fade, np.float32)
