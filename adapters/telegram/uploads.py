"""Uploads of clips to Telegram."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from telegram import InputFile

from bot.conversation import ShownClip, Stored


@contextmanager
def opened(shown: ShownClip) -> Iterator[tuple[InputFile | str, InputFile | None]]:
    """Video and poster, open inside the block; the file id of a clip that was uploaded before."""
    if shown.copy:
        yield shown.copy, None
        return
    with ExitStack() as stack:

        def sent(file: Stored) -> InputFile:
            # Read during the upload, not before: fifty clips of 50 MB would not fit into memory.
            content = stack.enter_context(file.open())
            return InputFile(content, f"photoplay{file.suffix}", read_file_handle=False)

        poster = shown.poster if shown.poster and shown.poster.exists() else None
        yield sent(shown.file), sent(poster) if poster else None
