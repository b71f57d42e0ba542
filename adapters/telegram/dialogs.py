"""What a tap of somebody in a group led to, with buttons: when they tap on, it changes where it stands.

Otherwise each step of a small dialog would be another message for everybody. What was typed for, as a list, stays as it
is. The notes outlive a restart.
"""

from adapters.shared.notes import Notes
from adapters.telegram import PLATFORM
from bot.model import Address

OPEN = 2 * 86_400.0
"""Seconds for which a dialog goes on in its message."""


class Dialogs:
    """A note for each such message."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    async def put(self, chat: str, message: str, user: str) -> None:
        """Remember whose dialog a message is."""
        await self._notes.put(chat, _name(message), user, OPEN, [f"{PLATFORM}:{user}"])

    async def belongs(self, address: Address, user: str) -> bool:
        """Whether the message at `address` is a dialog with `user`."""
        return await self._notes.get(address.chat, _name(address.message)) == user


def _name(message: str) -> str:
    return f"dialog:{message}"
