"""High-water marks: the number of orders started, in a folder beside the database, not in it.

A mark is an empty file named after the database and the number. The highest counts, so a restore that adds older
files lowers nothing, and processes need no lock.
"""

import errno
import os
from contextlib import suppress
from pathlib import Path

from bot.errors import Misconfigured


class Marks:
    """The marks in `folder`, created if missing. Raises `Misconfigured` when it cannot be used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Misconfigured(f"MARK_DIR {folder} cannot be used: {error.strerror}.") from None
        if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise Misconfigured(f"MARK_DIR {folder} cannot be used: {os.strerror(errno.EACCES)}.")

    def highest(self) -> dict[str, int]:
        """The highest mark, by database."""
        found: dict[str, int] = {}
        for name, number, _ in self._all():
            found[name] = max(number, found.get(name, 0))
        return found

    def put(self, name: str, number: int) -> None:
        """Write a mark to disk and remove lower ones of the same database. Raises `OSError`."""
        (self._folder / f"{name}.{number}").touch(mode=0o600)
        directory = os.open(self._folder, os.O_RDONLY)
        try:
            with suppress(OSError):  # not every file system syncs folders
                os.fsync(directory)
        finally:
            os.close(directory)
        for other, lower, path in self._all():
            if other == name and lower < number:
                path.unlink(missing_ok=True)

    def _all(self) -> list[tuple[str, int, Path]]:
        parts = [(*path.name.partition("."), path) for path in self._folder.iterdir()]
        return [(name, int(number), path) for name, _, number, path in parts if name and number.isdecimal()]
