"""Clips come in whole or not at all, whatever is in them."""

from collections.abc import AsyncIterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from boxes import Interrupted, clip, files, picture, stream
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.errors import BrokenClip, NotSent
from bot.media import clips
from bot.media.library import Media
from bot.media.sandbox import origin, probe


@pytest.mark.parametrize("sound", [False, True])
async def test_a_clip(box: Media, sound: bool) -> None:
    data = clip(2.0, sound=sound)
    kept = await box.keep_clip(stream(data))
    assert (kept.width, kept.height, kept.sound) == (320, 240, sound)
    assert kept.size == box.path(kept.name).stat().st_size
    assert kept.seconds == pytest.approx(2.0, abs=0.05)
    assert files(box) == [f"clips/{kept.name}", f"clips/{kept.name}.poster.jpg"]


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
async def test_half_a_clip(box: Media, share: float) -> None:
    """With its index in front it still opens; with the index at the end it does not."""
    for faststart in (True, False):
        data = clip(2.0, faststart=faststart)
        assert (data.index(b"moov") < data.index(b"mdat")) is faststart
        with pytest.raises(BrokenClip):
            await box.keep_clip(stream(data[: int(len(data) * share)]))
    assert files(box) == []


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"mp4", id="three bytes"),
        pytest.param(b"<!doctype html><title>Expired</title>" * 100, id="html"),
        pytest.param(bytes(100_000), id="zeros"),
        pytest.param(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hosts\n#EXT-X-ENDLIST\n", id="playlist"),
        pytest.param(b"ffconcat version 1.0\nfile other.mp4\n", id="list of files"),
        pytest.param(clip(picture=False, sound=True), id="sound only"),
        pytest.param(picture(), id="photo"),
    ],
)
async def test_what_does_not_play(box: Media, data: bytes) -> None:
    with pytest.raises(BrokenClip):
        await box.keep_clip(stream(data))
    assert files(box) == []


async def test_an_endless_clip(box: Media, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "HEAVIEST_CLIP", 100_000)
    given = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given
        while True:
            given += 1
            yield bytes(1000)

    with pytest.raises(BrokenClip, match="larger"):
        await box.keep_clip(endless())
    assert given == 101
    assert files(box) == []


@pytest.mark.parametrize("error", [NotSent("later"), ConnectionError("reset"), KeyError("x")])
async def test_what_the_stream_raises_passes_through(box: Media, error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        await box.keep_clip(Interrupted(error))
    assert caught.value is error
    assert files(box) == []


GOOD_CLIP = clip(0.4, sound=True)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=8)), max_size=6),
    share=st.floats(0.2, 1),
)
def test_damaged_clips_play_or_are_broken(tmp_path: Path, changes: list[tuple[float, bytes]], share: float) -> None:
    damaged = bytearray(GOOD_CLIP)
    for where, what in changes:
        at = int(where * len(damaged))
        damaged[at : at + len(what)] = what
    path = tmp_path / "clip.mp4"
    path.write_bytes(bytes(damaged[: int(len(damaged) * share)]))
    with path.open("rb") as file, (tmp_path / "marked.mp4").open("w+b") as marked:
        with suppress(BrokenClip):
            origin.mark(file, marked)
        with suppress(BrokenClip):
            assert probe.probe(file).seconds > 0


async def test_the_last_frame_is_the_last(box: Media, clip: bytes) -> None:
    made = await box.keep_clip(stream(clip))
    with Image.open(BytesIO(await box.last_frame(made))) as frame:
        assert frame.size == (made.width, made.height)
        assert np.asarray(frame).mean() > 220  # the fixture's clip goes from black to 232


async def test_the_first_frame_is_the_first(box: Media, clip: bytes) -> None:
    made = await box.keep_clip(stream(clip))
    with Image.open(BytesIO(await box.first_frame(made))) as frame:
        assert (frame.format, frame.size) == ("JPEG", (made.width, made.height))
        assert np.asarray(frame).mean() < 20
