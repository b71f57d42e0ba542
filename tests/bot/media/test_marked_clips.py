"""Every clip says how it was made, however it came and whatever is made of it."""

import resource
import shutil
import signal
import struct
from pathlib import Path
from typing import Any, BinaryIO

import av
import pytest

from bot.errors import BrokenClip
from bot.media.library import Media
from bot.media.sandbox.origin import mark
from tests.bot.media.videos import codecs, files, kept, loudness, packets, steps, turned, video
from tests.houses import House
from tests.origins import AI, origin


def frames(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray").tobytes() for frame in container.decode(video=0)]


@pytest.mark.parametrize("sound", [False, True])
async def test_every_clip_says_how_it_was_made(box: Media, tmp_path: Path, sound: bool) -> None:
    came = tmp_path / "came.mp4"
    came.write_bytes(video((640, 360), sound=sound, bits=3_000_000))
    assert origin(came) is None
    clip = await kept(box, came.read_bytes())
    path = box.path(clip.name)
    assert codecs(path) == (["h264", "aac"] if sound else ["h264"])
    assert (packets(path), frames(path), steps(path)) == (packets(came), frames(came), steps(came))
    assert clip.size == path.stat().st_size
    if sound:
        assert loudness(path) == loudness(came)
    fitted, film = await box.fit(clip, clip.size // 2), await box.join([clip, clip])
    assert fitted
    for made in (fitted, film):
        assert origin(box.path(made.name)) == AI
    again = await kept(box, path.read_bytes())
    assert box.path(again.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("quarters", [1, 2, 3])
async def test_a_turned_clip_says_it_too(box: Media, quarters: int) -> None:
    clip = await kept(box, turned(video(), quarters))
    assert origin(box.path(clip.name)) == AI
    assert (clip.width, clip.height) == ((240, 320) if quarters % 2 else (320, 240))
    with av.open(str(box.path(clip.name))) as container:
        assert abs(next(container.decode(video=0)).rotation) == (180 if quarters == 2 else 90)


async def test_what_a_provider_wrote_about_its_origin_stays(box: Media) -> None:
    box_of_its_own = struct.pack(">I4s", 24 + 9, b"uuid") + bytes(range(16)) + b"certified"
    clip = await kept(box, video() + box_of_its_own)
    assert origin(box.path(clip.name)) == AI
    assert box_of_its_own in box.path(clip.name).read_bytes()


@pytest.mark.parametrize("why", ["it cannot be marked", "it stops the decoder"])
async def test_a_clip_that_cannot_be_marked_is_kept_as_it_came(
    box: Media, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, why: str
) -> None:
    data, look = video(), box._clips._projector.clip

    async def broken(source: Path, poster: Path | None = None, copy: Path | None = None) -> Any:
        shape = await look(source, poster, copy)
        if copy:
            raise BrokenClip(why)
        return shape

    monkeypatch.setattr(box._clips._projector, "clip", broken)
    clip = await kept(box, data)
    assert box.path(clip.name).read_bytes() == data
    assert clip.size == len(data)
    assert f"the clip {clip.name} stays as it came" in caplog.text
    assert why in caplog.text
    assert files(box) == [f"clips/{clip.name}", f"clips/{clip.name}.poster.jpg"]


def test_what_the_library_cannot_read_is_the_clips_fault(tmp_path: Path) -> None:
    source = tmp_path / "a.mp4"
    source.write_bytes(video()[:100])
    with source.open("rb") as read, (tmp_path / "b.mp4").open("w+b") as written, pytest.raises(BrokenClip):
        mark(read, written)


def test_a_full_disk_is_no_fault_of_the_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = tmp_path / "a.mp4", tmp_path / "b.mp4"
    source.write_bytes(video())
    copy, (soft, hard) = shutil.copyfileobj, resource.getrlimit(resource.RLIMIT_FSIZE)

    def and_now_the_disk_is_full(source: BinaryIO, target: BinaryIO, length: int) -> None:
        copy(source, target, length)
        target.flush()
        resource.setrlimit(resource.RLIMIT_FSIZE, (target.tell(), hard))

    monkeypatch.setattr(shutil, "copyfileobj", and_now_the_disk_is_full)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with (
            source.open("rb") as read,
            target.open("w+b", buffering=0) as written,
            pytest.raises(OSError, match="too large"),
        ):
            mark(read, written)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


async def test_what_a_platform_gets_says_it(house: House) -> None:
    house.provider.clips = [video()]
    job = await house.finish(await house.order())
    assert job.clip
    [sent] = house.chat.clips
    assert origin(sent) == AI
    assert job.clip.size == len(sent)
