"""How a reply looks on Discord: the words, the buttons, the file."""

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import discord

from bot import texts
from bot.conversation import Button, Paper, Reply

CONTENT = 2000
LABEL = 80
HEAVY = 2**22
"""Bytes from which a table is packed, so that several fit into one message."""
PRESS = "photoplay:"
"""How the custom ids of our buttons and forms begin; behind it stands what a press says."""

SMALL = 2 * 2**20
"""Bytes up to which a file is read at once: a larger one by pieces, each by way of a thread."""

_LINKS = re.compile(r"https?://[^\s<>]+", re.IGNORECASE)
"""What must not be shown as a picture or a video next to the one that is meant."""
_TAGS = re.compile(r"<(?=[@#:/a-z])")


def content(reply: Reply, link: str = "") -> str:
    """The words: prompts are shown as they were typed, and nobody is called by them. `link` plays below them."""
    if link:
        covered = reply.clip is not None and reply.clip.spoiler
        tail = f"\n||{link}||" if covered else f"\n{link}"
        return _cut(_LINKS.sub(r"<\g<0>>", plain(reply.text)), CONTENT - len(tail)) + tail
    if reply.ready_at is None:
        return _cut(plain(reply.text), CONTENT)
    tail = "\n" + texts.chat.ready(f"<t:{int(reply.ready_at)}:R>")
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
def attached(reply: Reply) -> Iterator[list[discord.File]]:
    """The files of a reply, open while it is sent: read then, not before. Discord shows those that are pictures."""
    with ExitStack() as stack:
        files = [_paper(one) for one in reply.papers]
        if shown := reply.clip:
            heavy = shown.clip.size > SMALL
            source = stack.enter_context(shown.file.open()) if heavy else io.BytesIO(shown.file.read())
            files.append(discord.File(source, f"photoplay{shown.file.suffix}", spoiler=shown.spoiler))
        for file in files:
            stack.callback(file.close)
        yield files


def _paper(paper: Paper) -> discord.File:
    if paper.picture or len(paper.data) < HEAVY or paper.name.endswith(".zip"):
        return discord.File(io.BytesIO(paper.data), paper.name)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(paper.name, paper.data)
    packed.seek(0)
    return discord.File(packed, f"{paper.name}.zip")


def _cut(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    return text[: length - 1].rstrip("\\") + "…"
