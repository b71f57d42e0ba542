"""Videos to keep, and what can be read from a file that was made of them."""

import functools
import itertools
import os
import struct
import tempfile
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import av
import numpy as np
from PIL import Image

from bot.media.library import Media
from bot.model import Clip
from tests.decoders import Shared
from tests.origins import AI, origin


def a_box(folder: Path) -> Media:
    count = itertools.count(1)
    return Media(folder / "media", new_id=lambda: f"id_{os.urandom(4).hex()}_{next(count)}", decoder=Shared)


@functools.cache
def video(
    size: tuple[int, int] = (320, 240),
    seconds: float = 1.0,
    *,
    sound: bool = False,
    form: str = "mp4",
    codec: str = "libx264",
    rate: int = 24,
    bits: int = 1_000_000,
    grey: int = 0,
) -> bytes:
    """Coarse noise that moves, and ends on white; or pictures of one grey."""
    coarse = np.random.default_rng(1).integers(0, 200, (size[1] // 8 + 40, size[0] // 8 + 40, 3), dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "video"
        with av.open(str(path), "w", format=form) as out:
            options = {"preset": "ultrafast"} if codec == "libx264" else {"deadline": "realtime", "cpu-used": "8"}
            track = out.add_stream(codec, rate=rate, options=options)
            assert isinstance(track, av.VideoStream)
            track.width, track.height, track.pix_fmt, track.bit_rate = *size, "yuv420p", bits
            heard = out.add_stream("aac", rate=44100, layout="mono") if sound else None
            count = round(seconds * rate)
            for number in range(count):
                at = number % 40
                noise = coarse[at : at + -(-size[1] // 8), at : at + -(-size[0] // 8)].repeat(8, 0).repeat(8, 1)
                pixels = (
                    np.full_like(noise, grey) if grey else np.full_like(noise, 255) if number == count - 1 else noise
                )
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels[: size[1], : size[0]]), format="rgb24")
                out.mux(track.encode(frame))
            out.mux(track.encode())
            if heard is not None:
                wave = np.sin(np.arange(round(seconds * 44100)) / 20).astype(np.float32).reshape(1, -1)
                samples = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
                samples.sample_rate = 44100
                out.mux(heard.encode(samples))
                out.mux(heard.encode())
        return path.read_bytes()


def turned(data: bytes, quarters: int = 1) -> bytes:
    """The same pictures, to be shown turned clockwise, as phones write them."""
    upright = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    cos, sin = [(1, 0), (0, 1), (-1, 0), (0, -1)][quarters]
    matrix = struct.pack(">9i", cos << 16, sin << 16, 0, -sin << 16, cos << 16, 0, 0, 0, 1 << 30)
    at = data.index(upright, data.index(b"tkhd"))  # the one in front is the film's own
    return data[:at] + matrix + data[at + len(matrix) :]


async def stream(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), 1 << 16):
        yield data[at : at + (1 << 16)]


async def kept(box: Media, data: bytes) -> Clip:
    return await box.keep_clip(stream(data))


def files(box: Media) -> list[str]:
    root = box.path("x.jpg").parents[1]
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def shapes(path: Path) -> list[str]:
    """The codecs of a file that everyone can play while it arrives, and that says what it is."""
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    return codecs(path)


def codecs(path: Path) -> list[str]:
    """Those of a file that says what it is."""
    assert origin(path) == AI
    with av.open(str(path)) as container:
        assert {getattr(stream.codec_context, "pix_fmt", None) for stream in container.streams.video} == {"yuv420p"}
        return [stream.codec_context.name for stream in container.streams]


def greys(path: Path) -> list[float]:
    """The mean of each picture."""
    with av.open(str(path)) as container:
        return [float(frame.to_ndarray(format="gray").mean()) for frame in container.decode(video=0)]


def loudness(path: Path) -> float:
    with av.open(str(path)) as container:
        return float(np.abs(np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])).mean())


def drawn(pixels: np.ndarray) -> bytes:
    """Eight times the same picture under noise, so that it can become smaller."""
    noise = np.random.default_rng(2)
    file = BytesIO()
    with av.open(file, "w", format="mp4") as out:
        track = out.add_stream("libx264", rate=8, options={"preset": "ultrafast", "crf": "5"})
        track.width, track.height, track.pix_fmt = 320, 240, "yuv420p"
        for _ in range(8):
            changed = np.clip(pixels.astype(int) + noise.integers(-9, 9, pixels.shape), 0, 255).astype(np.uint8)
            out.mux(track.encode(av.VideoFrame.from_ndarray(changed, format="rgb24")))
        out.mux(track.encode())
    return file.getvalue()


def grey(jpeg: bytes) -> np.ndarray:
    with Image.open(BytesIO(jpeg)) as image:
        return np.asarray(image.convert("L"))


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def steps(path: Path) -> list[int]:
    """From one picture to the next."""
    with av.open(str(path)) as container:
        times = [frame.pts or 0 for frame in container.decode(video=0)]
        return [after - before for before, after in itertools.pairwise(times)]
