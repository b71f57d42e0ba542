"""Small files that must survive a crash whole: replaced atomically, locked, overwritten before they are removed."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Exclude other threads and processes that lock the same file. Raises `OSError`."""
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield  # closing unlocks


def write(path: Path, data: bytes) -> None:
    """Write a file of our user's only, atomically and durably; the one that was there is overwritten as in `erase`.

    Raises `OSError`.
    """
    draft = _draft(path)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    try:
        former = path.open("r+b")
    except FileNotFoundError:
        replace(draft, path)
        return
    with former:
        replace(draft, path)
        _overwrite(former, names=0)


def replace(draft: Path, path: Path) -> None:
    """Rename durably. Raises `OSError`."""
    os.replace(draft, path)
    _sync(path.parent)


def erase(path: Path) -> None:
    """Overwrite a file, unless it has other names, and remove it durably; a missing one is no error. Raises `OSError`.

    So with what a crash of `write` left of it. Overwriting is as good as the file system: one that copies on write
    keeps the former blocks for a while.
    """
    for each in (_draft(path), path):
        with suppress(FileNotFoundError):
            with each.open("r+b") as file:
                _overwrite(file, names=1)
            each.unlink()
            _sync(path.parent)


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}.draft")


def _overwrite(file: BinaryIO, names: int) -> None:
    """Overwrite with zeros, unless the file has more names than that: a backup may hold it by a hard link."""
    found = os.fstat(file.fileno())
    if found.st_nlink == names:
        file.write(bytes(found.st_size))
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # network volumes cannot sync folders
            os.fsync(opened)
    finally:
        os.close(opened)
