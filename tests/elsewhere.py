"""A kept clip that stands on no disk: a platform opens it all the same."""

import io
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A `conversation.Stored` made of bytes."""

    data: bytes
    name: str = "clip.mp4"

    @property
    def suffix(self) -> str:
        return ".mp4"

    def exists(self) -> bool:
        return True

    def open(self) -> io.BufferedReader:
        return io.BufferedReader(io.BytesIO(self.data))  # type: ignore[arg-type]  # it reads as a raw file does

    def read(self) -> bytes:
        return self.data
