"""The exchange of what is in `DATA_DIR` for what comes from a backup, which survives the death of its process.

What comes is put together in a folder of its own, `.restore/new`; then a journal says that it counts. From there on
every process that opens `DATA_DIR` first brings the exchange to its end (`finishing`), so nothing runs on half of it.
Moving a name is atomic, and repeating all moves changes nothing.
"""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from bot.backup.making import sync

FOLDER = ".restore"
NEW = "new"
_JOURNAL = "journal.json"
BEFORE = "before-restore-"
"""Beginning of the name of the folder that gets what was there; the rest is the time in UTC."""


@dataclass(frozen=True, slots=True)
class Journal:
    """A restore under way.

    `phase`: `ready` until PostgreSQL has the dump, which `token` in it tells; then `committed`. `aside`: names in
    `DATA_DIR` that move to the folder `before`. `since`: the backup's time in Unix seconds. `stones`: folders with
    tombstones.
    """

    phase: Literal["ready", "committed"]
    token: str
    before: str
    aside: Sequence[str]
    since: float
    stones: Sequence[str]


def draft(data: Path) -> Path:
    """An empty folder to put together what comes. Raises `OSError`."""
    shutil.rmtree(data / FOLDER, ignore_errors=True)
    (data / FOLDER / NEW).mkdir(mode=0o700, parents=True)
    (data / FOLDER).chmod(0o700)
    return data / FOLDER / NEW


def write(data: Path, journal: Journal) -> None:
    """Write the journal durably, as a whole. Raises `OSError`."""
    folder = data / FOLDER
    passing = folder / f"{_JOURNAL}.new"
    with open(os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(journal), file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(passing, folder / _JOURNAL)
    sync(folder)
    sync(data)


def read(data: Path) -> Journal | None:
    """The journal of a restore under way. Raises `OSError`."""
    try:
        return Journal(**json.loads((data / FOLDER / _JOURNAL).read_text("utf-8")))
    except FileNotFoundError:
        return None


def commit(data: Path, journal: Journal) -> Journal:
    """Note that what comes counts. Raises `OSError`."""
    journal = replace(journal, phase="committed")
    write(data, journal)
    return journal


def forward(data: Path, journal: Journal) -> None:
    """Move aside what was there, and in what comes. Repeatable; raises `OSError`."""
    before, new = data / journal.before, data / FOLDER / NEW
    before.mkdir(mode=0o700, exist_ok=True)
    for name in journal.aside:
        if (data / name).exists() and not (before / name).exists():  # else it is the new one, which came already
            os.rename(data / name, before / name)
    sync(before)
    sync(data)
    for path in sorted(new.iterdir()):
        os.rename(path, data / path.name)
    sync(data)


def end(data: Path) -> None:
    """Forget the restore: it is done, or was given up before it counted. Raises `OSError`."""
    (data / FOLDER / _JOURNAL).unlink(missing_ok=True)  # first: without it, the rest is a leftover
    shutil.rmtree(data / FOLDER, ignore_errors=True)
