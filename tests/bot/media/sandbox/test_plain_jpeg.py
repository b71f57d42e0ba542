"""A JPEG that fits keeps its compressed pixels, and nothing else of what came with them."""

import struct
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from bot.errors import Refusal
from bot.media.sandbox.first_image import distil
from bot.media.sandbox.images import fit_photo
from bot.media.sandbox.plain_jpeg import plain
from tests.bot.media.sandbox.pictures import encoded, noise, scene

SECRET = b"N 52.3106 Anna's telephone"
LOOKAHEAD = 8
"""Bytes behind the pixels of which libjpeg takes fewer for part of them, as it reads ahead."""
USUAL = b"\xff\xc0", b"\xff\xc4", b"\xff\xda", b"\xff\xdb"


def smooth(width: int = 400, height: int = 300, seed: int = 1) -> Image.Image:
    """Not as heavy as noise, and with all kinds of coefficients."""
    coarse = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


JPEG = encoded(smooth(), "JPEG", quality=80)


def pixels(jpeg: bytes) -> bytes:
    return Image.open(BytesIO(jpeg)).convert("RGB").tobytes()


def segments(jpeg: bytes) -> list[bytes]:
    """Up to the first compressed pixels, which are the last element; by the letter, or it fails."""
    found, at = [jpeg[:2]], 2
    assert jpeg[:2] == b"\xff\xd8"
    while True:
        assert jpeg[at] == 0xFF
        end = at + 2 + struct.unpack(">H", jpeg[at + 2 : at + 4])[0]
        found.append(jpeg[at:end])
        at = end
        if found[-1].startswith(b"\xff\xda"):
            return [*found, jpeg[at:]]


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", 2 + len(body)) + body


def only_a_picture(jpeg: bytes) -> bool:
    """Whether it is a clean header, tables, a frame and a scan, and pixels to the end."""
    _, header, *rest, scan = segments(jpeg)
    clean = header == segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    markers = scan.replace(b"\xff\0", b"").count(b"\xff")
    return clean and all(part[:2] in USUAL for part in rest) and markers == 1 and scan.endswith(b"\xff\xd9")


def kept(jpeg: bytes) -> bool:
    """Whether its compressed pixels are in the result, which is sound in any case."""
    result = fit_photo(jpeg).data
    assert only_a_picture(result)
    same = segments(result)[-1] in jpeg
    if same:
        assert pixels(result) == pixels(distil(jpeg).data)  # what a viewer skips may keep Pillow from opening it
    return same


@pytest.mark.parametrize("quality", [5, 50, 92, 96])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("optimize", [False, True])
def test_a_usual_photo(quality: int, subsampling: int, optimize: bool) -> None:
    options = {"quality": quality, "subsampling": subsampling, "optimize": optimize}
    assert kept(encoded(smooth(), "JPEG", **options))
    assert kept(encoded(scene(), "JPEG", **options))


def test_it_is_kept_as_it_is_to_the_byte() -> None:
    fitted = fit_photo(JPEG)
    assert fitted.data == JPEG
    assert fitted.size == fitted.original == (400, 300)


def test_encoded_anew_for_whoever_asks() -> None:
    fitted = fit_photo(JPEG, anew=True)
    assert segments(fitted.data)[-1] != segments(JPEG)[-1]
    assert fitted.size == fitted.original == (400, 300)


TURNED = Image.Exif()
TURNED[0x0112] = 6
UPRIGHT = Image.Exif()
UPRIGHT[0x0112] = 1
UPRIGHT[0x010F] = SECRET.decode()
WIDE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize(
    ("image", "options"),
    [
        (scene(), {"exif": TURNED}),
        (scene(), {"icc_profile": WIDE}),
        (scene(), {"progressive": True}),
        (scene(), {"restart_marker_rows": 1}),
        (scene(), {"keep_rgb": True}),
        (scene().convert("L"), {}),
        (scene().convert("CMYK"), {}),
        (scene(2049, 1000), {}),
        (scene(1000, 300), {}),
        (noise(400, 300), {"quality": 95}),
    ],
    ids=["turned", "profile", "progressive", "restarts", "rgb", "grey", "cmyk", "large", "long", "heavy"],
)
def test_what_is_encoded_anew(image: Image.Image, options: dict[str, Any]) -> None:
    assert not kept(encoded(image, "JPEG", **options))


def test_a_limit_holds_for_what_is_kept() -> None:
    heavy = encoded(noise(800, 600), "JPEG", quality=30)
    assert kept(heavy)
    assert len(fit_photo(heavy, heaviest=len(heavy) - 1).data) < len(heavy)


@dataclass(frozen=True)
class Odd:
    """A change to the bytes of a usual photo."""

    old: bytes
    new: bytes


DQT, DHT, FRAME, SCAN = b"\xff\xdb", b"\xff\xc4", b"\xff\xc0", b"\xff\xda"
_TABLE = segment(0xDB, b"\0" + bytes(range(1, 65)))
_CODES = segment(0xC4, b"\0" + b"\0\1" + bytes(14) + b"\5")


@pytest.mark.parametrize(
    "odd",
    [
        Odd(FRAME, b"\xff\xc1"),
        Odd(FRAME, segment(0xDD, b"\0\0") + FRAME),
        Odd(FRAME, segment(0xDD, b"\0\7") + FRAME),
        Odd(FRAME, segment(0xDB, b"\2" + b"\1" * 64) + FRAME),
        Odd(FRAME, segment(0xDB, b"\0" + b"\1" * 63) + FRAME),
        Odd(FRAME, _TABLE + FRAME),
        Odd(FRAME, segment(0xC4, b"\2" + b"\0\1" + bytes(14) + b"\5") + FRAME),
        Odd(FRAME, _CODES + FRAME),
        Odd(FRAME, segment(0xEE, b"Adobe\0d\0\0\0\0\0") + FRAME),
        Odd(FRAME, segment(0xEE, b"Adobe\0d\0\0\0\0\2") + FRAME),
        Odd(b"\xff\xc4\0\x1f\0\0\1\5", b"\xff\xc4\0\x1f\0\0\2\4"),
        Odd(b"\xff\xc4\0\x1f\0\0\1\5\1\1", b"\xff\xc4\0\x1f\0\0\1\5\2\0"),
        Odd(b"\1\x22\0\2\x11\1\3\x11\1", b"\1\x22\0\2\x11\1\4\x11\1"),
        Odd(b"\1\x22\0\2\x11\1\3\x11\1", b"\1\x22\0\2\x11\1\3\x11\2"),
        Odd(b"\1\x22\0\2\x11\1\3\x11\1", b"\1\x41\0\2\x11\1\3\x11\1"),
        Odd(b"\3\1\0\2\x11\3\x11\0\x3f\0", b"\3\1\0\2\0\3\0\0\x3f\0"),
        Odd(b"\3\1\0\2\x11\3\x11\0\x3f\0", b"\3\1\0\2\x11\3\x11\0\x3e\0"),
        Odd(b"\3\1\0\2\x11\3\x11\0\x3f\0", b"\3\1\0\2\x11\3\x11\0\x3f\x10"),
        Odd(b"\xff\xd9", b"\xff\xff\xd9"),
        Odd(b"\xff\xd9", b"\xff\xd0\xff\xd9"),
        Odd(b"\xff\xd9", segment(0xFE, SECRET) + b"\xff\xd9"),
        Odd(b"\xff\xd9", segment(0xDC, b"\1\x2c") + b"\xff\xd9"),
        Odd(b"\xff\xd9", _CODES + b"\xff\xd9"),
        Odd(b"\xff\xd9", b"".join(segments(JPEG)[-2:])),
        Odd(JPEG[1000:], b""),
        Odd(JPEG[100:], b""),
    ],
)
def test_an_unusual_one_is_not_kept(odd: Odd) -> None:
    at = JPEG.rindex(odd.old)
    changed = JPEG[:at] + odd.new + JPEG[at + len(odd.old) :]
    assert plain(changed) is None
    with suppress(Refusal):
        assert only_a_picture(fit_photo(changed).data)
        assert SECRET not in fit_photo(changed).data


def test_adobes_header_goes_if_it_says_the_usual() -> None:
    assert kept(JPEG[:2] + segment(0xEE, b"Adobe\0d\0\0\0\0\1") + JPEG[2:])
    assert kept(JPEG.replace(segments(JPEG)[1], b""))


def test_rows_that_the_header_denies() -> None:
    """A height that was changed by hand would hide them in the picture."""
    at = JPEG.index(FRAME) + 5
    for rows in (1, 300):
        tall = encoded(smooth(400, 300 + rows), "JPEG", quality=60)
        cut = tall[:at] + struct.pack(">H", 300) + tall[at + 2 :]
        assert not kept(cut) or rows == 1  # in the last row of blocks there is room for as many as this


@pytest.mark.parametrize("size", range(1, 40))
@pytest.mark.parametrize("byte", [b"x", b"\xff\0", b"\0"])
def test_bytes_behind_the_pixels(byte: bytes, size: int) -> None:
    assert not kept(JPEG[:-2] + byte * size + JPEG[-2:]) or size < LOOKAHEAD


JPEGS = [
    encoded(smooth(320, 300), "JPEG", **options)
    for options in ({}, {"progressive": True}, {"restart_marker_rows": 2}, {"optimize": True}, {"exif": UPRIGHT})
]
_SEGMENTS = [
    segment(marker, start + SECRET)
    for marker, start in (
        (0xFE, b""),
        (0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\0"),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0"),
        (0xE2, b"MPF\0"),
        (0xED, b"Photoshop 3.0\0"),
        (0xE0, b"JFIF\0\1\1\0\0\1\0\1\3\3"),
        (0xE0, b"JFXX\0\x13"),
        (0xEE, b"Adobe\0d\0\0\0\0\1"),
        (0xEF, b""),
        (0xF0, b""),
        (0xDB, b"\3"),
        (0xC4, b"\1"),
        (0xDE, b""),
        (0xC8, b""),
    )
]
HIDDEN = st.sampled_from([*_SEGMENTS, SECRET, b"\xff" * 40 + SECRET, b"\xff\xd0" + SECRET, b"\xff\1" + SECRET])


def places(jpeg: bytes) -> list[int]:
    """Where a segment or the end begins, also between scans, and behind the end."""
    head = sum(map(len, segments(jpeg)[:-1]))
    found = [sum(map(len, segments(jpeg)[:count])) for count in range(1, len(segments(jpeg)) - 1)]
    for at in range(head, len(jpeg) - 1):
        if jpeg[at] == 0xFF and jpeg[at + 1] in (0xC4, 0xDA, 0xD9, *range(0xD0, 0xD8)):
            found.append(at)
    return [*found, len(jpeg)]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(JPEGS), st.lists(st.tuples(st.floats(0, 1, exclude_max=True), HIDDEN), min_size=1, max_size=4))
def test_nothing_that_was_hidden_anywhere_is_passed_on(jpeg: bytes, hidden: list[tuple[float, bytes]]) -> None:
    for where, what in hidden:
        try:
            free = places(jpeg)
        except (AssertionError, IndexError, struct.error):  # what was hidden before broke it
            break
        at = free[int(where * len(free))]
        jpeg = jpeg[:at] + what + jpeg[at:]
    with suppress(Refusal):
        result = fit_photo(jpeg).data
        assert only_a_picture(result)
        assert SECRET not in result


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=4)), min_size=1, max_size=4),
    st.booleans(),
)
def test_whatever_is_kept_is_well_formed(changes: list[tuple[float, bytes]], early: bool) -> None:
    damaged = bytearray(JPEG)
    for where, what in changes:
        at = int(where * (700 if early else len(JPEG)))
        damaged[at : at + len(what)] = what
    found = plain(distil(bytes(damaged)).data)
    if found is not None:
        assert only_a_picture(found)
        assert plain(found) == found
    with suppress(Refusal):
        kept(bytes(damaged))
