"""What a tap of somebody in a group led to, with buttons: when they tap on, it changes where it stands.

Otherwise each step of a small dialog would be another message for everybody. What was typed for, as a list, stays as it
is. The notes outlive a restart.
"""

from collections.abc import Callable

from adapters.telegram.parse import PLATFORM
from bot.core import Inbox
from bot.model import Address

OPEN = 2 * 86_400.0
"""Seconds for which a dialog goes on in its message."""


class Dialogs:
    """A note for each such message."""

    def __init__(self, inbox: Inbox, clock: Callable[[], float]) -> None:
        self._inbox = inbox
        self._clock = clock

    async def put(self, chat: str, message: str, user: str) -> None:
        """Remember whose dialog a message is."""
        about = [f"{PLATFORM}:{user}"]
        await self._inbox.remember(PLATFORM, chat, _name(message), user, self._clock() + OPEN, about)

    async def belongs(self, address: Address, user: str) -> bool:
        """Whether the message at `address` is a dialog with `user`."""
        return await self._inbox.recall(PLATFORM, address.chat, _name(address.message), self._clock()) == user


def _name(message: str) -> str:
    return f"dialog:{message}"
