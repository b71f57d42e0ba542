"""Rendering of replies for Telegram: buttons, splitting into messages, the placeholder of a removed clip."""

import struct
import zlib
from dataclasses import replace
from typing import Any

from bot.conversation import Button, Reply
from bot.sentence import EMPTY

TEXT = 4096
CAPTION = 1024
NO_PREVIEW = {"is_disabled": True}
FORCE_REPLY = {"force_reply": True, "selective": True}
ROW = {"▶": 5, "♥": 3}
"""Buttons per row, by the first character of their labels; others are two per row, or one if a label is long."""
HALF = 24
"""Characters of a label that half of a phone's width has room for; what is over, perhaps a price, is cut off."""


def keyboard(buttons: tuple[Button, ...]) -> dict[str, Any] | None:
    """An inline keyboard as JSON; a button's command is its callback data."""
    if not buttons:
        return None
    width = ROW.get(buttons[0].label[:1], 2)
    if width == 2 and any(len(button.label) > HALF for button in buttons):
        width = 1
    made = [{"text": button.label, "callback_data": button.command} for button in buttons]
    return {"inline_keyboard": [made[i : i + width] for i in range(0, len(made), width)]}


def parts(reply: Reply) -> list[Reply]:
    """Split a reply into messages with at most one file each and texts that fit; none for an empty reply."""
    if not reply.papers:
        return [reply] if reply.text or reply.clip or reply.ask is not None else []
    first, *others = [Reply(EMPTY, papers=(paper,)) for paper in reply.papers]
    if length(reply.text) <= CAPTION:
        return [replace(reply, papers=first.papers), *others]
    return [replace(reply, papers=()), first, *others]


def length(text: str) -> int:
    """Length in UTF-16 code units, as Telegram counts."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, most: int) -> str:
    """A text cut to `most` UTF-16 code units."""
    if length(text) <= most:
        return text
    return text.encode("utf-16-le")[: 2 * (most - 1)].decode("utf-16-le", "ignore") + "…"


def is_group(chat: str) -> bool:
    """Whether a chat is a group or channel, by its id or username."""
    return chat.startswith(("-", "@"))


def blank(width: int = 320, height: int = 180) -> bytes:
    """A grey PNG, which replaces a clip whose message cannot be deleted."""
    rows = (b"\0" + b"\x9a" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    packed = (struct.pack(">I", len(data)) + kind + data + _sum(kind + data) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def _sum(data: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(data))
