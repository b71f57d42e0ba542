"""Edits on their way to messages: of each message only the newest text is sent. Who must know waits for the answer."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from adapters.shared.newest import Newest
from bot.errors import ChatError

log = logging.getLogger(__name__)

E = TypeVar("E")

Place = tuple[str, str]
"""The chat, and the message in it."""

MOST = 5_000
"""Messages with an edit on its way. Past that a newcomer's edit is dropped: it is a status line, and more will come.

Also the messages that were taken away, which no edit that comes late shall fill again.
"""


class EditQueue(Generic[E]):
    """One task per message that has an edit on its way; it ends with the last of them.

    `turn` waits until an edit of a message may go; `send` sends it, and says False if it has to take another turn.
    """

    def __init__(
        self,
        turn: Callable[[Place], Awaitable[None]],
        send: Callable[[Place, E], Awaitable[bool]],
        *,
        most: int = MOST,
    ) -> None:
        self._turn = turn
        self._send = send
        self._most = most
        self._newest: dict[Place, E] = {}
        self._tasks: dict[Place, asyncio.Task[None]] = {}
        self._sending: set[Place] = set()
        self._shut: set[Place] = set()
        self._over: Newest[Place, None] = Newest(most)
        self._told: dict[Place, list[asyncio.Future[None]]] = {}
        self._closed = False

    def waits(self, message: Place) -> bool:
        """Whether an edit of a message waits for its turn."""
        return message in self._newest

    def is_full(self, message: Place) -> bool:
        """Whether an edit of this message would be one too many."""
        return message not in self._tasks and len(self._tasks) >= self._most

    def is_over(self, message: Place) -> bool:
        """Whether a message is taken away, or about to be."""
        return message in self._over or message in self._shut

    def put(self, message: Place, edit: E) -> None:
        """Have this edit sent in its turn, in place of an older one that still waits."""
        if self._closed or self.is_over(message):
            return
        if self.is_full(message):
            log.info("an edit was dropped: %d wait already", self._most)
            return
        self._begin(message, edit)

    async def done(self, message: Place, edit: E) -> None:
        """As `put`, but none is dropped, and it returns once this edit or a newer one is through, or the message goes.

        Raises what `send` raises.
        """
        if self._closed:
            raise ChatError("edits are over")
        if self.is_over(message):
            return
        told = asyncio.get_running_loop().create_future()
        self._told.setdefault(message, []).append(told)
        self._begin(message, edit)
        await told

    async def drop(self, message: Place) -> None:
        """Once this returns no edit of the message waits or is under way."""
        task = self._tasks.get(message)
        if task and message in self._sending:
            self._newest.pop(message, None)
            self._shut.add(message)
            await asyncio.wait({task})
        elif task:
            task.cancel()
            self._forget(message)  # here, as a task that has not begun yet does not get to it

    async def end(self, message: Place) -> None:
        """As `drop`, and no other edit is taken: the message can be removed."""
        self._over[message] = None
        await self.drop(message)

    def reopen(self, message: Place) -> None:
        """Take edits of a message again that was at its end."""
        self._over.pop(message, None)

    async def close(self) -> None:
        """Cancel all edits, and take no more."""
        self._closed = True
        for task in self._tasks.values():
            task.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks.values()))
        self._tasks.clear()
        self._newest.clear()
        for message in list(self._told):
            self._tell(message, ChatError("edits are over"))

    def _begin(self, message: Place, edit: E) -> None:
        if message not in self._tasks:
            self._tasks[message] = asyncio.create_task(self._send_all(message))
        self._newest[message] = edit

    async def _send_all(self, message: Place) -> None:
        try:
            while message in self._newest:
                await self._turn(message)
                # Only now is it settled which edit that is; what comes while it is sent takes another turn.
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

    def _forget(self, message: Place) -> None:
        self._newest.pop(message, None)
        self._sending.discard(message)
        self._shut.discard(message)
        self._tasks.pop(message, None)
        self._tell(message)

    def _tell(self, message: Place, error: Exception | None = None) -> None:
        _tell(self._told.pop(message, []), error)


def _tell(waiting: Sequence[asyncio.Future[None]], error: Exception | None = None) -> None:
    for one in waiting:
        if one.done():
            continue  # whoever waited has gone
        if error:
            one.set_exception(error)
        else:
            one.set_result(None)
