"""Kept files of a test: what is sent, what is there, and who opened it."""

import functools
import itertools
import tempfile
from collections.abc import AsyncIterator, Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
import pytest
from PIL import Image

from bot.conversation import Attachment
from bot.errors import Refusal
from bot.media.library import Media
from bot.model import Point, Role


def ids() -> Callable[[], str]:
    count = itertools.count(1)
    return lambda: f"id_{next(count)}"


def files(box: Media) -> list[str]:
    """Everything in its folder."""
    root = box.path("x.jpg").parents[1]
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def children() -> list[psutil.Process]:
    alive = [p for p in psutil.Process().children() if p.status() != psutil.STATUS_ZOMBIE]
    return [p for p in alive if "bot.media.sandbox.worker" in p.cmdline()]


def encoded(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def picture(width: int = 400, height: int = 300) -> bytes:
    return encoded(Image.new("RGB", (width, height), (200, 30, 30)), "JPEG")


def mask(width: int = 400, height: int = 300) -> bytes:
    return encoded(Image.new("L", (width, height), 255))


@functools.cache
def slow_picture() -> bytes:
    """24 megapixels of noise that take most of a second to decode."""
    noise = np.random.default_rng(1).integers(0, 256, (4000, 500), dtype=np.uint8)
    return encoded(Image.fromarray(np.tile(noise, (1, 12))), "WEBP", quality=50, method=0)


async def stream(data: bytes, size: int = 65536) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


def sent(data: bytes, role: Role = "photo", path: tuple[Point, ...] = ()) -> Attachment:
    return Attachment(lambda: stream(data), role, path)


class Interrupted:
    """A stream that is no generator, and breaks."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self._first = True

    def __aiter__(self) -> "Interrupted":
        return self

    async def __anext__(self) -> bytes:
        if self._first:
            self._first = False
            return b"\xff\xd8\xff"
        raise self._error


async def refused(box: Media, *attachments: Attachment) -> str:
    with pytest.raises(Refusal) as caught:
        await box.keep(attachments)
    assert files(box) == []
    return str(caught.value)


def clip(seconds: float = 1.0, *, picture: bool = True, sound: bool = False, faststart: bool = False) -> bytes:
    """A real MP4 of 320 × 240 at 25 frames per second."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        _render(path, seconds, picture, sound, {"movflags": "faststart"} if faststart else {})
        return path.read_bytes()


def _render(path: Path, seconds: float, picture: bool, sound: bool, options: dict[str, str]) -> None:
    with av.open(str(path), "w", options=options) as out:
        video = out.add_stream("libx264", rate=25, options={"preset": "ultrafast"}) if picture else None
        audio = out.add_stream("aac", rate=48000, layout="mono") if sound else None
        if video is not None:
            video.width, video.height, video.pix_fmt = 320, 240, "yuv420p"
            noise = np.random.default_rng(1)
            for _ in range(round(seconds * 25)):
                pixels = noise.integers(0, 256, (240, 320, 3), dtype=np.uint8)
                out.mux(video.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
            out.mux(video.encode())
        if audio is not None:
            samples = av.AudioFrame.from_ndarray(
                np.zeros((1, round(seconds * 48000)), dtype=np.float32), format="fltp", layout="mono"
            )
            samples.sample_rate = 48000
            out.mux(audio.encode(samples))
            out.mux(audio.encode())
