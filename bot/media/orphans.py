"""Deletion of pictures and clips that no row names, after a crash between the file and its row."""

import logging
import time

from bot import texts
from bot.media.library import Media
from bot.model import Incident
from storage import Store

log = logging.getLogger(__name__)

OLD = 6 * 3600.0
"""Minimum age in seconds: the row of a younger file may not be saved yet."""
DOUBT = 7 * 86_400.0
"""Seconds after the first use of a database in which files older than that are kept.

The database may be the wrong one or an old copy, and the one with their rows may be restored.
"""
FEW = 100
"""Number of orphans that is always plausible. Above it, a majority of orphans means a wrong database."""


async def sweep(store: Store, media: Media, before: float | None = None) -> int:
    """Delete orphans last written before then (Unix seconds; default `OLD` ago); returns their number.

    Call it after a successful write: while the database cannot save, a paid clip may be here without its row. Raises
    `StoreDown`.
    """
    # The real clock, as the file system uses it. Files before rows: a row saved meanwhile is seen.
    now = time.time()
    strays = set(await media.aged(now - OLD if before is None else before))
    found = len(strays)
    arrived = await store.restored.arrived()
    if before is None and now - arrived < DOUBT:
        strays.difference_update(await media.aged(arrived))
    if strays:
        async for names in store.retention.named():
            strays.difference_update(names)
    if len(strays) > FEW and len(strays) > found / 2:
        await store.note(Incident(time.time(), texts.incidents.UNKNOWN_FILES, f"{len(strays)} of {found}"))
        return 0
    for name in sorted(strays):
        log.warning("%s belongs to nobody and is removed", name)
        await media.discard([name])
    return len(strays)
