"""Tasks for pictures. Loaded by the worker."""

from io import BytesIO
from typing import BinaryIO

import pillow_heif
from PIL import AvifImagePlugin, Image

from bot.media.sandbox import images
from bot.media.sandbox.confine import HELD, Task

_MEMORY = 1024**3  # bytes: 50 megapixels of the most demanding format take 820 MB
_SECONDS = 25
_HEAVIEST = 16 * 1024**2  # bytes; a photo has at most 10,000,000

# One thread per core would use up address space; a process of one task needs none.
AvifImagePlugin.DEFAULT_MAX_THREADS = pillow_heif.options.DECODE_THREADS = 1


def _photo(read: list[BinaryIO], written: list[BinaryIO]) -> list[int]:
    fitted = images.fit_photo(read[0].read())
    written[0].write(fitted.data)
    return [*fitted.size, *fitted.original]


def _redrawn(read: list[BinaryIO], written: list[BinaryIO]) -> None:
    written[0].write(images.fit_photo(read[0].read(), anew=True).data)


def _mask(read: list[BinaryIO], written: list[BinaryIO], original: list[int], size: list[int]) -> None:
    written[0].write(images.fit_mask(read[0].read(), (original[0], original[1]), (size[0], size[1])))


def _own(mode: str) -> bytes:
    """A photo; a colourful one keeps its compressed pixels, a grey one is encoded."""
    file = BytesIO()
    Image.new(mode, (320, 300), "grey").save(file, "JPEG")
    return file.getvalue()


TASKS = {
    "photo": Task(_photo, _SECONDS, _MEMORY, _HEAVIEST),
    "redrawn": Task(_redrawn, _SECONDS, _MEMORY, _HEAVIEST),
    "mask": Task(_mask, _SECONDS, _MEMORY, _HEAVIEST),
    HELD: Task(lambda read, written: None, _SECONDS, _MEMORY, _HEAVIEST),
}

LARGE = True
"""Tasks take pieces of memory of some megabytes."""
REHEARSALS = [("photo", _own(mode), 1) for mode in ("RGB", "L")]
"""Tasks with a file of our own, and the number of files that they write."""
