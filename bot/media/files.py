"""Atomic writing of files: as a draft first, then renamed once complete."""

import asyncio
import errno
import os
import shutil
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO

from bot.errors import StoreDown
from bot.sealing import files as sealed
from bot.sealing.model import DataKey

_STALE = 3600.0  # seconds; longer than any download
_CANNOT = frozenset({errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF, errno.EPERM, errno.EACCES, errno.EISDIR})
_PIECE = 2**20  # bytes per write: a thread call per packet would cost more than the writing


class Drafts:
    """Incomplete files, under `folder`; leftovers of crashes are deleted. Raises `StoreDown`."""

    def __init__(self, folder: Path, new_id: Callable[[], str]) -> None:
        self._folder = folder
        self.new_id = new_id
        with disk():
            make_folder(folder)
            self.sweep()

    def sweep(self) -> int:
        """Delete leftovers of crashes; returns their number. Raises `OSError`.

        Recent files stay: another process may be writing them.
        """
        return sweep(self._folder, time.time() - _STALE)  # the real clock, as the file system uses it

    def spool(self, *, seal: bool = False) -> IO[bytes]:
        """An unnamed temporary file, written once, then read, and deleted when closed; with `seal`, encrypted.

        Raises `StoreDown`.
        """
        with disk():
            file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 – the system's folder may be read-only
        return sealed.spool(file) if seal else file

    def holds(self, path: Path) -> bool:
        """Whether it is a draft."""
        return path.parent == self._folder

    @contextmanager
    def draft(self) -> Iterator[Path]:
        """The path of a draft, deleted after the block unless it was settled."""
        path = self._folder / self.new_id()
        try:
            yield path
        finally:
            with suppress(OSError):  # the next start deletes it
                path.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder readable by our user only. Raises `OSError`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


async def settle(draft: Path, path: Path, check: Callable[[], None] | None = None) -> None:
    """Rename a complete draft, durably (fsync), after `check` raised nothing. Raises `StoreDown`."""
    with disk():
        try:
            await _in_thread(lambda: _settle(draft, path, check))
        except asyncio.CancelledError:  # the caller does not learn the name
            with suppress(OSError):
                os.unlink(path)
            raise


def twin(source: Path, target: Path) -> None:
    """Hard-link a file, or copy it where that is unsupported; its modification time is now. Raises `OSError`."""
    try:
        os.utime(source)  # both names share one time: the new one must not look old
        os.link(source, target)
    except (FileNotFoundError, FileExistsError):
        raise
    except OSError:  # the error code for "unsupported" varies; for other errors the copy fails, too
        shutil.copyfile(source, target)
        _sync(target)


async def pour(
    chunks: AsyncIterator[bytes], path: Path, key: Awaitable[DataKey | None], most: int
) -> tuple[int, sealed.File]:
    """Write a stream to a new file; returns its size in bytes, and the file. Stops above `most`, with a larger number.

    The key, None for a plain file, is waited for when the first bytes are there: making one takes as long.
    """
    size, held, pen = 0, bytearray(), _Pen(path, key)
    try:
        async for chunk in chunks:
            size += len(chunk)
            if size > most:
                break
            held += chunk
            if len(held) >= _PIECE:
                await pen.write(held)
                held = bytearray()
        return size, await pen.write(held, whole=True)
    finally:
        pen.close()
        await hang_up(chunks)


async def hang_up(chunks: AsyncIterator[bytes]) -> None:
    """Close a possibly unfinished stream and its connection."""
    if isinstance(chunks, AsyncGenerator):
        await chunks.aclose()


@contextmanager
def disk() -> Iterator[None]:
    """Turn `OSError` in the block into `StoreDown`."""
    try:
        yield
    except OSError as error:
        raise StoreDown(f"the disk: {error.strerror or type(error).__name__}") from error


class _Pen:
    """Writes a new file, which the first piece opens."""

    def __init__(self, path: Path, key: Awaitable[DataKey | None]) -> None:
        self._path, self._key = path, key
        self._target: sealed.File | None = None
        self._file: BinaryIO | None = None
        self._sink: sealed.Sink | None = None
        self._ends = ExitStack()

    async def write(self, piece: bytes | bytearray, *, whole: bool = False) -> sealed.File:
        """Write a piece; `whole`: the last one. Returns the file. Raises `StoreDown`."""
        if self._target is None:
            self._target = sealed.new(self._path, await self._key)
        with disk():
            await _in_thread(partial(self._write, self._target, piece, whole=whole))
        return self._target

    def _write(self, target: sealed.File, piece: bytes | bytearray, *, whole: bool) -> None:
        if self._file is None or self._sink is None:
            self._file = self._path.open("xb")
            self._sink = self._ends.enter_context(sealed.writer(self._file, target))
        self._sink.write(piece)
        if whole:
            self._ends.close()
            self._file.flush()

    def close(self) -> None:
        if self._file:
            with suppress(OSError):
                self._file.close()


async def _in_thread(function: Callable[[], None]) -> None:
    """Run in a thread; it has ended when this returns or raises, also when the caller is cancelled."""
    running = asyncio.ensure_future(asyncio.to_thread(function))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        raise


def _settle(draft: Path, path: Path, check: Callable[[], None] | None) -> None:
    _sync(draft)
    if check:
        check()
    os.replace(draft, path)
    try:
        _sync(path.parent)
    except BaseException:  # the name is not handed out
        os.unlink(path)
        raise


def _sync(path: Path) -> None:
    """fsync a file or a folder."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    except OSError as error:
        if error.errno not in _CANNOT or not path.is_dir():  # network volumes cannot sync folders
            raise
    finally:
        os.close(opened)


def older(path: Path, before: float) -> bool:
    """Whether a file was last written before then (Unix seconds); False if it is missing. Raises `OSError`."""
    try:
        return path.stat().st_mtime < before
    except FileNotFoundError:
        return False


def weight(folders: Iterable[Path]) -> int:
    """Bytes of the files in these folders; one that is deleted meanwhile counts nothing. Raises `OSError`."""
    total = 0
    for folder in folders:
        with suppress(FileNotFoundError), os.scandir(folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    total += entry.stat(follow_symlinks=False).st_size if entry.is_file(follow_symlinks=False) else 0
    return total


def aged(folder: Path, before: float) -> list[str]:
    """Names of files last written before then (Unix seconds). Raises `OSError`."""
    return [path.name for path in folder.iterdir() if older(path, before)]


def sweep(folder: Path, before: float) -> int:
    """Delete files last written before then (Unix seconds); returns their number. Raises `OSError`."""
    old = aged(folder, before)
    for name in old:
        (folder / name).unlink(missing_ok=True)
    return len(old)
