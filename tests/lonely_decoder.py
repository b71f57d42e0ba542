"""The photo decoder on a machine that has as many processes as it may have."""

import errno
import os

from bot.media.sandbox.photo_tasks import TASKS as TASKS


def _fork() -> int:
    raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))


os.fork = _fork
