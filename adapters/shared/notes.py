"""What must be known again after a restart, for so many seconds: a note each, in the database."""

from collections.abc import Callable, Collection

from bot.core import Inbox

FOREVER = 4e9
"""Seconds that nobody waits for."""


class Notes:
    """The notes of a platform, by chat and name; `clock` counts Unix seconds."""

    def __init__(self, platform: str, inbox: Inbox, clock: Callable[[], float]) -> None:
        self._platform = platform
        self._inbox = inbox
        self._clock = clock

    async def put(self, chat: str, name: str, value: str, seconds: float, about: Collection[str] = ()) -> None:
        """Write a note, in place of an earlier one; `about`: the persons whom it names. Raises `StoreDown`."""
        await self._inbox.remember(self._platform, chat, name, value, self._clock() + seconds, about)

    async def get(self, chat: str, name: str) -> str | None:
        """A note that is not over. Raises `StoreDown`."""
        return await self._inbox.recall(self._platform, chat, name, self._clock())

    async def drop(self, chat: str, name: str) -> None:
        """Forget a note. Raises `StoreDown`."""
        await self._inbox.forget(self._platform, chat, name)
