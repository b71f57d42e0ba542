"""How a file gets onto the disk: as a draft first, then under its name, whole or not at all."""

import asyncio
import errno
import os
import shutil
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO

from bot.errors import StoreDown

_STALE = 3600.0  # seconds; nothing takes so long to arrive
_CANNOT = frozenset({errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF, errno.EPERM, errno.EACCES, errno.EISDIR})
_PIECE = 2**18  # bytes written at once: a thread for every packet would cost more than the writing


class Drafts:
    """Files on their way in, under `folder`; what a crash left there is deleted. Raises `StoreDown`."""

    def __init__(self, folder: Path, new_id: Callable[[], str]) -> None:
        self._folder = folder
        self.new_id = new_id
        with disk():
            make_folder(folder)
            self.sweep()

    def sweep(self) -> int:
        """Delete what a crash left behind; how many. Raises `OSError`.

        Not what is new: another process may be writing it, in the same folder.
        """
        return sweep(self._folder, time.time() - _STALE)  # the real clock, since the file system goes by it

    def spool(self) -> IO[bytes]:
        """A file without a name, for what is still on its way; gone when it is closed. Raises `StoreDown`."""
        with disk():
            return tempfile.TemporaryFile(dir=self._folder)  # the system's own folder may be read-only, or memory

    @contextmanager
    def draft(self) -> Iterator[Path]:
        """A file that is gone after the block unless it was settled."""
        path = self._folder / self.new_id()
        try:
            yield path
        finally:
            with suppress(OSError):  # the next start sweeps what we cannot delete now
                path.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """A folder that strangers on the machine cannot look into. Raises `OSError`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


async def settle(draft: Path, path: Path) -> None:
    """Give a whole file its name; from then on it survives a power cut. Raises `StoreDown`."""
    with disk():
        await asyncio.to_thread(_sync, draft)
        os.replace(draft, path)
        try:
            await asyncio.to_thread(_sync, path.parent)
        except BaseException:  # nobody will know the name
            os.unlink(path)
            raise


def twin(source: Path, target: Path) -> None:
    """Give a file a second name, or a copy where the file system has no links; it looks new. Raises `OSError`."""
    try:
        os.utime(source)  # both are one file: a name that is new must not look old
        os.link(source, target)
    except (FileNotFoundError, FileExistsError):
        raise
    except OSError:  # each file system has its own number for what it cannot do; a copy says what else is wrong
        shutil.copyfile(source, target)
        _sync(target)


def write_private(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file that strangers on the machine cannot open, and have it on the disk. Raises `OSError`."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())


async def pour(chunks: AsyncIterator[bytes], target: Path, most: int) -> int:
    """Write a stream to a new file; returns its size, or, having stopped reading, some number above `most`."""
    size, held = 0, bytearray()
    with disk():
        file = await asyncio.to_thread(target.open, "xb")
    try:
        async for chunk in chunks:
            size += len(chunk)
            if size > most:
                break
            held += chunk
            if len(held) >= _PIECE:
                with disk():
                    await asyncio.to_thread(file.write, held)
                held = bytearray()
        with disk():
            await asyncio.to_thread(_write_out, file, held)
    finally:
        with suppress(OSError):
            file.close()
        await hang_up(chunks)
    return size


async def hang_up(chunks: AsyncIterator[bytes]) -> None:
    """Close a stream that may not have been read to its end, and the connection behind it."""
    if isinstance(chunks, AsyncGenerator):
        await chunks.aclose()


@contextmanager
def disk() -> Iterator[None]:
    """Whatever the disk says is `StoreDown`."""
    try:
        yield
    except OSError as error:
        raise StoreDown(f"the disk: {error.strerror or type(error).__name__}") from error


def _write_out(file: BinaryIO, rest: bytes | bytearray) -> None:
    file.write(rest)
    file.flush()


def _sync(path: Path) -> None:
    """Have a file's bytes, or a folder's names, on the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    except OSError as error:
        if error.errno not in _CANNOT or not path.is_dir():  # network volumes keep names in their own way
            raise
    finally:
        os.close(opened)


def older(path: Path, before: float) -> bool:
    """Whether a file was last written before then (Unix seconds); not if it is gone. Raises `OSError`."""
    try:
        return path.stat().st_mtime < before
    except FileNotFoundError:
        return False


def aged(folder: Path, before: float) -> list[str]:
    """The names of files last written before then (Unix seconds). Raises `OSError`."""
    return [path.name for path in folder.iterdir() if older(path, before)]


def sweep(folder: Path, before: float) -> int:
    """Delete the files last written before then (Unix seconds); how many. Raises `OSError`."""
    old = aged(folder, before)
    for name in old:
        (folder / name).unlink(missing_ok=True)
    return len(old)
