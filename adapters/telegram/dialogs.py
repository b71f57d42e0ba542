"""Dialogs in groups: further taps of the person edit the bot's message instead of posting a new one.

Only replies to taps are dialogs, not replies to typed commands. The notes survive a restart.
"""

from adapters.shared.notes import Notes
from adapters.telegram import PLATFORM
from bot.model import Address

OPEN = 2 * 86_400.0
"""Seconds for which a dialog continues in its message."""


class Dialogs:
    """A note per dialog."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    async def put(self, chat: str, message: str, user: str) -> None:
        """Record that a message is a dialog with `user`."""
        await self._notes.put(chat, _name(message), user, OPEN, [f"{PLATFORM}:{user}"])

    async def belongs(self, address: Address, user: str) -> bool:
        """Whether the message at `address` is a dialog with `user`."""
        return await self._notes.get(address.chat, _name(address.message)) == user


def _name(message: str) -> str:
    return f"dialog:{message}"
