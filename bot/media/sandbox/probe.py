"""Probe: whether a file is a playable clip, its size, length, sound and frames. Runs in the sandbox."""

import errno
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import av
import av.subtitles.stream  # opening a clip loads it, when nothing can be loaded any more
from PIL import Image

from bot.errors import BrokenClip
from bot.media.sandbox import colours, mp4_boxes
from bot.media.sandbox.cpu_limit import limited

# Only .mp4. Playlists, which can name other files and URLs, are other formats.
_MP4 = "mov,mp4,m4a,3gp,3g2,mj2"
_WEBM = "matroska,webm"  # FFmpeg does not follow Matroska's links to other files
_POSTER = 320  # pixels of the longer side; at quality 80 under 200 kB, even for noise
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
_OPENING = 2.0  # seconds of CPU time for a file's index; milliseconds are usual
_MOST_PIXELS = 36_000_000  # per picture: 8192 × 4320
_WHOLE = 0.95  # of the header's length; rounding and odd last frames stay above
_UNSEEN = {"skip_frame": "all", "analyzeduration": "1"}
"""Opening a file then decodes none of it. FFmpeg would decode the first picture to learn its pixel format, and we again
to see it: of H.264, of which most clips are, that is as much as everything else. Nor does it look for the format in
five seconds of packets, but in a microsecond of them."""

Image.preinit()  # load the JPEG encoder now: inside the sandbox nothing more can be loaded


@dataclass(frozen=True, slots=True)
class Probe:
    """A clip as displayed: pixels, seconds, and whether it has a sound track."""

    width: int
    height: int
    seconds: float
    sound: bool
    rotation: int
    """Rotation by players, in degrees counterclockwise; `width` and `height` are after it."""


@contextmanager
def opened(file: BinaryIO, formats: str = _MP4, *, seen: bool = True) -> Iterator[av.container.InputContainer]:
    """Open an untrusted file; errors inside the block count as the clip's, as in `blamed`.

    `seen`: with the pixel format of its pictures, which costs the decoding of one.
    """
    options = {"format_whitelist": formats, "protocol_whitelist": "none"} | ({} if seen else _UNSEEN)
    with blamed():
        mp4_boxes.check(file)
        with limited(_OPENING):
            container = av.open(file, "r", options=options, metadata_errors="replace")
        with container:
            yield container


def track(container: av.container.InputContainer) -> av.VideoStream:
    """The video track, to be decoded by one thread. Raises `BrokenClip`."""
    if not container.streams.video:
        raise BrokenClip("no picture track")
    video = container.streams.video[0]
    if video.codec_context is None:  # despite PyAV's types: an unknown codec
        raise BrokenClip("unknown codec")
    if video.codec_context.width * video.codec_context.height > _MOST_PIXELS:
        raise BrokenClip("too many pixels")
    video.codec_context.thread_count = 1  # the number of workers limits the cores for clips
    return video


@contextmanager
def blamed() -> Iterator[None]:
    """Turn any error in the block into `BrokenClip`, except those of the disk (`OSError`)."""
    try:
        yield
    except BrokenClip:
        raise
    except Exception as error:  # decoders raise anything on garbage
        if disk := _disk(error):
            raise disk from None
        raise BrokenClip(f"not a playable video: {type(error).__name__}") from None


def _disk(error: BaseException | None) -> OSError | None:
    """The disk's error among the causes: libraries wrap it in their own."""
    while error:
        if isinstance(error, OSError) and error.errno in _DISK:
            return error
        error = error.__cause__ or error.__context__
    return None


def probe(file: BinaryIO, poster: BinaryIO | None = None) -> Probe:
    """Probe an MP4: decode its first frame, and read the rest without decoding. Raises `BrokenClip`, `OSError`.

    The first frame is written to `poster`: a JPEG of at most 320 pixels a side and 200 kB.
    """
    with opened(file, seen=False) as container:
        found, first = _probe(container)
        small = poster and _picture(first, _POSTER)
    if poster and small:
        small.save(poster, "JPEG", quality=80)
    return found


def last_frame(file: BinaryIO, webm: bool = False) -> Image.Image:
    """The last frame of an MP4 (or, with `webm`, a WebM). Raises `BrokenClip`."""
    with opened(file, f"{_MP4},{_WEBM}" if webm else _MP4, seen=False) as container:
        video = track(container)
        # From the last key frame; with a single one the whole clip is decoded.
        if video.duration:
            container.seek(video.duration, stream=video, backward=True)
        elif container.duration:  # WebM has no track durations
            container.seek(container.duration, backward=True)
        last = deque(container.decode(video), maxlen=1)
        if not last:
            raise BrokenClip("no picture")
        return _picture(last[0])


def first_frame(file: BinaryIO) -> Image.Image:
    """The first frame of an MP4. Raises `BrokenClip`."""
    with opened(file, seen=False) as container:
        video = track(container)
        frame = next(container.decode(video), None)
        if frame is None:
            raise BrokenClip("no picture")
        return _picture(frame)


def _picture(frame: av.VideoFrame, longest: int | None = None) -> Image.Image:
    """A frame as displayed, its longer side at most `longest` pixels."""
    shrink = min(1.0, longest / max(frame.width, frame.height)) if longest else 1.0
    size = max(1, round(frame.width * shrink)), max(1, round(frame.height * shrink))
    plane = frame.reformat(*size, "rgb24", threads=1).planes[0]
    image = Image.frombytes("RGB", size, bytes(plane), "raw", "RGB", plane.line_size)
    image = colours.srgb(image, colours.named(frame.color_primaries, frame.color_trc))
    turn = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}
    way = turn.get(frame.rotation % 360)
    return image if way is None else image.transpose(way)


def _probe(container: av.container.InputContainer) -> tuple[Probe, av.VideoFrame]:
    video = track(container)
    first: av.VideoFrame | None = None
    start = end = packets = 0
    for packet in container.demux(video):
        if packet.pts is None:
            continue
        if packet.is_corrupt:
            raise BrokenClip("damaged")
        if first is None:
            first = next(iter(packet.decode()), None)
        start = min(start, packet.pts) if packets else packet.pts
        end = max(end, packet.pts + (packet.duration or 0))
        packets += 1
    first = first or next(iter(video.codec_context.decode(None)), None)
    if first is None:
        raise BrokenClip("no picture")
    # With the index in front, a truncated file still opens; its packets end too soon then.
    tick = float(video.time_base or 0)  # seconds; a Fraction for each packet would cost more than reading it
    promised, seconds = (video.duration or 0) * tick, (end - start) * tick
    if seconds <= 0 or seconds < _WHOLE * promised:
        raise BrokenClip(f"only {seconds:.2f} of {promised:.2f} seconds")
    width, height = first.width, first.height
    if first.rotation % 180:
        width, height = height, width
    sound = bool(container.streams.audio)
    return Probe(width, height, round(seconds, 3), sound, first.rotation), first
