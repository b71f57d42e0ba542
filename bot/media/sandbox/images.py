"""Turns a stranger's picture into what a provider takes: an upright sRGB JPEG without metadata, or a grey PNG mask.

Pure functions from bytes to bytes, which raise `Refusal` and nothing else. Decoders have bugs, so the bot never calls
these in its own process; `bot.media.sandbox.worker` does.
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pillow_heif
from PIL import Image, UnidentifiedImageError

from bot import texts
from bot.errors import Refusal
from bot.media.sandbox import colours
from bot.media.sandbox.cpu_limit import limited
from bot.media.sandbox.first_image import FirstImage, distil

Size = tuple[int, int]
"""Width and height in pixels."""

MOST_PIXELS = 50_500_000  # phones of “50 megapixels” write up to 8192 × 6144
WEBP_PIXELS = 25_000_000  # whose decoder holds four copies; no phone writes larger ones
LONGEST = 2048  # clips have 720 lines; more only makes the request heavier
LEAST = 300
LONGEST_TO_SHORTEST = 2.5
HEAVIEST = 10_000_000  # bytes

_OPENING = 1.0  # seconds of processor time for a header; the usual one takes a millisecond
_PER_MEGAPIXEL = 0.3  # seconds; the slowest kind takes 0.06 on a small virtual machine

# JPEG opens MPO too. AVIF stands before HEIF, which claims files of the brand `mif1` that it cannot decode.
_PICTURES = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "BMP")
_PICTURE_STARTS = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|RIFF....WEBP|....ftyp(?:avi|he[iv]|mif1|msf1)|GIF8[79]a", re.DOTALL
)
_MASKS = ("PNG",)  # JPEG has no hard edges
_MASK_STARTS = re.compile(rb"\x89PNG\r\n\x1a\n")

_END = b"\xff\xd9"  # of a JPEG
_ONES = b"\xff\0" * 64  # no code in a JPEG is all ones
_NEARLY = 2  # where missing colours meet those that are there
_RUNS = (1, 2)  # BMPs of runs, which nobody sends and which decode in Python, pixel by pixel

_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)

Image.init()  # all formats now: once a stranger's file is open, nothing more can be loaded
pillow_heif.register_heif_opener()


@dataclass(frozen=True, slots=True)
class Fitted:
    """A JPEG of `size`, made from a picture that was `original` when held upright.

    Of one that is too long the middle is taken: it is for the bot to ask whether that will do (`too_long`).
    """

    data: bytes
    size: Size
    original: Size


def fit_photo(data: bytes, heaviest: int = HEAVIEST) -> Fitted:
    """Make a picture fit the provider's limits, in at most `heaviest` bytes."""
    with _opened(data, _PICTURES, _PICTURE_STARTS, texts.chat.NOT_A_PICTURE) as (image, essence):
        header = image.size
        drafted = image.format == "JPEG"
        if drafted:
            _draft(image)
        image.load()
        if drafted and _lacks_rows(image, essence):
            raise Refusal(texts.chat.BROKEN_PICTURE)
        # Cropping can make a HEIC smaller than its header says, so only a drafted size comes from there.
        turn = _orientation(image)
        original = _turned(header if drafted else image.size, turn)
        _check(original)
        shrunk = _flat(_shrunk(_middle(_visible(_plain(image))), LONGEST))
        upright = _turn(colours.srgb(shrunk, _profile(image, essence)), turn)
        jpeg, size = _jpeg(upright, heaviest)
        return Fitted(jpeg, size, original)


def fit_mask(data: bytes, original: Size, size: Size) -> bytes:
    """Make a mask, drawn on a photo of `original` size, fit the photo's final `size`: white is selected."""
    with _opened(data, _MASKS, _MASK_STARTS, texts.chat.NOT_A_MASK) as (image, _):
        image.load()
        upright = _turn(_plain(image), _orientation(image))
        if upright.size != original:
            raise Refusal(texts.chat.mask_size(upright.size, original))
        mask = _flat(upright, "black").convert("L").resize(size, Image.Resampling.NEAREST)
        if mask.getbbox() is None:
            raise Refusal(texts.chat.EMPTY_MASK)
        mask.info.clear()
        png = BytesIO()
        mask.save(png, "PNG")
        return png.getvalue()


@contextmanager
def _opened(
    data: bytes, formats: tuple[str, ...], starts: re.Pattern[bytes], otherwise: str
) -> Iterator[tuple[Image.Image, FirstImage]]:
    """A picture in one of `formats`, not yet decoded; whatever goes wrong until the end of the block is its fault."""
    # Pillow's own check of the pixel count knows only one limit for the process, and no sentence for a person.
    theirs, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with warnings.catch_warnings(action="ignore"):
            with limited(_OPENING):
                essence = distil(data)
                if essence.data[8:12] == b"WEBP":  # which makes two empty pictures when it is opened
                    _check_pixels(_webp_size(essence.data[12:30]), "WEBP")
                image = Image.open(BytesIO(essence.data), formats=formats)
            with image:
                image.info.update(_beside(essence))
                _check_pixels(image.size, image.format)
                if image.format == "BMP" and image.info.get("compression") in _RUNS:
                    raise Refusal(otherwise)
                with limited(_OPENING + image.width * image.height / 1e6 * _PER_MEGAPIXEL):
                    yield image, essence
    except Refusal:
        raise
    except UnidentifiedImageError:
        raise Refusal(texts.chat.BROKEN_PICTURE if starts.match(data) else otherwise) from None
    except Exception:  # a decoder that reads garbage raises what it likes
        raise Refusal(texts.chat.BROKEN_PICTURE) from None
    finally:
        Image.MAX_IMAGE_PIXELS = theirs


def _beside(essence: FirstImage) -> dict[str, bytes]:
    """What Pillow would have read from the chunks that it was not given."""
    found = {"exif": essence.exif, "icc_profile": essence.profile}
    return {name: value for name, value in found.items() if value}


def _draft(image: Image.Image) -> None:
    """Have a large JPEG decoded at half its size or less, which its decoder does for free."""
    # Asking for a little less than we want lets 4032 × 3024, the commonest photo there is, arrive as 2016 × 1512
    # instead of being decoded in full and scaled down by 1.6 %.
    enough = 0.88 * LONGEST / min(max(image.size), LONGEST_TO_SHORTEST * min(image.size))
    image.draft(image.mode, (round(image.width * enough), round(image.height * enough)))


def _lacks_rows(image: Image.Image, essence: FirstImage) -> bool:
    """Whether a JPEG that was decoded ended too soon. The decoder makes up what is missing, and does not say so.

    Missing blocks are grey, with other blocks in front of them if there is something else to read. What is whole stays
    the same whatever follows it.
    """
    last = image.crop((image.width - 1, image.height - 1, image.width, image.height)).tobytes()
    grey = all(abs(value - 128) <= _NEARLY for value in last)
    if essence.unended and grey:
        return True
    if not (essence.unended or grey):
        return False
    with Image.open(BytesIO(essence.data[: -len(_END)] + _ONES + _END), formats=("JPEG",)) as other:
        _draft(other)
        return other.tobytes() != image.tobytes()


def _webp_size(start: bytes) -> Size:
    """What the first chunk of a WebP claims; (0, 0) if it is of no kind that we know."""
    match start[:4]:
        case b"VP8X":
            return int.from_bytes(start[12:15], "little") + 1, int.from_bytes(start[15:18], "little") + 1
        case b"VP8L":
            bits = int.from_bytes(start[9:13], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            return int.from_bytes(start[14:16], "little") & 0x3FFF, int.from_bytes(start[16:18], "little") & 0x3FFF
    return 0, 0


def _check_pixels(size: Size, form: str | None) -> None:
    most = WEBP_PIXELS if form == "WEBP" else MOST_PIXELS
    if size[0] * size[1] > most:
        raise Refusal(texts.chat.too_many_pixels(*size, most))


def _check(size: Size) -> None:
    if min(size) < LEAST:
        raise Refusal(texts.chat.too_small(*size, LEAST))


def too_long(size: Size) -> bool:
    """Whether a picture has a shape of which no clip can be made."""
    return max(size) > LONGEST_TO_SHORTEST * min(size)


def _middle(image: Image.Image) -> Image.Image:
    """As much of a picture as has a shape that is allowed, around its centre."""
    if not too_long(image.size):
        return image
    width, height = image.size
    long = int(LONGEST_TO_SHORTEST * min(image.size))
    if width > height:
        left = (width - long) // 2
        return image.crop((left, 0, left + long, height))
    top = (height - long) // 2
    return image.crop((0, top, width, top + long))


def _profile(image: Image.Image, essence: FirstImage) -> bytes | None:
    """A colour profile, also of colours that are named by code."""
    if profile := image.info.get("icc_profile"):
        return bytes(profile)
    codes = image.info.get("nclx_profile")
    if image.format == "AVIF":  # of which Pillow does not say it; libheif reads the boxes, and need not decode
        with suppress(Exception):
            container: Any = pillow_heif.HeifFile
            codes = container(BytesIO(essence.data)).info.get("nclx_profile")
    return codes and colours.named(codes["color_primaries"], codes["transfer_characteristics"])


def _orientation(image: Image.Image) -> int:
    with suppress(Exception):  # a picture with a broken EXIF block is still a picture
        return int(image.getexif().get(_ORIENTATION, 1))
    return 1


def _turned(size: Size, orientation: int) -> Size:
    return (size[1], size[0]) if orientation in _SIDEWAYS else size


def _turn(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _plain(image: Image.Image) -> Image.Image:
    """One of L, RGB, CMYK and RGBA, eight bits each: what can be scaled smoothly."""
    if image.mode.startswith("I"):
        image = _eight_bits(image)
    if image.mode == "La":
        image = image.convert("LA")
    mode = "RGBA" if image.has_transparency_data else image.mode if image.mode in ("L", "CMYK") else "RGB"
    return image if image.mode == mode else image.convert(mode)  # which would copy 200 MB of a large picture


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 bits as L, or as LA if one of its greys is transparent."""
    grey = image.point(lambda value: value * (1 / 256)).convert("L")  # a bare convert() clips
    key = grey.info.pop("transparency", None)
    if key is None:
        return grey
    opaque = image.convert("I").point([255 * (value != key) for value in range(2**16)], "L")
    return Image.merge("LA", (grey, opaque))


def _visible(image: Image.Image) -> Image.Image:
    """Without an alpha that is 0 everywhere, which is one that a program left unset."""
    if image.mode == "RGBA" and image.getchannel("A").getbbox() is None:
        return image.convert("RGB")
    return image


def _shrunk(image: Image.Image, longest: int) -> Image.Image:
    long, short = max(image.size), min(image.size)
    if long <= longest:
        return image
    # Rounded up: rounding down would push 5000 × 2000, which is just allowed, over the ratio's limit.
    less = -(-short * longest // long)
    size = (longest, less) if image.width == long else (less, longest)
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _flat(image: Image.Image, ground: str = "white") -> Image.Image:
    if image.mode != "RGBA":
        return image
    return Image.alpha_composite(Image.new("RGBA", image.size, ground), image).convert("RGB")


def _jpeg(image: Image.Image, heaviest: int) -> tuple[bytes, Size]:
    """Encode in at most `heaviest` bytes: lower the quality first, then the size."""
    image.info.clear()  # Pillow would write some of it into the file, a JPEG's comment for one
    while True:
        for quality in (92, 85, 75):
            jpeg = BytesIO()
            image.save(jpeg, "JPEG", quality=quality, subsampling="4:2:0")
            if jpeg.tell() <= heaviest:
                return jpeg.getvalue(), image.size
        smaller = _shrunk(image, max(image.size) * 3 // 4)
        if min(smaller.size) < LEAST:
            raise Refusal(texts.chat.too_heavy(heaviest // 1_000_000))
        image = smaller
