"""A JPEG that needs no second generation: baseline, in colour, of one scan; written anew around its compressed pixels.

What a decoder does not use is not in it: nothing between segments, no unused table, no header of a program, nothing
behind the end. Compressed pixels are taken as they are; whoever decodes them notices what follows the last one.
"""

import re

_START = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"  # no density, no thumbnail
_END = b"\xff\xd9"
_SOF0, _DHT, _SOS, _DQT, _APP0, _APP14 = 0xC0, 0xC4, 0xDA, 0xDB, 0xE0, 0xEE

_FRAME = re.compile(rb"\x08....\x03\x01[\x11\x12\x21\x22](.)\x02\x11(.)\x03\x11(.)", re.DOTALL)
"""8 bits; height and width; three components, YCbCr by their numbers, 4:4:4, 4:4:0, 4:2:2 or 4:2:0; their tables."""
_SCAN = re.compile(rb"\x03\x01(.)\x02(.)\x03(.)\0\x3f\0", re.DOTALL)
"""All three and their tables, all coefficients, all bits."""
_MARKER = re.compile(rb"\xff(?!\0)")
"""In compressed pixels, of which FF 00 is a byte."""

_YCBCR = 1  # Adobe's transform
_TABLES = 9  # named by a frame and its scan: three for each component
_DC = frozenset(range(12))  # symbols of the Huffman tables: sizes; and zeros before a size, a block's end, 16 zeros
_AC = frozenset({0x00, 0xF0, *(zeros << 4 | size for zeros in range(16) for size in range(1, 11))})
_SYMBOLS = {0x00: _DC, 0x01: _DC, 0x10: _AC, 0x11: _AC}

_Table = tuple[int, int]
"""The marker that defines a table, and its number, with the class in the upper half."""


class _Unusual(Exception):
    """Something that a usual photo does not have: a quirk, or an attack."""


def plain(jpeg: bytes) -> bytes | None:
    """The same picture with nothing beside it; None for an unusual one. `jpeg` is as `first_image.distil` made it."""
    try:
        return _plain(jpeg)
    except (_Unusual, IndexError):  # or one that ends too soon
        return None


def _plain(jpeg: bytes) -> bytes:
    kept, tables, used, marker, at = [_START], list[_Table](), list[_Table](), 0, 2
    while marker != _SOS:
        start, marker = at, jpeg[at + 1]
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        body = jpeg[start + 4 : at]
        _need(jpeg[start] == 0xFF and start + 4 < at <= len(jpeg))
        if marker == _APP14:
            _need(body[11] == _YCBCR)
        if marker in (_APP0, _APP14):  # they say nothing that the new header does not
            continue
        kept.append(jpeg[start:at])
        if marker == _DQT:
            tables += _quantisation(body)
        elif marker == _DHT:
            tables += _huffman(body)
        elif marker == _SOF0:
            used += [(_DQT, number) for number in _numbers(_FRAME, body)]
        elif marker == _SOS:
            for number in _numbers(_SCAN, body):
                used += [(_DHT, number >> 4), (_DHT, 0x10 | number & 0x0F)]
        else:
            raise _Unusual
    _need(len(used) == _TABLES and sorted(set(used)) == sorted(tables))  # each is there once, and used
    _need(jpeg.endswith(_END) and not _MARKER.search(jpeg, at, len(jpeg) - len(_END)))
    return b"".join((*kept, memoryview(jpeg)[at:]))


def _numbers(form: re.Pattern[bytes], body: bytes) -> list[int]:
    found = form.fullmatch(body)
    _need(found is not None)
    return [group[0] for group in found.groups()] if found else []


def _quantisation(body: bytes) -> list[_Table]:
    """Of eight bits each."""
    parts = [body[at : at + 65] for at in range(0, len(body), 65)]
    _need(all(len(part) == 65 and 0 not in part[1:] for part in parts))
    return [(_DQT, part[0]) for part in parts]


def _huffman(body: bytes) -> list[_Table]:
    """With no symbol that baseline does not have, and none twice."""
    found, at = list[_Table](), 0
    while at < len(body):
        number, counts = body[at], body[at + 1 : at + 17]
        symbols = body[at + 17 : at + 17 + sum(counts)]
        _need(len(counts) == 16 and 0 < len(symbols) == sum(counts) == len(set(symbols)))
        _need(set(symbols) <= _SYMBOLS.get(number, set()))
        _need(sum(count << 15 - bits for bits, count in enumerate(counts)) < 2**16)  # no code is all ones
        found.append((_DHT, number))
        at += 17 + len(symbols)
    return found


def _need(usual: bool) -> None:
    if not usual:
        raise _Unusual
