"""Queue of message edits on Discord: only visible changes, at a limited rate.

Discord accepts fifty calls per second per bot, and clips take precedence.
"""

import asyncio
from collections.abc import Awaitable, Callable

from adapters.discord import render
from adapters.shared import edit_queue
from adapters.shared.edit_queue import MOST, MessageKey
from adapters.shared.newest import Newest
from bot.conversation import Reply
from bot.errors import Flood

PACE = 0.08
"""Seconds between edits."""
TOGETHER = 20
"""Maximum concurrent edits; reached only if Discord is slow."""


class EditQueue(edit_queue.EditQueue[Reply]):
    """`edit` sends one; `clock` returns Unix seconds."""

    def __init__(self, edit: Callable[[str, str, Reply], Awaitable[None]], clock: Callable[[], float]) -> None:
        super().__init__(self._paced, self._sent)
        self._edit = edit
        self._clock = clock
        self._seen: Newest[MessageKey, Reply] = Newest(MOST)
        self._gate = asyncio.Lock()
        self._next = 0.0
        self._free = asyncio.Semaphore(TOGETHER)

    def put(self, message: MessageKey, edit: Reply) -> None:
        """Queue an edit, unless the message shows that already."""
        if self.is_pending(message) or not self._stands(message, edit):
            super().put(message, edit)

    async def done(self, message: MessageKey, edit: Reply) -> None:
        """As `put`, and wait for it. Raises the errors of the edit, and `Flood` if too many are pending."""
        if self.is_full(message):
            raise Flood(MOST * PACE)
        if self.is_pending(message) or not self._stands(message, edit):
            await super().done(message, edit)

    def shows(self, message: MessageKey, reply: Reply) -> None:
        """Record a message's content."""
        self._seen[message] = reply

    def _stands(self, message: MessageKey, reply: Reply) -> bool:
        before = self._seen.get(message)
        if before is None or render.shape(before) != render.shape(reply):
            return False
        # An expired countdown is wrong, so the edit is sent in any case.
        return before.ready_at is None or reply.ready_at is None or before.ready_at > self._clock()

    async def _paced(self, _: MessageKey) -> None:
        async with self._gate:
            now = asyncio.get_running_loop().time()
            await asyncio.sleep(self._next - now)
            self._next = max(now, self._next) + PACE
            await self._free.acquire()

    async def _sent(self, message: MessageKey, reply: Reply) -> bool:
        try:
            await self._edit(*message, reply)
        finally:
            self._free.release()
        if not self.is_over(message):
            self.shows(message, reply)
        return True
