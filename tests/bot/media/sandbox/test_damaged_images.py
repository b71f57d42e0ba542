"""What is no picture, only half of one, or larger than it looks is refused with a sentence."""

import pickle
import struct
import warnings
import zlib
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot import texts
from bot.errors import Refusal
from bot.media.sandbox import images
from bot.media.sandbox.images import fit_mask, fit_photo
from tests.bot.media.sandbox.pictures import FORMATS, encoded, noise, png, refusal, scene


@pytest.mark.parametrize("form", sorted(FORMATS.keys() - {"MPO"}))  # whose first frame may well be whole
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_half_a_picture(form: str, share: float) -> None:
    data = encoded(noise(400, 300), form, **FORMATS[form])
    assert refusal(data[: int(len(data) * share)]) == texts.pictures.BROKEN_PICTURE


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"just some words",
        b"<!doctype html><html><body>404 Not Found</body></html>",
        b"%PDF-1.7 ...",
        b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41",
        b"#EXTM3U\nfile:///etc/passwd",
        bytes(10_000),
    ],
)
def test_what_is_no_picture(data: bytes) -> None:
    assert refusal(data) == texts.pictures.NOT_A_PICTURE


def test_bombs_are_refused_by_their_header() -> None:
    claimed = png(50_000, 50_000, 8, 2, zlib.compress(b"\x00"))
    assert refusal(claimed) == texts.pictures.too_many_pixels(50_000, 50_000, images.MOST_PIXELS)
    packer = zlib.compressobj(9)
    row = bytes(1 + 20_000 // 8)
    rows = b"".join(packer.compress(row * 100) for _ in range(200)) + packer.flush()
    real = png(20_000, 20_000, 1, 0, rows)
    assert len(real) < 100_000
    assert refusal(real) == texts.pictures.too_many_pixels(20_000, 20_000, images.MOST_PIXELS)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "BMP"])
def test_bombs_of_other_kinds(form: str) -> None:
    source = bytearray(
        encoded(
            Image.new("L" if form == "GIF" else "RGB", (64, 64)), form, **({"lossless": True} if form == "WEBP" else {})
        )
    )
    match form:
        case "GIF":  # the screen stays small, the frame does not
            at = source.index(b"\x2c\x00\x00\x00\x00")
            source[at + 5 : at + 9] = struct.pack("<HH", 60_000, 60_000)
        case "WEBP":
            at = source.index(b"VP8L") + 9
            bits = int.from_bytes(source[at : at + 4], "little") >> 28 << 28
            source[at : at + 4] = (bits | 16_383 << 14 | 16_383).to_bytes(4, "little")
        case "BMP":
            source[18:26] = struct.pack("<ii", 60_000, 60_000)
    width = 16_384 if form == "WEBP" else 60_000
    most = images.WEBP_PIXELS if form == "WEBP" else images.MOST_PIXELS
    assert refusal(bytes(source)) == texts.pictures.too_many_pixels(width, width, most)


def test_fifty_megapixels_are_fine_and_one_more_is_not() -> None:
    assert fit_photo(encoded(Image.new("1", (8192, 6144)), "PNG")).size == (2048, 1536)
    assert refusal(encoded(Image.new("1", (8300, 6200)), "PNG")) == texts.pictures.too_many_pixels(
        8300, 6200, images.MOST_PIXELS
    )


def test_pillows_own_limit_is_left_as_it_was() -> None:
    before = Image.MAX_IMAGE_PIXELS
    assert before is not None
    fit_photo(encoded(scene(), "PNG"))
    refusal(b"")
    assert before == Image.MAX_IMAGE_PIXELS


def test_a_refusal_travels_between_processes() -> None:
    for sentence in (texts.pictures.BROKEN_PICTURE, texts.pictures.too_small(1, 2, 300)):
        again = pickle.loads(pickle.dumps(Refusal(sentence)))
        assert type(again) is Refusal
        assert str(again) == sentence


GOOD = [encoded(scene(320, 300), form, **options) for form, options in FORMATS.items()]


def only_refuses(data: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for fit in (fit_photo, lambda data: fit_mask(data, (320, 300), (320, 300))):
            with suppress(Refusal):
                fit(data)


@settings(max_examples=200, deadline=None)
@given(start=st.sampled_from([b"", *(data[:16] for data in GOOD)]), rest=st.binary(max_size=400))
def test_garbage_is_refused(start: bytes, rest: bytes) -> None:
    only_refuses(start + rest)


@settings(max_examples=200, deadline=None)
@given(
    data=st.sampled_from(GOOD),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=8)), max_size=6),
    early=st.booleans(),
    share=st.floats(0, 1),
)
def test_damage_is_refused_or_repaired(
    data: bytes, changes: list[tuple[float, bytes]], early: bool, share: float
) -> None:
    damaged = bytearray(data)
    reach = min(len(data), 400) if early else len(data)  # headers are where decoders break
    for where, what in changes:
        at = int(where * reach)
        damaged[at : at + len(what)] = what
    only_refuses(bytes(damaged[: int(len(damaged) * max(share, 0.5))]))


def test_a_jpeg_of_endless_scans_is_not_decoded() -> None:
    file = BytesIO()
    Image.new("RGB", (400, 300)).save(file, "JPEG")
    head, scan, tail = file.getvalue().partition(b"\xff\xda")
    with pytest.raises(Refusal, match="damaged"):
        images.fit_photo(head + (scan + tail[:-2]) * 3000 + tail[-2:])
