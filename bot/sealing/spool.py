"""A temporary file that is written once, then read: encrypted with a key that is not kept."""

import secrets
from io import SEEK_SET, BufferedIOBase, BufferedReader
from typing import IO

from bot.sealing import stream
from bot.sealing.model import DataKey, Header


class Spool(BufferedIOBase):
    """Wraps `file`, which is closed with it. The first `seek` ends the writing. Methods block, raise `OSError`."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._size = file, 0
        self._header = Header.new(DataKey(bytes(16), bytes(8), b""))
        self._key = secrets.token_bytes(32)
        self._writer = stream.Writer(file, self._header, self._key)
        self._reader: BufferedReader | None = None

    def write(self, data: object) -> int:
        if self._reader:
            raise ValueError("it is being read")
        with memoryview(data) as view:  # type: ignore[arg-type]  # BufferedIOBase promises a buffer
            size = self._writer.write(view)
        self._size += size
        return size

    def seek(self, to: int, whence: int = SEEK_SET) -> int:
        return self._read().seek(to, whence)

    def tell(self) -> int:
        return self._reader.tell() if self._reader else self._size

    def read(self, size: int | None = -1) -> bytes:
        return self._read().read(size)

    def close(self) -> None:
        self._file.close()
        super().close()

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return self._reader is None

    def seekable(self) -> bool:
        return True

    def _read(self) -> BufferedReader:
        if self._reader is None:
            self._writer.finish()
            self._reader = stream.opened(self._file, self._header, self._key)
            self._reader.seek(self._size)
        return self._reader
