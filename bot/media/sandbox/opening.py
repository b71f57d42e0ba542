"""Files of a task: the worker opens them, the process of the task reads and writes them, encrypted where they are.

An encrypted file comes with the key of this one file. Its data is in memory alone: what is written is kept there,
as codecs write in any order, and encrypted at the end.
"""

import os
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bot.sealing import stream
from bot.sealing.model import HEADER, MAGIC, DataKey, Header

FileSpec = str | list[str]
"""A path; or path, header and key of an encrypted file, the latter two in hexadecimal digits."""

_PIECE = 2**16  # bytes copied at once: memory that a fork touches first costs more than the copying


class Moved(Exception):
    """The file is not the one whose key came with it: it was encrypted meanwhile."""


@dataclass(frozen=True, slots=True)
class _Opened:
    file: IO[bytes]
    header: Header | None
    key: bytes
    memory: IO[bytes] | None = None
    """What is written to an encrypted file, until that is complete."""


class Files:
    """The open files of one task. Raises `OSError`."""

    def __init__(self, sources: Sequence[FileSpec], targets: Sequence[FileSpec | None]) -> None:
        self._open: list[IO[bytes]] = []
        try:
            self._sources = [self._source(spec) for spec in sources]
            self._targets = [None if spec is None else self._target(spec) for spec in targets]
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """For the worker; a fork ends without it."""
        for file in self._open:
            file.close()

    def read(self) -> list[IO[bytes]]:
        """The sources' data; reads the first bytes, so it is for the fork. Raises `Moved`, `OSError`."""
        return [_data(source) for source in self._sources]

    def written(self) -> list[IO[bytes] | None]:
        """What the task writes to."""
        return [target if target is None else target.memory or target.file for target in self._targets]

    def complete(self) -> None:
        """Write what is not written yet. Raises `OSError`."""
        for target in self._targets:
            if target and target.memory and target.header:
                size = target.memory.seek(0, os.SEEK_END)
                target.memory.seek(0)
                sealed = stream.Writer(target.file, target.header, target.key, size)
                shutil.copyfileobj(target.memory, sealed, _PIECE)
                sealed.finish()
            elif target:
                target.file.flush()

    def _source(self, spec: FileSpec) -> _Opened:
        path, header, file_key = _parsed(spec)
        return _Opened(self._kept(open(path, "rb", 0)), header, file_key)

    def _target(self, spec: FileSpec) -> _Opened:
        path, header, file_key = _parsed(spec)
        file = self._kept(open(path, "w+b"))  # noqa: SIM115 – `close` closes it
        return _Opened(file, header, file_key, self._kept(_memory(path)) if header else None)

    def _kept(self, file: IO[bytes]) -> IO[bytes]:
        self._open.append(file)
        return file


def own_files(data: bytes, targets: int) -> Files:
    """An encrypted source with this data, and encrypted targets, in memory (Linux). Raises `OSError`."""
    key = DataKey(bytes(16), bytes(8), bytes(32))
    with ExitStack() as stack:
        files = [stack.enter_context(os.fdopen(os.memfd_create("own"), "w+b")) for _ in range(1 + targets)]
        headers = [Header.new(key) for _ in files]
        specs: list[FileSpec] = [
            [f"/dev/fd/{file.fileno()}", header.raw.hex(), stream.file_key(header, key).hex()]
            for file, header in zip(files, headers, strict=True)
        ]
        sealed = stream.Writer(files[0], headers[0], stream.file_key(headers[0], key))
        sealed.write(data)
        sealed.finish()
        return Files(specs[:1], specs[1:])


def _parsed(spec: FileSpec) -> tuple[str, Header | None, bytes]:
    if isinstance(spec, str):
        return spec, None, b""
    path, header, file_key = spec
    return path, Header.parse(bytes.fromhex(header)), bytes.fromhex(file_key)


def _data(source: _Opened) -> IO[bytes]:
    head = os.pread(source.file.fileno(), HEADER, 0)
    if head != source.header.raw if source.header else head.startswith(MAGIC):
        raise Moved
    return stream.opened(source.file, source.header, source.key) if source.header else source.file


def _memory(path: str) -> IO[bytes]:
    """A file in memory; where there is none (macOS), one without a name, beside the one that is written."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("written"), "w+b")
    return tempfile.TemporaryFile(dir=Path(path).parent)
