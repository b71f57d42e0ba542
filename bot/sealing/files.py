"""Encrypted files as others open them. The cipher's library takes 8 MB, so it is loaded with the first of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import IO, Protocol

from bot.sealing.model import DataKey, Header, Locked

File = Path | Locked
"""A plain file, or an encrypted one with its key."""


class Sink(Protocol):
    """What is written to, in order."""

    def write(self, data: bytes | bytearray, /) -> object: ...
    def flush(self) -> object: ...


def new(path: Path, key: DataKey | None) -> File:
    """A file that is to be written; without a key, a plain one."""
    return locked(path, Header.new(key), key) if key else path


def locked(path: Path, header: Header, key: DataKey) -> Locked:
    """A file with its own key, for somebody who shall open no other."""
    from bot.sealing import stream

    return Locked(str(path), header.raw, stream.file_key(header, key))


def reader(file: IO[bytes], header: Header, key: DataKey) -> BufferedReader:
    """The data of an open encrypted file, which it closes; seekable. Raises `Damaged`, `OSError`."""
    from bot.sealing import stream

    return stream.opened(file, header, stream.file_key(header, key))


def spool(file: IO[bytes]) -> IO[bytes]:
    """A temporary file, written once, then read, encrypted with a key of its own."""
    from bot.sealing.spool import Spool

    return Spool(file)  # type: ignore[return-value]  # as `IO` has more than anybody uses


@contextmanager
def writer(file: IO[bytes], target: File) -> Iterator[Sink]:
    """Encrypt to an open file, complete after the block; or write to it, if it is a plain one. Raises `OSError`."""
    if isinstance(target, Path):
        yield file
        return
    from bot.sealing import stream

    sealed = stream.Writer(file, Header.parse(target.header), target.file_key)
    yield sealed
    sealed.finish()
