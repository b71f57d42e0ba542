"""Streaming of a ZIP: one chunk in memory at a time."""

import zipfile
from collections.abc import Generator, Sequence

from bot.media.stored import StoredFile

PIECE = 1 << 18
"""Bytes per chunk."""


class _Pipe:
    """A write buffer. As it is not seekable, `zipfile` writes sizes after each file."""

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Nothing is buffered."""

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken


def pieces(files: Sequence[tuple[str, StoredFile]]) -> Generator[bytes, None, None]:
    """The ZIP in chunks; `files`: name and file of each entry. Blocks. Missing files are skipped."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as made:  # type: ignore[call-overload]  # the stubs ask for `seek`; written only, a ZIP needs none
        for name, stored in files:
            try:
                file = stored.open()
            except FileNotFoundError:  # deleted meanwhile
                continue
            with file, made.open(stored.zip_info(name), "w") as entry:
                while data := file.read(PIECE):
                    entry.write(data)
                    yield pipe.take()
    yield pipe.take()
