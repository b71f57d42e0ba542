"""Reading and writing of kept files, encrypted or plain: both are read, and what is written follows `seal`."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import IO

from bot.media.files import Drafts, disk, settle, twin
from bot.sealing import files
from bot.sealing.files import File, Sink
from bot.sealing.keys import KeyMissing, Keys
from bot.sealing.model import HEADER, MAGIC, DataKey, Header


class Vault:
    """`keys` of people, None where nothing was ever encrypted; `seal`: encrypt what is written from now on."""

    def __init__(self, keys: Keys | None = None, *, seal: bool = True) -> None:
        self.keys = keys
        self.seals = seal and keys is not None
        """Whether new files are encrypted."""

    # ── Reading. These block, and raise `OSError`, `KeyMissing` and `Damaged` among them ────────────────────────────

    def open(self, path: Path) -> BufferedReader:
        """Open for reading; seekable."""
        file = path.open("rb")
        try:
            if header := _header(file):
                return files.reader(file, header, self._key(header))
            file.seek(0)
            return file
        except BaseException:
            file.close()
            raise

    def read(self, path: Path) -> bytes:
        """All bytes."""
        with self.open(path) as file:
            return file.read()

    def size(self, path: Path) -> int:
        """Its size in bytes, without those of the encryption."""
        with path.open("rb") as file:
            header, size = _header(file), os.fstat(file.fileno()).st_size
        return header.data_size(size) if header else size

    def locked(self, path: Path) -> File:
        """How a decoder opens it: an encrypted file with the key of this file alone."""
        with path.open("rb") as file:
            header = _header(file)
        return files.locked(path, header, self._key(header)) if header else path

    def is_sealed(self, path: Path) -> bool:
        """Whether it is encrypted."""
        with path.open("rb") as file:
            return _header(file) is not None

    # ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def key(self, person: str) -> DataKey | None:
        """What a person's new files are encrypted with; None: nothing. Raises `StoreDown`."""
        if self.keys is None or not self.seals:
            return None
        with disk():
            return await asyncio.to_thread(self.keys.current, person)

    def key_meanwhile(self, person: str) -> asyncio.Future[DataKey | None]:
        """As `key`, which takes its time for a new person, begun now, to be awaited as often as one likes."""
        making = asyncio.ensure_future(self.key(person))
        making.add_done_callback(lambda made: made.cancelled() or made.exception())  # so that it counts as seen
        return making

    async def key_like(self, path: Path) -> DataKey | None:
        """What that file is encrypted with; None: nothing, or it is missing. Raises `StoreDown`."""
        if self.keys is None:
            return None
        with disk():
            return await asyncio.to_thread(self._like, path)

    @contextmanager
    def writing(self, path: Path, key: DataKey | None) -> Iterator[Sink]:
        """A new file of our user's only, written in order, durable after the block. Blocks, raises `OSError`."""
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            with files.writer(file, files.new(path, key)) as sink:
                yield sink
            file.flush()
            os.fsync(file.fileno())

    async def settle(self, draft: Path, path: Path, key: DataKey | None) -> None:
        """As `files.settle`. Raises `StoreDown` also if the key was retired meanwhile: it may be dropped any time."""

        def check() -> None:
            if key and self.keys and not self.keys.is_current(key):
                raise KeyMissing("the key of a file was retired while it was written")

        await settle(draft, path, check)

    async def retire(self, people: Iterable[str]) -> None:
        """What is written for these people from now on gets new keys. Raises `StoreDown`."""
        if keys := self.keys:
            with disk():
                for person in people:
                    await asyncio.to_thread(keys.retire, person)

    async def drop(self, people: Iterable[str]) -> int:
        """Delete these people's retired keys; returns their number. Raises `StoreDown`."""
        if keys := self.keys:
            with disk():
                return sum([await asyncio.to_thread(keys.drop, person) for person in people])
        return 0

    def copy(self, source: Path, target: Path, key: DataKey | None) -> None:
        """A second name for a file that has that key; else a copy under it. Blocks, raises `OSError`."""
        if self._like(source) == key:
            twin(source, target)
            return
        with self.open(source) as file, self.writing(target, key) as sink:
            shutil.copyfileobj(file, sink)

    def encrypt(self, path: Path, draft: Path, key: DataKey) -> bool:
        """Replace a plain file by an encrypted one of the same time, written to `draft`; False if it is not plain.

        Blocks, raises `OSError`. A file that is removed meanwhile may come back, as one that no row names.
        """
        try:
            with path.open("rb") as source:
                if _header(source):
                    return False
                source.seek(0)
                times = os.fstat(source.fileno())
                with self.writing(draft, key) as sink:
                    shutil.copyfileobj(source, sink)
        except FileNotFoundError:
            return False
        os.utime(draft, ns=(times.st_atime_ns, times.st_mtime_ns))
        if not path.exists() or (self.keys and not self.keys.is_current(key)):
            return False
        os.replace(draft, path)
        return True

    def _like(self, path: Path) -> DataKey | None:
        try:
            with path.open("rb") as file:
                header = _header(file)
        except FileNotFoundError:
            return None
        return self._key(header) if header else None

    def _key(self, header: Header) -> DataKey:
        if self.keys is None:
            raise KeyMissing("a file is encrypted, and there are no keys")
        return self.keys.find(header.holder, header.key_id)


def lock(vault: Vault, drafts: Drafts) -> Callable[[Path], File]:
    """As `Vault.locked`, for decoders. A draft is what it was written as, even if a stranger's bytes begin as those of
    an encrypted file do: it is not decrypted for them."""
    return lambda path: path if drafts.holds(path) else vault.locked(path)


def _header(file: IO[bytes]) -> Header | None:
    """The header at the beginning; None for a plain file."""
    head = file.read(HEADER)
    return Header.parse(head) if head.startswith(MAGIC) else None
