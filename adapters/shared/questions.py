"""Questions that were asked in a chat, and what belongs to them. They outlive a restart."""

from collections.abc import Collection

from adapters.shared.notes import Notes

OPEN = 7 * 86_400.0
"""Seconds for which a reply to a question is understood."""
FRESH = 600.0
"""Seconds in which the next thing said in private is the answer, even if it is no reply."""

_ASKED = "asked"


class Questions:
    """A note for each question, by its message; in private also for the latest. `about`: the persons it names."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    async def put(self, chat: str, message: str, value: str, about: Collection[str]) -> None:
        """Remember that `message` asked: a reply to it is the answer."""
        await self._notes.put(chat, f"{_ASKED}:{message}", value, OPEN, about)

    async def put_latest(self, chat: str, value: str, about: Collection[str]) -> None:
        """Whatever is said next in a private chat is the answer."""
        await self._notes.put(chat, _ASKED, value, FRESH, about)

    async def answered(self, chat: str, to: str = "") -> str | None:
        """What belongs to the question that is answered by a reply to a message, or (without `to`) after the latest."""
        return await self._notes.get(chat, f"{_ASKED}:{to}" if to else _ASKED)

    async def moved_on(self, chat: str) -> None:
        """Something else was said in private: from now on only a reply is an answer."""
        await self._notes.drop(chat, _ASKED)
