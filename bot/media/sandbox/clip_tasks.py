"""Tasks for clips, people's and providers'. Loaded by the worker."""

from io import BytesIO
from typing import BinaryIO

import av.subtitles.stream  # noqa: F401 – opening a clip loads it, when nothing can be loaded any more

from bot import texts
from bot.errors import BrokenClip, Refusal
from bot.media.sandbox import images, probe, transcode
from bot.media.sandbox.confine import Task

_MEMORY = 1024**3  # bytes
_PICTURE = 64 * 1024**2  # bytes
_JOINED = 1024**3  # bytes; a clip has at most half of that, and several may be joined


def _still(read: list[BinaryIO], written: list[BinaryIO]) -> list[int]:
    bitmap = BytesIO()  # lossless, and fast to encode
    try:
        probe.last_frame(read[0], webm=True).save(bitmap, "BMP")
    except BrokenClip:
        raise Refusal(texts.pictures.NOT_A_VIDEO) from None
    fitted = images.fit_photo(bitmap.getvalue())
    written[0].write(fitted.data)
    return [*fitted.size, *fitted.original]


def _clip(read: list[BinaryIO], written: list[BinaryIO | None]) -> list[float]:
    poster, copy = written
    if copy:
        transcode.mark(read[0], copy)
    found = probe.probe(copy or read[0], poster)
    return [found.width, found.height, found.seconds, found.sound]


def _last(read: list[BinaryIO], written: list[BinaryIO]) -> None:
    probe.last_frame(read[0]).save(written[0], "JPEG", quality=95)


def _first(read: list[BinaryIO], written: list[BinaryIO]) -> None:
    probe.first_frame(read[0]).save(written[0], "JPEG", quality=95)


def _fit(read: list[BinaryIO], written: list[BinaryIO], limit: int) -> bool:
    return transcode.fit(read[0], written[0], limit)


def _join(read: list[BinaryIO], written: list[BinaryIO]) -> None:
    transcode.join(read, *written)


TASKS = {
    "still": Task(_still, 10, _MEMORY, _PICTURE),
    "clip": Task(_clip, 30, _MEMORY, _JOINED),
    "last": Task(_last, 30, _MEMORY, _PICTURE),
    "first": Task(_first, 10, _MEMORY, _PICTURE),
    "fit": Task(_fit, 330, _MEMORY, _JOINED, nice=15),  # the bot's timeout is 300 seconds
    "join": Task(_join, 330, _MEMORY, _JOINED, nice=15),
}
