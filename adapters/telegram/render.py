"""What replies look like on Telegram: buttons, how much fits into a message, and what stands where a clip was."""

import struct
import zlib
from dataclasses import replace

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions

from bot.conversation import Button, Reply

TEXT = 4096
CAPTION = 1024
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
ROW = {"▶": 5, "♥": 3}
"""Buttons side by side, by how they begin; others stand two in a row."""


def keyboard(buttons: tuple[Button, ...]) -> InlineKeyboardMarkup | None:
    """Buttons as Telegram has them: what a tap says travels with it."""
    if not buttons:
        return None
    width = ROW.get(buttons[0].label[:1], 2)
    made = [InlineKeyboardButton(button.label, callback_data=button.command) for button in buttons]
    return InlineKeyboardMarkup([made[i : i + width] for i in range(0, len(made), width)])


def parts(reply: Reply) -> list[Reply]:
    """A reply as the messages that it takes: each has one paper at most, and words that fit; none for silence."""
    if not reply.papers:
        return [reply] if reply.text or reply.clip or reply.ask is not None else []
    first, *others = [Reply("", papers=(paper,)) for paper in reply.papers]
    if length(reply.text) <= CAPTION:
        return [replace(reply, papers=first.papers), *others]
    return [replace(reply, papers=()), first, *others]


def length(text: str) -> int:
    """As Telegram counts: in UTF-16."""
    return len(text.encode("utf-16-le")) // 2


def cut(text: str, most: int) -> str:
    """At most so much of a text as Telegram takes."""
    if length(text) <= most:
        return text
    return text.encode("utf-16-le")[: 2 * (most - 1)].decode("utf-16-le", "ignore") + "…"


def is_group(chat: str) -> bool:
    """Whether it is a group or a channel, by its id or name."""
    return chat.startswith(("-", "@"))


def blank(width: int = 320, height: int = 180) -> bytes:
    """A grey picture (PNG), for where a clip has to go and its message cannot."""
    rows = (b"\0" + b"\x9a" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    packed = (struct.pack(">I", len(data)) + kind + data + _sum(kind + data) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def _sum(data: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(data))
