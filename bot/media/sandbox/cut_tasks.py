"""Tasks that encode clips anew. Loaded by the worker."""

from typing import BinaryIO

from bot.media.sandbox import transcode
from bot.media.sandbox.confine import Task

_SECONDS = 330  # the bot's timeout is 300
_JOINED = 1024**3  # bytes; a clip has at most half of that, and several may be joined


def _fit(read: list[BinaryIO], written: list[BinaryIO], limit: int) -> bool:
    return transcode.fit(read[0], written[0], limit)


def _join(read: list[BinaryIO], written: list[BinaryIO]) -> None:
    transcode.join(read, *written)


TASKS = {name: Task(run, _SECONDS, 1024**3, _JOINED, nice=15) for name, run in (("fit", _fit), ("join", _join))}
