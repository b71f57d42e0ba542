"""Says whether a file is a clip that plays, and what it looks like. Runs in `bot.darkroom`, as decoders have bugs."""

from collections import deque
from dataclasses import dataclass
from pathlib import Path

import av
from PIL import Image

from bot.errors import BrokenClip

# Only what is sent as .mp4. Playlists, which can name other files and addresses, are other formats.
_MP4 = {"format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2", "protocol_whitelist": "file"}
_WHOLE = 0.95  # of the length that the header promises; rounding and odd last frames stay above


@dataclass(frozen=True, slots=True)
class Probe:
    """A clip as it is shown: pixels, seconds, and whether it has a sound track."""

    width: int
    height: int
    seconds: float
    sound: bool


def probe(path: Path) -> Probe:
    """Look at an MP4: decode its first frame and read the rest without decoding. Raises `BrokenClip`."""
    try:
        with av.open(str(path), options=_MP4, metadata_errors="replace") as container:
            return _probe(container)
    except BrokenClip:
        raise
    except Exception as error:  # a decoder that reads garbage raises what it likes
        raise BrokenClip(f"not a playable video: {type(error).__name__}") from None


def last_frame(path: Path) -> Image.Image:
    """The picture that a clip ends on. Raises `BrokenClip`."""
    try:
        with av.open(str(path), options=_MP4, metadata_errors="replace") as container:
            video = container.streams.video[0]
            video.codec_context.thread_count = 1
            # From the last key frame on; a clip may have a single one, then all of it is decoded.
            container.seek(video.duration or 0, stream=video, backward=True)
            last = deque(container.decode(video), maxlen=1)
            if not last:
                raise BrokenClip("no picture")
            return Image.fromarray(last[0].to_ndarray(format="rgb24"))
    except BrokenClip:
        raise
    except Exception as error:
        raise BrokenClip(f"not a playable video: {type(error).__name__}") from None


def _probe(container: av.container.InputContainer) -> Probe:
    if not container.streams.video:
        raise BrokenClip("no picture track")
    video = container.streams.video[0]
    if video.codec_context is None:  # whatever PyAV's types say: a codec that it does not know
        raise BrokenClip("unknown codec")
    video.codec_context.thread_count = 1  # one frame is not worth a thread per core
    first: av.VideoFrame | None = None
    start = end = 0.0
    packets = 0
    for packet in container.demux(video):
        if packet.pts is None or packet.time_base is None:
            continue
        if packet.is_corrupt:
            raise BrokenClip("damaged")
        if first is None:
            first = next(iter(packet.decode()), None)
        begins = float(packet.pts * packet.time_base)
        start = min(start, begins) if packets else begins
        end = max(end, begins + float((packet.duration or 0) * packet.time_base))
        packets += 1
    first = first or next(iter(video.codec_context.decode(None)), None)
    if first is None:
        raise BrokenClip("no picture")
    # A file whose index stands in front still opens when only half of it arrived; its packets end too soon then.
    promised = float(video.duration * video.time_base) if video.duration and video.time_base else 0.0
    seconds = end - start
    if seconds <= 0 or seconds < _WHOLE * promised:
        raise BrokenClip(f"only {seconds:.2f} of {promised:.2f} seconds")
    width, height = first.width, first.height
    if first.rotation % 180:
        width, height = height, width
    return Probe(width, height, round(seconds, 3), bool(container.streams.audio))
