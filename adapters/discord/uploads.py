"""Clips that are uploaded to Discord: their files, and refusals as our errors."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial

import discord

from adapters.discord import render
from adapters.discord.client import WORDLESS, Denied
from adapters.discord.parse import LEAST_LIMIT, MEBIBYTE, limit
from adapters.shared import opening
from bot.conversation import Reply
from bot.errors import ChatError, Gone, TooLarge, Unshowable

STEPS = (50 * MEBIBYTE, 20 * MEBIBYTE, 10 * MEBIBYTE, 8 * MEBIBYTE)
"""Upload limits of Discord, now or earlier: the next one to try when a file is refused without a limit."""


@contextmanager
def refusals(reply: Reply) -> Iterator[None]:
    """Map refusals of a clip to `TooLarge` and `Unshowable`."""
    try:
        yield
    except TooLarge:
        raise _too_large(reply) from None
    except Denied as denied:
        if reply.clip is None or denied.code in WORDLESS:
            raise
        raise Unshowable(str(denied)) from None


@asynccontextmanager
async def files(reply: Reply, *, without_clip: bool) -> AsyncIterator[list[discord.File]]:
    """The files to upload, open inside the block; `without_clip`: it is linked, or there already."""
    reply = replace(reply, clip=None) if without_clip else reply
    if reply.clip is None and not reply.papers:
        yield []
        return
    async with opening.opened(partial(render.attached, reply)) as found:
        yield found


def check(reply: Reply) -> None:
    """Raise `TooLarge` for a clip above the limit of its place."""
    shown = reply.clip
    if shown and shown.clip.size > (most := shown.limit or limit(LEAST_LIMIT)):
        raise TooLarge(most)


def _too_large(reply: Reply) -> ChatError:
    """The error for a refused size: the next limit for a clip; other files cannot be shrunk."""
    if reply.clip is None:
        return Gone("a file is too large")
    size = reply.clip.clip.size
    return TooLarge(next((fitting for step in STEPS if (fitting := limit(step)) < size), size // 2))
