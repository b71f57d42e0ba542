"""Logging to standard error, with every secret of the settings taken out of whatever is said."""

import logging
import re
from collections.abc import Iterable, Sequence

from bot.errors import StoreDown

QUIET = ("httpx", "httpcore", "aiohttp.access", "asyncio", "aiosqlite", "telegram")
"""Libraries that log addresses, which may hold secrets, what people wrote, or chatter."""
LONGEST = 2000
"""Characters of a line; what strangers send may be in it."""

REPEATED = ("socket.accept() out of system resource",)
"""How lines begin that would be said again and again while one thing is wrong."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Redacted(logging.Formatter):
    """A formatter through which no secret passes, not even in a traceback. A message is one line, of bounded length."""

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")
        self._secrets: list[str] = []
        self.hide(secrets)

    def hide(self, secrets: Iterable[str]) -> None:
        """Take these out as well, from now on."""
        self._secrets += [secret for secret in secrets if secret]

    def formatMessage(self, record: logging.LogRecord) -> str:
        return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, "•••")
        return "\n".join(line if len(line) <= LONGEST else f"{line[:LONGEST]}…" for line in text.split("\n"))


def untold(record: logging.LogRecord) -> bool:
    """Whether a line is news: that the database is away is told once, and not by everybody who needs it."""
    args = record.args if isinstance(record.args, tuple) else ()
    raised = record.exc_info[1] if record.exc_info else None
    found = (*args, raised, raised.__cause__ if raised else None)
    return not any(isinstance(each, StoreDown) and each.told for each in found)


class OnceAMinute(logging.Filter):
    """For what may be said thousands of times a second."""

    def __init__(self, start: str) -> None:
        super().__init__()
        self._start = start
        self._until = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.getMessage().startswith(self._start):
            return True
        if record.created < self._until:
            return False
        self._until = record.created + 60
        return True


def hide(secrets: Iterable[str]) -> None:
    """Take secrets out of the log that were not known at `set_up`: those that are made from another."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, Redacted):
            handler.formatter.hide(secrets)


def set_up(level: str, secrets: Sequence[str]) -> None:
    """Log to standard error from here on."""
    handler = logging.StreamHandler()
    handler.setFormatter(Redacted(secrets))
    for start in REPEATED:
        handler.addFilter(OnceAMinute(start))
    handler.addFilter(untold)
    handler.setLevel(level)  # the root's own level would not hold for the loggers below
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
