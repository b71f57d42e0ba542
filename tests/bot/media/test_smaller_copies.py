"""Copies of clips that fit a platform, and what stops their making."""

import asyncio
import sys
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import psutil
import pytest
from PIL import Image

from bot.conversation import Attachment
from bot.errors import Refusal, StoreDown
from bot.media import clips
from bot.media.library import Media
from tests.bot.media.videos import (
    a_box,
    drawn,
    files,
    grey,
    kept,
    loudness,
    shapes,
    stream,
    turned,
    video,
)


@pytest.mark.parametrize("share", [0.999, 0.6, 0.3])
async def test_a_clip_is_made_to_fit(box: Media, share: float) -> None:
    clip = await kept(box, video((1280, 720), 2.0, sound=True, bits=4_000_000))
    limit = int(clip.size * share)
    fitted = await box.fit(clip, limit)
    assert fitted is not None
    assert fitted.size == box.path(fitted.name).stat().st_size <= limit
    assert fitted.size > limit * 0.7, "more could have been kept"
    assert fitted.width / fitted.height == pytest.approx(16 / 9, rel=0.01)
    assert fitted.seconds == pytest.approx(2.0, abs=0.05)
    assert fitted.sound
    assert shapes(box.path(fitted.name)) == ["h264", "aac"]
    assert loudness(box.path(fitted.name)) > 0.5
    assert files(box) == [
        f"clips/{clip.name}",
        f"clips/{clip.name}.poster.jpg",
        f"fitted/{clip.name.removesuffix('.mp4')}.{limit}.mp4",
    ]
    assert box.poster(fitted.name) == box.poster(clip.name)


async def test_fewer_bytes_mean_fewer_pixels(box: Media) -> None:
    clip = await kept(box, video((1280, 720), 2.0, sound=True, bits=4_000_000))
    sizes = [await box.fit(clip, limit) for limit in (400_000, 200_000, 100_000, 60_000, 30_000)]
    assert [made and made.width for made in sizes] == [1280, 960, 640, 480, None]


@pytest.mark.parametrize("limit", [-1, 0, 1, 1000])
async def test_what_cannot_be_watched_is_not_made(box: Media, limit: int) -> None:
    clip = await kept(box, video())
    before = files(box)
    assert await box.fit(clip, limit) is None
    assert files(box) == before


async def test_a_clip_that_fits_stays(box: Media) -> None:
    clip = await kept(box, video())
    assert await box.fit(clip, clip.size) is clip


async def test_a_copy_is_made_once(box: Media, tmp_path: Path) -> None:
    clip = await kept(box, video((640, 360), bits=3_000_000))
    limit = clip.size // 2
    first, at_once = await asyncio.gather(box.fit(clip, limit), box.fit(clip, limit))
    assert first == at_once
    assert first is not None
    made = box.path(first.name).stat()
    assert await box.fit(clip, limit) == first
    other = a_box(tmp_path)
    assert await other.fit(clip, limit) == first
    await other.close()
    assert box.path(first.name).stat() == made


async def test_a_copy_of_a_copy_comes_from_the_clip(box: Media) -> None:
    clip = await kept(box, video((640, 360), bits=3_000_000))
    first = await box.fit(clip, clip.size * 2 // 3)
    assert first is not None
    second = await box.fit(first, clip.size // 2)
    assert second is not None
    assert second.name.split(".") == [clip.name.removesuffix(".mp4"), str(clip.size // 2), "mp4"]


@pytest.mark.parametrize("quarters", [1, 2, 3])
async def test_a_turned_clip_stays_as_it_is_shown(box: Media, quarters: int) -> None:
    half = np.zeros((240, 320, 3), np.uint8)
    half[:120] = 250  # white above
    clip = await kept(box, turned(drawn(half), quarters))
    assert (clip.width, clip.height) == ((240, 320) if quarters % 2 else (320, 240))
    fitted = await box.fit(clip, clip.size * 3 // 4)
    assert fitted is not None
    assert (fitted.width, fitted.height) == (clip.width, clip.height)
    with av.open(str(box.path(fitted.name))) as container:
        frame = next(container.decode(video=0))
    assert frame.rotation == 0
    shown = frame.to_ndarray(format="gray")
    poster = box.poster(clip.name)
    assert poster
    expected = np.rot90(half[..., 0], -quarters)
    for picture in (shown, grey(poster.read()), grey(await box.last_frame(clip))):
        assert picture.shape == expected.shape
        assert np.abs(picture.astype(int) - expected).mean() < 20


async def test_a_clip_that_is_gone_or_broken_has_no_copy(box: Media, caplog: pytest.LogCaptureFixture) -> None:
    clip = await kept(box, video())
    box.path(clip.name).write_bytes(b"not any more")
    assert await box.fit(clip, clip.size - 1) is None
    assert clip.name in caplog.text
    await box.discard([clip.name])
    assert await box.fit(clip, clip.size - 1) is None
    assert files(box) == []


async def test_a_playlist_opens_nothing(box: Media, tmp_path: Path) -> None:
    (tmp_path / "secret.mp4").write_bytes(video())
    clip = await kept(box, video((640, 360)))
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{tmp_path}/secret.mp4\n#EXT-X-ENDLIST\n"
    box.path(clip.name).write_text(playlist)
    assert await box.fit(clip, clip.size - 1) is None
    with pytest.raises(Refusal):
        await box.join([clip, clip])


async def test_a_long_cut_holds_nothing_up(lone: Media) -> None:
    """The one that cuts is held; photos and clips pass."""
    clip = await kept(lone, video((640, 360), bits=3_000_000))
    before = {process.pid for process in psutil.Process().children()}
    cutting = asyncio.create_task(lone.fit(clip, clip.size // 2))
    async with asyncio.timeout(60):
        while not (new := [p for p in psutil.Process().children() if p.pid not in before]):
            await asyncio.sleep(0)
    new[0].suspend()
    picture = BytesIO()
    Image.new("RGB", (400, 300)).save(picture, "JPEG")
    async with asyncio.timeout(60):
        await lone.keep([Attachment(lambda: stream(picture.getvalue()))])
        await kept(lone, video())
        await lone.last_frame(clip)
    assert not cutting.done()
    new[0].resume()
    async with asyncio.timeout(20):
        while not (working := new[0].children()) or working[0].nice() < psutil.Process().nice() + 10:
            await asyncio.sleep(0)
    assert await cutting


@pytest.mark.skipif(sys.platform != "linux", reason="needs prlimit")
async def test_the_disk_is_full_for_the_cutter(lone: Media) -> None:
    import resource

    clip = await kept(lone, video((640, 360), bits=3_000_000))
    before = {process.pid for process in psutil.Process().children()}
    assert await lone.fit(clip, clip.size - 1)
    [cutter] = [process for process in psutil.Process().children() if process.pid not in before]
    resource.prlimit(cutter.pid, resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
    for fork in cutter.children():  # the next one may have been made already
        with suppress(OSError):  # or this is the last one, about to end
            resource.prlimit(fork.pid, resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
    names = files(lone)
    with pytest.raises(StoreDown, match="large"):
        await lone.fit(clip, clip.size // 2)
    with pytest.raises(StoreDown, match="large"):
        await lone.join([clip, clip])
    assert files(lone) == names


async def test_a_cut_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "CUT", 0.01)
    box = a_box(tmp_path)
    clip = await kept(box, video((640, 360), bits=3_000_000))
    before = files(box)
    assert await box.fit(clip, clip.size // 2) is None
    with pytest.raises(Refusal):
        await box.join([clip, clip])
    assert files(box) == before
    await box.close()
