"""Uploads of clips to Telegram."""

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from os import SEEK_END

from telegram import InputFile

from adapters.shared import opening
from adapters.telegram.request import PIECE
from bot.conversation import ShownClip, Stored


@asynccontextmanager
async def opened(shown: ShownClip) -> AsyncIterator[tuple[InputFile | str, InputFile | None]]:
    """Video and poster, open inside the block; the file id of a clip that was uploaded before. Raises `OSError`."""
    if shown.copy:
        yield shown.copy, None
        return
    async with opening.opened(partial(_opened, shown)) as files:
        yield files


def _opened(shown: ShownClip, stack: ExitStack) -> tuple[InputFile, InputFile | None]:
    def sent(file: Stored) -> InputFile:
        # A large one is read during the upload: fifty clips of 50 MB would not fit into memory. One visit of a thread
        # is cheaper than two, so a small one is read now.
        content = stack.enter_context(file.open())
        size = content.seek(0, SEEK_END)
        content.seek(0)
        name = f"photoplay{file.suffix}"
        return InputFile(content.read() if size <= PIECE else content, name, read_file_handle=False)

    poster = shown.poster if shown.poster and shown.poster.exists() else None
    return sent(shown.file), sent(poster) if poster else None
