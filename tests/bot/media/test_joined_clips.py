"""Films that are joined of several clips, as they are or in the shape of the first."""

import asyncio
import os
import time
from pathlib import Path

import av
import numpy as np
import pytest

from bot import texts
from bot.errors import Refusal
from bot.media.library import Media
from tests.bot.media.videos import (
    a_box,
    files,
    greys,
    kept,
    loudness,
    packets,
    shapes,
    steps,
    turned,
    video,
)


@pytest.mark.parametrize("sound", [False, True])
async def test_clips_alike_are_joined_as_they_are(box: Media, sound: bool) -> None:
    parts = [await kept(box, video(sound=sound, grey=grey)) for grey in (60, 120, 180)]
    film = await box.join(parts)
    path = box.path(film.name)
    assert (film.width, film.height, film.sound, film.size) == (320, 240, sound, path.stat().st_size)
    assert film.seconds == pytest.approx(3.0, abs=0.03)
    assert shapes(path) == (["h264", "aac"] if sound else ["h264"])
    assert [packet for part in parts for packet in packets(box.path(part.name))] == packets(path)
    assert [round(each / 60) for each in greys(path)] == [1] * 24 + [2] * 24 + [3] * 24
    assert len(set(steps(path))) == 1
    if sound:
        assert loudness(path) > 0.5
    assert box.poster(film.name)


async def test_clips_of_different_shapes_are_joined_in_the_first_ones(box: Media) -> None:
    parts = [
        await kept(box, video(sound=True)),
        await kept(box, video((240, 320), 0.5, sound=True, rate=30, grey=200)),
        await kept(box, turned(video(sound=True))),
    ]
    film = await box.join(parts)
    path = box.path(film.name)
    assert (film.width, film.height, film.sound) == (320, 240, True)
    assert film.seconds == pytest.approx(2.5, abs=0.1)
    assert shapes(path) == ["h264", "aac"]
    assert loudness(path) > 0.5
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        assert len(frames) == 24 + 15 + 24
        middle = frames[30].to_ndarray(format="gray")
    assert middle[:, :60].max() < 10, "black beside"
    assert middle[:, 260:].max() < 10
    assert middle[20:220, 100:220].min() > 150


@pytest.mark.parametrize("rate", [24, 25])
@pytest.mark.parametrize("first", [True, False])
async def test_a_silent_clip_leaves_the_others_their_sound(box: Media, rate: int, first: bool) -> None:
    film = await box.join([await kept(box, video(sound=first)), await kept(box, video(rate=rate, sound=not first))])
    assert film.sound
    assert film.seconds == pytest.approx(2.0, abs=0.05)
    assert shapes(box.path(film.name)) == ["h264", "aac"]
    with av.open(str(box.path(film.name))) as container:
        heard = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    halves = [float(np.abs(heard[at : at + 36_000]).mean()) for at in (6_000, 54_000)]  # the middles of both, at 48 kHz
    assert halves[not first] > 0.5
    assert halves[first] < 0.01


async def test_a_joined_clip_is_made_once(box: Media, tmp_path: Path) -> None:
    parts = [await kept(box, video(grey=grey)) for grey in (60, 120)]
    film = await box.join(parts)
    made = box.path(film.name).stat()
    other = a_box(tmp_path)
    assert await asyncio.gather(box.join(parts), other.join(parts)) == [film, film]
    await other.close()
    assert box.path(film.name).stat() == made
    assert (await box.join(parts[::-1])).name != film.name
    assert await box.join(parts[:1]) == parts[0]


async def test_a_joined_clip_can_be_fitted_and_discarded(box: Media) -> None:
    parts = [await kept(box, video((640, 360), bits=3_000_000))] * 2
    film = await box.join(parts)
    fitted = await box.fit(film, film.size // 2)
    assert fitted is not None
    assert fitted.seconds == pytest.approx(2.0, abs=0.05)
    await box.discard([film.name, parts[0].name])
    assert files(box) == []


async def test_joined_clips_are_a_cache(box: Media) -> None:
    parts = [await kept(box, video((640, 360), bits=3_000_000)) for _ in range(3)]
    before = files(box)
    one, two = await box.join(parts[:2]), await box.join(parts[1:])
    for film in (one, two):
        assert await box.fit(film, film.size // 2)
        await box.last_frame(film)
        await box.first_frame(film)
    now = time.time()
    os.utime(box.path(one.name), (now - 25 * 3600, now - 25 * 3600))
    assert await box.sweep(now) == 1
    assert not [name for name in files(box) if one.name.removesuffix(".mp4") in name]
    assert len(files(box)) == len(before) + 5
    assert await box.drop_joined() == 1
    assert files(box) == before
    assert await box.join(parts[:2]) == one, "and made again"


async def test_a_joined_clip_that_is_asked_for_again_stays(box: Media) -> None:
    parts = [await kept(box, video(grey=grey)) for grey in (60, 120)]
    film, now = await box.join(parts), time.time()
    os.utime(box.path(film.name), (now - 30 * 3600, now - 30 * 3600))
    await box.join(parts)
    assert await box.sweep(now) == 0
    assert await box.sweep(now + 25 * 3600) == 1


async def test_what_was_made_of_a_clip_that_is_gone_is_swept(box: Media) -> None:
    gone, stays = [await kept(box, video((640, 360), bits=3_000_000)) for _ in range(2)]
    for clip in (gone, stays):
        assert await box.fit(clip, clip.size // 2)
        await box.last_frame(clip)
        await box.first_frame(clip)
    count = len(files(box))
    assert await box.sweep(time.time()) == 0
    box.path(gone.name).unlink()
    assert await box.sweep(time.time()) == 4
    assert len(files(box)) == count - 5
    assert not [name for name in files(box) if gone.name.removesuffix(".mp4") in name]


async def test_a_part_that_is_gone(box: Media) -> None:
    parts = [await kept(box, video()), await kept(box, video())]
    await box.discard([parts[1].name])
    with pytest.raises(Refusal, match=texts.chat.CLIP_GONE):
        await box.join(parts)
    box.path(parts[1].name).write_bytes(video()[:-5000])
    with pytest.raises(Refusal, match=texts.chat.CLIP_GONE):
        await box.join(parts)
