"""Tombstones: what people had removed, noted outside of the database, so that a restored copy loses it again.

One line per removal in a file of each folder: its time, its kind, a keyed hash of the id. The first folder is that of
the data, the second that of the backups; the hash keeps the ids from a reader of the file without the key.
"""

import asyncio
import hashlib
import hmac
import json
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bot.errors import StoreDown

log = logging.getLogger(__name__)

FILE = "tombstones"
Kind = Literal["person", "clip", "unshared", "hidden", "shown", "closed", "opened"]
SUBJECTS: Mapping[Kind, str] = {
    "person": "person",  # forgotten
    "clip": "clip",  # deleted by its maker
    "unshared": "share",
    "hidden": "share",  # by an admin, or by reports
    "shown": "share",  # again
    "closed": "gallery",  # a gallery's address on the web; `scope slug`
    "opened": "gallery",
}
"""Kinds by what they are about; the latest one of a subject counts."""


@dataclass(frozen=True, slots=True)
class Stone:
    """`of`: hash of the subject's id, in hex; `at`: Unix seconds."""

    at: float
    kind: Kind
    of: str


@dataclass(frozen=True, slots=True)
class Tombstones:
    """Writes to a file in each of `folders`; without folders nowhere."""

    folders: Sequence[Path] = ()
    key: bytes = field(default=b"", repr=False)

    async def lay(self, kind: Kind, ids: Iterable[str], at: float, *, everywhere: bool = True) -> None:
        """Note removals durably. `everywhere`: in all folders, else the first suffices and `level` does the rest.

        Raises `StoreDown`.
        """
        lines = [line(Stone(at, kind, hashed(self.key, kind, id))) for id in ids]
        for number, folder in enumerate(self.folders if lines else ()):
            try:
                await asyncio.to_thread(append, folder / FILE, lines)
            except OSError as error:
                if everywhere or not number:
                    raise StoreDown(f"{folder / FILE} cannot be written: {error.strerror or error}") from error
                log.warning("%s cannot be written yet: %s", folder / FILE, error.strerror or error)

    def level(self) -> None:
        """Give each folder the tombstones that it lacks. Blocks; raises `OSError`."""
        if len({size(folder / FILE) for folder in self.folders}) < 2:
            return  # each was given the same lines
        found = {folder: lines_of(folder / FILE) for folder in self.folders}
        known = dict.fromkeys(line for lines in found.values() for line in lines)
        for folder, lines in found.items():
            if missing := [line for line in known if line not in set(lines)]:
                append(folder / FILE, missing)


def size(path: Path) -> int:
    """Bytes of a file; 0 without it. Raises `OSError`."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def hashed(key: bytes, kind: Kind, id: str) -> str:
    """The keyed hash of an id."""
    return hmac.digest(key, f"{SUBJECTS[kind]} {id}".encode(), hashlib.sha256).hex()


def line(stone: Stone) -> str:
    """A tombstone as a line, without its end."""
    return json.dumps([stone.at, stone.kind, stone.of])


def append(path: Path, lines: Sequence[str]) -> None:
    """Add lines durably, in one write. Raises `OSError`."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = not path.exists()
    number = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        # The break comes first: a line that a crash cut off must not take the next one with it.
        data = "".join(f"\n{line}" for line in lines).encode()
        if os.write(number, data) < len(data):
            raise OSError("the disk is full")
        os.fsync(number)
    finally:
        os.close(number)
    if fresh:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            with suppress(OSError):  # not every file system syncs folders
                os.fsync(folder)
        finally:
            os.close(folder)


def lines_of(path: Path) -> list[str]:
    """The whole lines of a file; none without it. Raises `OSError`."""
    try:
        found = path.read_bytes().decode(errors="replace").split("\n")
    except FileNotFoundError:
        return []
    return [line for line in found if _stone(line)]


def latest(paths: Iterable[Path], since: float) -> dict[str, Stone]:
    """The latest tombstone of each subject laid since then, by hash. Raises `OSError`."""
    stones = sorted(
        (stone for path in paths for text in lines_of(path) if (stone := _stone(text)) and stone.at >= since),
        key=lambda stone: stone.at,
    )
    return {stone.of: stone for stone in stones}


def _stone(text: str) -> Stone | None:
    try:
        at, kind, of = json.loads(text)
        return Stone(float(at), kind, of) if kind in SUBJECTS and isinstance(of, str) else None
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
