"""Logging to standard error, with every secret of the settings taken out of whatever is said."""

import logging
from collections.abc import Sequence

QUIET = ("httpx", "httpcore", "aiohttp.access", "asyncio", "aiosqlite")
"""Libraries that log addresses, which may hold secrets, or chatter."""


class Redacted(logging.Formatter):
    """A formatter through which no secret passes, not even in a traceback."""

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")
        self._secrets = [secret for secret in secrets if secret]

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, "•••")
        return line


class OnceAMinute(logging.Filter):
    """For what a library may say thousands of times a second."""

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


def set_up(level: str, secrets: Sequence[str]) -> None:
    """Log to standard error from here on."""
    handler = logging.StreamHandler()
    handler.setFormatter(Redacted(secrets))
    handler.setLevel(level)  # the root's own level would not hold for the loggers below
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("asyncio").addFilter(OnceAMinute("socket.accept() out of system resource"))
