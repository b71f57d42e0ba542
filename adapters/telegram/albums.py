"""Albums: Telegram sends one update per picture and no end, so an album is over when nothing more has come for a while.

Each part waits here until the album is worked off, and so stays in the database until then; a restart begins anew. A
part that was kept before a restart may have others that wait at Telegram: until it is `caught_up`, no album is over.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from telegram import Message

from adapters.shared.newest import Newest
from bot.errors import StoreDown

QUIET = 1.5
"""Seconds without another picture after which an album is complete."""
REMEMBERED = 1000
"""Albums whose late pictures are known to belong to them."""


@dataclass(eq=False, slots=True)
class _Album:
    parts: list[Message]
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    well: bool = False


class Albums:
    """Gathers the messages of albums. `caught_up` is set while we have all that Telegram had for us at the start."""

    def __init__(self, caught_up: asyncio.Event, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._caught_up = caught_up
        self._sleep = sleep
        self._open: dict[str, _Album] = {}
        self._over: Newest[str, None] = Newest(REMEMBERED)

    @asynccontextmanager
    async def whole(self, message: Message) -> AsyncIterator[list[Message]]:
        """All messages of the album, in order, for whoever brought its first one; the others get none, at its end."""
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
