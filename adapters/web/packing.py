"""A ZIP that is made while it is sent: one piece of one file in memory, whatever the whole weighs."""

import zipfile
from collections.abc import Generator, Sequence

from bot.media.stored import StoredFile

PIECE = 1 << 18
"""Bytes that are read at a time."""


class _Pipe:
    """What was written, until it is taken. `zipfile` sees that it cannot seek, and writes sizes behind each file."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken


def pieces(files: Sequence[tuple[str, StoredFile]]) -> Generator[bytes, None, None]:
    """The ZIP in pieces; `files` are what stands in it, by name. Blocks. A file that is gone is left out."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as made:  # type: ignore[call-overload]  # the stubs ask for `seek`; written only, a ZIP needs none
        for name, stored in files:
            try:
                file = stored.open()
            except FileNotFoundError:  # deleted since it was chosen
                continue
            with file, made.open(stored.zip_info(name), "w") as entry:
                while data := file.read(PIECE):
                    entry.write(data)
                    yield pipe.take()
    yield pipe.take()
