"""Encoding of frames to a progressive MP4 that plays everywhere."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from generator.arrays import Floats, Pixels
from generator.sound import SAMPLES

RATE = 30  # frames per second
BT709 = 1  # BT.709 in H.264's colour fields
COMMENT = "AI-style animation of a photo, synthesized by a local stand-in renderer; not a recording"


BITS = 64_000  # of sound, per second


def encode(frames: Iterable[Pixels], width: int, height: int, out: Path, sound: Floats | None = None) -> None:
    """Write H.264 from frames in yuv420p layout, and AAC from samples in one channel if there are any. The file is
    complete only when this returns."""
    with av.open(str(out), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        container.metadata["comment"] = COMMENT
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "crf": "21"})
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, RATE)
        context = stream.codec_context
        context.thread_count = 1
        context.color_range = 1  # limited range; the next three fields define RGB
        context.colorspace = context.color_primaries = context.color_trc = BT709
        track = None if sound is None else container.add_stream("aac", rate=SAMPLES, layout="mono")
        if track:
            track.bit_rate = BITS
        for number, pixels in enumerate(frames):
            frame = VideoFrame.from_ndarray(pixels, format="yuv420p")
            frame.pts = number
            frame.time_base = Fraction(1, RATE)
            container.mux(stream.encode(frame))
            if track and sound is not None:  # beside its picture, so that neither has to wait in memory
                container.mux(track.encode(_heard(sound, number)))
        if track:
            container.mux(track.encode(None))
        container.mux(stream.encode(None))


def _heard(sound: Floats, number: int) -> AudioFrame:
    """The samples of one picture."""
    share = SAMPLES // RATE
    frame = AudioFrame.from_ndarray(sound[None, number * share : (number + 1) * share], format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = SAMPLES, number * share, Fraction(1, SAMPLES)
    return frame
