"""The task for people's videos. Loaded by the worker."""

from io import BytesIO
from typing import BinaryIO

from bot import texts
from bot.errors import BrokenClip, Refusal
from bot.media.sandbox import images, probe
from bot.media.sandbox.confine import Task


def _still(read: list[BinaryIO], written: list[BinaryIO]) -> list[int]:
    bitmap = BytesIO()  # lossless, and fast to encode
    try:
        probe.last_frame(read[0], webm=True).save(bitmap, "BMP")
    except BrokenClip:
        raise Refusal(texts.pictures.NOT_A_VIDEO) from None
    fitted = images.fit_photo(bitmap.getvalue())
    written[0].write(fitted.data)
    return [*fitted.size, *fitted.original]


TASKS = {"still": Task(_still, seconds=10, memory=1024**3, heaviest=64 * 1024**2)}
