"""From image files to a scene: sizes, orientation, masks, and everything that is refused."""

import io
import struct
import zlib

import numpy as np
import pytest
from generator_drawings import drawing, encoded, pixels_of
from PIL import Image, ImageDraw

from generator.errors import Failed
from generator.material import Material
from generator.request import Brush, Point, Request
from generator.scene import clip_size, compose

PLAIN = Request(image="", prompt="")
PHOTO = encoded(drawing(640, 360))


@pytest.mark.parametrize(
    ("size", "clip"),
    [
        ((1920, 1080), (1280, 720)),
        ((300, 300), (720, 720)),
        ((1080, 1920), (720, 1280)),
        ((4000, 3000), (960, 720)),
        ((2500, 1000), (1280, 512)),
        ((1000, 2500), (512, 1280)),
    ],
)
def test_clips_have_the_photo_s_shape(size: tuple[int, int], clip: tuple[int, int]) -> None:
    assert clip_size(*size) == clip


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_the_orientation_mark_is_obeyed(kind: str) -> None:
    image = Image.new("RGB", (800, 400), "blue")
    ImageDraw.Draw(image).rectangle([0, 0, 399, 399], fill="red")
    exif = Image.Exif()
    exif[0x0112] = 6  # shown after a quarter turn clockwise: left comes to the top
    photo = compose(Material(PLAIN, encoded(image, kind, exif=exif))).photo
    assert photo.shape == (1280, 640, 3)
    assert photo[100, 320, 0] > 200
    assert photo[-100, 320, 2] > 200


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "LA", "CMYK", "I;16"])
def test_every_mode_of_picture_is_read(mode: str) -> None:
    image = drawing(400, 400).convert("L").convert("I;16") if mode == "I;16" else drawing(400, 400).convert(mode)
    scene = compose(Material(PLAIN, encoded(image, "JPEG" if mode == "CMYK" else "PNG")))
    assert scene.photo.shape == (720, 720, 3)
    assert scene.photo.std() > 5


def test_a_tail_of_another_shape_fills_the_frame() -> None:
    scene = compose(Material(PLAIN, PHOTO, tail=encoded(drawing(400, 800))))
    assert scene.tail is not None
    assert scene.tail.shape == scene.photo.shape == (720, 1280, 3)


def test_trajectories_count_from_the_bottom_left_of_the_input() -> None:
    request = Request(image="", prompt="", brushes=(Brush("", (Point(10, 20), Point(20, 120), Point(60, 20))),))
    scene = compose(Material(request, PHOTO, brushes=(encoded(Image.new("L", (640, 360), 255)),)))
    assert scene.strokes[0].way == ((0, 0), (20, -200), (100, 0))  # the clip is twice as large; up is negative


@pytest.mark.parametrize("mode", ["L", "RGB", "1", "RGBA"])
def test_white_is_what_a_mask_selects(mode: str) -> None:
    mask = Image.new(mode, (640, 360), "black")
    ImageDraw.Draw(mask).rectangle([320, 0, 640, 360], fill="white")
    still = compose(Material(PLAIN, PHOTO, static_mask=encoded(mask))).still
    assert still is not None
    assert still.shape == (720, 1280)
    assert not still[:, :630].any()
    assert (still[:, 650:] == 255).all()


def test_transparent_parts_of_a_mask_are_not_selected() -> None:
    still = compose(
        Material(PLAIN, PHOTO, static_mask=encoded(Image.new("RGBA", (640, 360), (255, 255, 255, 0))))
    ).still
    assert still is not None
    assert not still.any()


def black(width: int, height: int) -> bytes:
    """A PNG of one bit a pixel; Pillow would take a byte for each to draw it."""
    parts = {
        b"IHDR": struct.pack(">2I5B", width, height, 1, 0, 0, 0, 0),
        b"IDAT": zlib.compress(bytes((1 + (width + 7) // 8) * height)),
        b"IEND": b"",
    }
    chunks = (len(d).to_bytes(4) + k + d + zlib.crc32(k + d).to_bytes(4) for k, d in parts.items())
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


REFUSED = {
    "empty": (lambda: b"", "invalid_image"),
    "text": (lambda: b"no image at all" * 9, "invalid_image"),
    "damaged": (lambda: encoded(drawing(), "JPEG")[:4000], "invalid_image"),
    "damaged png": (lambda: PHOTO[: len(PHOTO) // 2], "invalid_image"),
    "gif": (lambda: encoded(drawing(), "GIF"), "invalid_image"),
    "small": (lambda: encoded(drawing(400, 299)), "invalid_image"),
    "wide": (lambda: encoded(drawing(1000, 399)), "invalid_image"),
    "tall": (lambda: encoded(drawing(300, 751)), "invalid_image"),
    "huge": (lambda: black(8000, 7600), "image_too_large"),
    "bomb": (lambda: black(20000, 20000), "image_too_large"),
}


def test_what_is_drawn_by_hand_is_a_picture() -> None:
    with Image.open(io.BytesIO(black(17, 3))) as image:
        image.load()
        assert (image.size, image.getextrema()) == ((17, 3), (0, 0))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("role", ["photo", "tail"])
def test_unusable_images_are_refused(case: str, role: str) -> None:
    make, name = REFUSED[case]
    content = make()
    material = Material(PLAIN, content) if role == "photo" else Material(PLAIN, PHOTO, tail=content or b"?")
    with pytest.raises(Failed) as failed:
        compose(material)
    assert failed.value.name in (name, "invalid_image")


def test_masks_must_have_the_photo_s_shape_and_one_size() -> None:
    square, small, large = (encoded(Image.new("L", size)) for size in ((360, 360), (640, 360), (1280, 720)))
    brushes = Request(image="", prompt="", brushes=(Brush(""),))
    for material in (
        Material(PLAIN, PHOTO, static_mask=square),
        Material(brushes, PHOTO, brushes=(square,)),
        Material(brushes, PHOTO, static_mask=large, brushes=(small,)),
        Material(PLAIN, PHOTO, static_mask=b"?"),
    ):
        with pytest.raises(Failed):
            compose(material)
    assert compose(Material(brushes, PHOTO, static_mask=large, brushes=(large,))).strokes


def test_pixels_arrive_unchanged_when_the_size_fits() -> None:
    image = drawing(1280, 720)
    assert np.array_equal(compose(Material(PLAIN, encoded(image))).photo, pixels_of(image))
