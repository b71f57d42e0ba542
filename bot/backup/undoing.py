"""The undo of a restore: what it has moved aside, as a backup without checksums."""

import calendar
import os
import time
from dataclasses import replace
from pathlib import Path

from bot.backup import manifest, moving
from bot.backup.manifest import FOLDERS, Manifest
from bot.backup.source import Source
from storage import snapshot

STAMP = "%Y%m%dT%H%M%SZ"


def is_aside(folder: Path) -> bool:
    """Whether a folder is what a restore has moved aside."""
    return folder.name.startswith(moving.BEFORE) and folder.is_dir() and not (folder / manifest.NAME).exists()


def described(folder: Path, source: Source, place: str) -> Manifest:
    """Its manifest; `place`: PostgreSQL's schema, or empty. Blocks; raises `OSError`, `StoreDown`."""
    names = [Path(name) for name in os.listdir(folder) if (folder / name).is_file() and not name.endswith("-shm")]
    names += [Path(part) / name for part in FOLDERS if (folder / part).is_dir() for name in os.listdir(folder / part)]
    files = {path.as_posix(): ((folder / path).stat().st_size, "") for path in names}
    counts = {part: len(os.listdir(folder / part)) for part in FOLDERS if (folder / part).is_dir()}
    made = Manifest(source.version, source.installation, _at(folder), "postgresql", place, 0, counts, files)
    if source.url:
        return made
    found = snapshot.contents(folder / snapshot.FILE, "rw")
    return replace(made, database="sqlite", schema=found.schema, counts={**found.counts, **counts})


def schema_of(folder: Path) -> str:
    """The schema of PostgreSQL that belongs to it."""
    return folder.name.replace("-", "_").lower()


def _at(folder: Path) -> float:
    """When it was moved aside, in Unix seconds."""
    stamp = folder.name.removeprefix(moving.BEFORE).rpartition("-")[0]
    try:
        return float(calendar.timegm(time.strptime(stamp, STAMP)))
    except ValueError:  # renamed: all tombstones count
        return 0.0
