"""The contents of a clip, decoded and scaled to the clip's size."""

from dataclasses import dataclass

from PIL import Image

from generator import picture
from generator.arrays import Pixels
from generator.errors import Failed
from generator.material import Material

SHORT_SIDE = 720
LONG_SIDE = 1280


@dataclass(frozen=True, slots=True)
class Stroke:
    """A part of the photo (255 in `mask`) and its path: offsets in clip pixels, y downwards."""

    mask: Pixels
    way: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """`photo` and `tail` are RGB of the same size, with even sides; masks have that size, too.

    `still` is 255 in unmoving regions. `strength` is the request's cfg_scale. `sound`: the clip is to have some.
    """

    photo: Pixels
    prompt: str = ""
    negative_prompt: str = ""
    seconds: int = 5
    strength: float = 0.5
    tail: Pixels | None = None
    still: Pixels | None = None
    strokes: tuple[Stroke, ...] = ()
    sound: bool = False


def clip_size(width: int, height: int) -> tuple[int, int]:
    """The 720p class with the photo's aspect ratio: short side 720, long side at most 1280, both even."""
    scale = min(SHORT_SIDE / min(width, height), LONG_SIDE / max(width, height))
    return 2 * round(width * scale / 2), 2 * round(height * scale / 2)


def compose(material: Material) -> Scene:
    """Decode and validate the images. Raises `Failed` for faults that the real service reports after accepting."""
    request = material.request
    image = picture.opened(material.image)
    size = picture.upright_size(image)
    picture.check_size(*size)
    width, height = clip_size(*size)
    masks = [picture.opened(content) for content in material.brushes]
    static = picture.opened(material.static_mask) if material.static_mask else None
    _check_masks(masks + ([static] if static else []), size)
    tail = picture.opened(material.tail) if material.tail else None
    if tail:
        picture.check_size(*picture.upright_size(tail))
    scale = width / size[0]
    return Scene(
        photo=picture.photo(image, width, height),
        prompt=request.prompt,
        negative_prompt=request.negative_prompt,
        seconds=request.seconds,
        strength=request.cfg_scale,
        tail=picture.photo(tail, width, height) if tail else None,
        still=picture.mask(static, width, height) if static else None,
        strokes=tuple(
            Stroke(picture.mask(mask, width, height), _way([(point.x, point.y) for point in brush.path], scale))
            for mask, brush in zip(masks, request.brushes, strict=True)
        ),
        sound=request.sound,
    )


def _check_masks(masks: list[Image.Image], size: tuple[int, int]) -> None:
    for mask in masks:
        picture.check_shape(mask, *size)
    if len({mask.size for mask in masks}) > 1:
        raise Failed("invalid_mask", "All masks must have the same resolution")


def _way(path: list[tuple[int, int]], scale: float) -> tuple[tuple[float, float], ...]:
    """Offsets from the first point. The request's y axis points up, the picture's down."""
    if not path:
        return ()
    first_x, first_y = path[0]
    return tuple(((x - first_x) * scale, (first_y - y) * scale) for x, y in path)
