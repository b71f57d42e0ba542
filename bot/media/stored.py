"""A kept file as the rest of the house sees it: it is opened, not located, so that it may stand elsewhere one day."""

from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from zipfile import ZipInfo


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of `Media`, there or not; good as long as the process lives. Its methods block."""

    local_path: Path
    """For this package and for `adapters.web.file_response`, as a test keeps it."""

    @property
    def name(self) -> str:
        """Its name in `Media`."""
        return self.local_path.name

    @property
    def suffix(self) -> str:
        """The ending of its name: `.mp4`."""
        return self.local_path.suffix

    def exists(self) -> bool:
        """Whether it is there."""
        return self.local_path.is_file()

    def size(self) -> int:
        """What it weighs, in bytes. Raises `OSError`."""
        return self.local_path.stat().st_size

    def zip_info(self, name: str) -> ZipInfo:
        """How it stands in a ZIP under that name: of its date, and not packed, as it is already. Raises `OSError`."""
        return ZipInfo.from_file(self.local_path, name, strict_timestamps=False)

    def open(self) -> BufferedReader:
        """Its bytes, to be read in order or from anywhere. Raises `OSError`."""
        return self.local_path.open("rb")

    def read(self) -> bytes:
        """All of its bytes. Raises `OSError`."""
        return self.local_path.read_bytes()
