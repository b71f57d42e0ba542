"""Input of a rendering process: the request and its image files, still encoded."""

from dataclasses import dataclass

from generator.request import Request


@dataclass(frozen=True, slots=True)
class Material:
    """`brushes` has a mask for each of `request.brushes`, in the same order."""

    request: Request
    image: bytes
    tail: bytes | None = None
    static_mask: bytes | None = None
    brushes: tuple[bytes, ...] = ()
