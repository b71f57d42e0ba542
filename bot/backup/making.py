"""Making a backup while Photoplay runs: the database as of one moment, then the files, then the manifest.

The database comes first: whatever its rows name is in the folder then, or expired meanwhile. Files never change once
they have their names, so they are hard-linked where that works, on another disk with the backup before. The backup gets
its name when it is whole.
"""

import asyncio
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bot.backup import locks, manifest
from bot.backup.manifest import FOLDERS, Manifest
from bot.backup.source import Source
from bot.errors import Misconfigured, StoreDown
from bot.sealing.keys import still
from storage import snapshot
from storage.snapshot import Contents

T = TypeVar("T")
LASTING = ("photos", "clips")
"""Folders whose files never change once they have their names."""
DUMP = "photoplay.sql"
"""Name of a dump of PostgreSQL in a backup."""
WITH_KEYS = frozenset({"master.key", "master.key.new"})
"""Files that a copy without people's keys must not have: put back, they would not fit the keys that are there."""
ELSEWHERE = frozenset({*(f"{snapshot.FILE}{end}" for end in ("", "-wal", "-shm", "-journal")), *manifest.APART})
"""Files in `DATA_DIR` that are not copied: the database has a snapshot, the others belong to the folder."""
_PARTIAL = ".partial"
LOCK = ".lock"
"""Name of the lock in a folder of backups, which may be `DATA_DIR`."""


@dataclass(frozen=True, slots=True)
class Progress:
    """`of` is told the bytes to read once they are known, `done` those that were read."""

    of: Callable[[int], object] = lambda _: None
    done: Callable[[int], object] = lambda _: None


async def make(source: Source, to: Path, at: float, *, media: bool = True, progress: Progress | None = None) -> Path:
    """Make a backup in the folder `to`, inside `receiving(to)`; returns its own folder.

    `media`: with photos and clips, not the database alone. Raises `Misconfigured`, `StoreDown`; then, as when it is
    cancelled, nothing is left of it.
    """
    folder, draft = _named(to, at)
    try:
        draft.mkdir(mode=0o700)
        place, found = await _database(source, draft)
        work = _Files(source, draft, _previous(to, source.installation), progress or Progress())
        files = await in_thread(lambda stopped: work.take(FOLDERS if media else (), stopped))
        counts = {**found.counts, **work.counts}
        kind = "postgresql" if source.url else "sqlite"
        about = (source.version, source.installation, at, kind, place, found.schema, counts, files)
        try:
            await in_thread(lambda stopped: _finish(Manifest(*about), draft, folder))
        except asyncio.CancelledError:
            with suppress(FileNotFoundError):
                os.rename(folder, draft)  # it was whole a moment too late
            raise
    except OSError as error:
        raise StoreDown(f"{to} cannot be written: {error.strerror or error}") from error
    finally:
        await asyncio.to_thread(shutil.rmtree, draft, ignore_errors=True)
    return folder


@contextmanager
def receiving(to: Path) -> Iterator[None]:
    """Hold the lock of a folder of backups, made if missing, and delete what a crash left there.

    Raises `Misconfigured`, `Busy` while another process makes a backup there.
    """
    with ExitStack() as stack:
        try:
            to.mkdir(mode=0o700, parents=True, exist_ok=True)
            stack.enter_context(locks.locked(to, f"Another backup into {to} is being made.", LOCK))
            for left in to.glob(f".{manifest.PREFIX}*{_PARTIAL}"):
                shutil.rmtree(left, ignore_errors=True)
        except FileExistsError:
            raise Misconfigured(f"{to} cannot be used for backups: it is a file, not a folder.") from None
        except OSError as error:
            raise Misconfigured(f"{to} cannot be used for backups: {error.strerror or error}.") from None
        yield


def prune(to: Path, keep: int, installation: str) -> int:
    """Delete all but the newest `keep` backups of this installation; returns their number. Raises `OSError`."""
    old = [path for path, about in manifest.backups(to) if about.installation == installation][keep:]
    for path in old:
        half = path.with_name(f".{path.name}{_PARTIAL}")
        os.rename(path, half)  # what is deleted in part must not look whole
        shutil.rmtree(half, ignore_errors=True)
    return len(old)


async def in_thread(work: Callable[[Callable[[], bool]], T]) -> T:
    """The result of `work` in a thread. It is given a function that is True once we are cancelled, and waited for."""
    stop = threading.Event()
    running = asyncio.ensure_future(asyncio.to_thread(work, stop.is_set))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait({running})
        running.exception()  # not read any more
        raise


class Stopped(Exception):
    """The thread's caller was cancelled."""


class _Files:
    """Takes the files into a backup, with their sizes and checksums."""

    def __init__(self, source: Source, draft: Path, previous: tuple[Path, Manifest] | None, progress: Progress) -> None:
        self._source, self._draft, self._previous, self._progress = source, draft, previous, progress
        self.counts: dict[str, int] = {}

    def take(self, folders: tuple[str, ...], stopped: Callable[[], bool]) -> dict[str, tuple[int, str]]:
        """Link or copy each file; returns size and checksum by path. Blocks; raises `OSError`, `Stopped`."""
        with still(self._source.data):
            return self._take(folders, stopped)

    def _take(self, folders: tuple[str, ...], stopped: Callable[[], bool]) -> dict[str, tuple[int, str]]:
        left = ELSEWHERE if folders else ELSEWHERE | WITH_KEYS
        loose = [name for name in _names(self._source.data) if name not in left]
        found = [Path(name) for name in loose]
        for folder in folders:
            names = _names(self._source.data / folder)
            (self._draft / folder).mkdir(mode=0o700)
            found += [Path(folder) / name for name in names]
            self.counts[folder] = len(names)
        made = [Path(path.name) for path in self._draft.iterdir() if path.is_file()]
        self._progress.of(sum(_size(self._source.data / path) for path in found) + sum(map(self._own, made)))

        def read(size: int) -> None:
            if stopped():
                raise Stopped
            self._progress.done(size)

        files = {}
        for path in [*made, *found]:
            if path in made or self._taken(path):
                files[path.as_posix()] = self._own(path), self._digest(path, read)
        for folder in folders:
            sync(self._draft / folder)
        return files

    def _own(self, path: Path) -> int:
        return (self._draft / path).stat().st_size

    def _taken(self, path: Path) -> bool:
        """Whether the file is there; False if it expired meanwhile."""
        try:
            take(self._source.data / path, self._draft / path, self._before(path))
        except FileNotFoundError:
            return False
        return True

    def _before(self, path: Path) -> Path | None:
        """The same file in the backup before: of that size and time, as what has its name never changes again."""
        if self._previous is None or path.parts[0] not in LASTING:
            return None
        here, there = self._source.data / path, self._previous[0] / path
        try:
            now, then = here.stat(), there.stat()
        except FileNotFoundError:
            return None
        same = (now.st_size, int(now.st_mtime)) == (then.st_size, int(then.st_mtime))  # not every volume has fractions
        return there if same else None

    def _digest(self, path: Path, read: Callable[[int], object]) -> str:
        """The file's checksum: that of the backup before, if it is the very same file. `read` is told its bytes."""
        here = self._draft / path
        if self._previous:
            folder, before = self._previous
            with suppress(OSError):
                if path.as_posix() in before.files and (folder / path).samefile(here):
                    size, digest = before.files[path.as_posix()]
                    read(size)
                    return digest
        return manifest.digest(here, read)


def take(source: Path, target: Path, instead: Path | None = None) -> None:
    """Hard-link a file, or copy it durably where that is unsupported; for our user alone. Raises `OSError`.

    `instead`: the same file on the target's volume, to be linked before `source` is copied.
    """
    for path in (source, instead):
        try:
            if path:
                os.link(path, target)
                break
        except (FileNotFoundError, FileExistsError):
            raise
        except OSError:  # another volume, or one without links
            continue
    else:
        found = source.stat()
        shutil.copyfile(source, target)
        os.utime(target, ns=(found.st_atime_ns, found.st_mtime_ns))  # by which the next backup knows it
        sync(target)
    target.chmod(0o600)


def copy(source: Path, target: Path) -> None:
    """Copy a database, which is never linked, as it will be written to. Raises `OSError`."""
    target.touch(mode=0o600)
    shutil.copyfile(source, target)
    sync(target)


def sync(path: Path) -> None:
    """Have a file or a folder on the disk. Raises `OSError`, not for folders, which not every volume can sync."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    except OSError:
        if not path.is_dir():
            raise
    finally:
        os.close(number)


async def _database(source: Source, draft: Path) -> tuple[str, Contents]:
    """Copy the database; the name of its schema, and what it holds. Raises `Misconfigured`, `StoreDown`."""
    if source.url:
        from storage import pg_dumps  # its driver is loaded where it is used

        target = draft / DUMP
        place, found = await pg_dumps.dump(source.url, target)
    else:
        file, target, place = source.data / snapshot.FILE, draft / snapshot.FILE, ""
        await in_thread(lambda stopped: snapshot.copy(file, target, stopped))
        found = await asyncio.to_thread(snapshot.contents, target)
    await asyncio.to_thread(sync, target)
    return place, found


def _previous(to: Path, installation: str) -> tuple[Path, Manifest] | None:
    return next((found for found in manifest.backups(to) if found[1].installation == installation), None)


def _named(to: Path, at: float) -> tuple[Path, Path]:
    """The folder of a new backup, and the one in which it is made."""
    while (to / manifest.name_of(at)).exists():
        at += 1
    name = manifest.name_of(at)
    return to / name, to / f".{name}{_PARTIAL}"


def _finish(about: Manifest, draft: Path, folder: Path) -> None:
    about.write(draft)
    sync(draft)
    os.rename(draft, folder)
    sync(folder.parent)


def _names(folder: Path) -> list[str]:
    with suppress(FileNotFoundError), os.scandir(folder) as found:
        return sorted(one.name for one in found if one.is_file(follow_symlinks=False) and not one.name.startswith("."))
    return []


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
