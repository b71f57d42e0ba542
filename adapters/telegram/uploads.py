"""Films on their way to Telegram."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from telegram import InputFile

from bot.model import Film, Stored


@contextmanager
def opened(film: Film) -> Iterator[tuple[InputFile | str, InputFile | None]]:
    """Video and poster, open while they are sent; only the name of a film that Telegram has already."""
    if film.copy:
        yield film.copy, None
        return
    with ExitStack() as stack:

        def sent(file: Stored) -> InputFile:
            # Read while it is sent, not before: fifty films of fifty megabytes would not fit into memory.
            content = stack.enter_context(file.open())
            return InputFile(content, f"photoplay{file.suffix}", read_file_handle=False)

        poster = film.poster if film.poster and film.poster.exists() else None
        yield sent(film.file), sent(poster) if poster else None
