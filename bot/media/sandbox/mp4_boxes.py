"""Validation of an MP4's tables before a decoder allocates by them: large counts cost a sender nothing.

Bounds the number of boxes, their depth, samples and edits; anything it misses meets the limits of the sandbox.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO

from bot.errors import BrokenClip

BOXES = 50_000
DEPTH = 16
SAMPLES = 500_000  # all tracks together: more than two hours of video and sound
EDITS = 100

_CONTAINERS = {b"moov", b"hoov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"mvex", b"moof", b"traf"}
# Offset of the entry count in a box, after its header, and bytes per entry.
_TABLES = {
    b"stts": (4, 8),
    b"ctts": (4, 8),
    b"stsc": (4, 12),
    b"stco": (4, 4),
    b"co64": (4, 8),
    b"stss": (4, 4),
    b"stps": (4, 4),
    b"stsd": (4, 8),
    b"dref": (4, 8),
    b"sbgp": (8, 8),
}
# Fields per sample of a fragment, by flag; four bytes each.
_RUN_FIELDS = 0xF00


def check(file: BinaryIO) -> None:
    """Raise `BrokenClip` if an MP4 claims more than it holds or than we accept; ignores other formats."""
    file.seek(0)
    if file.read(8)[4:] in (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"styp", b"moof"):
        _Claims(file).read()
    file.seek(0)


class _Claims:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        self._boxes = self._samples = self._edits = 0
        self._sound = False

    def read(self) -> None:
        """Visit all boxes that hold boxes or tables."""
        todo = [(0, self._size, 0)]
        while todo:
            start, end, depth = todo.pop()
            for kind, at, until in self._inside(start, end):
                if kind in _CONTAINERS:
                    if depth == DEPTH:
                        raise BrokenClip("boxes in boxes")
                    todo.append((at, until, depth + 1))
                else:
                    self._table(kind, at, until - at)

    def _inside(self, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
        """Kind, start and end of the content of each box."""
        while at + 8 <= end:
            self._boxes += 1
            if self._boxes > BOXES:
                raise BrokenClip("too many boxes")
            head = self._bytes(at, 16)
            size, kind, large = int.from_bytes(head[:4], "big"), head[4:8], int.from_bytes(head[8:], "big")
            header = 16 if size == 1 else 8
            size = large if size == 1 else size or end - at
            if size < header:
                return  # the end of the parsable part
            yield kind, at + header, min(at + size, end)
            at += size

    def _table(self, kind: bytes, at: int, length: int) -> None:
        if kind == b"cmov":
            raise BrokenClip("a packed index")  # obsolete, and it would hide the tables
        if kind == b"hdlr":
            self._sound = self._bytes(at + 8, 4) == b"soun"
        elif kind in _TABLES:
            where, width = _TABLES[kind]
            self._hold(self._number(at + where), width, length - where - 4)
        elif kind in (b"stsz", b"stz2"):
            self._sizes(kind, at, length)
        elif kind == b"elst":
            width = 20 if self._bytes(at, 1) == b"\1" else 12
            self._edits += min(self._number(at + 4), length // width)
        elif kind == b"trun":
            flags, count = self._number(at) & 0xFFFFFF, self._number(at + 4)
            self._hold(count, 4 * (flags & _RUN_FIELDS).bit_count(), length - 8)
            self._samples += count
        elif kind == b"sidx":
            where = 30 if self._bytes(at, 1) == b"\1" else 22
            count = int.from_bytes(self._bytes(at + where, 2), "big")
            self._hold(count, 12, length - where - 2)
            self._samples += count
        if self._samples > SAMPLES or self._edits > EDITS:
            raise BrokenClip("too many samples or edits")

    def _sizes(self, kind: bytes, at: int, length: int) -> None:
        every, count = self._number(at + 4), self._number(at + 8)
        if kind == b"stz2":
            self._hold(count, (every & 0xFF) / 8, length - 12)
        elif every:
            self._hold(count, every, self._size)
        else:
            self._hold(count, 4, length - 12)
        if not (every and self._sound):  # PCM has a sample per tick, which is read by the chunk
            self._samples += count

    def _hold(self, count: int, width: float, length: int) -> None:
        if count * width > length:
            raise BrokenClip(f"{count} entries in {max(length, 0)} bytes")

    def _number(self, at: int) -> int:
        return int.from_bytes(self._bytes(at, 4), "big")

    def _bytes(self, at: int, count: int) -> bytes:
        self._file.seek(at)
        return self._file.read(count)
