"""The bot's questions in chats, with the data needed for their answers. They survive a restart."""

from collections.abc import Collection

from adapters.shared.notes import Notes

OPEN = 7 * 86_400.0
"""Seconds for which a reply to a question counts as its answer."""
FRESH = 600.0
"""Seconds in which the next message to the bot is the answer, even if it is no reply."""

_ASKED = "asked"


class Questions:
    """A note per question, by its message; also for the latest one: of a private chat, or `of` a member of a group.

    `about`: the persons it names.
    """

    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    async def put(self, chat: str, message: str, value: str, about: Collection[str]) -> None:
        """Store a question: a reply to `message` is its answer."""
        await self._notes.put(chat, f"{_ASKED}:{message}", value, OPEN, about)

    async def put_latest(self, chat: str, value: str, about: Collection[str], of: str = "") -> None:
        """Store the latest question: the next message to the bot is its answer."""
        await self._notes.put(chat, _latest(of), value, FRESH, about)

    async def answered(self, chat: str, to: str = "", of: str = "") -> str | None:
        """The data of the question that a reply to message `to` answers, or (without `to`) of the latest; else None."""
        return await self._notes.get(chat, f"{_ASKED}:{to}" if to else _latest(of))

    async def moved_on(self, chat: str, of: str = "") -> None:
        """Close the latest question after another message to the bot: from now on only a reply answers it."""
        if await self._notes.get(chat, _latest(of)) is not None:  # mostly there is none, and a read costs no commit
            await self._notes.drop(chat, _latest(of))


def _latest(of: str) -> str:
    return f"{_ASKED} {of}" if of else _ASKED
