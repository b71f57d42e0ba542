"""Edits on their way to messages: of each message only the newest text is sent. Who must know waits for the answer."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from adapters.telegram.rate_limit import RateLimiter
from bot.errors import ChatError, Flood

log = logging.getLogger(__name__)

Edit = Callable[[], Awaitable[None]]
Message = tuple[str, str]
"""The chat, and the message in it."""

MOST = 5_000
"""Messages with an edit on its way. Past that a newcomer's edit is dropped: it is a status line, and more will come."""


class EditQueue:
    """One task per message that has an edit on its way; it ends with the last of them."""

    def __init__(self, limiter: RateLimiter, *, most: int = MOST) -> None:
        self._limiter = limiter
        self._most = most
        self._newest: dict[Message, Edit] = {}
        self._tasks: dict[Message, asyncio.Task[None]] = {}
        self._sending: set[Message] = set()
        self._shut: set[Message] = set()
        self._told: dict[Message, list[asyncio.Future[None]]] = {}
        self._closed = False

    def put(self, chat: str, group: bool, message: str, edit: Edit) -> None:
        """Have this edit sent in its turn, in place of an older one that still waits."""
        key = (chat, message)
        if self._closed or key in self._shut:
            return
        if key not in self._tasks and len(self._tasks) >= self._most:
            log.info("an edit was dropped: %d wait already", self._most)
            return
        self._begin(key, group, edit)

    async def done(self, chat: str, group: bool, message: str, edit: Edit) -> None:
        """As `put`, but none is dropped, and it returns once this edit or a newer one is through, or the message goes.

        Raises what the edit raises; a `Flood` is sat out.
        """
        key = (chat, message)
        if self._closed:
            raise ChatError("edits are over")
        if key in self._shut:
            return
        told = asyncio.get_running_loop().create_future()
        self._told.setdefault(key, []).append(told)
        self._begin(key, group, edit)
        await told

    def _begin(self, key: Message, group: bool, edit: Edit) -> None:
        if key not in self._tasks:
            self._tasks[key] = asyncio.create_task(self._send(key, group))
        self._newest[key] = edit

    async def drop(self, chat: str, message: str) -> None:
        """Once this returns no edit of the message waits or is under way; then it can be removed."""
        key = (chat, message)
        task = self._tasks.get(key)
        if task and key in self._sending:
            self._newest.pop(key, None)
            self._shut.add(key)
            await asyncio.wait({task})
        elif task:
            task.cancel()
            self._forget(key)  # here, as a task that has not begun yet does not get to it

    async def close(self) -> None:
        """Cancel all edits, and take no more."""
        self._closed = True
        for task in self._tasks.values():
            task.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks.values()))
        self._tasks.clear()
        self._newest.clear()
        for key in list(self._told):
            self._tell(key, ChatError("edits are over"))

    async def _send(self, key: Message, group: bool) -> None:
        try:
            while key in self._newest:
                await self._limiter.turn(key[0], group, "edit")
                # Only now is it settled which edit that is; what comes while it is sent takes another turn.
                edit = self._newest.pop(key)
                self._sending.add(key)
                waiting = self._told.pop(key, [])
                try:
                    await edit()
                    _tell(waiting)
                except Flood:  # `edit` has told the limiter
                    if key not in self._shut:
                        self._newest.setdefault(key, edit)
                        self._told[key] = waiting + self._told.get(key, [])
                    else:
                        _tell(waiting)
                except Exception as error:
                    log.info("an edit failed: %s", type(error).__name__)
                    _tell(waiting, error)
                except asyncio.CancelledError:
                    _tell(waiting, ChatError("edits are over"))
                    raise
                self._sending.discard(key)
        finally:
            if self._tasks.get(key) is asyncio.current_task():
                self._forget(key)

    def _forget(self, key: Message) -> None:
        self._newest.pop(key, None)
        self._sending.discard(key)
        self._shut.discard(key)
        self._tasks.pop(key, None)
        self._tell(key)

    def _tell(self, key: Message, error: Exception | None = None) -> None:
        _tell(self._told.pop(key, []), error)


def _tell(waiting: Sequence[asyncio.Future[None]], error: Exception | None = None) -> None:
    for one in waiting:
        if one.done():
            continue  # whoever waited has gone
        if error:
            one.set_exception(error)
        else:
            one.set_result(None)
