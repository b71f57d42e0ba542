"""Films on their way to Telegram."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from telegram import InputFile

from bot.model import Film


@contextmanager
def opened(film: Film) -> Iterator[tuple[InputFile | str, InputFile | None]]:
    """Video and poster, open while they are sent; only the name of a film that Telegram has already."""
    if film.copy:
        yield film.copy, None
        return
    with ExitStack() as stack:

        def file(path: Path) -> InputFile:
            # Read while it is sent, not before: fifty films of fifty megabytes would not fit into memory.
            content = stack.enter_context(path.open("rb"))
            return InputFile(content, f"photoplay{path.suffix}", read_file_handle=False)

        poster = film.poster if film.poster and film.poster.is_file() else None
        yield file(film.path), file(poster) if poster else None
