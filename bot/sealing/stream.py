"""The format of an encrypted file: chunks under AES-256-GCM, of which any can be read alone.

A header names the data key and the chunk size; each file has a key of its own, derived from the data key by HKDF with
the header as its context. The nonce of a chunk is its number (11 bytes, big-endian) and a byte that is 1 for the last
one, so that neither order, nor end, nor header can be changed unnoticed: the STREAM construction, as in `age` and Tink.
"""

import errno
import hmac
from io import SEEK_CUR, SEEK_END, SEEK_SET, BufferedReader, BytesIO, RawIOBase
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.sealing.model import HEADER, SALT, TAG, Damaged, DataKey, Header


def file_key(header: Header, key: DataKey) -> bytes:
    """The key of one file: HKDF-SHA256 (RFC 5869), of which one block is enough."""
    extracted = hmac.digest(header.raw[-SALT:], key.secret, "sha256")
    return hmac.digest(extracted, header.raw[:-SALT] + b"\1", "sha256")


class Writer:
    """Encrypts to `file`, from its beginning; complete only after `finish`.

    Buffers are made once, for at most `size` bytes of data, where that is known: in a decoder's fork each new page of
    memory costs more than the encryption of what is in it.
    """

    def __init__(self, file: IO[bytes], header: Header, file_key: bytes, size: int | None = None) -> None:
        self._file, self._cipher, self._chunk = file, AESGCM(file_key), header.chunk
        length = self._chunk if size is None else min(size, self._chunk)
        self._held, self._sealed = memoryview(bytearray(length)), memoryview(bytearray(length + TAG))
        self._size = self._count = 0
        file.write(header.raw)

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Raises `OSError`."""
        with memoryview(data) as view:
            start = 0
            while start < len(view):
                if self._size == self._chunk:  # it was kept until now, as it might have been the last one
                    self._put(last=False)
                part = view[start : start + self._chunk - self._size]
                self._held[self._size : self._size + len(part)] = part
                self._size += len(part)
                start += len(part)
            return len(view)

    def flush(self) -> None:
        """Only whole chunks are written."""

    def finish(self) -> None:
        """Write the last chunk, and flush. Raises `OSError`."""
        self._put(last=True)
        self._file.flush()

    def _put(self, *, last: bool) -> None:
        sealed = self._sealed[: self._size + TAG]
        self._cipher.encrypt_into(_nonce(self._count, last), self._held[: self._size], None, sealed)
        self._file.write(sealed)
        self._size = 0
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
        self._number, self._held = self._last, memoryview(bytearray(min(header.chunk, self._size)))
        self._decrypt(self._last, self._held)

    def readinto(self, target: object) -> int:
        with memoryview(target) as view, view.cast("B") as buffer:  # type: ignore[arg-type]  # RawIOBase promises a buffer
            number, start = divmod(self._at, self._chunk)
            size = max(0, min(self._chunk, self._size - number * self._chunk) - start)
            if number != self._number and not start and 0 < size <= len(buffer):
                self._decrypt(number, buffer)
            else:
                size = min(size, len(buffer))
                if size:
                    self._hold(number)
                    buffer[:size] = self._held[start : start + size]
        self._at += size
        return size

    def readall(self) -> bytes:
        data = BytesIO(bytes(max(0, self._size - self._at)))
        with data.getbuffer() as room:
            done = 0
            while done < len(room):
                done += self.readinto(room[done:])
        return data.getvalue()  # no copy: fresh pages for one would cost more than decrypting

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

    def _hold(self, number: int) -> None:
        """Have a chunk at hand, of which parts are read."""
        if self._number != number:
            self._number = -1  # until it is there
            self._decrypt(number, self._held)
            self._number = number

    def _decrypt(self, number: int, buffer: memoryview) -> None:
        """Decrypt a chunk to the beginning of `buffer`."""
        self._file.seek(HEADER + number * (self._chunk + TAG))
        sealed = self._file.read(self._chunk + TAG)
        try:
            with buffer[: max(0, len(sealed) - TAG)] as part:
                self._cipher.decrypt_into(_nonce(number, number == self._last), sealed, None, part)
        except (InvalidTag, ValueError):
            raise Damaged("it was cut or changed") from None


def opened(file: IO[bytes], header: Header, file_key: bytes) -> BufferedReader:
    """A buffered `Reader`, whose reads are as long as asked for. Raises `Damaged`, `OSError`."""
    return BufferedReader(Reader(file, header, file_key), header.chunk)


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
