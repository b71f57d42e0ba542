"""Albums: Telegram sends one update per picture and no end marker, so an album ends after a silence.

Its parts stay in the inbox until the album is processed, so a restart collects them anew. Further parts may still be
undelivered at a restart: no album ends before `caught_up`.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from telegram import Message

from adapters.shared.newest import Newest
from bot.errors import StoreDown

QUIET = 1.5
"""Seconds of silence that end an album."""
REMEMBERED = 1000
"""Maximum remembered albums, for late pictures."""


@dataclass(eq=False, slots=True)
class _Album:
    parts: list[Message]
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    well: bool = False


class Albums:
    """Collects the messages of albums. `caught_up`: the updates that were pending at the start have been received."""

    def __init__(self, caught_up: asyncio.Event, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._caught_up = caught_up
        self._sleep = sleep
        self._open: dict[str, _Album] = {}
        self._over: Newest[str, None] = Newest(REMEMBERED)

    @asynccontextmanager
    async def whole(self, message: Message) -> AsyncIterator[list[Message]]:
        """All messages of an album, in order, for the caller with its first one; others get an empty list."""
        name = f"{message.chat.id}:{message.media_group_id}"
        if name in self._over:
            yield []
        elif album := self._open.get(name):
            album.parts.append(message)
            await album.ended.wait()
            if not album.well:
                raise StoreDown("the album waits")
            yield []
        else:
            album = self._open[name] = _Album([message])
            try:
                await self._silence(album)
                yield sorted(album.parts, key=lambda part: part.message_id)
                album.well = True
                self._over[name] = None
            finally:
                del self._open[name]
                album.ended.set()

    async def _silence(self, album: _Album) -> None:
        await self._caught_up.wait()
        count = 0
        while count != len(album.parts):
            count = len(album.parts)
            await self._sleep(QUIET)
