"""Pictures of every kind in, upright sRGB JPEGs without metadata out; anything else is a sentence."""

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from bot import texts
from bot.errors import Refusal
from bot.media.sandbox import images
from bot.media.sandbox.client import Decoder
from bot.media.sandbox.images import fit_photo
from tests.bot.media.sandbox.pictures import (
    BLUE,
    FORMATS,
    GREEN,
    GREY,
    RED,
    corners,
    decoded,
    encoded,
    near,
    noise,
    png,
    refusal,
    scene,
)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_becomes_a_jpeg(form: str) -> None:
    fitted = fit_photo(encoded(scene(), form, **FORMATS[form]))
    assert fitted.size == fitted.original == (400, 300)
    assert near(corners(decoded(fitted.data)), [RED, GREEN, BLUE, GREY], by=20)


@pytest.mark.parametrize("form", FORMATS)
async def test_every_format_is_read_where_nothing_else_can_be(tmp_path: Path, form: str) -> None:
    """By the real decoder: a library that loads something late, or wants a process, fails there and not above."""
    source, decoder = tmp_path / "source", Decoder("bot.media.sandbox.photo_tasks")
    source.write_bytes(encoded(scene(), form, **FORMATS[form]))
    assert await decoder.photo(source, tmp_path / "target") == ((400, 300), (400, 300))
    await decoder.close()


@pytest.mark.parametrize("form", ["HEIF", "AVIF"])
def test_the_brand_that_both_heic_and_avif_use(form: str) -> None:
    source = encoded(scene(), form, quality=95)
    assert source[8:12] in (b"heic", b"avif")
    fitted = fit_photo(source[:8] + b"mif1" + source[12:])
    assert near(corners(decoded(fitted.data)), [RED, GREEN, BLUE, GREY], by=20)


@pytest.mark.parametrize("form", ["TIFF", "ICO", "TGA", "PPM", "PDF", "JPEG2000"])
def test_other_formats_are_not_even_tried(form: str) -> None:
    assert refusal(encoded(scene(), form)) == texts.pictures.NOT_A_PICTURE


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
def test_pictures_are_held_upright(form: str, orientation: int) -> None:
    """The same scene, stored in each of the eight ways a camera may be held."""
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Transpose members that make a reader turn it back
    stored = scene()
    if orientation > 1:
        stored = stored.transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    fitted = fit_photo(encoded(stored, form, exif=exif.tobytes()))
    assert fitted.size == fitted.original == (400, 300)
    assert near(corners(decoded(fitted.data)), [RED, GREEN, BLUE, GREY], by=25)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF", "MPO"])
def test_nothing_of_the_metadata_is_left(form: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretMaker"
    exif[0x9286] = "SecretComment"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.5), 29: "SecretDate"})
    options: dict[str, Any] = {"exif": exif, "icc_profile": ImageCms.ImageCmsProfile(srgb()).tobytes()}
    match form:
        case "JPEG":
            options |= {"comment": b"SecretComment", "xmp": b"<x>SecretXmp</x>", "dpi": (173, 173)}
        case "PNG":
            options["pnginfo"] = PngImagePlugin.PngInfo()
            options["pnginfo"].add_text("Author", "SecretAuthor")
        case "WEBP" | "HEIF" | "AVIF":
            options["xmp"] = b"<x>SecretXmp</x>"
    source = encoded(scene(), form, **(FORMATS[form] | options))
    assert b"Secret" in source
    data = fit_photo(source).data
    for trace in (b"Secret", b"Exif", b"http", b"ICC_PROFILE", b"MPF", b"\xff\xe1", b"\xff\xe2", b"\xff\xfe"):
        assert trace not in data[: data.index(b"\xff\xda")]
    assert b"Secret" not in data
    assert decoded(data).info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert decoded(data).info["jfif_density"] == (1, 1)


def srgb() -> Any:
    return ImageCms.createProfile("sRGB")


def display_p3() -> bytes:
    """Display P3, the colours of every phone: sRGB's own profile with P3's primaries written over it."""

    def number(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    profile = bytearray(ImageCms.ImageCmsProfile(srgb()).tobytes())
    primaries = {
        b"rXYZ": (0.51512, 0.2412, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.1571, 0.06657, 0.78407),
    }
    for index in range(struct.unpack_from(">I", profile, 128)[0]):
        tag, offset, _ = struct.unpack_from(">4sII", profile, 132 + 12 * index)
        if tag in primaries:
            profile[offset + 8 : offset + 20] = b"".join(map(number, primaries[tag]))
    return bytes(profile)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
def test_wide_colours_become_srgb(form: str) -> None:
    image = Image.new("RGB", (400, 300), (180, 60, 60))
    options = {"quality": 95} if form != "PNG" else {}
    plain = decoded(fit_photo(encoded(image, form, **options)).data).getpixel((200, 150))
    wide = decoded(fit_photo(encoded(image, form, icc_profile=display_p3(), **options)).data).getpixel((200, 150))
    assert near(plain, (180, 60, 60), by=6)
    assert near(wide, (194, 48, 53), by=6)  # by the matrices of both colour spaces


def test_p3_in_numbers() -> None:
    """The figures above, from the definitions of the two colour spaces instead of a colour engine."""
    light = ((np.array([180, 60, 60]) / 255 + 0.055) / 1.055) ** 2.4
    p3 = np.array([[0.4866, 0.2657, 0.1982], [0.2290, 0.6917, 0.0793], [0.0, 0.0451, 1.0439]])
    rgb = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
    seen = 255 * (1.055 * (rgb @ p3 @ light) ** (1 / 2.4) - 0.055)
    assert near(seen, (194, 48, 53), by=2)


@pytest.mark.parametrize("profile", [b"garbage", b"", display_p3()[:200], bytes(1000)])
def test_a_broken_colour_profile_costs_nothing(profile: bytes) -> None:
    fitted = fit_photo(encoded(scene(), "JPEG", quality=95, icc_profile=profile))
    assert near(corners(decoded(fitted.data)), [RED, GREEN, BLUE, GREY], by=20)


def test_a_profile_for_other_channels_costs_nothing() -> None:
    fitted = fit_photo(encoded(scene().convert("L"), "JPEG", icc_profile=display_p3()))
    assert near(corners(decoded(fitted.data))[3], GREY)


def test_a_broken_exif_block_costs_nothing() -> None:
    fitted = fit_photo(encoded(scene(), "JPEG", exif=b"Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff\x00garbage"))
    assert fitted.size == (400, 300)


def test_print_colours() -> None:
    fitted = fit_photo(encoded(scene().convert("CMYK"), "JPEG", quality=95))
    assert near(corners(decoded(fitted.data)), [RED, GREEN, BLUE, GREY], by=20)


def with_hole(mode: str) -> Image.Image:
    """Red, with the left half transparent."""
    image = Image.new("RGBA", (400, 300), (*RED, 255))
    image.paste((0, 0, 0, 0), (0, 0, 200, 300))
    return image.convert(mode)


@pytest.mark.parametrize(
    ("image", "form"),
    [
        (with_hole("RGBA"), "PNG"),
        (with_hole("RGBA"), "WEBP"),
        (with_hole("RGBA"), "AVIF"),
        (with_hole("RGBA"), "HEIF"),
        (with_hole("RGBA").quantize(8), "PNG"),
        (with_hole("RGBA"), "GIF"),
        (with_hole("LA"), "PNG"),
    ],
    ids=["png", "webp", "avif", "heif", "png palette", "gif", "png grey"],
)
def test_transparent_becomes_white(image: Image.Image, form: str) -> None:
    jpeg = decoded(fit_photo(encoded(image, form)).data)
    red = RED if image.mode != "LA" else (Image.new("RGB", (1, 1), RED).convert("L").getpixel((0, 0)),) * 3
    assert near(jpeg.getpixel((50, 150)), (255, 255, 255), by=6)
    assert near(jpeg.getpixel((350, 150)), red, by=15)


def test_a_transparent_colour_becomes_white_without_a_seam() -> None:
    """A PNG may name one colour transparent; scaling must not mix that colour into its surroundings."""
    image = Image.new("RGB", (3000, 2400), RED)
    image.paste((0, 0, 0), (0, 0, 1500, 2400))
    jpeg = decoded(fit_photo(encoded(image, "PNG", transparency=(0, 0, 0))).data)
    assert near(jpeg.getpixel((100, 500)), (255, 255, 255), by=6)
    assert min(jpeg.convert("L").tobytes()) > 60  # red is 77; black would be 0


@pytest.mark.parametrize("value", [0, 20000, 40000, 65535])
def test_sixteen_bit_grey(value: int) -> None:
    image = Image.fromarray(np.full((300, 400), value, dtype=np.uint16))
    assert near(decoded(fit_photo(encoded(image, "PNG")).data).getpixel((200, 150)), (value // 256,) * 3, by=2)


def test_sixteen_bit_colour() -> None:
    row = b"\x00" + struct.pack(">HHH", 50000, 8000, 30000) * 400
    fitted = fit_photo(png(400, 300, 16, 2, zlib.compress(row * 300)))
    assert near(decoded(fitted.data).getpixel((200, 150)), (195, 31, 117), by=4)


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_simple_pictures(mode: str) -> None:
    assert fit_photo(encoded(scene().convert(mode), "PNG")).size == (400, 300)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "AVIF"])
def test_of_an_animation_the_first_frame(form: str) -> None:
    frames = [Image.new("RGB", (400, 300), colour) for colour in (RED, GREEN, BLUE)]
    data = encoded(frames[0], form, save_all=True, append_images=frames[1:], duration=100)
    assert near(decoded(fit_photo(data).data).getpixel((200, 150)), RED, by=20)


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ((1280, 960), (1280, 960)),
        ((2048, 2048), (2048, 2048)),
        ((3000, 2000), (2048, 1366)),  # rounded up: the ratio stays within the limit
        ((2500, 1000), (2048, 820)),
        ((1000, 2500), (820, 2048)),
        ((4032, 3024), (2016, 1512)),  # half is close enough, and the decoder does it for free
        ((8000, 6000), (2000, 1500)),
        ((5000, 3000), (2048, 1229)),
    ],
)
def test_large_photos_are_scaled_down(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    fitted = fit_photo(encoded(scene(*size), "JPEG"))
    assert fitted.size == decoded(fitted.data).size == wanted
    assert fitted.original == size
    assert max(wanted) <= 2.5 * min(wanted)
    assert near(corners(decoded(fitted.data)), [RED, GREEN, BLUE, GREY], by=20)


def test_a_large_photo_on_its_side() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    fitted = fit_photo(encoded(scene(4032, 3024), "JPEG", exif=exif))
    assert (fitted.size, fitted.original) == ((1512, 2016), (3024, 4032))


def test_ten_megabytes_are_never_reached_at_full_quality() -> None:
    """Noise is the heaviest picture there is."""
    data = encoded(noise(2048, 2048), "PNG")
    assert len(fit_photo(data).data) <= images.HEAVIEST
    lighter = fit_photo(data, heaviest=3_000_000)
    assert len(lighter.data) <= 3_000_000
    assert lighter.size == (2048, 2048)
    smaller = fit_photo(data, heaviest=1_000_000)
    assert len(smaller.data) <= 1_000_000
    assert smaller.size == decoded(smaller.data).size == (1152, 1152)
    with pytest.raises(Refusal):
        fit_photo(data, heaviest=10_000)


@pytest.mark.parametrize(
    ("size", "sentence"),
    [
        ((1, 1), texts.pictures.too_small(1, 1, 300)),
        ((299, 400), texts.pictures.too_small(299, 400, 300)),
    ],
)
def test_shapes_that_no_provider_takes(size: tuple[int, int], sentence: str) -> None:
    assert refusal(encoded(Image.new("RGB", size), "PNG")) == sentence


@pytest.mark.parametrize("size", [(300, 300), (750, 300), (300, 750)])
def test_shapes_that_are_just_allowed(size: tuple[int, int]) -> None:
    assert fit_photo(encoded(Image.new("RGB", size), "PNG")).size == size


@pytest.mark.parametrize(
    ("size", "kept"), [((1500, 300), (750, 300)), ((400, 1001), (400, 1000)), ((12_000, 1200), (2048, 820))]
)
@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_the_middle_of_what_is_too_long(size: tuple[int, int], kept: tuple[int, int], form: str) -> None:
    image = Image.new("RGB", size, "red")
    image.paste("blue", tuple(part for side in (0, 1) for part in (size[side] // 4,))
                + tuple(part for side in (0, 1) for part in (size[side] - size[side] // 4,)))  # fmt: skip
    fitted = fit_photo(encoded(image, form))
    assert (fitted.size, fitted.original) == (kept, size)
    red, _, blue = decoded(fitted.data).convert("RGB").getpixel((kept[0] // 2, kept[1] // 2))
    assert blue > 200 > 60 > red


def test_the_person_reads_the_size_as_they_see_it() -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    assert refusal(encoded(Image.new("RGB", (200, 400)), "JPEG", exif=exif)) == texts.pictures.too_small(400, 200, 300)
