"""How a reply looks on Discord: the words, the buttons, the file."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

import discord

from bot import texts
from bot.model import Button, Film, Reply

CONTENT = 2000
LABEL = 80
PRESS = "photoplay:"
"""How the custom ids of our buttons and forms begin; behind it stands what a press says."""

SMALL = 2 * 2**20
"""Bytes up to which a file is read at once: a larger one by pieces, each by way of a thread."""

_TAGS = re.compile(r"<(?=[@#:/a-z])")


def content(reply: Reply) -> str:
    """The words: prompts are shown as they were typed, and nobody is called by them."""
    if reply.ready_at is None:
        return _cut(plain(reply.text), CONTENT)
    tail = "\n" + texts.ready(f"<t:{int(reply.ready_at)}:R>")
    return _cut(plain(reply.undated), CONTENT - len(tail)) + tail


def shape(reply: Reply) -> tuple[str, tuple[Button, ...]]:
    """What makes an edit worth while: the words without the time, and the buttons."""
    return reply.undated if reply.ready_at else reply.text, reply.buttons


def plain(text: str) -> str:
    """Text that Discord shows letter by letter."""
    text = discord.utils.escape_markdown(text, ignore_links=True)
    return discord.utils.escape_mentions(_TAGS.sub(r"\\<", text))


def view(buttons: tuple[Button, ...]) -> discord.ui.View | None:
    """The buttons. What a press says travels with it, so the library has nothing to remember of them."""
    if not buttons:
        return None
    made = discord.ui.View(timeout=None)
    for button in buttons[:25]:
        label, style = button.label[:LABEL], discord.ButtonStyle.secondary
        made.add_item(discord.ui.Button(label=label, style=style, custom_id=f"{PRESS}{button.command}"))
    made.stop()
    return made


@contextmanager
def attached(film: Film | None) -> Iterator[list[discord.File]]:
    """The file of a film, open while it is sent: read then, not before."""
    if film is None:
        yield []
        return
    small = film.clip.size <= SMALL
    file = discord.File(
        io.BytesIO(film.path.read_bytes()) if small else film.path, f"photoplay{film.path.suffix}", spoiler=film.spoiler
    )
    try:
        yield [file]
    finally:
        file.close()


def _cut(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    return text[: length - 1].rstrip("\\") + "…"
