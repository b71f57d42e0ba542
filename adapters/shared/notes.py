"""Notes: small values in the database that expire, for state that must survive a restart."""

from collections.abc import Callable, Collection

from bot.core import Inbox

FOREVER = 4e9
"""Lifetime of notes without an end, in seconds."""


class Notes:
    """The notes of a platform, by chat and name; `clock` returns Unix seconds."""

    def __init__(self, platform: str, inbox: Inbox, clock: Callable[[], float]) -> None:
        self._platform = platform
        self._inbox = inbox
        self._clock = clock

    async def put(self, chat: str, name: str, value: str, seconds: float, about: Collection[str] = ()) -> None:
        """Write or replace a note for `seconds`; `about`: the persons it names. Raises `StoreDown`."""
        await self._inbox.remember(self._platform, chat, name, value, self._clock() + seconds, about)

    async def get(self, chat: str, name: str) -> str | None:
        """An unexpired note, else None. Raises `StoreDown`."""
        return await self._inbox.recall(self._platform, chat, name, self._clock())

    async def drop(self, chat: str, name: str) -> None:
        """Delete a note. Raises `StoreDown`."""
        await self._inbox.forget(self._platform, chat, name)
