"""Pictures that every viewer opens are taken, whatever is beside or behind their pixels; half ones are not."""

import struct
import time
import zlib
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageDraw

from bot import texts
from bot.errors import Refusal
from bot.media.sandbox.client import Decoder
from bot.media.sandbox.first_image import PIECES, distil
from bot.media.sandbox.images import fit_mask, fit_photo

RED, GREEN, BLUE, GREY = (200, 30, 30), (30, 160, 40), (30, 40, 190), (128, 128, 128)
MOTION = np.random.default_rng(7).bytes(1_000_000)  # as dense as a film; chance makes many markers in it


def scene(mode: str = "RGB", last: tuple[int, int, int] = GREEN) -> Image.Image:
    image = Image.new("RGB", (400, 300), RED)
    image.paste(BLUE, (200, 0, 400, 150))
    image.paste(last, (200, 150, 400, 300))
    ImageDraw.Draw(image).ellipse((100, 50, 300, 250), fill=GREY)
    return image.convert(mode)


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def seen(data: bytes) -> Image.Image:
    return Image.open(BytesIO(fit_photo(data).data)).convert("RGB")


def like(data: bytes, wanted: Image.Image, by: float = 6) -> bool:
    """Whether a picture, once fitted, is another one but for what JPEG adds."""
    image = seen(data)
    assert image.size == wanted.size
    return bool(np.abs(np.asarray(image, int) - np.asarray(wanted.convert("RGB"), int)).mean() < by)


def near(actual: Any, wanted: Any, by: int = 4) -> bool:
    return bool(np.abs(np.asarray(actual, int) - np.asarray(wanted, int)).max() <= by)


def refusal(data: bytes) -> str:
    with pytest.raises(Refusal) as caught:
        fit_photo(data)
    return str(caught.value)


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


# ── JPEG ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

JPEG = encoded(scene(), "JPEG", quality=90)


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", 2 + len(body)) + body


def with_segments(*segments: bytes, jpeg: bytes = JPEG) -> bytes:
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


FILM = box(b"ftyp", b"isom\0\0\2\0isommp42") + box(b"mdat", MOTION * 12)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize(
    "behind",
    [
        FILM,
        FILM[: 8 << 20],
        b"\0\0\1\0\0\x0b\x0a\0MotionPhoto_Data" + FILM + b"SEFH" + bytes(24) + b"SEFT",
        b"\xff\xda" * 1000,
        JPEG * 3,
        bytes(5000),
        b"\xff" * 5000,
        b"\xff\xd8\xff\xe0",
    ],
    ids=["mp4", "8 MB", "samsung", "scans", "more pictures", "zeros", "ones", "half a picture"],
)
def test_what_follows_the_first_picture_does_not_count(behind: bytes, progressive: bool) -> None:
    jpeg = encoded(scene(), "JPEG", quality=90, progressive=progressive)
    assert like(jpeg + behind, scene())


@pytest.mark.parametrize(
    "segments",
    [
        [segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta MicroVideo='1'/>")],
        [segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + MOTION[:65000])] * 20,
        [segment(0xE2, b"MPF\0MM\0*\0\0\0\x08\0\3" + MOTION[:60])],
        [segment(0xE2, b"MPF\0")],
        [segment(0xE2, b"FPXR\0")],
        [segment(0xEB, b"JP\0\1\0\0\0\1" + box(b"jumb", MOTION[:60000]))] * 30,
        [segment(0xED, b"Photoshop 3.0\0" + b"8BIM\4\4" + b"\0\0" + b"\x7f\xff\xff\xff")],
        [segment(0xED, b"Photoshop 3.0\x008BIM")],
        [segment(0xE0, b"JFIF")],
        [segment(0xE0, b"JFXX\0\x10" + JPEG[:2000])],
        [segment(0xEE, b"Adobe")],
        [segment(0xE1, b"Exif\0\0" + MOTION[:65000])],
        [segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x1a\0\5\0\0\0\0\0\0\0\0")],
        [segment(0xFE, b"")],
        [segment(0xFE, MOTION[:65533])] * 100,
        [segment(marker, b"x" * size) for marker in range(0xE3, 0xF0) for size in (0, 1, 13, 65533)],
        [b"\xff" * 3000],
        [b"junk between"],
        [b"\xff\x01", b"\xff\xd8", b"\xff\xd0"],
    ],
    ids=lambda segments: segments[0][4:12].hex() if isinstance(segments, list) else None,
)
def test_whatever_stands_in_front_of_a_jpegs_pixels(segments: Iterable[bytes]) -> None:
    assert like(with_segments(*segments), scene())


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n"
PART = b'--x7\r\nContent-Disposition: form-data; name="a"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
WARNING = b"\n<b>Warning</b>: Undefined variable $x in <b>/a/photo.php</b> on line <b>3</b><br />\n"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize(
    "junk", [b"\n", b"\r\n\r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n", bytes(9), HEAD, PART, WARNING]
)
def test_text_in_front_of_a_picture_does_not_count(junk: bytes, form: str) -> None:
    assert like(junk + encoded(scene(), form), scene(), by=10)


@pytest.mark.parametrize(
    "front", [b"%PDF-1.4\n1 0 obj\nstream\n", b"ID3\4\0\0\0\0\1\0APIC\0", b"\n" * 2000, b"a" * 600 + b"\n"]
)
def test_a_picture_within_another_file_is_not_taken_for_it(front: bytes) -> None:
    assert refusal(front + JPEG) == texts.pictures.NOT_A_PICTURE


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"subsampling": 0}])
@pytest.mark.parametrize("rest", [b"", b"\xff", bytes(3000)])
def test_a_jpeg_without_its_end_marker(mode: str, options: dict[str, Any], rest: bytes) -> None:
    jpeg = encoded(scene(mode), "JPEG", quality=90, **options)
    assert jpeg.endswith(b"\xff\xd9")
    assert like(jpeg[:-2] + rest, scene(mode))


@pytest.mark.parametrize("end", [b"", b"\xff\xd9", bytes(3000)], ids=["open", "ended", "zeros"])
@pytest.mark.parametrize("options", [{}, {"restart_marker_rows": 1}, {"subsampling": 0}, {"quality": 40}])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_that_lacks_rows(mode: str, options: dict[str, Any], end: bytes) -> None:
    """Also one to which some program gave an end: the decoder makes the rest up without a word."""
    rough = Image.fromarray(np.random.default_rng(1).integers(0, 256, (300, 400, 3), dtype=np.uint8)).convert(mode)
    jpeg = encoded(rough, "JPEG", **{"quality": 90, **options})
    for share in (0.5, 0.9, 0.99, 0.999 if end != b"\xff\xd9" else 0.995):
        assert refusal(jpeg[: int(len(jpeg) * share)] + end) == texts.pictures.BROKEN_PICTURE


@pytest.mark.parametrize("end", [b"", b"\xff\xd9"])
def test_a_jpeg_cut_where_decoding_may_start_again(end: bytes) -> None:
    jpeg = encoded(scene(), "JPEG", quality=90, restart_marker_rows=1)
    scan = jpeg.index(b"\xff\xda")
    marks = [at for at in range(scan, len(jpeg) - 1) if jpeg[at] == 0xFF and 0xD0 <= jpeg[at + 1] <= 0xD7]
    assert refusal(jpeg[: marks[len(marks) // 2] + 2] + end) == texts.pictures.BROKEN_PICTURE
    assert refusal(jpeg[: marks[len(marks) // 2]]) == texts.pictures.BROKEN_PICTURE


def test_a_progressive_jpeg_that_ends_in_its_first_scan() -> None:
    jpeg = encoded(scene(), "JPEG", quality=90, progressive=True)
    first = jpeg.index(b"\xff\xda")
    half = (first + jpeg.index(b"\xff\xc4", first)) // 2
    assert refusal(jpeg[:half] + b"\xff\xd9") == texts.pictures.BROKEN_PICTURE
    assert refusal(jpeg[:half]) == texts.pictures.BROKEN_PICTURE


def test_a_whole_picture_that_ends_in_grey() -> None:
    for picture in (scene(last=GREY), Image.new("RGB", (400, 300), GREY), Image.new("L", (400, 300), 128)):
        assert like(encoded(picture, "JPEG", quality=90), picture)


def test_a_profile_in_pieces() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    parts = [profile[:200], profile[200:400], profile[400:]]
    pieces = [segment(0xE2, b"ICC_PROFILE\0" + bytes((at + 1, 3)) + part) for at, part in enumerate(parts)]
    assert distil(with_segments(*pieces[::-1])).profile == profile
    assert distil(with_segments(*pieces, pieces[0])).profile == profile
    assert distil(with_segments(*pieces[:2])).profile is None
    assert like(with_segments(*pieces[:2]), scene())


def test_markers_without_end_are_not_read() -> None:
    assert refusal(b"\xff\xd8" + b"\xff\x01" * (PIECES + 1) + JPEG[2:]) == texts.pictures.BROKEN_PICTURE
    assert refusal(with_segments(*[segment(0xFE, b"")] * (PIECES + 1))) == texts.pictures.BROKEN_PICTURE


@pytest.mark.parametrize("filler", [b"\xff\xd0", b"\xff", b"\xff\0", b"x"])
def test_looking_for_the_end_is_linear(filler: bytes) -> None:
    data = JPEG[:-2] + filler * (8_000_000 // len(filler))
    began = time.process_time()
    distil(data)
    assert time.process_time() - began < 1


# ── PNG ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

PNG = encoded(scene(), "PNG")


def chunk(name: bytes, body: bytes, wrong: int = 0) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body) ^ wrong)


def with_chunks(*chunks: bytes, png: bytes = PNG, before: bytes = b"IDAT") -> bytes:
    at = png.index(before) - 4
    return png[:at] + b"".join(chunks) + png[at:]


HEAVY = zlib.compress(bytes(20_000_000))


@pytest.mark.parametrize("before", [b"IDAT", b"IEND"])
@pytest.mark.parametrize(
    "chunks",
    [
        [chunk(b"zTXt", b"prompt\0\0" + HEAVY)],
        [chunk(b"iTXt", b"workflow\0\1\0\0\0" + HEAVY)],
        [chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + HEAVY)],
        [chunk(b"iCCP", b"profile\0\0" + HEAVY)],
        [chunk(b"tEXt", b"parameters\0" + b"x" * 3_000_000)] * 3,
        [chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1_000_000)))] * 80,
        [chunk(b"tEXt", b"a\0b", wrong=1), chunk(b"zTXt", b"a\0\0b", wrong=1), chunk(b"iTXt", b"a", wrong=1)],
        [chunk(b"iCCP", b"profile\0\0" + zlib.compress(b"x"), wrong=1)],
        [chunk(b"eXIf", b"MM", wrong=1), chunk(b"gAMA", b"", wrong=1), chunk(b"pHYs", b"x", wrong=1)],
        [chunk(b"tRNS", bytes(6), wrong=1)],
        [chunk(b"tRNS", b"\0")],
        [chunk(b"zTXt", b"a\0\x07b"), chunk(b"iCCP", b"a\0\x07b"), chunk(b"iCCP", b""), chunk(b"zTXt", b"")],
        [chunk(b"gAMA", b"\0"), chunk(b"cHRM", b"\0"), chunk(b"sRGB", b""), chunk(b"pHYs", b"\0")],
        [chunk(b"caBX", box(b"jumb", MOTION[:90000])), chunk(b"eXIf", MOTION[:90000])],
        [chunk(b"acTL", b"\0"), chunk(b"fcTL", b"\0"), chunk(b"fdAT", b"")],
        [chunk(b"vpAg", b"\0" * 9), chunk(b"prVt", b"x")] * 100,
    ],
    ids=lambda chunks: chunks[0][4:12].hex() if isinstance(chunks, list) else None,
)
def test_whatever_stands_beside_a_pngs_pixels(chunks: list[bytes], before: bytes) -> None:
    png = with_chunks(*chunks, before=before)
    assert like(png, scene())
    mask = encoded(scene("L"), "PNG")
    assert fit_mask(with_chunks(*chunks[:1], png=mask, before=before), (400, 300), (400, 300))


def test_a_png_without_its_end() -> None:
    assert like(PNG[: PNG.index(b"IEND") - 4], scene())
    assert refusal(PNG[: PNG.index(b"IEND") - 300]) == texts.pictures.BROKEN_PICTURE


def test_a_large_profile_still_counts() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = struct.pack(">I", len(profile) + 3_000_000) + profile[4:] + MOTION * 3
    assert distil(with_chunks(chunk(b"iCCP", b"large\0\0" + zlib.compress(profile)))).profile == profile


def test_a_png_of_endless_chunks_is_not_read() -> None:
    assert refusal(with_chunks(*[chunk(b"tEXt", b"")] * (PIECES + 1))) == texts.pictures.BROKEN_PICTURE


def test_profiles_that_inflate_are_opened_once() -> None:
    began = time.process_time()
    distil(with_chunks(*[chunk(b"iCCP", b"a\0\0" + HEAVY)] * 300))
    assert time.process_time() - began < 1


def png(bits: int, kind: int, row: bytes, *chunks: bytes) -> bytes:
    """400 × 300, every row the same."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 400, 300, bits, kind, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress((b"\0" + row) * 300))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + pixels + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("bits", "kind", "left", "right", "key", "shown"),
    [
        (16, 0, b"\x40\x01", b"\x80\x02", b"\x40\x01", (128, 128, 128)),
        (16, 0, b"\xff\xff", b"\x80\x02", b"\xff\xff", (128, 128, 128)),
        (16, 2, b"\x40\1\x50\2\x60\3", b"\x80\1\x20\2\x30\3", b"\x40\1\x50\2\x60\3", (128, 32, 48)),
        (16, 2, b"\xff" * 6, b"\x80\1\x20\2\x30\3", b"\xff" * 6, (128, 32, 48)),
        (8, 0, b"\x40", b"\x80", b"\0\x40", (128, 128, 128)),
        (8, 2, b"\1\2\3", b"\x80\x20\x30", b"\0\1\0\2\0\3", (128, 32, 48)),
    ],
)
def test_the_one_transparent_colour_is_white_and_no_other(
    bits: int, kind: int, left: bytes, right: bytes, key: bytes, shown: tuple[int, ...]
) -> None:
    image = seen(png(bits, kind, left * 200 + right * 200, chunk(b"tRNS", key)))
    assert image.getpixel((50, 150)) == (255, 255, 255)
    assert near(image.getpixel((350, 150)), shown)


@pytest.mark.parametrize(
    ("bits", "row", "key"), [(4, b"\x44" * 100 + b"\x88" * 100, 4), (2, b"\x55" * 50 + b"\xaa" * 50, 1)]
)
def test_a_transparent_grey_of_few_bits(bits: int, row: bytes, key: int) -> None:
    image = seen(png(bits, 0, row, chunk(b"tRNS", bytes((0, key)))))
    assert image.getpixel((50, 150)) == (255, 255, 255)
    assert image.getpixel((350, 150)) != (255, 255, 255)


@pytest.mark.parametrize("key", [b"\0\0", b"\x12\x34", b"\x80\x03", b"\xff\xff"])
def test_grey_of_sixteen_bits_is_never_white_for_a_colour_that_it_lacks(key: bytes) -> None:
    assert near(seen(png(16, 0, b"\x80\x02" * 400, chunk(b"tRNS", key))).getpixel((9, 9)), GREY)


@pytest.mark.parametrize(
    ("chunks", "shown"),
    [
        ([chunk(b"gAMA", struct.pack(">I", 100_000))], 188),  # linear light
        ([chunk(b"gAMA", struct.pack(">I", 55_556))], 146),  # of old Macs
        ([chunk(b"gAMA", struct.pack(">I", 45_455))], 128),
        ([chunk(b"gAMA", struct.pack(">I", 100_000)), chunk(b"sRGB", b"\0")], 128),
        ([chunk(b"gAMA", struct.pack(">I", 100_000)), chunk(b"cICP", b"\1\x0d\0\1")], 128),
        ([chunk(b"gAMA", struct.pack(">I", 100_000)), chunk(b"cICP", b"\2\2\0\1"), chunk(b"iCCP", b"a\0\0b")], 188),
        ([chunk(b"gAMA", b"\0\0\0\0")], 128),
        ([chunk(b"gAMA", b"\xff\xff\xff\xff")], 128),
    ],
)
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_png_that_says_its_gamma(chunks: list[bytes], shown: int, mode: str) -> None:
    data = encoded(Image.new("RGB", (400, 300), GREY).convert(mode), "PNG")
    assert near(seen(with_chunks(*chunks, png=data)).getpixel((9, 9)), (shown,) * 3)


# ── Alpha that nobody set ────────────────────────────────────────────────────────────────────────────────────────────


def bmp(header: int, alpha_mask: int, alpha: int) -> bytes:
    """A BMP of 32 bits with masks for its channels."""
    image = scene()
    image.putalpha(alpha)
    rows = image.transpose(Image.Transpose.FLIP_TOP_BOTTOM).tobytes("raw", "BGRA")
    info = struct.pack("<IiiHHIIiiII", header, 400, 300, 1, 32, 3, len(rows), 0, 0, 0, 0)
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, alpha_mask)
    head = (info + masks).ljust(header, b"\0")
    return struct.pack("<2sIHHI", b"BM", 14 + len(head) + len(rows), 0, 0, 14 + len(head)) + head + rows


@pytest.mark.parametrize("header", [56, 108, 124])
@pytest.mark.parametrize("alpha", [0, 255])
@pytest.mark.parametrize("mask", [0, 0xFF000000])
def test_a_bmp_whose_alpha_was_left_at_nothing(header: int, mask: int, alpha: int) -> None:
    assert like(bmp(header, mask, alpha), scene())


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
@pytest.mark.parametrize("size", [(400, 300), (2600, 1950)])
def test_no_picture_is_nothing_but_white_for_its_alpha(form: str, size: tuple[int, int]) -> None:
    image = scene("RGBA").resize(size)
    image.putalpha(0)
    data = encoded(image, form, **({"exact": True, "lossless": True} if form == "WEBP" else {}))
    assert like(data, scene().resize(seen(data).size))


def test_a_mask_that_is_all_transparent_selects_nothing() -> None:
    mask = Image.new("RGBA", (400, 300), (255, 255, 255, 0))
    with pytest.raises(Refusal, match="selects nothing"):
        fit_mask(encoded(mask, "PNG"), (400, 300), (400, 300))


# ── WebP, HEIC, AVIF ─────────────────────────────────────────────────────────────────────────────────────────────────


def with_size(webp: bytes, by: int) -> bytes:
    return webp[:4] + struct.pack("<I", struct.unpack("<I", webp[4:8])[0] + by) + webp[8:]


@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("size", [0, 1, 7, 100_000])
def test_whatever_stands_beside_a_webps_pixels(size: int, lossless: bool) -> None:
    webp = encoded(scene(), "WEBP", exif=b"Exif\0\0" + MOTION[: size + 1], xmp=MOTION[:size], lossless=lossless)
    for data in (webp, with_size(webp, 40), with_size(webp, -8), webp[:-2], webp + FILM[:100_000]):
        assert like(data, scene())
    pixels = webp.index(b"VP8L" if lossless else b"VP8 ") + 200
    assert refusal(webp[:pixels]) == texts.pictures.BROKEN_PICTURE


def test_a_webp_of_endless_chunks_is_not_read() -> None:
    assert refusal(encoded(scene(), "WEBP") + b"JUNK\0\0\0\0" * (PIECES + 1)) == texts.pictures.BROKEN_PICTURE


@pytest.mark.parametrize("form", ["HEIF", "AVIF"])
@pytest.mark.parametrize(
    "behind", [box(b"mpvd", FILM), FILM, box(b"free", b"x" * 9) + box(b"sefd", b"x" * 99), bytes(99), b"x" * 99]
)
def test_a_film_behind_a_heic(form: str, behind: bytes) -> None:
    assert like(encoded(scene(), form, quality=90) + behind, scene(), by=10)


@pytest.mark.parametrize("form", ["HEIF", "AVIF"])
def test_a_heic_that_names_another_brand_first(form: str) -> None:
    data = encoded(scene(), form, quality=90)
    assert like(data[:8] + b"miaf" + data[12:], scene(), by=10)


@pytest.mark.parametrize(
    "data",
    [
        JPEG + FILM,
        b"\n" + JPEG,
        JPEG[:-2],
        encoded(scene(last=GREY), "JPEG"),
        png(16, 0, b"\x80\x02" * 400, chunk(b"tRNS", b"\0\1")),
    ],
    ids=["motion", "blank line", "no end", "grey end", "16 bits"],
)
async def test_all_of_it_where_nothing_else_can_be_loaded(tmp_path: Path, data: bytes) -> None:
    """By the real decoder."""
    decoder = Decoder("bot.media.sandbox.photo_tasks")
    (tmp_path / "source").write_bytes(data)
    assert await decoder.photo(tmp_path / "source", tmp_path / "target") == ((400, 300), (400, 300))
    await decoder.close()
