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
AGAIN = 600.0
"""Seconds from the end of a pass that found some to the next: a process of the version before may write a while yet."""


class WordsBacklog:
    """`timer` returns seconds."""

    def __init__(self, store: Store, timer: Callable[[], float] = time.monotonic) -> None:
        self._store, self._timer = store, timer
        self._left = store.unsealed()
        self._found = False
        self._scrubbed = self._left is None
        self._next = timer()

    async def round(self) -> int:
        """Encrypt for `BUSY` seconds; returns the number of rows. Raises `StoreDown`."""
        now, done = self._timer(), 0
        end = now + BUSY
        while self._left and self._next <= now < end:
            count = await self._left.seal(PAGE)
            now = self._timer()
            done += count or 0
            self._found |= bool(count)
            if count is None:
                self._left, self._found = self._store.unsealed() if self._found else None, False
                self._next = now + AGAIN
                break
        if done:
            self._scrubbed = False
            log.info("the words of %s messages and orders from before were encrypted", done)
        # The plain ones are in the database's files still, perhaps from a process that was killed before this.
        if not self._scrubbed and (self._left is None or now < self._next):
            self._scrubbed = await self._store.retention.scrub()
        return done
