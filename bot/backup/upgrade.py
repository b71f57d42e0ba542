"""A backup before the database is brought to a newer schema: in `BACKUP_DIR`, else of SQLite beside the data."""

import asyncio
import logging
import shutil
import time
from pathlib import Path

from bot.backup import locks, making, manifest
from bot.backup.making import receiving
from bot.backup.source import Source, source_of
from bot.config import Settings
from bot.errors import Misconfigured, StoreDown
from storage import snapshot

log = logging.getLogger(__name__)

FOLDER = "before-upgrade"
"""Folder in `DATA_DIR` for the copy of the database alone."""
KEPT = 7 * 86_400.0
"""Seconds for which that copy stays: it holds what people have removed since."""
SPACE = 3
"""Times the database's size that must be free for it: the copy, and the migration itself."""
PATIENCE = 600.0
"""Seconds to wait for another process, which makes the same backup or another one."""
FRESH = 3600.0
"""Seconds for which a backup of the schema of before is good enough."""


async def back_up(settings: Settings, schema: int) -> None:
    """Have a backup of the database, whose schema is still that one, before it is migrated.

    Raises `Misconfigured` when BACKUP_DIR is set, and it cannot be made. Without BACKUP_DIR and room, none is made.
    """
    source = await asyncio.to_thread(source_of, settings)
    if settings.backup_dir:
        try:
            await _make(source, settings.backup_dir, schema, keep=settings.backup_keep, media=True)
        except (Misconfigured, StoreDown, OSError) as error:
            why = str(error).rstrip(".")
            raise Misconfigured(
                f"The database is to be brought to a new version, and could not be backed up before: {why}. "
                "Nothing was changed. Mend that, or unset BACKUP_DIR to go on without a backup."
            ) from None
    elif source.url is None and _has_space(source.data):
        try:
            await _make(source, source.data / FOLDER, schema, keep=1, media=False)
        except (Misconfigured, StoreDown, OSError) as error:
            log.warning("the database is brought to a new version without a backup: %s", error)
    else:
        log.warning("the database is brought to a new version without a backup, as BACKUP_DIR is not set")


async def drop_old(data: Path, now: float) -> None:
    """Delete copies from beside the data that are no longer needed. Raises `OSError`."""
    await asyncio.to_thread(_drop_old, data / FOLDER, now)


async def _make(source: Source, to: Path, schema: int, *, keep: int, media: bool) -> None:
    async with locks.awaited(lambda: receiving(to), PATIENCE):
        now = time.time()
        for _, about in manifest.backups(to):
            if about.installation == source.installation and about.schema == schema and now - about.at < FRESH:
                return  # made by another process that starts at the same time, or by hand
        made = await making.make(source, to, now, media=media)
        await asyncio.to_thread(making.prune, to, keep, source.installation)
    log.info("backup made before the database is brought to a new version: %s", made)


def _has_space(data: Path) -> bool:
    try:
        return shutil.disk_usage(data).free > SPACE * (data / snapshot.FILE).stat().st_size
    except OSError:
        return False


def _drop_old(folder: Path, now: float) -> None:
    for path, about in manifest.backups(folder):
        if now - about.at >= KEPT:
            shutil.rmtree(path)
