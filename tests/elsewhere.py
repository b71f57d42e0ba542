"""A stored clip that is not on disk, as platforms must open it without a path."""

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
        return io.BufferedReader(io.BytesIO(self.data))

    def read(self) -> bytes:
        return self.data
