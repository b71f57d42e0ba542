"""Tokens of interactions: good for a quarter of an hour, for answers there and nowhere else. Never in a log."""

import json
from collections.abc import Callable

from adapters.discord.request import LATE, PLATFORM
from adapters.shared.newest import Newest
from adapters.shared.notes import Notes
from bot.core import Inbox

MOST = 10_000


class InteractionTokens:
    """By the message they can edit, in memory; where there is no other way, by the request and in the database."""

    def __init__(self, inbox: Inbox, clock: Callable[[], float]) -> None:
        self.notes = Notes(PLATFORM, inbox, clock)
        self._clock = clock
        self._handy: Newest[str, tuple[str, float]] = Newest(MOST)

    def put(self, name: str, token: str, ends: float) -> None:
        """Have a token at hand."""
        self._handy[name] = token, ends

    def get(self, name: str) -> str:
        """A token that still lives, or nothing."""
        token, ends = self._handy.get(name, ("", 0.0))
        return token if self.lives(ends) else ""

    def drop(self, name: str) -> None:
        """It is not wanted any more."""
        self._handy.pop(name, None)

    def lives(self, ends: float) -> bool:
        """Whether a token that ends then is still to be relied on."""
        return self._clock() < ends - LATE

    async def keep(self, chat: str, name: str, token: str, ends: float) -> None:
        """Have a token at hand in every process, and after a restart."""
        self.put(name, token, ends)
        await self.notes.put(chat, f"token:{name}", json.dumps([token, ends]), ends - self._clock())

    async def find(self, chat: str, name: str) -> str:
        """A kept token that still lives, or nothing. The latest counts: another process may have got it."""
        note = await self.notes.get(chat, f"token:{name}")
        if note is None:
            return ""
        token, ends = json.loads(note)
        return str(token) if self.lives(ends) else ""
