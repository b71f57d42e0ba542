"""Small files that ask a decoder for much: counts without what is counted, boxes in boxes, a billion pixels."""

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from itertools import repeat

from PIL import Image

MANY = 60_000_000


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box of an MP4."""
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full(kind: bytes, *parts: bytes, flags: int = 0, version: int = 0) -> bytes:
    """A box with a version and flags in front."""
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def words(*values: int) -> bytes:
    """32 bits each."""
    return struct.pack(f">{len(values)}I", *values)


def jpeg(width: int = 400, height: int = 320) -> bytes:
    file = BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(file, "JPEG")
    return file.getvalue()


UPRIGHT = words(1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
FTYP = box(b"ftyp", b"isom", words(512), b"isomiso2mp41")


def film(
    *,
    sample: bytes | None = None,
    stts: bytes | None = None,
    stsc: bytes | None = None,
    stsz: bytes | None = None,
    chunks: bytes | None = None,
    more: bytes = b"",
    edits: bytes = b"",
    extra: bytes = b"",
    after: bytes = b"",
    tracks: int = 1,
    moov: Callable[[bytes], bytes] = lambda parts: box(b"moov", parts),
) -> bytes:
    """A film of one JPEG, but for the tables that are given. `more` is put beside them, `extra` into the movie."""
    sample = jpeg() if sample is None else sample
    entry = box(
        b"jpeg", bytes(6), struct.pack(">H", 1), bytes(16), struct.pack(">HH", 400, 320),
        words(72 << 16, 72 << 16, 0), struct.pack(">H32sHh", 1, b"", 24, -1),
    )  # fmt: skip
    tables = [
        full(b"stsd", words(1), entry),
        stts or full(b"stts", words(1, 1, 1000)),
        stsc or full(b"stsc", words(1, 1, 1, 1)),
        stsz or full(b"stsz", words(0, 1, len(sample))),
        chunks or full(b"stco", words(1, len(FTYP) + 8)),
        more,
    ]
    media = box(
        b"mdia",
        full(b"mdhd", words(0, 0, 1000, 1000, 0)),
        full(b"hdlr", words(0), b"vide", bytes(13)),
        box(
            b"minf",
            full(b"vmhd", bytes(8), flags=1),
            box(b"dinf", full(b"dref", words(1), full(b"url ", flags=1))),
            box(b"stbl", *tables),
        ),
    )
    header = full(b"tkhd", words(0, 0, 1, 0, 1000), bytes(16), UPRIGHT, words(400 << 16, 320 << 16), flags=3)
    track = box(b"trak", header, edits, media)
    index = full(b"mvhd", words(0, 0, 1000, 1000, 1 << 16), bytes(12), UPRIGHT, bytes(24), words(2))
    return FTYP + box(b"mdat", sample) + moov(index + track * tracks + extra) + after


def fragment(*parts: bytes) -> bytes:
    """A piece of a film that comes in pieces, with what is to stand in it behind its track's number."""
    return box(b"moof", full(b"mfhd", words(1)), box(b"traf", full(b"tfhd", words(1), flags=0x20000), *parts))


def nested(depth: int, inner: bytes = b"", kind: bytes = b"udta") -> bytes:
    """Boxes in boxes."""
    size = 8 * depth + len(inner)
    return b"".join(struct.pack(">I4s", size - 8 * level, kind) for level in range(depth)) + inner


TREX = box(b"mvex", full(b"trex", words(1, 1, 1, 1, 0)))
MILLION = 1_000_000

FILMS: dict[str, Callable[[], bytes]] = {
    "60 million samples of one size": lambda: film(stsz=full(b"stsz", words(1, MANY))),
    "60 million samples of no size": lambda: film(stsz=full(b"stsz", words(0, MANY))),
    "60 million samples, in time": lambda: film(stts=full(b"stts", words(1, MANY, 1))),
    "60 million samples in one chunk": lambda: film(
        stsz=full(b"stsz", words(1, MANY)), stsc=full(b"stsc", words(1, 1, MANY, 1))
    ),
    "a million samples": lambda: film(
        stsz=full(b"stsz", words(0, MILLION), words(1) * MILLION),
        stts=full(b"stts", words(1, MILLION, 1)),
        stsc=full(b"stsc", words(1, 1, MILLION, 1)),
        sample=bytes(MILLION),
    ),
    "a million chunks": lambda: film(
        stsz=full(b"stsz", words(1, MILLION)),
        stts=full(b"stts", words(1, MILLION, 1)),
        chunks=full(b"stco", words(MILLION), words(*range(36, 36 + MILLION))),
        sample=bytes(MILLION),
    ),
    "chunks that are not there": lambda: film(chunks=full(b"co64", words(MANY))),
    "a million edits": lambda: film(edits=box(b"edts", full(b"elst", words(MILLION), words(1, 0, 1 << 16) * MILLION))),
    "edits that are not there": lambda: film(edits=box(b"edts", full(b"elst", words(MANY)))),
    "a million edits and as many samples": lambda: film(
        edits=box(b"edts", full(b"elst", words(MILLION), words(1, 0, 1 << 16) * MILLION)),
        stsz=full(b"stsz", words(1, 400_000)),
        stts=full(b"stts", words(1, 400_000, 1)),
        stsc=full(b"stsc", words(1, 1, 400_000, 1)),
        sample=bytes(400_000),
    ),
    "composition times for 4 billion": lambda: film(more=full(b"ctts", words(1, 0xFFFFFFFF, 1))),
    "a million composition times": lambda: film(more=full(b"ctts", words(MILLION), words(0xFFFF, 1) * MILLION)),
    "keyframes that are not there": lambda: film(more=full(b"stss", words(MANY))),
    "a fragment of 60 million": lambda: film(extra=TREX, after=fragment(full(b"trun", words(MANY)))),
    "fragments of 60 million": lambda: film(
        extra=TREX, after=fragment(full(b"trun", words(MANY))) * 20 + box(b"mdat", jpeg())
    ),
    "a million fragments": lambda: film(extra=TREX, after=fragment(full(b"trun", words(1))) * 400_000),
    "an index of what is not there": lambda: film(
        extra=TREX, after=full(b"sidx", words(1, 1000, 0, 0), struct.pack(">HH", 0, 65535)) * 1000
    ),
    "many indexes": lambda: film(
        extra=TREX,
        after=full(b"sidx", words(1, 1000, 0, 0), struct.pack(">HH", 0, 5000), words(8, 1, 0) * 5000) * 300,
    ),
    "boxes in boxes": lambda: film(extra=nested(100_000)),
    "boxes in boxes, of a film": lambda: film(extra=nested(100_000, kind=b"moov")),
    "four million empty boxes": lambda: film(after=box(b"free") * 4_000_000),
    "four million empty boxes in front": lambda: box(b"free") * 4_000_000 + film(),
    "a million empty boxes inside": lambda: film(extra=box(b"free") * MILLION),
    "a million empty tracks": lambda: film(extra=box(b"trak") * MILLION),
    "nine hundred tracks": lambda: film(tracks=900),
    "nine hundred tracks of many samples": lambda: film(
        tracks=900, stsz=full(b"stsz", words(1, 1_000_000)), sample=bytes(1_000_000)
    ),
    "keys that are not there": lambda: film(
        extra=box(b"meta", full(b"hdlr", words(0), b"mdta", bytes(13)), full(b"keys", words(MANY * 8)))
    ),
    "a packed index": lambda: film(moov=_packed),
    "groups that are not there": lambda: film(more=full(b"sbgp", b"rap ", words(MANY))),
    "kinds that are not there": lambda: film(more=full(b"stsd", words(0xFFFF))),
    "a table twice": lambda: film(more=full(b"stsz", words(1, MANY))),
    "a picture of a gigapixel": lambda: film(sample=_huge_jpeg()),
}


def _packed(parts: bytes) -> bytes:
    """An index that hides, compressed, behind an old kind of box."""
    hidden = box(b"moov", parts.replace(full(b"stsz", words(0, 1)), full(b"stsz", words(1, MANY))))
    hidden = box(b"moov", parts, bytes(100_000_000))
    return box(b"moov", box(b"cmov", box(b"dcom", b"zlib"), box(b"cmvd", words(len(hidden)), zlib.compress(hidden))))


def _huge_jpeg() -> bytes:
    data = bytearray(jpeg())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", 32000, 32000)
    return bytes(data)


def element(id: int, *parts: bytes) -> bytes:
    """An element of a WebM."""
    body = b"".join(parts)
    name = id.to_bytes((id.bit_length() + 7) // 8, "big")
    return name + struct.pack(">Q", 1 << 56 | len(body)) + body


CUE = element(0xBB, element(0xB3, b"\0"), element(0xB7, element(0xF7, b"\1"), element(0xF1, b"\0")))
TAG = element(0x67C8, element(0x45A3, b"A"), element(0x4487, b"B"))


def webm(*parts: bytes) -> bytes:
    """A WebM without a picture, and what else is to be in it."""
    track = element(
        0xAE,
        element(0xD7, b"\1"),
        element(0x73C5, b"\1"),
        element(0x83, b"\1"),
        element(0x86, b"V_VP8"),
        element(0xE0, element(0xB0, b"\x01\x90"), element(0xBA, b"\x01\x40")),
    )
    head = element(
        0x1A45DFA3,
        element(0x4286, b"\1"),
        element(0x42F7, b"\1"),
        element(0x42F2, b"\4"),
        element(0x42F3, b"\x08"),
        element(0x4282, b"webm"),
        element(0x4287, b"\2"),
        element(0x4285, b"\2"),
    )
    info = element(0x1549A966, element(0x2AD7B1, b"\x0f\x42\x40"), element(0x4489, struct.pack(">d", 1e9)))
    return head + element(0x18538067, info, element(0x1654AE6B, track), *parts)


WEBMS: dict[str, Callable[[], bytes]] = {
    "a million cues": lambda: webm(element(0x1C53BB6B, CUE * MILLION)),
    "a million empty blocks": lambda: webm(
        element(0x1F43B675, element(0xE7, b"\0"), element(0xA3, b"\x81\0\0\x80") * MILLION)
    ),
    "half a million tags": lambda: webm(element(0x1254C367, element(0x7373, TAG) * 500_000)),
}


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    before: bytes = b"", after: bytes = b"", size: tuple[int, int] = (400, 320), rows: bytes | None = None
) -> bytes:
    rows = b"".join(repeat(bytes(1 + size[0]), size[1])) if rows is None else rows
    head = struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + before
        + chunk(b"IDAT", zlib.compress(rows))
        + after
        + chunk(b"IEND")
    )


def exif_of_copies(size: int) -> bytes:
    """A directory of 65,535 values, which all are the same megabytes."""
    entries = b"".join(struct.pack(">HHII", tag, 7, size, 8) for tag in range(1, 65535))
    return b"MM\0*" + words(8) + struct.pack(">H", 65534) + entries + bytes(4) + bytes(max(0, size - len(entries)))


def gif(blocks: bytes) -> bytes:
    file = BytesIO()
    Image.new("P", (400, 320)).save(file, "GIF")
    data = file.getvalue()
    at = 13 + 3 * (2 << (data[10] & 7) if data[10] & 0x80 else 0)
    return data[:at] + blocks + data[at:]


def scans(count: int) -> bytes:
    """A progressive JPEG of 48 megapixels with its last scan many times, each of which takes a few bytes."""
    file = BytesIO()
    Image.new("L", (8000, 6000)).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    at = data.rindex(b"\xff\xda")
    return data[:at] + data[at:-2] * count + b"\xff\xd9"


def rle_bmp(run: bytes) -> bytes:
    """49 megapixels, of which each is a run of its own."""
    runs = run * (30_000_000 // len(run))
    head = struct.pack("<IIIHHIIIIII", 40, 7000, 7000, 1, 8, 1, len(runs), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 1078 + len(runs), 0, 0, 1078) + head + bytes(1024) + runs


def webp_header(width: int, height: int) -> bytes:
    """An animation of nothing: a size alone."""
    canvas = b"\2\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + canvas + b"ANIM" + struct.pack("<IIH", 6, 0, 0)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def commented_jpeg(segments: bytes) -> bytes:
    data = jpeg()
    return data[:2] + segments + data[2:]


PICTURES: dict[str, Callable[[], bytes]] = {
    "a png of two million texts": lambda: png(chunk(b"tEXt") * 2_600_000),
    "a png with two million chunks behind": lambda: png(after=chunk(b"abCd") * 2_600_000),
    "a png of two million pieces": lambda: png(chunk(b"IDAT") * 2_600_000),
    "a png of packed texts": lambda: png(chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1_000_000))) * 3000),
    "a png of copies": lambda: png(chunk(b"eXIf", exif_of_copies(20_000_000))),
    "a png with more behind": lambda: png(rows=bytes(401 * 320) + bytes(30_000_000)),
    "a jpeg of eight million comments": lambda: commented_jpeg(b"\xff\xfe\0\2" * 8_000_000),
    "a jpeg of filling": lambda: commented_jpeg(b"\xff" * 30_000_000),
    "a jpeg of nothing": lambda: commented_jpeg(bytes(30_000_000)),
    "a jpeg of scans": lambda: scans(90),
    "a gif in sixteen million pieces": lambda: gif(b"!\xfe" + b"\1a" * 15_000_000 + b"\0"),
    "a gif of comments": lambda: gif(b"!\xfe\1a\0" * 6_000_000),
    "a bmp of runs": lambda: rle_bmp(b"\1\0"),
    "a bmp of steps on the spot": lambda: rle_bmp(b"\0\2\0\0"),
    "a webp of a quarter of a gigapixel": lambda: webp_header(16383, 16383),
}
