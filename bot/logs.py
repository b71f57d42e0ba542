"""Logging to standard error, as text or as JSON; secrets of the settings are redacted."""

import json
import logging
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from bot import log_context
from bot.errors import StoreDown

Form = Literal["text", "json"]

QUIET = ("httpx", "httpcore", "aiohttp.access", "asyncio", "aiosqlite", "telegram")
"""Libraries that log URLs (which may hold secrets), people's texts, or noise."""
SHORTEST = 8
"""Characters of a secret that is redacted."""
LONGEST = 2000
"""Maximum characters of a line, which may hold untrusted input."""

REPEATED = ("socket.accept() out of system resource", "words in ")
"""Beginnings of lines that are logged at most once a minute; of words that cannot be decrypted, a list may have
thousands."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Redacted(logging.Formatter):
    """A formatter that redacts secrets, also in tracebacks. A message is one line, of bounded length."""

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")
        self._secrets: list[str] = []
        self.hide(secrets)

    def hide(self, secrets: Iterable[str]) -> None:
        """Redact these, too, from now on; not short ones, which marks in the middle of words would spell."""
        self._secrets += [secret for secret in secrets if len(secret) >= SHORTEST]

    def formatMessage(self, record: logging.LogRecord) -> str:
        return _spelt(self._redacted(super().formatMessage(record)))  # first: a secret may hold a control character

    def formatException(self, ei: Any) -> str:
        """A traceback, indented: its last lines are an error's words, which may be a stranger's, and a log line's."""
        return "\n".join(f"  {_spelt(line)}" for line in self._redacted(super().formatException(ei)).split("\n"))

    def format(self, record: logging.LogRecord) -> str:
        return self._clean(super().format(record))

    def _redacted(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "•••")
        return text

    def _clean(self, text: str) -> str:
        text = self._redacted(text)
        return "\n".join(line if len(line) <= LONGEST else f"{line[:LONGEST]}…" for line in text.split("\n"))


class Json(Redacted):
    """The same as one JSON object a line: `at`, `level`, `logger`, `message`, and, where known, `job`, `platform`,
    `error` (a traceback)."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **log_context.current(),
        }
        if record.exc_info:
            said["error"] = logging.Formatter.formatException(self, record.exc_info)
        # Redacted before it is encoded, as that spells a quotation mark in a secret in another way.
        text = json.dumps({name: self._clean(value) for name, value in said.items()}, ensure_ascii=False)
        return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _spelt(text: str) -> str:
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


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


def set_up(level: str, secrets: Sequence[str], form: Form = "text") -> None:
    """Configure logging to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(Json(secrets) if form == "json" else Redacted(secrets))
    for start in REPEATED:
        handler.addFilter(OnceAMinute(start))
    handler.addFilter(untold)
    handler.setLevel(level)  # the root's level does not apply to child loggers
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
