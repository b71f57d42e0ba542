"""Edits of status lines: of each message only the newest, and only what looks different. Nobody waits for them.

Discord takes fifty calls a second of a bot in all. The clips go first, so edits leave at a pace of their own.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from adapters.discord import render
from bot.errors import Flood
from bot.model import Reply

log = logging.getLogger(__name__)

MOST = 5_000
"""Messages whose look is remembered, and messages of which an edit waits."""
PACE = 0.08
"""Seconds between two edits."""
TOGETHER = 20
"""Edits under way at once; if there are so many, Discord holds them up."""


class EditQueue:
    """Sends what waits, oldest first, by one task per edit. `edit` sends one; `clock` counts Unix seconds."""

    def __init__(self, edit: Callable[[str, str, Reply], Awaitable[None]], clock: Callable[[], float]) -> None:
        self._edit = edit
        self._clock = clock
        self._waiting: OrderedDict[tuple[str, str], Reply] = OrderedDict()
        self._tasks: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._seen: OrderedDict[tuple[str, str], Reply] = OrderedDict()
        self._shut: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._told: dict[tuple[str, str], list[asyncio.Future[None]]] = {}
        self._pump: asyncio.Task[None] | None = None

    def put(self, chat: str, message: str, reply: Reply) -> bool:
        """Have a message say this, unless that shows already; whether an edit waits for it."""
        key = (chat, message)
        if key in self._shut or self._same(self._waiting.get(key) or self._seen.get(key), reply):
            return key in self._waiting
        if key not in self._waiting and len(self._waiting) >= MOST:
            log.info("an edit was dropped: %d wait already", MOST)
            return False
        self._waiting[key] = reply
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._send_all())
        return True

    async def done(self, chat: str, message: str, reply: Reply) -> None:
        """As `put`, and wait for it. Raises what the edit raises, and `Flood` when too many wait already."""
        if len(self._waiting) >= MOST and (chat, message) not in self._waiting:
            raise Flood(MOST * PACE)
        if self.put(chat, message, reply):
            told = asyncio.get_running_loop().create_future()
            self._told.setdefault((chat, message), []).append(told)
            await told

    def shows(self, chat: str, message: str, reply: Reply) -> None:
        """Note what a message says."""
        self._seen[chat, message] = reply
        self._seen.move_to_end((chat, message))
        if len(self._seen) > MOST:
            self._seen.popitem(last=False)

    async def drop(self, chat: str, message: str) -> None:
        """Once this returns no edit of the message waits or is under way, nor is another taken."""
        key = (chat, message)
        self._waiting.pop(key, None)
        self._seen.pop(key, None)
        self._tell(self._told.pop(key, []))
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
        tasks = {*self._tasks.values(), *([self._pump] if self._pump else [])}
        for waiting in self._told.values():
            for one in waiting:
                one.cancel()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _same(self, before: Reply | None, reply: Reply) -> bool:
        if before is None or render.shape(before) != render.shape(reply):
            return False
        # A countdown that has run out says something wrong.
        return before.ready_at is None or reply.ready_at is None or before.ready_at > self._clock()

    async def _send_all(self) -> None:
        while self._waiting:
            free = next((key for key in self._waiting if key not in self._tasks), None)
            if free and len(self._tasks) < TOGETHER:
                self._tasks[free] = asyncio.create_task(self._send(free, self._waiting.pop(free)))
            await asyncio.sleep(PACE)

    async def _send(self, key: tuple[str, str], reply: Reply) -> None:
        told = self._told.pop(key, [])
        try:
            await self._edit(*key, reply)
            if key not in self._shut:
                self.shows(*key, reply)
            self._tell(told)
        except Exception as error:
            log.info("an edit failed: %s", type(error).__name__)
            self._tell(told, error)
        finally:
            del self._tasks[key]

    @staticmethod
    def _tell(waiting: list[asyncio.Future[None]], error: Exception | None = None) -> None:
        for one in waiting:
            if one.done():
                continue  # whoever waited has gone
            if error:
                one.set_exception(error)
            else:
                one.set_result(None)
