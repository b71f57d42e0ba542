"""The mark of a clip's origin: in real files of every kind, and nothing of a clip changes by it."""

import functools
import struct
import tempfile
from io import BytesIO
from pathlib import Path
from uuid import UUID

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import BrokenClip
from bot.media.sandbox import origin
from tests.origins import AI
from tests.origins import origin as read

XMP = UUID("BE7ACFCB-97A9-42E8-9C71-999491E3AFAC").bytes
C2PA = UUID("D8FEC3D6-1B0E-483C-9297-5828877EC481").bytes


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


@functools.cache
def film(form: str = "mp4", flags: str = "") -> bytes:
    """Half a second of noise with a tone, as FFmpeg writes it."""
    noise = np.random.default_rng(3)
    with (
        tempfile.NamedTemporaryFile() as file,
        av.open(file.name, "w", format=form, options={"movflags": flags} if flags else {}) as container,
    ):
        picture, sound = container.add_stream("libx264", rate=24), container.add_stream("aac", rate=44100)
        picture.width, picture.height, picture.pix_fmt = 128, 96, "yuv420p"
        for _ in range(12):
            pixels = noise.integers(0, 255, (96, 128, 3), dtype=np.uint8)
            container.mux(picture.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        tone = av.AudioFrame.from_ndarray(
            np.sin(np.arange(22050, dtype=np.float32) / 20)[None], format="fltp", layout="mono"
        )
        tone.rate = 44100
        container.mux(sound.encode(tone))
        container.mux(picture.encode(None))
        container.mux(sound.encode(None))
        container.close()
        return Path(file.name).read_bytes()


def outermost(data: bytes) -> list[tuple[bytes, int]]:
    """Kind and position of each box."""
    found, at = [], 0
    while at < len(data):
        found.append((data[at + 4 : at + 8], at))
        size = struct.unpack_from(">I", data, at)[0]
        at += struct.unpack_from(">Q", data, at + 8)[0] if size == 1 else size or len(data) - at
    return found


def open_ended() -> bytes:
    """The pictures come last, in a box that gives no size."""
    data = film(flags="faststart")
    kind, at = outermost(data)[-1]
    assert kind == b"mdat"
    return data[:at] + bytes(4) + data[at + 4 :]


def wide() -> bytes:
    """The pictures in a box with a size of 64 bits, whose header takes the room that FFmpeg leaves for it."""
    data = film(flags="faststart")
    (kind, at), (last, _) = outermost(data)[-2:]
    assert (kind, last) == (b"free", b"mdat")
    return data[:at] + struct.pack(">I4sQ", 1, b"mdat", len(data) - at) + data[at + 16 :]


FILMS = {
    "index last": film,
    "index first": lambda: film(flags="faststart"),
    "QuickTime": lambda: film("mov"),
    "fragments": lambda: film(flags="frag_keyframe+empty_moov+default_base_moof"),
    "fragments with an index of segments": lambda: film(flags="dash+global_sidx+frag_keyframe"),
    "fragments and nothing behind": lambda: film(flags="frag_keyframe+empty_moov+skip_trailer"),
    "no size": open_ended,
    "a size of 64 bits": wide,
    "padded": lambda: film() + box(b"free", bytes(100)),
    "others' words": lambda: film() + box(b"uuid", XMP + b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"),
}


def marked(data: bytes, folder: Path) -> bytes:
    path = folder / "clip.mp4"
    path.write_bytes(data)
    with path.open("r+b") as file:
        origin.add(file)
    return path.read_bytes()


def played(data: bytes) -> list[tuple[str, int | None, bytes]]:
    """Every picture and every piece of sound, with its time."""
    with av.open(BytesIO(data), options={"use_mfra_for": "pts"}) as container:
        frames = [frame for frame in container.decode() if isinstance(frame, av.VideoFrame | av.AudioFrame)]
    return [(type(frame).__name__, frame.pts, frame.to_ndarray().tobytes()) for frame in frames]


@pytest.mark.parametrize("kind", FILMS)
def test_every_kind_of_file_is_marked_and_plays_as_before(tmp_path: Path, kind: str) -> None:
    came = FILMS[kind]()
    made = marked(came, tmp_path)
    assert AI.encode() in made
    assert read(made) == AI
    assert len(played(came)) > 20
    assert played(made) == played(came)
    assert len(made) - len(came) < 500
    assert marked(made, tmp_path) == made, "once is enough"


@pytest.mark.parametrize("kind", FILMS)
def test_nothing_moves(tmp_path: Path, kind: str) -> None:
    came = FILMS[kind]()
    made = marked(came, tmp_path)
    if kind == "no size":  # now it gives one, as the mark would be in it
        at = came.index(b"mdat") - 4
        assert (made[at : at + 4], came[at : at + 4]) == (struct.pack(">I", len(came) - at), bytes(4))
        made, came = made[:at] + made[at + 4 :], came[:at] + came[at + 4 :]
    index = came.rfind(b"mfra") - 4 if kind in ("fragments", "fragments with an index of segments") else len(came)
    assert made.startswith(came[:index])
    assert made.endswith(came[index:]), "an index that is found from the end of the file"


def test_all_that_can_be_broken_by_a_box_behind_stays_as_it_is(tmp_path: Path) -> None:
    came = film(flags="faststart")
    for broken in (
        came[:-1],
        came + b"\0",
        came + bytes(3) + b"\5junk",
        came + b"\0\0\0\1mdat\0\0",
        b"RIFF" + came,
        b"",
    ):
        with pytest.raises(BrokenClip):
            marked(broken, tmp_path)
        assert (tmp_path / "clip.mp4").read_bytes() == broken


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(sorted(FILMS)), share=st.floats(0, 1))
def test_a_file_that_was_cut_off_is_marked_only_between_two_boxes(tmp_path: Path, kind: str, share: float) -> None:
    whole = FILMS[kind]()
    cut = whole[: int(len(whole) * share)]
    try:
        made = marked(cut, tmp_path)
    except BrokenClip:
        assert (tmp_path / "clip.mp4").read_bytes() == cut
    else:
        assert kind == "no size" or len(cut) in [len(whole), *(at for _, at in outermost(whole))]
        assert AI.encode() in made


@pytest.mark.parametrize(
    "mark",
    [
        box(b"uuid", C2PA + bytes(4) + b"manifest\0" + b"jumb: signed over every byte of this file"),
        box(b"uuid", XMP + b"<rdf:Description Iptc4xmpExt:DigitalSourceType='http://x/trainedAlgorithmicMedia'/>"),
    ],
)
def test_a_mark_that_came_with_the_clip_is_enough(tmp_path: Path, mark: bytes) -> None:
    for came in (film() + mark, film()[: outermost(film())[1][1]] + mark + film()[outermost(film())[1][1] :]):
        assert marked(came, tmp_path) == came


def test_odd_sizes_cost_nothing(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    for head in (box(b"ftyp", b"isom") + struct.pack(">I4s", 0, b"mdat"), struct.pack(">I4sQ", 1, b"mdat", 2**63)):
        with path.open("w+b") as file:
            file.write(head)
            file.truncate(2**32 + 100)  # sparse
            with pytest.raises(BrokenClip):
                origin.add(file)
    for content in (box(b"free", b"") * 60_000, box(b"ftyp", b"isom") + box(b"mfra", bytes(2**21))):
        with pytest.raises(BrokenClip):
            marked(content, tmp_path)
