"""Rendering of replies for Discord: text, buttons, files."""

import io
import re
import zipfile
from contextlib import ExitStack

import discord

from bot import texts
from bot.conversation import Button, Paper, Reply

CONTENT = 2000
LABEL = 80
HEAVY = 2**22
"""Bytes above which a table is compressed, so that several fit into one message."""
PRESS = "photoplay:"
"""Prefix of the custom ids of our buttons and modals; the command follows."""

SMALL = 2 * 2**20
"""Bytes up to which a file is read at once; larger ones in chunks, each in a thread."""

_LINKS = re.compile(r"https?://[^\s<>]+", re.IGNORECASE)
"""Links in prompts, which must not be embedded beside the clip."""
_TAGS = re.compile(r"<(?=[@#:/a-z])")


def content(reply: Reply, link: str = "") -> str:
    """The text: prompts are shown literally, without mentions. `link` is embedded below."""
    if link:
        covered = reply.clip is not None and reply.clip.spoiler
        tail = f"\n||{link}||" if covered else f"\n{link}"
        return _cut(_LINKS.sub(r"<\g<0>>", plain(reply.text)), CONTENT - len(tail)) + tail
    if reply.ready_at is None:
        return _cut(plain(reply.text), CONTENT)
    tail = "\n" + texts.discord.ready(f"<t:{int(reply.ready_at)}:R>").into(reply.text.language)
    return _cut(plain(reply.undated), CONTENT - len(tail)) + tail


def shape(reply: Reply) -> tuple[str, tuple[Button, ...]]:
    """The parts whose change requires an edit: the text without the countdown, and the buttons."""
    return reply.undated if reply.ready_at else reply.text, reply.buttons


def plain(text: str) -> str:
    """Text with Discord's markup escaped."""
    text = discord.utils.escape_markdown(text, ignore_links=True)
    return discord.utils.escape_mentions(_TAGS.sub(r"\\<", text))


def view(buttons: tuple[Button, ...]) -> discord.ui.View | None:
    """The buttons; commands are in their custom ids, so the library need not keep the view."""
    if not buttons:
        return None
    made = discord.ui.View(timeout=None)
    for button in buttons[:25]:
        label, style = button.label[:LABEL], discord.ButtonStyle.secondary
        made.add_item(discord.ui.Button(label=label, style=style, custom_id=f"{PRESS}{button.command}"))
    made.stop()
    return made


def attached(reply: Reply, stack: ExitStack) -> list[discord.File]:
    """The files of a reply, closed with `stack` and read during the upload. Discord displays pictures. Blocks."""
    files = [_paper(one) for one in reply.papers]
    if shown := reply.clip:
        heavy = shown.clip.size > SMALL
        source = stack.enter_context(shown.file.open()) if heavy else io.BytesIO(shown.file.read())
        files.append(discord.File(source, f"photoplay{shown.file.suffix}", spoiler=shown.spoiler))
    for file in files:
        stack.callback(file.close)
    return files


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
