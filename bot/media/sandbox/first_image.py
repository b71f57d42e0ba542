"""Extraction of a file's first image, without later images and ancillary chunks.

Ancillary chunks (texts, previews, comments, other images) may be broken, huge, or exploits of a library, and viewers
skip them. Two are kept, as they change the look: EXIF (orientation) and the colour profile. Each function is linear in
the file's size and decodes no pixel.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from bot import texts
from bot.errors import Refusal
from bot.media.sandbox import colours

SCANS = 30  # a progressive JPEG has about ten; thousands, in few bytes, would decode for a minute
PIECES = 50_000  # chunks of a PNG or WebP, markers of a JPEG; a PNG of 32 MB has four thousand

_Part = TypeVar("_Part")

_LARGEST_PROFILE = 2**24  # bytes; the maximum in a JPEG

_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")  # not a stuffed FF 00, a restart or a fill byte
_SOI, _EOI, _SOS, _APP0, _APP1, _APP2, _APP14, _APP15, _COM = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE

_IN_FRONT = re.compile(
    rb"(?!%PDF|%!PS)(?:\xef\xbb\xbf)?[\s\0]{0,1024}+(?:[!-~][ -~\t]{0,500}+\r?\n){0,40}+[\s\0]{0,64}+"
    rb"(?=\xff\xd8\xff|\x89PNG\r\n|GIF8|RIFF....WEBP)",
    re.DOTALL,
)
"""Junk that faulty programs write before a picture: a byte order mark, blank lines, HTTP headers, warnings."""

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_PIXELS = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_UNSPECIFIED = 2  # CICP code
_PNG_COLOURS = (b"cICP", b"iCCP", b"sRGB", b"gAMA")  # in order of precedence
_PNG_LOOKS = (b"tRNS", b"eXIf", *_PNG_COLOURS)

_WEBP_FLAGS = 0x12  # of VP8X: alpha and animation only

_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"avif", b"avis", b"mif1", b"msf1")
_LONGEST_FTYP = 1024  # bytes


@dataclass(frozen=True, slots=True)
class FirstImage:
    """A picture file of the same format, and the metadata removed from it."""

    data: bytes
    exif: bytes | None = None
    profile: bytes | None = None
    unended: bool = False
    """A JPEG without an end marker; `data` has one, so missing rows are still to be detected."""


def distil(data: bytes) -> FirstImage:
    """Reduce a picture to its first image; other formats are unchanged. Raises `Refusal` for too many parts."""
    if found := _IN_FRONT.match(data):
        data = data[found.end() :]
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if data.startswith(_PNG):
        return _png(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _webp(data)
    if data[4:8] == b"ftyp":
        return FirstImage(_branded(data))
    return FirstImage(data)


def _branded(data: bytes) -> bytes:
    """A HEIC or AVIF with a major brand that decoders accept, if one of its brands is."""
    size = min(int.from_bytes(data[:4], "big"), _LONGEST_FTYP)
    brands = [data[at : at + 4] for at in (8, *range(16, size - 3, 4))]
    known = next((brand for brand in brands if brand in _BRANDS), brands[0])
    return data if known == brands[0] else data[:8] + known + data[12:]


def _jpeg(data: bytes) -> FirstImage:
    head, exif, profile = [b"\xff\xd8"], list[bytes](), list[bytes]()
    scans, start, end = 0, 0, None
    for marker, at, body in _counted(_segments(data)):
        if marker == _EOI:
            end = at
            break
        if marker == _SOS:
            start, scans = start or at, scans + 1
            if scans > SCANS:
                raise Refusal(texts.pictures.BROKEN_PICTURE)
        elif scans:
            continue  # tables between scans belong to them
        elif marker == _APP1 and body.startswith(b"Exif\0\0"):
            exif.append(body[6:])  # long EXIF continues in the next segment
        elif marker == _APP2 and body.startswith(b"ICC_PROFILE\0"):
            profile.append(body[12:])
        elif _matters(marker, body):
            head.append(data[at : at + 4 + len(body)])
    if not scans:
        return FirstImage(data)
    image = memoryview(data)[start:end] if end else data[start:].rstrip(b"\0").rstrip(b"\xff")
    turned = b"Exif\0\0" + b"".join(exif) if exif else None
    return FirstImage(b"".join((*head, image, b"\xff\xd9")), turned, _joined(profile), unended=end is None)


def _matters(marker: int, body: bytes) -> bool:
    """Whether a segment affects decoding. JFIF and Adobe define the colour encoding; shorter ones are void."""
    if marker == _APP0:
        return body.startswith(b"JFIF\0") and len(body) >= 12
    if marker == _APP14:
        return body.startswith(b"Adobe") and len(body) >= 12
    return marker >= 0xC0 and marker not in (_SOI, _COM) and not _APP0 <= marker <= _APP15


def _segments(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Markers of the first image up to its end: marker, offset, payload."""
    at = 2
    while found := _MARKER.search(data, at):
        at = found.start()
        marker = data[at + 1]
        if marker < 0xC0 or marker in (_SOI, _EOI):  # markers without payload
            yield marker, at, b""
            at += 2
        else:
            length = max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
            yield marker, at, data[at + 4 : at + 2 + length]
            at += 2 + length


def _joined(pieces: list[bytes]) -> bytes | None:
    """A colour profile from numbered pieces; None if one is missing."""
    pieces = sorted(set(pieces))
    count = len(pieces)
    if not 0 < count < 256 or [piece[:2] for piece in pieces] != [bytes((at + 1, count)) for at in range(count)]:
        return None
    return b"".join(piece[2:] for piece in pieces)


def _png(data: bytes) -> FirstImage:
    kept, exif, met = [_PNG], None, set[bytes]()
    profiles: dict[bytes, bytes | None] = {}  # by chunk name
    for name, body, whole in _counted(_chunks(data)):
        if name in _PNG_PIXELS:
            kept.append(whole)
            if name == b"IEND":
                break
        elif name in _PNG_LOOKS and name not in met and _is_sound(name, body, whole):
            met.add(name)  # repeats are ignored: they would only take time
            match name:
                case b"tRNS":
                    kept.append(_chunk(b"tRNS", _transparent(data[24], data[25], body)))
                case b"eXIf":
                    exif = b"Exif\0\0" + body
                case b"cICP" if len(body) == 4 and body[1] != _UNSPECIFIED:
                    profiles[name] = colours.named(body[0], body[1])
                case b"iCCP":
                    if profile := _inflated(body.partition(b"\0")[2][1:]):
                        profiles[name] = profile
                case b"sRGB":
                    profiles[name] = None
                case b"gAMA" if len(body) == 4:
                    profiles[name] = colours.encoded(int.from_bytes(body, "big"))
    said = next((name for name in _PNG_COLOURS if name in profiles), b"")
    return FirstImage(b"".join(kept), exif, profiles.get(said))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Name, body and whole of each chunk of a PNG; the last may be truncated."""
    at = len(_PNG)
    while at + 8 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at + 8 : end - 4], data[at:end]
        at = end


def _is_sound(name: bytes, body: bytes, whole: bytes) -> bool:
    """Whether the checksum is right. Viewers skip ancillary chunks with a wrong one."""
    return len(whole) == 12 + len(body) and zlib.crc32(name + body).to_bytes(4, "big") == whole[-4:]


def _transparent(bits: int, kind: int, body: bytes) -> bytes:
    """The transparent colour of a tRNS chunk, in the depth of Pillow's pixels; b"" if there is none."""
    keys = [int.from_bytes(body[at : at + 2], "big") for at in range(0, len(body) - 1, 2)]
    match kind, bits:
        case 3, _:
            return body[:256]
        case 0, 2 | 4 if keys:
            return struct.pack(">H", keys[0] * 255 // (2**bits - 1) & 0xFF)
        case 0, _ if keys:
            return body[:2]
        case 2, _ if len(keys) >= 3:
            return struct.pack(">3H", *(key >> 8 if bits == 16 else key & 0xFF for key in keys[:3]))
    return b""


def _chunk(name: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(name + body).to_bytes(4, "big")
    return len(body).to_bytes(4, "big") + name + body + checksum if body else b""


def _inflated(packed: bytes) -> bytes | None:
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(packed, _LARGEST_PROFILE)
    except zlib.error:
        return None
    return None if inflater.unconsumed_tail else plain


def _webp(data: bytes) -> FirstImage:
    kept, exif, profile, framed = list[bytes](), None, None, False
    for name, body, whole in _counted(_riff(data)):
        match name:
            case b"EXIF":
                exif = exif or b"Exif\0\0" + body.removeprefix(b"Exif\0\0")
            case b"ICCP":
                profile = profile or body
            case b"VP8X" if not kept and body:
                kept.append(whole[:8] + bytes([body[0] & _WEBP_FLAGS]) + whole[9:])
            case b"ANIM" | b"ALPH" if not framed:
                kept.append(whole)
            case b"ANMF" | b"VP8 " | b"VP8L" if not framed:  # the first frame of an animation
                kept.append(whole)
                framed = True
    image = b"".join(kept)
    return FirstImage(b"RIFF" + struct.pack("<I", 4 + len(image)) + b"WEBP" + image, exif, profile)


def _riff(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Name, body and whole of each chunk of a WebP; the last may be truncated."""
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        end = at + 8 + size + size % 2
        yield data[at : at + 4], data[at + 8 : at + 8 + size], data[at:end]
        at = end


def _counted(parts: Iterator[_Part]) -> Iterator[_Part]:
    yield from islice(parts, PIECES)
    if next(parts, None) is not None:
        raise Refusal(texts.pictures.BROKEN_PICTURE)
