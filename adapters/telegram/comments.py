"""A comment and what it is about: who passes a picture on and writes to it sends two messages, the comment first.

Told apart from others by coming together: Telegram gives both the time at which they were sent. Kept in memory only, as
it is for a moment.
"""

from collections import OrderedDict

from telegram import Message

TOGETHER = 2.0
"""Seconds between the two, at most."""
MOST = 1_000


class Comments:
    """The latest words of each person in private that came without a picture."""

    def __init__(self) -> None:
        self._latest: OrderedDict[str, tuple[Message, str]] = OrderedDict()

    def put(self, user: str, message: Message, words: str) -> None:
        """Remember words."""
        self._latest[user] = message, words
        self._latest.move_to_end(user)
        if len(self._latest) > MOST:
            self._latest.popitem(last=False)

    def pop(self, user: str, picture: Message) -> str:
        """The words that were written to a picture that is passed on, or nothing."""
        message, words = self._latest.pop(user, (None, ""))
        if message is None:
            return ""
        apart = (picture.date - message.date).total_seconds()
        return words if 0 <= apart <= TOGETHER and picture.message_id > message.message_id else ""
