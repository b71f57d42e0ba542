"""Encoder: concatenates clips into one video track and, optionally, one sound track. Runs in the sandbox.

H.264 and AAC, which every phone plays. Errors are PyAV's.
"""

from contextlib import suppress
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.container import InputContainer, OutputContainer
from av.filter import Graph

from bot.media.sandbox import probe

Size = tuple[int, int]
"""Width and height in pixels."""

_CLOCK = 90_000  # ticks per second: a multiple of all common frame rates
_LONGEST = 3600  # seconds of sound for a clip without a duration
_SAMPLES = 48_000  # per second
_HOLE = _SAMPLES // 10  # longer gaps are filled with silence
_TURNS = {90: ["cclock"], 180: ["clock", "clock"], 270: ["clock"]}


def even(length: float) -> int:
    """The nearest even number of pixels, at least 2, as 4:2:0 needs."""
    return max(2, round(length / 2) * 2)


class Encoder:
    """Encodes pictures of `size` at about `rate` per second, in `bits` per second or at x264's constant `quality`.

    `sound` is in bits per second; 0: no sound.
    """

    def __init__(
        self, size: Size, rate: Fraction, *, bits: int = 0, quality: str = "", sound: int = 0, mono: bool = False
    ) -> None:
        self._size, self._rate, self._bits, self._quality = size, rate, bits, quality
        self._sound, self._mono = sound, mono
        self._begins = Fraction(0)  # seconds; start of the next clip

    def open(self, out: OutputContainer) -> None:
        """Begin a file."""
        # One thread: the number of workers limits the cores for clips.
        options = {"preset": "veryfast", "threads": "1"}
        # The buffer of one second bounds the overshoot of the size.
        limits = {"maxrate": str(self._bits), "bufsize": str(self._bits)} if self._bits else {"crf": self._quality}
        self._out = out
        self._pictures = out.add_stream("libx264", rate=self._rate, options=options | limits)
        self._pictures.width, self._pictures.height = self._size
        self._pictures.pix_fmt = "yuv420p"
        self._pictures.codec_context.time_base = Fraction(1, _CLOCK)
        if self._bits:
            self._pictures.bit_rate = self._bits
        self._last = -1
        self._track = _Sound(out, self._sound, self._mono) if self._sound else None

    def add(self, clip: InputContainer) -> None:
        """Append a clip."""
        video = probe.track(clip)
        assert video.time_base is not None
        first = (video.start_time or 0) * video.time_base
        lasts = video.duration * video.time_base if video.duration else Fraction(_LONGEST)
        ends = self._begins
        scaler = _Scaler(self._size, video.sample_aspect_ratio or Fraction(1))
        if self._track is not None:
            self._track.begin(self._begins + lasts)
        for packet in clip.demux(video, *([] if self._track is None else clip.streams.audio[:1])):
            with suppress(av.error.InvalidDataError):  # one damaged packet; with too many the clip becomes too short
                for frame in packet.decode():
                    if not isinstance(frame, av.VideoFrame | av.AudioFrame) or frame.pts is None:
                        continue
                    at = self._begins + frame.pts * (frame.time_base or video.time_base) - first
                    if isinstance(frame, av.VideoFrame):
                        self._show(scaler.scaled(frame), at)
                        ends = max(ends, at + (frame.duration * video.time_base or 1 / self._rate))
                    elif self._track is not None:
                        self._track.add(frame, at)
        if self._track is not None:
            self._track.end(ends)
        self._begins = ends

    def close(self) -> None:
        """Flush; the caller closes the file."""
        self._out.mux(self._pictures.encode())
        if self._track is not None:
            self._track.close()

    def _show(self, picture: av.VideoFrame, at: Fraction) -> None:
        ticks = round(at * _CLOCK)
        if ticks > self._last:  # the encoder requires increasing timestamps
            picture.pts, picture.time_base, self._last = ticks, Fraction(1, _CLOCK), ticks
            self._out.mux(self._pictures.encode(picture))


class _Scaler:
    """Rotates pictures upright and scales them to one size, with black bars for other aspect ratios."""

    def __init__(self, size: Size, pixel: Fraction) -> None:
        self._size, self._pixel = size, pixel
        self._kind: tuple[object, ...] = ()
        self._graph = Graph()

    def scaled(self, frame: av.VideoFrame) -> av.VideoFrame:
        kind = frame.width, frame.height, frame.format.name, frame.rotation
        if kind != self._kind:  # a file may change its format midway
            self._kind, self._graph = kind, self._made(frame)
        self._graph.vpush(frame)
        picture = self._graph.vpull()
        picture.pict_type = av.video.frame.PictureType.NONE  # the source's key frames need not be ours
        return picture

    def _made(self, frame: av.VideoFrame) -> Graph:
        width, height = float(frame.width * self._pixel), float(frame.height)
        turns = _TURNS.get(frame.rotation % 360, [])
        if len(turns) == 1:
            width, height = height, width
        across, down = self._size
        scale = min(across / width, down / height)
        inner = min(across, even(width * scale)), min(down, even(height * scale))
        graph = Graph()
        graph.threads = 1
        chain = [
            graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)
        ]
        chain += [graph.add("transpose", turn) for turn in turns]
        chain.append(graph.add("scale", f"{inner[0]}:{inner[1]}"))
        chain.append(graph.add("setsar", "1"))
        chain.append(graph.add("format", "yuv420p"))
        if inner != self._size:
            left, top = (across - inner[0]) // 4 * 2, (down - inner[1]) // 4 * 2  # even: chroma is halved
            chain.append(graph.add("pad", f"{across}:{down}:{left}:{top}"))
        chain.append(graph.add("buffersink"))
        graph.link_nodes(*chain).configure()
        return graph


class _Sound:
    """One continuous track: silence for clips without sound, and sound cut to the clip's length."""

    def __init__(self, out: OutputContainer, bits: int, mono: bool) -> None:
        self._out = out
        self._layout, self._channels = ("mono", 1) if mono else ("stereo", 2)  # mixing mono to stereo halves its power
        self._stream = out.add_stream("aac", rate=_SAMPLES, layout=self._layout)
        self._stream.bit_rate = bits
        self._written = 0  # samples

    def begin(self, until: Fraction) -> None:
        """Begin a clip, whose sound may have another format; sound after `until` is cut."""
        self._resampler = AudioResampler(format="fltp", layout=self._layout, rate=_SAMPLES)
        self._room = round(until * _SAMPLES)
        self._skip: int | None = None

    def add(self, frame: av.AudioFrame, at: Fraction) -> None:
        """Append sound at the time `at`."""
        late = min(round(at * _SAMPLES), self._room) - self._written
        if self._skip is None:
            self._skip = max(0, -late)
        if late > (0 if self._written == 0 else _HOLE):
            self._silence(late)
        frame.pts = None  # timestamps are ours, not the resampler's
        self._play(self._resampler.resample(frame))

    def end(self, at: Fraction) -> None:
        """End a clip's pictures."""
        self._play(self._resampler.resample(None))
        self._silence(round(at * _SAMPLES) - self._written)

    def close(self) -> None:
        """End the track."""
        self._out.mux(self._stream.encode())

    def _play(self, frames: list[av.AudioFrame]) -> None:
        for frame in frames:
            samples = frame.to_ndarray()
            skipped = min(self._skip or 0, samples.shape[1])
            self._skip = (self._skip or 0) - skipped
            self._write(samples[:, skipped : skipped + max(0, self._room - self._written)])

    def _silence(self, count: int) -> None:
        for start in range(0, count, _SAMPLES):
            self._write(np.zeros((self._channels, min(_SAMPLES, count - start)), np.float32))

    def _write(self, samples: "np.ndarray[Any, np.dtype[Any]]") -> None:
        if samples.shape[1]:
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=self._layout)
            frame.sample_rate, frame.pts, frame.time_base = _SAMPLES, self._written, Fraction(1, _SAMPLES)
            self._written += samples.shape[1]
            self._out.mux(self._stream.encode(frame))
