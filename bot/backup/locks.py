"""Locks of folders, for processes: a running Photoplay shares that of its data, a restore needs it alone.

The system ends a lock with its process. Where a volume has no locks, none is held.
"""

import asyncio
import errno
import fcntl
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

from bot.errors import Misconfigured

log = logging.getLogger(__name__)

T = TypeVar("T")
NAME = "lock"
"""Name of the file in `DATA_DIR`."""
_NONE = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})
_LOOK = 0.05
"""Seconds between two tries."""


class Busy(Misconfigured):
    """Another process holds the lock."""


@contextmanager
def locked(folder: Path, busy: str, name: str = NAME, *, shared: bool = False) -> Iterator[int]:
    """Hold a folder's lock during the block; yields its file descriptor. Raises `Busy` with that text, `OSError`."""
    number = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(number, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(number)
        raise Busy(busy) from None
    except OSError as error:
        if error.errno not in _NONE:
            os.close(number)
            raise
    try:
        yield number
    finally:
        os.close(number)


@asynccontextmanager
async def awaited(lock: Callable[[], AbstractContextManager[T]], patience: float) -> AsyncIterator[T]:
    """Enter the context of `lock()` as soon as it does not raise `Busy`, within `patience` seconds."""
    end = time.monotonic() + patience
    told = False
    with ExitStack() as stack:
        while True:
            try:
                held = stack.enter_context(lock())
                break
            except Busy as busy:
                if time.monotonic() >= end:
                    raise
                if not told:
                    log.info("waiting: %s", busy)
                    told = True
            await asyncio.sleep(_LOOK)  # `flock` cannot wait for a limited time
        yield held
