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
        self._used: Newest[tuple[int, int], None] = Newest(MOST)
        """Texts that turned out to be comments."""
        self._hints: Newest[tuple[int, int], Callable[[], Awaitable[None]]] = Newest(MOST)
        """Removal of the answer to a text, by the text."""

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
        key = message.chat.id, message.message_id
        self._used[key] = None
        if answering := self._answering.get(key):
            answering.cancel()
        elif remove := self._hints.pop(key, None):
            self._run(key, remove())
        return words

    def drop(self, user: str) -> None:
        """Forget a text that was for the bot itself."""
        self._latest.pop(user, None)

    def answer(self, message: Message, how: Callable[[], Awaitable[Callable[[], Awaitable[None]]]]) -> None:
        """Answer a text after `PATIENCE`, unless it turns out to be a comment. `how` returns what removes the answer,
        for a comment whose picture was late."""
        key = message.chat.id, message.message_id

        async def answer() -> None:
            try:
                await self._sleep(PATIENCE)
            finally:
                del self._answering[key]
            remove = await how()
            if key in self._used:
                await remove()
            else:
                self._hints[key] = remove

        self._answering[key] = asyncio.create_task(answer())

    def _run(self, key: tuple[int, int], work: Awaitable[None]) -> None:
        async def run() -> None:
            try:
                await work
            finally:
                del self._answering[key]

        self._answering[key] = asyncio.create_task(run())

    async def close(self) -> None:
        """Drop pending answers, which are only hints."""
        waiting = list(self._answering.values())
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
