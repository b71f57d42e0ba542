"""Logging to standard error; secrets of the settings are redacted."""

import logging
import re
from collections.abc import Iterable, Sequence

from bot.errors import StoreDown

QUIET = ("httpx", "httpcore", "aiohttp.access", "asyncio", "aiosqlite", "telegram")
"""Libraries that log URLs (which may hold secrets), people's texts, or noise."""
LONGEST = 2000
"""Maximum characters of a line, which may hold untrusted input."""

REPEATED = ("socket.accept() out of system resource",)
"""Beginnings of lines that are logged at most once a minute."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Redacted(logging.Formatter):
    """A formatter that redacts secrets, also in tracebacks. A message is one line, of bounded length."""

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")
        self._secrets: list[str] = []
        self.hide(secrets)

    def hide(self, secrets: Iterable[str]) -> None:
        """Redact these, too, from now on."""
        self._secrets += [secret for secret in secrets if secret]

    def formatMessage(self, record: logging.LogRecord) -> str:
        return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, "•••")
        return "\n".join(line if len(line) <= LONGEST else f"{line[:LONGEST]}…" for line in text.split("\n"))


def untold(record: logging.LogRecord) -> bool:
    """Whether a record is news: a database outage is logged once, not by each caller."""
    args = record.args if isinstance(record.args, tuple) else ()
    raised = record.exc_info[1] if record.exc_info else None
    found = (*args, raised, raised.__cause__ if raised else None)
    return not any(isinstance(each, StoreDown) and each.told for each in found)


class OnceAMinute(logging.Filter):
    """Rate limit for lines that could repeat thousands of times per second."""

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
    """Redact secrets unknown at `set_up`, derived ones."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, Redacted):
            handler.formatter.hide(secrets)


def set_up(level: str, secrets: Sequence[str]) -> None:
    """Configure logging to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(Redacted(secrets))
    for start in REPEATED:
        handler.addFilter(OnceAMinute(start))
    handler.addFilter(untold)
    handler.setLevel(level)  # the root's level does not apply to child loggers
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
