"""The mark “made with AI” in a clip: an XMP packet in a box of its own at the end of an MP4.

Nothing of the clip is moved or decoded. A mark that came with the clip stays, and then nothing is added.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from bot.errors import BrokenClip
from bot.media.sandbox import mp4_boxes, probe

SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's term for a picture that was brought to life: something that was there, and generative AI."""

_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_AI = b"trainedalgorithmicmedia"  # in lower case; the end of each of IPTC's terms for generative AI
_FIRST = (b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"free", b"skip", b"wide")
_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
    f"<Iptc4xmpExt:DigitalSourceType>{SOURCE}</Iptc4xmpExt:DigitalSourceType>"
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
).encode()
_BOX = (24 + len(_PACKET)).to_bytes(4, "big") + b"uuid" + _XMP + _PACKET
_READ = 2**20  # bytes of a packet or an index that are looked at, at most
_BOXES = 50_000
_PIECE = 2**16  # bytes copied at once: memory that a fork touches first costs more than the copying


@dataclass(frozen=True, slots=True)
class _Box:
    """One of a file's outermost boxes. Positions in bytes from the beginning of the file."""

    kind: bytes
    start: int
    body: int
    end: int
    open: bool
    """Its header gives no size: it reaches to the end of the file."""


def mark(source: BinaryIO, target: BinaryIO) -> None:
    """Copy a clip, with the mark of its origin behind it; nothing else changes. Raises `BrokenClip`, `OSError`."""
    shutil.copyfileobj(source, target, _PIECE)
    with probe.blamed():
        mp4_boxes.check(target)
        add(target)


def add(file: BinaryIO) -> None:
    """Mark an MP4 in place, unless it is marked. Raises `BrokenClip` where a box at the end would change the clip."""
    size = file.seek(0, os.SEEK_END)
    last = None
    for last in _boxes(file, size):
        if last.kind == b"uuid" and _marks(file, last):
            return
    if last is None:
        raise BrokenClip("no box")
    tail = b""
    if last.kind == b"mfra":  # an index that is looked for at the end of the file, so it comes after the mark
        if last.end - last.start > _READ:
            raise BrokenClip("a large index of fragments")
        tail = _at(file, last.start, last.end - last.start)
    if last.open:
        if size - last.start >= 2**32:
            raise BrokenClip("a box without a size, and too large for one")
        file.seek(last.start)
        file.write((size - last.start).to_bytes(4, "big"))
    file.seek(last.start if tail else size)
    file.write(_BOX + tail)


def _marks(file: BinaryIO, box: _Box) -> bool:
    """Whether the box says that AI made the clip, or is a signature (C2PA) that any change to the file would break."""
    kind = _at(file, box.body, 16)
    return kind == _C2PA or (kind == _XMP and _AI in _at(file, box.body + 16, box.end - box.body - 16).lower())


def _boxes(file: BinaryIO, size: int) -> Iterator[_Box]:
    """The outermost boxes, which fill the file to its last byte. Raises `BrokenClip` where they do not."""
    at = count = 0
    while at < size:
        head = _at(file, at, 16)
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        header = 16 if length == 1 else 8
        end = size if length == 0 else at + (int.from_bytes(head[8:], "big") if length == 1 else length)
        count += 1
        if len(head) < header or not at + header <= end <= size or count > _BOXES or (at == 0 and kind not in _FIRST):
            raise BrokenClip("no MP4, or not all of one")
        yield _Box(kind, at, at + header, end, open=length == 0)
        at = end


def _at(file: BinaryIO, where: int, count: int) -> bytes:
    file.seek(where)
    return file.read(min(count, _READ))
