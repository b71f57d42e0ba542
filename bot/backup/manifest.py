"""A backup's manifest: what it holds, with a checksum for each file. A folder without one is no backup."""

import hashlib
import json
import math
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from pathlib import Path

from pydantic import TypeAdapter

from bot.backup import locks
from bot.errors import Misconfigured
from storage import tombstones

NAME = "manifest.json"
PREFIX = "photoplay-"
"""Beginning of a backup's name; the rest is its time in UTC."""
FOLDERS = ("photos", "clips", "keys")
"""What is kept of `DATA_DIR`, besides the files in it; all else is derived, or on its way. Keys come last, so that
those of all other files are there."""
APART = frozenset({locks.NAME, tombstones.FILE, NAME})
"""Files that belong to their folder, and are neither copied nor put back."""
_PIECE = 2**20


@dataclass(frozen=True, slots=True)
class Manifest:
    """`files`: size in bytes and SHA-256 by path in the backup. `at`: Unix seconds, before the snapshot was taken."""

    version: str
    """Of Photoplay."""
    installation: str
    """The mark of the installation, as at `/livez`."""
    at: float
    database: str
    """`sqlite` or `postgresql`."""
    place: str
    """The database's schema; empty for SQLite."""
    schema: int
    """Number of the newest migration in it."""
    counts: Mapping[str, int]
    files: Mapping[str, tuple[int, str]]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(size for size, _ in self.files.values())

    def write(self, folder: Path) -> None:
        """Write it into a backup, durably. Raises `OSError`."""
        with open(os.open(folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(self), file, ensure_ascii=False, indent=1)
            file.flush()
            os.fsync(file.fileno())


def read(folder: Path) -> Manifest:
    """A backup's manifest. Raises `Misconfigured` for a folder that is no whole backup."""
    try:
        found = _form().validate_json((folder / NAME).read_bytes())
        if not math.isfinite(found.at) or not all(map(_is_ours, found.files)):
            raise ValueError
        return found
    except FileNotFoundError:
        inside = f" Inside of it is {newest.name}." if (newest := _newest(folder)) else ""
        raise Misconfigured(f"{folder} is no backup, or not a whole one: it has no {NAME}.{inside}") from None
    except OSError as error:
        raise Misconfigured(f"{folder} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise Misconfigured(f"{folder / NAME} is damaged, or of another program.") from None


def _newest(folder: Path) -> Path | None:
    """The newest backup inside of a folder, by its name."""
    return max((path.parent for path in folder.glob(f"{PREFIX}*/{NAME}")), default=None)


@cache
def _form() -> TypeAdapter[Manifest]:
    return TypeAdapter(Manifest)


def _is_ours(path: str) -> bool:
    """Whether a backup may hold a file of that path: nothing outside of it, nothing of the folder that it comes to."""
    folder, _, name = path.rpartition("/")
    known = folder in FOLDERS if folder else "/" not in path and name not in (*APART, *FOLDERS)
    return known and bool(name) and not name.startswith(".") and "\0" not in name


def backups(folder: Path) -> list[tuple[Path, Manifest]]:
    """The whole backups in a folder, newest first. Raises `OSError`."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name.startswith(PREFIX) and (path / NAME).is_file():
            try:
                found.append((path, read(path)))
            except Misconfigured:  # damaged: counts as none
                continue
    return sorted(found, key=lambda pair: pair[1].at, reverse=True)


def age(folder: Path, now: float, installation: str | None = None) -> float | None:
    """Seconds since the newest whole backup of this installation (None: any) in a folder was finished; None without
    one. Raises `OSError`.

    Each manifest is read once, so it costs little however many files a backup has.
    """
    times = []
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name.startswith(PREFIX):
            with suppress(FileNotFoundError):  # no backup, or one that is being deleted
                times.append(((path / NAME).stat().st_mtime_ns, path))
    for at, path in sorted(times, reverse=True):
        if (whose := _whose(path, at)) and installation in (None, whose):
            return max(0.0, now - at / 1e9)
    return None


@lru_cache(256)
def _whose(path: Path, at: int) -> str:
    """The installation of a backup whose manifest is of that time; empty if it is damaged."""
    try:
        return read(path).installation
    except Misconfigured:
        return ""


def name_of(at: float) -> str:
    """The name of a backup begun at this time."""
    return f"{PREFIX}{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(at))}"


def digest(path: Path, told: Callable[[int], object] = lambda _: None) -> str:
    """SHA-256 of a file, in hex; `told` is called with the size of each piece read. Raises `OSError`."""
    made = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            made.update(piece)
            told(len(piece))
    return made.hexdigest()
