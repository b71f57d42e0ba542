"""A comment and what it is about: who passes a picture on and writes to it sends two messages, the comment first.

Told apart from others by coming together: Telegram gives both the time at which they were sent. Kept in memory only, as
it is for a moment.
"""

import asyncio
from collections.abc import Awaitable, Callable

from telegram import Message

from adapters.shared.newest import Newest

TOGETHER = 2.0
"""Seconds between the two, at most."""
PATIENCE = 1.0
"""Seconds in which a picture may follow words, before they are answered."""
MOST = 1_000


class Comments:
    """The latest words of each person in private that came without a picture."""

    def __init__(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._sleep = sleep
        self._latest: Newest[str, tuple[Message, str]] = Newest(MOST)
        self._answering: dict[tuple[int, int], asyncio.Task[None]] = {}

    def put(self, user: str, message: Message, words: str) -> None:
        """Remember words."""
        self._latest[user] = message, words

    def pop(self, user: str, picture: Message) -> str:
        """The words that were written to a picture that is passed on, or nothing."""
        message, words = self._latest.pop(user, (None, ""))
        if message is None:
            return ""
        apart = (picture.date - message.date).total_seconds()
        if not 0 <= apart <= TOGETHER or picture.message_id <= message.message_id:
            return ""
        if answering := self._answering.get((message.chat.id, message.message_id)):
            answering.cancel()
        return words

    def answer(self, message: Message, how: Callable[[], Awaitable[None]]) -> None:
        """Answer words in a moment, unless they turn out to belong to a picture."""
        key = message.chat.id, message.message_id

        async def answer() -> None:
            try:
                await self._sleep(PATIENCE)
            finally:
                del self._answering[key]
            await how()

        self._answering[key] = asyncio.create_task(answer())

    async def close(self) -> None:
        """Let go of what waits: it is a hint, and nothing is lost with it."""
        waiting = list(self._answering.values())
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
