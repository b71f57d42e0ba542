"""What `photoplay check` says about backups."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from bot.backup import manifest, moving, schedule
from bot.backup.source import installation_of
from bot.config import Settings
from bot.connections import Finding
from bot.errors import Misconfigured, StoreDown

LATE = 2 * schedule.DAY
"""Age in seconds from which the newest backup is too old."""


async def findings(settings: Settings, now: float) -> AsyncIterator[Finding]:
    """Whether backups can be made, the newest one's age, and what a restore has left."""
    for finding in await asyncio.to_thread(lambda: list(_looked(settings, now))):
        yield finding
    if settings.backup_dir and settings.database_url:
        from storage import pg_dumps  # its driver is loaded where it is used

        try:
            await pg_dumps.check(settings.database_url.get_secret_value())
        except (Misconfigured, StoreDown) as error:
            yield Finding("bad", f"Backups: none can be made. {error}")


def _looked(settings: Settings, now: float) -> Iterator[Finding]:
    """What the folders say. Blocks."""
    yield _newest(settings, now)
    for folder in sorted(settings.data_dir.glob(f"{moving.BEFORE}*")):
        yield Finding("hint", f"{folder} is what a restore has moved aside. Delete it once all is well.")


def _newest(settings: Settings, now: float) -> Finding:
    if settings.backup_dir is None:
        return Finding("hint", "Backups: none are made. Set BACKUP_DIR, best to a folder on another disk.")
    try:
        begun = (settings.data_dir / "secret").exists()
        age = manifest.age(settings.backup_dir, now, installation_of(settings.data_dir) if begun else None)
    except OSError as error:
        return Finding("bad", f"Backups: {settings.backup_dir} cannot be read: {error.strerror}.")
    if wrong := _closed(settings.backup_dir):
        return Finding("bad", f"Backups: none can be made in {settings.backup_dir}: {wrong}.")
    if age is None:
        return Finding("hint", f"Backups: none in {settings.backup_dir} yet. The first is made once Photoplay runs.")
    made = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now - age))
    where = f"Backups: the newest in {settings.backup_dir} is of {made}"
    if age >= LATE:
        return Finding("bad", f"{where}, {age / schedule.DAY:.0f} days ago. One a day is made while Photoplay runs.")
    return Finding("good", f"{where}.")


def _closed(folder: Path) -> str:
    """Why a folder, or the nearest one above it that exists, cannot be written to; empty if it can."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            return ""
    except OSError as error:
        return error.strerror or str(error)
