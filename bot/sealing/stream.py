"""The format of an encrypted file: chunks under AES-256-GCM, of which any can be read alone.

A header names the data key and the chunk size; each file has a key of its own, derived from the data key by HKDF with
the header as its context. The nonce of a chunk is its number (11 bytes, big-endian) and a byte that is 1 for the last
one, so that neither order, nor end, nor header can be changed unnoticed: the STREAM construction, as in `age` and Tink.
"""

import errno
from collections.abc import Iterator
from io import SEEK_CUR, SEEK_END, SEEK_SET, BufferedReader, RawIOBase
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.sealing.model import HEADER, SALT, TAG, Damaged, DataKey, Header


def file_key(header: Header, key: DataKey) -> bytes:
    """The key of one file."""
    return HKDF(SHA256(), 32, salt=header.raw[-SALT:], info=header.raw[:-SALT]).derive(key.secret)


class Writer:
    """Encrypts to `file`, from its beginning; complete only after `finish`."""

    def __init__(self, file: IO[bytes], header: Header, file_key: bytes) -> None:
        self._file, self._cipher, self._chunk = file, AESGCM(file_key), header.chunk
        self._held = bytearray()
        self._count = 0
        file.write(header.raw)

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Raises `OSError`."""
        self._held += data
        while len(self._held) > self._chunk:  # a full chunk waits: it may be the last one
            self._put(self._held[: self._chunk], last=False)
            del self._held[: self._chunk]
        return len(data)

    def flush(self) -> None:
        """Only whole chunks are written."""

    def finish(self) -> None:
        """Write the last chunk, and flush. Raises `OSError`."""
        self._put(self._held, last=True)
        self._held = bytearray()
        self._file.flush()

    def _put(self, data: bytearray, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._count, last), bytes(data), None))
        self._count += 1


class Reader(RawIOBase):
    """The data of an encrypted file, which it closes. The end is verified first, each chunk when it is read.

    Raises `Damaged`, `OSError`.
    """

    def __init__(self, file: IO[bytes], header: Header, file_key: bytes) -> None:
        self._file, self._cipher, self._chunk = file, AESGCM(file_key), header.chunk
        self._size = header.data_size(file.seek(0, SEEK_END))
        self._last = max(0, -(-self._size // header.chunk) - 1)
        self._at = 0
        self._held: tuple[int, bytes] = (self._last, self._decrypt(self._last))

    def readinto(self, target: object) -> int:
        with memoryview(target) as view, view.cast("B") as room:  # type: ignore[arg-type]  # RawIOBase promises a buffer
            number, start = divmod(self._at, self._chunk)
            if self._at >= self._size:
                return 0
            part = self._part(number)[start : start + len(room)]
            room[: len(part)] = part
        self._at += len(part)
        return len(part)

    def readall(self) -> bytes:
        return b"".join(self._rest())

    def _rest(self) -> Iterator[bytes]:
        while self._at < self._size:
            number, start = divmod(self._at, self._chunk)
            part = self._part(number)[start:]
            self._at += len(part)
            yield part

    def seek(self, to: int, whence: int = SEEK_SET) -> int:
        at = {SEEK_SET: 0, SEEK_CUR: self._at, SEEK_END: self._size}[whence] + to
        if at < 0:
            raise OSError(errno.EINVAL, "before the beginning")
        self._at = at
        return at

    def tell(self) -> int:
        return self._at

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()

    def _part(self, number: int) -> bytes:
        if self._held[0] != number:
            self._held = number, self._decrypt(number)
        return self._held[1]

    def _decrypt(self, number: int) -> bytes:
        self._file.seek(HEADER + number * (self._chunk + TAG))
        sealed = self._file.read(self._chunk + TAG)
        try:
            return self._cipher.decrypt(_nonce(number, number == self._last), sealed, None)
        except InvalidTag:
            raise Damaged("it was cut or changed") from None


def opened(file: IO[bytes], header: Header, file_key: bytes) -> BufferedReader:
    """A buffered `Reader`, whose reads are as long as asked for. Raises `Damaged`, `OSError`."""
    return BufferedReader(Reader(file, header, file_key), header.chunk)


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
