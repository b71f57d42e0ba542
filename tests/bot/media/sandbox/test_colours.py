"""Colours that a file names by code look right in sRGB, and HDR is not grey."""

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bot.media.sandbox import colours, probe
from bot.media.sandbox.client import Decoder
from bot.media.sandbox.images import fit_photo
from bot.media.uploads import PHOTO_TASKS, STILL_TASKS

Pixels = NDArray[Any]

BT2020 = ((1.6605, -0.5876, -0.0728), (-0.1246, 1.1329, -0.0083), (-0.0182, -0.1006, 1.1187))
"""To sRGB, both linear, from the definitions of the two."""
CODES = {"PQ": 16, "HLG": 18}


def light(codes: Pixels, transfer: str) -> Pixels:
    """cd/m², by ITU-R BT.2100."""
    if transfer == "PQ":
        root = codes ** (1 / 78.84375)
        return np.asarray(
            10_000 * (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125)
        )
    scene = np.where(codes <= 0.5, codes**2 / 3, (np.exp((codes - 0.55991073) / 0.17883277) + 0.28466892) / 12)
    return np.asarray(1000 * scene**1.2)


def shown(codes: Pixels, transfer: str) -> Pixels:
    """What becomes of codes of BT.2020: straight to 60 % of paper white, the rest shared by all that is brighter."""
    white = light(codes, transfer) / 203
    over = np.maximum(white - 0.6, 0) / 0.4
    linear = np.clip(np.where(white < 0.6, white, 0.6 + 0.4 * over / (1 + over)) @ np.array(BT2020).T, 0, 1)
    return 255 * np.asarray(np.where(linear < 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))


def gradient(tint: tuple[float, float, float] = (1, 1, 1)) -> Image.Image:
    ramp = np.linspace(0, 255, 512)[None, :, None] * np.array(tint)
    return Image.fromarray(np.repeat(ramp, 320, axis=0).round().astype(np.uint8))


def container(image: Image.Image, form: str, primaries: int, transfer: int) -> bytes:
    """A picture whose file says so by code."""
    file = BytesIO()
    if form == "PNG":
        image.save(file, "PNG")
        body = b"cICP" + bytes((primaries, transfer, 0, 1))
        chunk = struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body))
        return file.getvalue()[:33] + chunk + file.getvalue()[33:]
    image.save(file, form, quality=95, **({"subsampling": "4:4:4"} if form == "AVIF" else {"chroma": 444}))
    data = bytearray(file.getvalue())
    at = data.index(b"colrnclx") + 8
    data[at : at + 4] = struct.pack(">HH", primaries, transfer)
    return bytes(data)


def fitted(data: bytes) -> Pixels:
    return np.asarray(Image.open(BytesIO(fit_photo(data).data)).convert("RGB"), float)


@pytest.mark.parametrize("transfer", CODES)
@pytest.mark.parametrize("form", ["HEIF", "AVIF", "PNG"])
@pytest.mark.parametrize("tint", [(1, 1, 1), (0.9, 0.8, 0.7)], ids=["grey", "skin"])
def test_hdr_is_toned_to_srgb(form: str, transfer: str, tint: tuple[float, float, float]) -> None:
    seen = fitted(container(gradient(tint), form, 9, CODES[transfer]))
    wanted = shown(np.asarray(gradient(tint), float) / 255, transfer)
    assert np.abs(seen - wanted).mean() < 3
    assert np.abs(seen - wanted).max() < 16


@pytest.mark.parametrize("transfer", CODES)
def test_hdr_is_not_grey(transfer: str) -> None:
    """Black stays black, paper is almost white, a lamp is white, and nothing brighter is shown darker."""
    seen = fitted(container(gradient(), "PNG", 9, CODES[transfer])).mean(axis=(0, 2))
    paper = int(512 * {"PQ": 0.58, "HLG": 0.75}[transfer])
    assert seen[2] < 3
    assert 222 < seen[paper] < 240
    assert seen[-1] > 245
    assert (np.diff(seen) > -6).all()  # but for what JPEG adds
    assert seen[paper // 2] < 110


@pytest.mark.parametrize("form", ["HEIF", "AVIF", "PNG"])
def test_what_is_named_srgb_or_not_at_all_stays_as_it_is(form: str) -> None:
    for primaries, transfer in ((1, 13), (1, 1), (2, 2), (9, 2)):
        seen = fitted(container(gradient(), form, primaries, transfer))
        assert np.abs(seen - np.asarray(gradient(), float)).mean() < 2


@pytest.mark.parametrize("form", ["HEIF", "AVIF", "PNG"])
def test_wide_colours_that_are_named_by_code(form: str) -> None:
    seen = fitted(container(Image.new("RGB", (400, 300), (180, 60, 60)), form, 12, 13))
    assert np.abs(seen[150, 200] - (194, 48, 53)).max() < 6  # as with the profile of the same colours


def test_hdr_grey_png() -> None:
    seen = fitted(container(gradient().convert("L"), "PNG", 9, 16))
    assert np.abs(seen - shown(np.asarray(gradient(), float) / 255, "PQ")).mean() < 2


def test_a_profile_of_codes_is_made_once() -> None:
    assert colours.named(9, 16) is colours.named(9, 16)
    assert colours.named(9, 16) != colours.named(9, 18)


def film(path: Path, primaries: int, transfer: int, space: int) -> None:
    """Ten bits, half of it as bright as paper in HLG, half a dark orange."""
    picture = np.full((320, 400, 3), 191, np.uint8)
    picture[:, 200:] = (120, 80, 40)
    with av.open(str(path), "w", format="mov") as container:
        stream: Any = container.add_stream("prores_ks", rate=10)
        stream.width, stream.height, stream.pix_fmt = 400, 320, "yuv422p10le"
        coder = stream.codec_context
        coder.color_primaries, coder.color_trc, coder.colorspace, coder.color_range = primaries, transfer, space, 1
        for _ in range(3):
            frame: Any = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame = frame.reformat(format="yuv422p10le", dst_colorspace=space)
            frame.color_primaries, frame.color_trc = primaries, transfer
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def pixel(image: Image.Image, x: int) -> Pixels:
    return np.asarray(np.asarray(image, float)[160, x])


@pytest.mark.parametrize("transfer", CODES)
@pytest.mark.parametrize("take", [probe.first_frame, probe.last_frame])
def test_frames_of_an_hdr_film(tmp_path: Path, transfer: str, take: Callable[..., Image.Image]) -> None:
    film(tmp_path / "clip.mov", 9, CODES[transfer], 9)
    with open(tmp_path / "clip.mov", "rb") as file:
        image = take(file)
    for x, codes in ((100, (191, 191, 191)), (300, (120, 80, 40))):
        assert np.abs(pixel(image, x) - shown(np.array(codes) / 255, transfer)).max() < 8


def test_frames_of_a_usual_film_stay_as_they_are(tmp_path: Path) -> None:
    film(tmp_path / "clip.mov", 1, 1, 1)
    with open(tmp_path / "clip.mov", "rb") as file:
        image = probe.last_frame(file)
    assert np.abs(pixel(image, 100) - 191).max() < 4


async def test_hdr_where_nothing_else_can_be_loaded(tmp_path: Path) -> None:
    """By the real decoders, for a photo and for the last frame of a film."""
    film(tmp_path / "clip.mov", 9, 18, 9)
    (tmp_path / "photo").write_bytes(container(gradient(), "AVIF", 9, 16))
    stills, photos = Decoder(STILL_TASKS), Decoder(PHOTO_TASKS)
    await stills.still(tmp_path / "clip.mov", tmp_path / "still")
    await photos.photo(tmp_path / "photo", tmp_path / "fitted")
    await stills.close()
    await photos.close()
    assert np.asarray(Image.open(tmp_path / "still").convert("L"))[160, 100] > 222
    seen = np.asarray(Image.open(tmp_path / "fitted").convert("RGB"), float)
    assert np.abs(seen - shown(np.asarray(gradient(), float) / 255, "PQ")).mean() < 3
