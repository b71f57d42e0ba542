"""Pictures and clips that no row names: a crash came between the file and its row."""

import logging
import time

from bot.media.library import Media
from bot.model import Incident
from storage import Store

log = logging.getLogger(__name__)

OLD = 6 * 3600.0
"""Seconds since a file was written after which nobody is about to save its name."""
DOUBT = 7 * 86_400.0
"""Seconds after a database arrived in which files that are older than that are left alone.

It may be the wrong one, or an old copy, and the one that names them may be put back.
"""
FEW = 100
"""Strays that one may have whatever else there is. If most files are strays, it is the database that is wrong."""


async def sweep(store: Store, media: Media, before: float | None = None) -> int:
    """Remove the strays last written before then (Unix seconds; `OLD` without); how many. Raises `StoreDown`.

    To be called after a write: while nothing can be saved, a clip that is paid for may wait here for its row.
    """
    # The real clock, since the file system goes by it. Files before rows: what is saved meanwhile is no stray.
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
        what = "most files in DATA_DIR are unknown to the database, so none was swept: is it the right one?"
        await store.note(Incident(time.time(), what, f"{len(strays)} of {found}"))
        return 0
    for name in sorted(strays):
        log.warning("%s belongs to nobody and is removed", name)
        await media.discard([name])
    return len(strays)
