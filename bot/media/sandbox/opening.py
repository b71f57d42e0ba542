"""Files of a task, in the process that runs it: opened before it is confined, encrypted where they are.

An encrypted file comes with the key of this one file. Its data stands in memory alone: what is written is kept there,
as codecs write in any order, and encrypted at the end.
"""

import os
import shutil
import tempfile
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import IO

from bot.sealing import stream
from bot.sealing.model import HEADER, MAGIC, DataKey, Header

Place = str | list[str]
"""A path; or path, header and key of an encrypted file, the latter two in hexadecimal digits."""

_PIECE = 2**16  # bytes copied at once: memory that a fork touches first costs more than the copying
_REHEARSALS = 10


def rehearse() -> None:
    """Encrypt and decrypt something of our own: done first in each fork, that would cost more than the file."""
    key = DataKey(bytes(16), bytes(8), bytes(32))
    for _ in range(_REHEARSALS):
        file, header = BytesIO(), Header.new(key)
        sealed = stream.Writer(file, header, key.secret)
        sealed.write(b"own")
        sealed.finish()
        stream.opened(file, header, key.secret).read()


class Moved(Exception):
    """The file is not the one whose key came with it: it was encrypted meanwhile."""


class Files:
    """The open files of one task."""

    def __init__(self) -> None:
        self._open: list[IO[bytes]] = []
        self._sealed: list[tuple[IO[bytes], IO[bytes], Header, bytes]] = []
        self._plain: list[IO[bytes]] = []

    def source(self, place: Place) -> IO[bytes]:
        """Open for reading. Raises `Moved`, `OSError`."""
        path, header, file_key = _read(place)
        file = self._kept(open(path, "rb", 0))  # noqa: SIM115 – `close` closes it
        head = os.pread(file.fileno(), HEADER, 0)
        if head != header.raw if header else head.startswith(MAGIC):
            raise Moved
        return self._kept(stream.opened(file, header, file_key)) if header else file

    def target(self, place: Place) -> IO[bytes]:
        """Open for writing and reading. Raises `OSError`."""
        path, header, file_key = _read(place)
        file = self._kept(open(path, "w+b"))  # noqa: SIM115 – as above
        if header is None:
            self._plain.append(file)
            return file
        memory = self._kept(_memory(path))
        self._sealed.append((memory, file, header, file_key))
        return memory

    def complete(self) -> None:
        """Write what is not written yet. Raises `OSError`."""
        for file in self._plain:
            file.flush()
        for memory, file, header, file_key in self._sealed:
            memory.seek(0)
            sealed = stream.Writer(file, header, file_key)
            shutil.copyfileobj(memory, sealed, _PIECE)
            sealed.finish()

    def close(self) -> None:
        for file in reversed(self._open):
            with suppress(OSError):  # what could not be written has been said
                file.close()

    def _kept(self, file: IO[bytes]) -> IO[bytes]:
        self._open.append(file)
        return file


def _read(place: Place) -> tuple[str, Header | None, bytes]:
    if isinstance(place, str):
        return place, None, b""
    path, header, file_key = place
    return path, Header.parse(bytes.fromhex(header)), bytes.fromhex(file_key)


def _memory(path: str) -> IO[bytes]:
    """A file in memory; where there is none (macOS), one without a name, beside the one that is written."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("written"), "w+b")
    return tempfile.TemporaryFile(dir=Path(path).parent)
