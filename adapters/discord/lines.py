"""Edits of status lines: of each message only the newest, and only what looks different. Nobody waits for them."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from adapters.discord import looks
from bot.model import Reply

log = logging.getLogger(__name__)

MOST = 5_000
"""Messages whose look is remembered, and messages with an edit on its way."""


class Lines:
    """One task per message that has an edit on its way. `edit` sends one; `clock` counts Unix seconds."""

    def __init__(self, edit: Callable[[str, str, Reply], Awaitable[None]], clock: Callable[[], float]) -> None:
        self._edit = edit
        self._clock = clock
        self._newest: dict[tuple[str, str], Reply] = {}
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._seen: OrderedDict[tuple[str, str], Reply] = OrderedDict()
        self._shut: OrderedDict[tuple[str, str], None] = OrderedDict()

    def put(self, chat: str, message: str, reply: Reply) -> None:
        """Have a message say this, unless that shows already."""
        key = (chat, message)
        if key in self._shut or self._same(self._newest.get(key) or self._seen.get(key), reply):
            return
        if key not in self._tasks:
            if len(self._tasks) >= MOST:
                log.info("an edit was dropped: %d wait already", MOST)
                return
            self._tasks[key] = asyncio.create_task(self._send(key))
        self._newest[key] = reply

    def shows(self, chat: str, message: str, reply: Reply) -> None:
        """Note what a message says."""
        self._seen[chat, message] = reply
        self._seen.move_to_end((chat, message))
        if len(self._seen) > MOST:
            self._seen.popitem(last=False)

    async def drop(self, chat: str, message: str) -> None:
        """Once this returns no edit of the message waits or is under way, nor is another taken."""
        key = (chat, message)
        self._newest.pop(key, None)
        self._seen.pop(key, None)
        self._shut[key] = None
        if len(self._shut) > MOST:
            self._shut.popitem(last=False)
        if task := self._tasks.get(key):
            await asyncio.wait({task})

    def reopen(self, chat: str, message: str) -> None:
        """Take edits of a dropped message again."""
        self._shut.pop((chat, message), None)

    async def close(self) -> None:
        """Cancel all edits."""
        tasks = set(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _same(self, before: Reply | None, reply: Reply) -> bool:
        if before is None or looks.shape(before) != looks.shape(reply):
            return False
        # A countdown that has run out says something wrong.
        return before.ready_at is None or reply.ready_at is None or before.ready_at > self._clock()

    async def _send(self, key: tuple[str, str]) -> None:
        try:
            while reply := self._newest.pop(key, None):
                try:
                    await self._edit(*key, reply)
                    self.shows(*key, reply)
                except Exception as error:
                    log.info("an edit failed: %s", type(error).__name__)
        finally:
            del self._tasks[key]
