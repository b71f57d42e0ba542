"""Tasks that look at clips. Loaded by the worker.

What else is done with clips is in modules of its own, as every library that is loaded makes each fork dearer.
"""

from io import BytesIO
from typing import BinaryIO

import av
from PIL import Image

from bot.media.sandbox import origin, probe
from bot.media.sandbox.confine import Task

_MEMORY = 1024**3  # bytes
_PICTURE = 64 * 1024**2  # bytes
_COPY = 1024**3  # bytes; twice what a clip may have
_FRAMES = 12  # of the clip that is rehearsed with


def _clip(read: list[BinaryIO], written: list[BinaryIO | None]) -> list[float]:
    poster, copy = written
    if copy:
        origin.mark(read[0], copy)
    found = probe.probe(copy or read[0], poster)
    return [found.width, found.height, found.seconds, found.sound]


def _last(read: list[BinaryIO], written: list[BinaryIO]) -> None:
    probe.last_frame(read[0]).save(written[0], "JPEG", quality=95)


def _first(read: list[BinaryIO], written: list[BinaryIO]) -> None:
    probe.first_frame(read[0]).save(written[0], "JPEG", quality=95)


def _own() -> bytes:
    """A clip of some greys in H.264, as most are."""
    file = BytesIO()
    with av.open(file, "w", format="mp4") as out:
        track = out.add_stream("libx264", rate=24, options={"preset": "ultrafast", "threads": "1"})
        track.width, track.height, track.pix_fmt = 64, 64, "yuv420p"
        for shade in range(_FRAMES):
            picture = Image.new("RGB", (64, 64), (shade, shade, shade))
            out.mux(track.encode(av.VideoFrame.from_image(picture)))  # type: ignore[no-untyped-call]  # PyAV has no type
        out.mux(track.encode())
    return file.getvalue()


TASKS = {
    "clip": Task(_clip, 30, _MEMORY, _COPY),
    "last": Task(_last, 30, _MEMORY, _PICTURE),
    "first": Task(_first, 10, _MEMORY, _PICTURE),
}
REHEARSALS = [("clip", _own(), 2)]
"""Tasks with a file of our own, and the number of files that they write."""
