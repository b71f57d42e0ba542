"""Comments on forwarded pictures: Telegram sends them as two messages, the comment first.

They are matched by their times of sending. In memory only, as it concerns a second.
"""

import asyncio
from collections.abc import Awaitable, Callable

from telegram import Message

from adapters.shared.newest import Newest

TOGETHER = 2.0
"""Maximum seconds between the two."""
PATIENCE = 1.0
"""Seconds to wait for a picture before a text is answered."""
MOST = 1_000


class Comments:
    """The latest private text without a picture, per person."""

    def __init__(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._sleep = sleep
        self._latest: Newest[str, tuple[Message, str]] = Newest(MOST)
        self._answering: dict[tuple[int, int], asyncio.Task[None]] = {}

    def put(self, user: str, message: Message, words: str) -> None:
        """Remember a text."""
        self._latest[user] = message, words

    def pop(self, user: str, picture: Message) -> str:
        """The comment on a forwarded picture; empty if there is none."""
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
        """Answer a text after `PATIENCE`, unless it turns out to be a comment."""
        key = message.chat.id, message.message_id

        async def answer() -> None:
            try:
                await self._sleep(PATIENCE)
            finally:
                del self._answering[key]
            await how()

        self._answering[key] = asyncio.create_task(answer())

    async def close(self) -> None:
        """Drop pending answers, which are only hints."""
        waiting = list(self._answering.values())
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
