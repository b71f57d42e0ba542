"""Encryption of words in the database from before it was on: in the background, a few rows at a time."""

import logging
import time
from collections.abc import Callable

from storage import Store

log = logging.getLogger(__name__)

BUSY = 20.0
"""Seconds of a round, of which there is one a minute."""
PAGE = 100
"""Rows per transaction."""


class WordsBacklog:
    """`timer` returns seconds."""

    def __init__(self, store: Store, timer: Callable[[], float] = time.monotonic) -> None:
        self._store, self._timer = store, timer
        self._left = store.unsealed()
        self._found = self._is_over = False

    async def round(self) -> int:
        """Encrypt for `BUSY` seconds; returns the number of rows. Raises `StoreDown`."""
        done, end = 0, self._timer() + BUSY
        while self._left and not self._is_over and self._timer() < end:
            count = await self._left.seal(PAGE)
            self._is_over = count is None
            done += count or 0
        self._found |= bool(done)
        if done:
            log.info("the words of %s messages and orders from before were encrypted", done)
        if self._is_over and self._found:  # the plain ones are in the database's files still
            self._found = not await self._store.retention.scrub()
        return done
