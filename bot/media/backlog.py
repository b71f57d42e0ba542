"""Encryption of photos and clips from before it was on: in the background, file by file, while both are read.

What is done is seen from the files, so it continues after a restart, and several processes may do it at once.
"""

import logging
import time
from collections.abc import Callable

from bot.media.library import Media
from bot.media.orphans import OLD
from storage import Store

log = logging.getLogger(__name__)

BUSY = 20.0
"""Seconds of a round, of which there is one a minute."""
NOBODY = ""
"""Whose key a file gets that no row names: it is removed, but perhaps not for a week."""


class Backlog:
    """`timer` returns seconds."""

    def __init__(self, store: Store, media: Media, timer: Callable[[], float] = time.monotonic) -> None:
        self._store, self._media, self._timer = store, media, timer
        self._left: dict[str, str] = {}
        """Names of plain files with their persons."""
        self._is_over = not media.vault.seals

    async def round(self) -> int:
        """Encrypt for `BUSY` seconds; returns the number of photos and clips. Raises `StoreDown`."""
        if self._is_over or not (self._left or await self._look()):
            return 0
        done, end = 0, self._timer() + BUSY
        while self._left and self._timer() < end:
            name, person = self._left.popitem()
            done += await self._media.seal(name, person)
        log.info("%s photos and clips from before were encrypted, %s are left", done, len(self._left))
        return done

    async def _look(self) -> bool:
        """Find the plain files, and their persons. Files are new until their row is saved, and left for later."""
        plain = set(await self._media.plain())
        self._is_over = not plain
        if plain:
            strays = plain & set(await self._media.aged(time.time() - OLD))  # the file system's clock
            async for owners in self._store.retention.owners():
                self._left.update((name, owners[name]) for name in owners.keys() & plain)
            self._left.update(dict.fromkeys(strays - self._left.keys(), NOBODY))
        return bool(self._left)
