"""As many tests with a browser at a time as there are cores, whatever the number of workers and of checkouts.

A browser and a site keep a core busy; with more of them each is slow enough to miss what it waits for.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
PAUSE = 0.1
"""Seconds between two tries."""


@contextmanager
def one(count: int = CORES, folder: Path | None = None) -> Iterator[int]:
    """Wait for a slot, and hold it; yields its number.

    The locks belong to the process: the system releases those of one that dies, and its forks have none of them. Who
    waits holds the door, so that a process between two tests comes after it.
    """
    base = folder or Path(os.environ.get("TMPDIR", "/tmp"))
    door, *files = [
        os.open(base / f"photoplay-{os.getuid()}-browser-{name}", os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
        for name in ("door", *range(count))
    ]
    try:
        fcntl.lockf(door, fcntl.LOCK_EX)
        while (number := _taken(files)) is None:
            time.sleep(PAUSE)
        fcntl.lockf(door, fcntl.LOCK_UN)
        yield number
    finally:
        for file in (door, *files):
            os.close(file)


def _taken(files: list[int]) -> int | None:
    for number, file in enumerate(files):
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            continue
        return number
    return None
