"""A stored file as other packages see it: opened, not located, so that the storage can change."""

from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from zipfile import ZipInfo

from bot.media.vault import Vault


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of `Media`, existing or not. Its methods block."""

    local_path: Path
    """For this package and `adapters.web.file_response` only, as a test checks. Its bytes may be encrypted."""
    vault: Vault = field(repr=False, compare=False, default=Vault())

    @property
    def name(self) -> str:
        """Its name in `Media`, without a path."""
        return self.local_path.name

    @property
    def suffix(self) -> str:
        """The suffix of its name: `.mp4`."""
        return self.local_path.suffix

    def exists(self) -> bool:
        """Whether it exists."""
        return self.local_path.is_file()

    def size(self) -> int:
        """Its size in bytes. Raises `OSError`."""
        return self.vault.size(self.local_path)

    def is_sealed(self) -> bool:
        """Whether it is encrypted. Raises `OSError`."""
        return self.vault.is_sealed(self.local_path)

    def modified_ns(self) -> int:
        """When it was last written, in Unix nanoseconds. Raises `OSError`."""
        return self.local_path.stat().st_mtime_ns

    def zip_info(self, name: str) -> ZipInfo:
        """Its entry in a ZIP under that name: with its date, uncompressed. Raises `OSError`."""
        info = ZipInfo.from_file(self.local_path, name, strict_timestamps=False)
        info.file_size = self.size()
        return info

    def open(self) -> BufferedReader:
        """Open it for reading; seekable. Raises `OSError`."""
        return self.vault.open(self.local_path)

    def read(self) -> bytes:
        """Read all bytes. Raises `OSError`."""
        return self.vault.read(self.local_path)
