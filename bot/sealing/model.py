"""Values of encryption at rest, which need no cipher, and the header of an encrypted file."""

import errno
import os
import struct
from dataclasses import dataclass, field

MAGIC = b"\x93PPSEAL\x01"
"""The first bytes of an encrypted file; the last one is the version. No picture, clip or ZIP begins so."""
_FIELDS = struct.Struct(">8sI16s8s32s")  # magic, chunk size, holder, key id, salt
HEADER = _FIELDS.size
"""Bytes of a header."""
SALT = 32
"""Bytes of its last field."""
CHUNK = 65_536
"""Bytes of data in a chunk."""
TAG = 16
"""Bytes by which a chunk grows."""
_MOST = 2**24  # bytes of a chunk that a header may ask for


class Unreadable(OSError):
    """An encrypted file cannot be opened; it is there, and nothing of it is lost yet."""


class Damaged(Unreadable):
    """An encrypted file that was cut, changed, or opened with another key."""

    def __init__(self, why: str) -> None:
        super().__init__(errno.EIO, f"an encrypted file is damaged: {why}")


@dataclass(frozen=True, slots=True)
class DataKey:
    """A key of one person. `holder` is a keyed hash of the person."""

    holder: bytes
    id: bytes
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Locked:
    """An encrypted file with its header, and the key of this file alone."""

    path: str
    header: bytes
    file_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Header:
    """The fields of a header, and its bytes."""

    chunk: int
    holder: bytes
    key_id: bytes
    raw: bytes = field(repr=False)

    @classmethod
    def new(cls, key: DataKey, chunk: int = CHUNK) -> "Header":
        """The header of a new file."""
        return cls.parse(_FIELDS.pack(MAGIC, chunk, key.holder, key.id, os.urandom(SALT)))

    @classmethod
    def parse(cls, raw: bytes) -> "Header":
        """Raises `Damaged`."""
        if len(raw) != HEADER:
            raise Damaged("no whole header")
        magic, chunk, holder, key_id, _ = _FIELDS.unpack(raw)
        if magic != MAGIC:
            raise Damaged("no header of this version")
        if not 0 < chunk <= _MOST:
            raise Damaged("an impossible chunk size")
        return cls(chunk, holder, key_id, raw)

    def data_size(self, size: int) -> int:
        """Bytes of data in a file of `size` bytes. Raises `Damaged` where none has that size."""
        body = size - HEADER
        chunks = -(-body // (self.chunk + TAG))
        data = body - chunks * TAG
        if body < TAG or data < 0 or (chunks > 1 and data <= (chunks - 1) * self.chunk):
            raise Damaged("a size that no file has")
        return data
