"""What a rendering process gets: the request and the image files it names, still encoded."""

from dataclasses import dataclass

from generator.request import Request


@dataclass(frozen=True, slots=True)
class Material:
    """`brushes` has one mask for each of `request.brushes`, in the same order."""

    request: Request
    image: bytes
    tail: bytes | None = None
    static_mask: bytes | None = None
    brushes: tuple[bytes, ...] = ()
