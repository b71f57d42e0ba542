"""Queue of message edits: only the newest text of a message is sent; callers may wait for the result."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from adapters.shared.newest import Newest
from bot.errors import ChatError

log = logging.getLogger(__name__)

E = TypeVar("E")

MessageKey = tuple[str, str]
"""Chat and message id."""

MOST = 5_000
"""Maximum messages with pending edits. Beyond that, edits of further messages are dropped: status lines, edited again.

Also the number of remembered removed messages, whose late edits are dropped.
"""


class EditQueue(Generic[E]):
    """One task per message with pending edits.

    `turn` waits for permission of the rate limiter; `send` performs the edit, and returns False to repeat the turn.
    """

    def __init__(
        self,
        turn: Callable[[MessageKey], Awaitable[None]],
        send: Callable[[MessageKey, E], Awaitable[bool]],
        *,
        most: int = MOST,
    ) -> None:
        self._turn = turn
        self._send = send
        self._most = most
        self._newest: dict[MessageKey, E] = {}
        self._tasks: dict[MessageKey, asyncio.Task[None]] = {}
        self._sending: set[MessageKey] = set()
        self._shut: set[MessageKey] = set()
        self._over: Newest[MessageKey, None] = Newest(most)
        self._told: dict[MessageKey, list[asyncio.Future[None]]] = {}
        self._closed = False

    def is_pending(self, message: MessageKey) -> bool:
        """Whether a message has a pending edit."""
        return message in self._newest

    def is_full(self, message: MessageKey) -> bool:
        """Whether the limit forbids an edit of this message."""
        return message not in self._tasks and len(self._tasks) >= self._most

    def is_over(self, message: MessageKey) -> bool:
        """Whether a message was or is being removed."""
        return message in self._over or message in self._shut

    def put(self, message: MessageKey, edit: E) -> None:
        """Queue an edit; it replaces a pending one of that message."""
        if self._closed or self.is_over(message):
            return
        if self.is_full(message):
            log.info("an edit was dropped: %d wait already", self._most)
            return
        self._begin(message, edit)

    async def done(self, message: MessageKey, edit: E) -> None:
        """As `put`, but never dropped; returns once this edit or a newer one was sent, or the message is removed.

        Raises the errors of `send`.
        """
        if self._closed:
            raise ChatError("edits are over")
        if self.is_over(message):
            return
        told = asyncio.get_running_loop().create_future()
        self._told.setdefault(message, []).append(told)
        self._begin(message, edit)
        await told

    async def drop(self, message: MessageKey) -> None:
        """Cancel the edits of a message; on return none is pending or running."""
        task = self._tasks.get(message)
        if task and message in self._sending:
            self._newest.pop(message, None)
            self._shut.add(message)
            await asyncio.wait({task})
        elif task:
            task.cancel()
            self._forget(message)  # a task cancelled before its start does not do it

    async def end(self, message: MessageKey) -> None:
        """As `drop`, and reject further edits, as the message is about to be removed."""
        self._over[message] = None
        await self.drop(message)

    def reopen(self, message: MessageKey) -> None:
        """Accept edits of a message again after `end`."""
        self._over.pop(message, None)

    async def close(self) -> None:
        """Cancel all edits, and accept no more."""
        self._closed = True
        for task in self._tasks.values():
            task.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks.values()))
        self._tasks.clear()
        self._newest.clear()
        for message in list(self._told):
            self._tell(message, ChatError("edits are over"))

    def _begin(self, message: MessageKey, edit: E) -> None:
        if message not in self._tasks:
            self._tasks[message] = asyncio.create_task(self._send_all(message))
        self._newest[message] = edit

    async def _send_all(self, message: MessageKey) -> None:
        try:
            while message in self._newest:
                await self._turn(message)
                # The edit is chosen after the turn; one that arrives during the send takes another turn.
                edit = self._newest.pop(message)
                self._sending.add(message)
                waiting = self._told.pop(message, [])
                try:
                    if await self._send(message, edit) or message in self._shut:
                        _tell(waiting)
                    else:
                        self._newest.setdefault(message, edit)
                        self._told[message] = waiting + self._told.get(message, [])
                except Exception as error:
                    log.info("an edit failed: %s", type(error).__name__)
                    _tell(waiting, error)
                except asyncio.CancelledError:
                    _tell(waiting, ChatError("edits are over"))
                    raise
                self._sending.discard(message)
        finally:
            if self._tasks.get(message) is asyncio.current_task():
                self._forget(message)

    def _forget(self, message: MessageKey) -> None:
        self._newest.pop(message, None)
        self._sending.discard(message)
        self._shut.discard(message)
        self._tasks.pop(message, None)
        self._tell(message)

    def _tell(self, message: MessageKey, error: Exception | None = None) -> None:
        _tell(self._told.pop(message, []), error)


def _tell(waiting: Sequence[asyncio.Future[None]], error: Exception | None = None) -> None:
    for one in waiting:
        if one.done():
            continue  # the caller was cancelled
        if error:
            one.set_exception(error)
        else:
            one.set_result(None)
