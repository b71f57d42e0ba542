"""Tokens of interactions: valid for 15 minutes, for answers to that interaction only. Never logged."""

import json
from collections.abc import Callable

from adapters.discord.request import LATE, PLATFORM
from adapters.shared.newest import Newest
from adapters.shared.notes import Notes
from bot.core import Inbox

MOST = 10_000


class InteractionTokens:
    """Tokens in memory by the message they can edit; for guests also in the database, by the request."""

    def __init__(self, inbox: Inbox, clock: Callable[[], float]) -> None:
        self.notes = Notes(PLATFORM, inbox, clock)
        self._clock = clock
        self._handy: Newest[str, tuple[str, float]] = Newest(MOST)

    def put(self, name: str, token: str, ends: float) -> None:
        """Store a token in memory."""
        self._handy[name] = token, ends

    def get(self, name: str) -> str:
        """A valid token, or an empty text."""
        token, ends = self._handy.get(name, ("", 0.0))
        return token if self.lives(ends) else ""

    def drop(self, name: str) -> None:
        """Delete a token."""
        self._handy.pop(name, None)

    def lives(self, ends: float) -> bool:
        """Whether a token that expires at `ends` (Unix seconds) can still be used, with a margin."""
        return self._clock() < ends - LATE

    async def keep(self, chat: str, name: str, token: str, ends: float) -> None:
        """Store a token for all processes, in the database."""
        self.put(name, token, ends)
        await self.notes.put(chat, f"token:{name}", json.dumps([token, ends]), ends - self._clock())

    async def find(self, chat: str, name: str) -> str:
        """The latest valid token, also of other processes, or an empty text."""
        note = await self.notes.get(chat, f"token:{name}")
        if note is None:
            return ""
        token, ends = json.loads(note)
        return str(token) if self.lives(ends) else ""
