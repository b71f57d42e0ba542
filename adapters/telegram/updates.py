"""Unparsed updates for the intake; the library parses them when they are processed."""

import json
import logging
from dataclasses import dataclass
from typing import Any

from telegram import Bot, Update

from adapters.shared.lanes import Lane
from adapters.telegram import PLATFORM

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RawUpdate:
    """An update. Those of one person in one chat are processed in order; the parts of an album together."""

    raw: dict[str, Any]

    @property
    def key(self) -> str:
        """Telegram's update id."""
        return f"{PLATFORM}:update:{self.raw['update_id']}"

    @property
    def lane(self) -> Lane:
        """By chat and sender."""
        event: dict[str, Any] = next((value for value in self.raw.values() if isinstance(value, dict)), {})
        chat = _id(event.get("chat") or (event.get("message") or {}).get("chat"))
        if (album := event.get("media_group_id")) and "message" in self.raw:
            return Lane(chat, f"album:{chat}:{album}", together=True)
        return Lane(chat, f"{chat}:{_id(event.get('from') or event.get('user') or event.get('actor_chat'))}")

    def pack(self) -> str:
        """Serialised, for the inbox."""
        return json.dumps(self.raw)

    def read(self, bot: Bot) -> Update | None:
        """Parsed by the library; None if that fails, so that the others continue."""
        try:
            return Update.de_json(self.raw, bot)
        except Exception as error:
            log.error("an update cannot be read: %s: %s", type(error).__name__, error)
            return None


def unpack(body: str | bytes) -> RawUpdate:
    """Parse an update from the inbox or a webhook. Raises `ValueError` if it is invalid."""
    try:
        raw = json.loads(body)
    except RecursionError:
        raise ValueError("not an update") from None
    if not isinstance(raw, dict) or not isinstance(raw.get("update_id"), int):
        raise ValueError("not an update")
    return RawUpdate(raw)


def _id(thing: object) -> str:
    return str(thing.get("id", "")) if isinstance(thing, dict) else ""
