"""Pictures for the decoder's tests, and what they became."""

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bot.errors import Refusal
from bot.media.sandbox.images import fit_photo

RED, GREEN, BLUE, GREY = (200, 30, 30), (30, 160, 40), (30, 40, 190), (128, 128, 128)


def scene(width: int = 400, height: int = 300) -> Image.Image:
    """A picture whose corners can be told apart: red, green / blue, grey."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (0, height // 2, width // 2, height))
    image.paste(GREY, (width // 2, height // 2, width, height))
    return image


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def decoded(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    assert image.format == "JPEG"
    assert image.mode == "RGB"
    return image


def corners(image: Image.Image) -> list[Any]:
    right, bottom = image.width - 20, image.height - 20
    return [image.getpixel(xy) for xy in ((20, 20), (right, 20), (20, bottom), (right, bottom))]


def near(actual: Any, wanted: Any, by: int = 12) -> bool:
    return bool(np.abs(np.asarray(actual, dtype=int) - np.asarray(wanted, dtype=int)).max() <= by)


def refusal(data: bytes) -> str:
    with pytest.raises(Refusal) as caught:
        fit_photo(data)
    return str(caught.value)


def noise(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8))


FORMATS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95},
    "PNG": {},
    "WEBP": {"quality": 95},
    "HEIF": {"quality": 95},
    "AVIF": {"quality": 95},
    "BMP": {},
    "GIF": {},
    "MPO": {"save_all": True, "append_images": [Image.new("RGB", (400, 300))], "quality": 95},
}


def png(width: int, height: int, bits: int, colour: int, rows: bytes) -> bytes:
    """A PNG written by hand, for what Pillow does not write."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
