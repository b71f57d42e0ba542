"""Decoding of images into arrays: the only place that opens untrusted files."""

import io
from typing import Final

import numpy as np
from PIL import Image, ImageOps

from generator.arrays import Pixels, pixels
from generator.errors import Failed

FORMATS: Final = ("JPEG", "PNG")
PIXEL_LIMIT = 60_000_000
SIDE_MINIMUM = 300
RATIO_LIMIT = 2.5
RATIO_SLACK = 1.05  # largest ratio between the shapes of mask and photo


def opened(content: bytes) -> Image.Image:
    """A picture with only its header read, so that its size is known before decoding. Raises `Failed`."""
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    except Exception as error:  # Pillow's parsers raise almost anything on hostile bytes
        raise Failed("invalid_image", "The image could not be read: JPEG and PNG are supported") from error
    if image.width * image.height > PIXEL_LIMIT:
        raise Failed("image_too_large", f"An image may have at most {PIXEL_LIMIT} pixels")
    return image


def upright_size(image: Image.Image) -> tuple[int, int]:
    """Width and height after the EXIF orientation."""
    try:
        turned = image.getexif().get(0x0112) in (5, 6, 7, 8)
    except Exception:  # broken EXIF is ignored, as below
        turned = False
    return (image.height, image.width) if turned else image.size


def check_size(width: int, height: int) -> None:
    """The real service's limits for a photo. Raises `Failed`."""
    if min(width, height) < SIDE_MINIMUM:
        raise Failed("invalid_image", f"The image is {width}x{height}: each side must have at least 300 pixels")
    if max(width, height) > RATIO_LIMIT * min(width, height):
        raise Failed("invalid_image", "Image resolution or aspect ratio is outside 1:2.5 to 2.5:1")


def check_shape(mask: Image.Image, width: int, height: int) -> None:
    """A mask must have the photo's aspect ratio. Raises `Failed`."""
    mask_width, mask_height = upright_size(mask)
    distortion = (mask_width * height) / max(mask_height * width, 1)
    if not 1 / RATIO_SLACK <= distortion <= RATIO_SLACK:
        raise Failed("invalid_mask", "A mask must have the same aspect ratio as the image")


def photo(image: Image.Image, width: int, height: int) -> Pixels:
    """RGB, upright, filling width × height; the rest is cropped evenly."""
    try:
        image.draft("RGB", (width, height) if image.size == upright_size(image) else (height, width))
        # Shrink before rotating and converting: both copy the picture.
        longest = 2 * max(width, height)
        if max(image.size) > longest:
            image.thumbnail((longest, longest), Image.Resampling.BOX)
        image = _flat(_upright(image))
        return pixels(np.asarray(ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)))
    except Exception as error:
        raise Failed("invalid_image", "The image is damaged") from error


def mask(image: Image.Image, width: int, height: int) -> Pixels:
    """Width × height, 255 for white and 0 elsewhere. Transparent counts as black."""
    try:
        upright = _upright(image)
        if upright.mode != "L":
            black = Image.new("RGBA", upright.size, "black")
            black.alpha_composite(upright.convert("RGBA"))
            upright = black.convert("L")
        values = np.asarray(upright.resize((width, height), Image.Resampling.BILINEAR))
    except Exception as error:
        raise Failed("invalid_mask", "A mask is damaged") from error
    return pixels(np.where(values > 127, 255, 0))


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # broken EXIF does not invalidate the picture
        return image


def _flat(image: Image.Image) -> Image.Image:
    if not image.has_transparency_data:
        return image.convert("RGB")
    white = Image.new("RGBA", image.size, "white")
    white.alpha_composite(image.convert("RGBA"))
    return white.convert("RGB")
