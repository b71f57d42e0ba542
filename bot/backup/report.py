"""What `photoplay check` says about backups."""

import time
from collections.abc import Iterator

from bot.backup import manifest, moving, schedule
from bot.backup.source import installation_of
from bot.config import Settings
from bot.connections import Finding

LATE = 2 * schedule.DAY
"""Age in seconds from which the newest backup is too old."""


def findings(settings: Settings, now: float) -> Iterator[Finding]:
    """The newest backup's age, and what a restore has left. Blocks."""
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
    if age is None:
        return Finding("hint", f"Backups: none in {settings.backup_dir} yet. The first is made once Photoplay runs.")
    made = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now - age))
    where = f"Backups: the newest in {settings.backup_dir} is of {made}"
    if age >= LATE:
        return Finding("bad", f"{where}, {age / schedule.DAY:.0f} days ago. One a day is made while Photoplay runs.")
    return Finding("good", f"{where}.")
