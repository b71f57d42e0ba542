"""Locks of folders, for processes: a running Photoplay shares that of its data, a restore needs it alone.

The system ends a lock with its process. Where a volume has no locks, none is held.
"""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = "lock"
"""Name of the file in `DATA_DIR`."""
_NONE = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})
_LOOK = 0.05
"""Seconds between two tries."""


class Busy(Exception):
    """Another process holds the lock."""


@contextmanager
def locked(folder: Path, name: str = NAME, *, shared: bool = False, patience: float = 0.0) -> Iterator[int]:
    """Hold a folder's lock during the block; yields its file descriptor. Blocks for up to `patience` seconds.

    Raises `Busy`, `OSError`.
    """
    number = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(number, fcntl.LOCK_SH if shared else fcntl.LOCK_EX, time.monotonic() + patience)
        yield number
    finally:
        os.close(number)


def _take(number: int, how: int, end: float) -> None:
    while True:
        try:
            fcntl.flock(number, how | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= end:
                raise Busy from None
        except OSError as error:
            if error.errno in _NONE:
                return
            raise
        time.sleep(_LOOK)  # `flock` cannot wait for a limited time; patience is only had at a start
