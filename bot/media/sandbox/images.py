"""Conversion of an untrusted picture to provider input: an upright sRGB JPEG without metadata, or a grey PNG mask.

Pure functions from bytes to bytes that raise only `Refusal`. Decoders have bugs, so these run in the sandbox
(`bot.media.sandbox.worker`), never in the bot's process.
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pillow_heif
from PIL import Image, ImageFile, UnidentifiedImageError

from bot import texts
from bot.errors import Refusal
from bot.media.sandbox import colours
from bot.media.sandbox.cpu_limit import limited
from bot.media.sandbox.first_image import FirstImage, distil
from bot.media.sandbox.plain_jpeg import plain
from bot.sentence import Sentence

Size = tuple[int, int]
"""Width and height in pixels."""

MOST_PIXELS = 50_500_000  # phones of “50 megapixels” write up to 8192 × 6144
WEBP_PIXELS = 25_000_000  # its decoder holds four copies; no phone writes larger ones
LONGEST = 2048  # clips have 720 lines; larger pictures only make the request larger
LEAST = 300
LONGEST_TO_SHORTEST = 2.5
HEAVIEST = 10_000_000  # bytes
_PER_PIXEL = 0.5  # bytes of a JPEG that is kept as it is; ours have up to 1, photos as many as 0.3

_OPENING = 1.0  # seconds of CPU time for a header; a millisecond is usual
_PER_MEGAPIXEL = 0.3  # seconds of CPU time; the slowest format takes 0.06 on a small virtual machine

# JPEG opens MPO too. AVIF comes before HEIF, which claims files of the brand `mif1` that it cannot decode.
_PICTURES = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "BMP")
_PICTURE_STARTS = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|RIFF....WEBP|....ftyp(?:avi|he[iv]|mif1|msf1)|GIF8[79]a", re.DOTALL
)
_MASKS = ("PNG",)  # JPEG has no hard edges
_MASK_STARTS = re.compile(rb"\x89PNG\r\n\x1a\n")

_END = b"\xff\xd9"  # of a JPEG
_ONES = b"\xff\0" * 64  # no JPEG code is all ones
_NEARLY = 2  # tolerance where missing pixels meet present ones
_RUNS = (1, 2)  # run-length BMPs, which are unused and decode in Python, pixel by pixel

_ORIENTATION = 0x0112
_TURNING = {"exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif"}  # where Pillow looks for it
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

Image.init()  # load all formats now: inside the sandbox nothing more can be loaded
pillow_heif.register_heif_opener()


@dataclass(frozen=True, slots=True)
class Fitted:
    """A JPEG of `size`, from a picture of size `original` when upright.

    An overlong picture is cropped to its middle; the bot asks whether that is acceptable (`too_long`).
    """

    data: bytes
    size: Size
    original: Size


def fit_photo(data: bytes, heaviest: int = HEAVIEST, *, anew: bool = False) -> Fitted:
    """Fit a picture to the provider's limits, in at most `heaviest` bytes.

    A JPEG that fits already keeps its compressed pixels, unless it is to be encoded `anew`.
    """
    with _opened(data, _PICTURES, _PICTURE_STARTS, texts.pictures.NOT_A_PICTURE) as (image, essence):
        header = image.size
        drafted = image.format == "JPEG"
        exact = False
        if drafted:
            _draft(image)
            exact = _loaded_exactly(image, essence)
            if _lacks_rows(image, essence):
                raise Refusal(texts.pictures.BROKEN_PICTURE)
        image.load()
        # Cropping can make a HEIC smaller than its header says, so only a drafted size is taken from the header.
        turn = _orientation(image)
        original = _turned(header if drafted else image.size, turn)
        _check(original)
        fits = exact and turn not in _TURNS and _fits(original, essence, heaviest)
        if fits and not anew and (kept := plain(essence.data)):
            return Fitted(kept, original, original)
        shrunk = _flat(_shrunk(_middle(_visible(_plain(image))), LONGEST))
        upright = _turn(colours.srgb(shrunk, _profile(image, essence)), turn)
        jpeg, size = _jpeg(upright, heaviest)
        return Fitted(jpeg, size, original)


def fit_mask(data: bytes, original: Size, size: Size) -> bytes:
    """Fit a mask, drawn on a photo of `original` size, to the photo's final `size`: white is selected."""
    with _opened(data, _MASKS, _MASK_STARTS, texts.pictures.NOT_A_MASK) as (image, _):
        image.load()
        upright = _turn(_plain(image), _orientation(image))
        if upright.size != original:
            raise Refusal(texts.pictures.mask_size(upright.size, original))
        mask = _flat(upright, "black").convert("L").resize(size, Image.Resampling.NEAREST)
        if mask.getbbox() is None:
            raise Refusal(texts.pictures.EMPTY_MASK)
        mask.info.clear()
        png = BytesIO()
        mask.save(png, "PNG")
        return png.getvalue()


@contextmanager
def _opened(
    data: bytes, formats: tuple[str, ...], starts: re.Pattern[bytes], otherwise: Sentence
) -> Iterator[tuple[ImageFile.ImageFile, FirstImage]]:
    """A picture in one of `formats`, not yet decoded; any error inside the block counts as the picture's."""
    # Pillow's own pixel limit is one per process, and has no message for people.
    theirs, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with warnings.catch_warnings(action="ignore"):
            with limited(_OPENING):
                essence = distil(data)
                if essence.data[8:12] == b"WEBP":  # opening it allocates two blank pictures
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
        raise Refusal(texts.pictures.BROKEN_PICTURE if starts.match(data) else otherwise) from None
    except Exception:  # decoders raise anything on garbage
        raise Refusal(texts.pictures.BROKEN_PICTURE) from None
    finally:
        Image.MAX_IMAGE_PIXELS = theirs


def _beside(essence: FirstImage) -> dict[str, bytes]:
    """Metadata in the form in which Pillow would have read it from the removed chunks."""
    found = {"exif": essence.exif, "icc_profile": essence.profile}
    return {name: value for name, value in found.items() if value}


def _draft(image: Image.Image) -> None:
    """Decode a large JPEG at half its size or less, which costs its decoder nothing."""
    # The request is slightly below the wanted size, so that 4032 × 3024, the most common photo, arrives as
    # 2016 × 1512 instead of being decoded in full and scaled down by 1.6 %.
    enough = 0.88 * LONGEST / min(max(image.size), LONGEST_TO_SHORTEST * min(image.size))
    image.draft(image.mode, (round(image.width * enough), round(image.height * enough)))


def _loaded_exactly(image: ImageFile.ImageFile, essence: FirstImage) -> bool:
    """Decode a JPEG; whether it took all of its compressed pixels, to the last byte."""
    file = image.fp
    # The decoder gets that byte apart, and only if it asks for more.
    image.decodermaxblock = len(essence.data) - len(_END) - 1
    image.load()
    return file is not None and file.tell() == len(essence.data)


def _lacks_rows(image: Image.Image, essence: FirstImage) -> bool:
    """Whether a decoded JPEG was truncated. The decoder fills missing blocks without an error.

    Missing blocks are grey, or contain other data if something readable follows. A complete picture is the same
    whatever follows it.
    """
    last = image.getpixel((image.width - 1, image.height - 1))
    grey = all(abs(value - 128) <= _NEARLY for value in (last if isinstance(last, tuple) else (last or 0,)))
    if essence.unended and grey:
        return True
    if not (essence.unended or grey):
        return False
    with Image.open(BytesIO(essence.data[: -len(_END)] + _ONES + _END), formats=("JPEG",)) as other:
        _draft(other)
        return other.tobytes() != image.tobytes()


def _webp_size(start: bytes) -> Size:
    """The size in a WebP's first chunk; (0, 0) for an unknown chunk."""
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
        raise Refusal(texts.pictures.too_many_pixels(*size, most))


def _check(size: Size) -> None:
    if min(size) < LEAST:
        raise Refusal(texts.pictures.too_small(*size, LEAST))


def too_long(size: Size) -> bool:
    """Whether a picture's aspect ratio is too extreme for a clip."""
    return max(size) > LONGEST_TO_SHORTEST * min(size)


def _middle(image: Image.Image) -> Image.Image:
    """The largest central part of a picture with an allowed aspect ratio."""
    if not too_long(image.size):
        return image
    width, height = image.size
    long = int(LONGEST_TO_SHORTEST * min(image.size))
    if width > height:
        left = (width - long) // 2
        return image.crop((left, 0, left + long, height))
    top = (height - long) // 2
    return image.crop((0, top, width, top + long))


def _fits(size: Size, essence: FirstImage, heaviest: int) -> bool:
    """Whether an upright JPEG of that size would change in nothing but quality."""
    weight = len(essence.data)
    light = weight <= heaviest and weight <= size[0] * size[1] * _PER_PIXEL
    return light and max(size) <= LONGEST and not too_long(size) and not essence.profile


def _profile(image: Image.Image, essence: FirstImage) -> bytes | None:
    """The colour profile, also from code points."""
    if profile := image.info.get("icc_profile"):
        return bytes(profile)
    codes = image.info.get("nclx_profile")
    if image.format == "AVIF":  # Pillow does not expose it; libheif reads it without decoding
        with suppress(Exception):
            container: Any = pillow_heif.HeifFile
            codes = container(BytesIO(essence.data)).info.get("nclx_profile")
    return codes and colours.named(codes["color_primaries"], codes["transfer_characteristics"])


def _orientation(image: Image.Image) -> int:
    if not image.info.keys() & _TURNING:
        return 1
    with suppress(Exception):  # a broken EXIF block does not invalidate the picture
        return int(image.getexif().get(_ORIENTATION, 1))
    return 1


def _turned(size: Size, orientation: int) -> Size:
    return (size[1], size[0]) if orientation in _SIDEWAYS else size


def _turn(image: Image.Image, orientation: int) -> Image.Image:
    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _plain(image: Image.Image) -> Image.Image:
    """Convert to L, RGB, CMYK or RGBA, eight bits each, which can be resampled."""
    if image.mode.startswith("I"):
        image = _eight_bits(image)
    if image.mode == "La":
        image = image.convert("LA")
    mode = "RGBA" if image.has_transparency_data else image.mode if image.mode in ("L", "CMYK") else "RGB"
    return image if image.mode == mode else image.convert(mode)  # convert would copy 200 MB of a large picture


def _eight_bits(image: Image.Image) -> Image.Image:
    """16-bit grey as L, or as LA if one grey is transparent."""
    grey = image.point(lambda value: value * (1 / 256)).convert("L")  # a bare convert() clips
    key = grey.info.pop("transparency", None)
    if key is None:
        return grey
    opaque = image.convert("I").point([255 * (value != key) for value in range(2**16)], "L")
    return Image.merge("LA", (grey, opaque))


def _visible(image: Image.Image) -> Image.Image:
    """Drop an alpha channel that is 0 everywhere: it was left unset."""
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
    image.info.clear()  # Pillow would write parts of it, such as a JPEG's comment
    while True:
        for quality in (92, 85, 75):
            jpeg = BytesIO()
            image.save(jpeg, "JPEG", quality=quality, subsampling="4:2:0")
            if jpeg.tell() <= heaviest:
                return jpeg.getvalue(), image.size
        smaller = _shrunk(image, max(image.size) * 3 // 4)
        if min(smaller.size) < LEAST:
            raise Refusal(texts.pictures.too_heavy(heaviest // 1_000_000))
        image = smaller
