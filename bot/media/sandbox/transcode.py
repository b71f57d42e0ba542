"""Transcoding: makes clips smaller and joins them, with the mark of their origin.

Runs in the sandbox, packet by packet or frame by frame: a clip may have 500 MB.

Errors of the target's disk are `OSError`; any other error is `BrokenClip`.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from io import RawIOBase
from typing import BinaryIO

import av
from av.container import InputContainer, OutputContainer
from av.stream import Stream

from bot.errors import BrokenClip
from bot.media.sandbox import origin, probe
from bot.media.sandbox.encoder import Encoder, even

_TRIES = 3
_RESERVE = 0.96  # of the limit: encoders miss a target bit rate slightly
_AGAIN = 0.95  # of the size predicted from the last attempt
_HEAD = 4096  # bytes of a file's header and trailer
_ENTRY = 24  # bytes of index per frame, with its sound
_SIDES = (1920, 1280, 960, 640, 480)  # pixels of the longer side
_PIXEL = 0.04  # bits per pixel for acceptable quality
_LEAST = 100_000  # bits per second, the minimum for a watchable clip
_SOUND, _POOR_SOUND = 64_000, 32_000  # bits per second
_QUALITY = "20"  # x264's CRF, where the size is not limited


def fit(source: BinaryIO, target: BinaryIO, limit: int) -> bool:
    """Re-encode a clip to at most `limit` bytes; False if no watchable size is that small."""
    with probe.blamed():
        found = probe.probe(source)
        rate, mono = _look(source)
        index = _HEAD + _ENTRY * float(rate) * found.seconds
        bits = (limit - index) * 8 * _RESERVE / found.seconds
        for _ in range(_TRIES):
            sound = 0 if not found.sound else _SOUND if bits > 8 * _SOUND else _POOR_SOUND
            size = _size((found.width, found.height), float(rate), bits - sound)
            if size is None:
                return False
            _encode([source], target, Encoder(size, rate, bits=int(bits - sound), sound=sound, mono=mono))
            taken = target.seek(0, os.SEEK_END)
            if taken <= limit:
                _check(target, found.seconds)
                return True
            bits *= limit / taken * _AGAIN
        return False


def join(sources: Sequence[BinaryIO], target: BinaryIO, poster: BinaryIO) -> None:
    """Concatenate clips in the size of the first, and write the poster. Clips without sound are silent in it."""
    with probe.blamed():
        found = [probe.probe(source) for source in sources]
        if any(one.rotation for one in found) or not _copy(sources, target):
            size = even(found[0].width), even(found[0].height)
            loud = next((source for source, one in zip(sources, found, strict=True) if one.sound), None)
            sound, mono = (0, False) if loud is None else (2 * _SOUND, _look(loud)[1])
            rate, _ = _look(sources[0])
            _encode(sources, target, Encoder(size, rate, quality=_QUALITY, sound=sound, mono=mono))
        _check(target, sum(one.seconds for one in found), poster)


def _check(target: BinaryIO, seconds: float, poster: BinaryIO | None = None) -> None:
    made = probe.probe(target, poster)
    if made.seconds < 0.9 * seconds:  # the probe passed, but decoding lost part of it
        raise BrokenClip(f"only {made.seconds:.2f} of {seconds:.2f} seconds can be decoded")


def _look(source: BinaryIO) -> tuple[Fraction, bool]:
    """Frame rate, bounded because headers may claim any, and whether the sound is mono."""
    with probe.opened(source) as container:
        claimed = container.streams.video[0].average_rate or Fraction(25)
        mono = any(track.codec_context and track.codec_context.channels == 1 for track in container.streams.audio[:1])
        return min(max(claimed, Fraction(1)), Fraction(120)).limit_denominator(10_000), mono


def _size(shown: tuple[int, int], rate: float, bits: float) -> tuple[int, int] | None:
    """The largest size with acceptable quality at this bit rate (bits per second); None if none is watchable."""
    if bits < _LEAST:
        return None
    longest = max(shown)
    sides = [min(longest, _SIDES[0]), *(side for side in _SIDES if side < longest)]
    sizes = [(even(shown[0] * side / longest), even(shown[1] * side / longest)) for side in sides]
    return next((size for size in sizes if size[0] * size[1] * rate * _PIXEL <= bits), sizes[-1])


@contextmanager
def _written(target: BinaryIO) -> Iterator[OutputContainer]:
    """A progressive MP4 with the mark of its origin."""
    target.seek(0)
    target.truncate()

    def again(url: str, flags: int, options: dict[str, str]) -> _Again:
        target.flush()
        return _Again(target.fileno())

    with av.open(target, "w", format="mp4", options={"movflags": "+faststart"}, io_open=again) as out:
        yield out
    origin.add(target)


class _Again(RawIOBase):
    """An open file with a read position of its own: the muxer moves the shared one, and nothing can be opened here."""

    def __init__(self, file: int) -> None:
        self._file, self._at = file, 0

    def read(self, size: int = -1) -> bytes:
        data = os.pread(self._file, size, self._at)
        self._at += len(data)
        return data

    def seek(self, to: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: os.fstat(self._file).st_size}[whence]
        self._at = start + to
        return self._at

    def tell(self) -> int:
        return self._at

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


def _encode(sources: Sequence[BinaryIO], target: BinaryIO, recoder: Encoder) -> None:
    with _written(target) as out:
        recoder.open(out)
        for source in sources:
            with probe.opened(source) as container:
                recoder.add(container)
        recoder.close()


def _copy(sources: Sequence[BinaryIO], target: BinaryIO) -> bool:
    """Concatenate the clips' packets without re-encoding; False if their encodings differ."""
    with ExitStack() as stack:
        opened = [stack.enter_context(probe.opened(source)) for source in sources]
        tracks = [_tracks(container) for container in opened]
        if any([_kind(track) for track in each] != [_kind(track) for track in tracks[0]] for each in tracks):
            return False
        out = stack.enter_context(_written(target))
        targets = [out.add_stream_from_template(track) for track in tracks[0]]
        begins = Fraction(0)  # seconds
        for container, each in zip(opened, tracks, strict=True):
            begins += _append(out, container, dict(zip(each, targets, strict=True)), begins)
    return True


def _tracks(container: InputContainer) -> list[Stream]:
    return [*container.streams.video[:1], *container.streams.audio[:1]]


def _kind(track: Stream) -> tuple[object, ...]:
    """Properties that must be equal for two tracks to share one description in the file."""
    codec = track.codec_context
    if codec is None:
        raise BrokenClip("unknown codec")
    both = codec.name, codec.extradata, track.time_base
    if isinstance(codec, av.VideoCodecContext):
        return (*both, codec.width, codec.height, codec.pix_fmt, codec.sample_aspect_ratio)
    assert isinstance(codec, av.AudioCodecContext)
    return (*both, codec.sample_rate, codec.layout.name)


def _append(out: OutputContainer, container: InputContainer, to: dict[Stream, Stream], begins: Fraction) -> Fraction:
    """Copy a clip's packets to the offset `begins`; returns the length of its video. All in seconds."""
    video = next(iter(to))
    assert video.time_base is not None
    first = (video.start_time or 0) * video.time_base
    last = first + video.duration * video.time_base if video.duration else None
    ends = first
    for packet in container.demux(*to):
        if packet.dts is None or packet.pts is None or packet.time_base is None:
            continue
        at = packet.pts * packet.time_base
        if packet.stream is video:
            ends = max(ends, at + (packet.duration or 0) * packet.time_base)
        elif (begins and at < first) or (last is not None and at >= last):
            continue  # sound beyond the pictures would overlap the next clip
        shift = round((begins - first) / packet.time_base)
        packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, to[packet.stream]
        out.mux(packet)
    return ends - first
