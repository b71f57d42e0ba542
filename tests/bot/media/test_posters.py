"""Posters of clips, and that they go with the clip."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bot import texts
from bot.errors import Refusal
from bot.media.library import Media
from bot.media.sandbox import probe
from tests.bot.media.videos import drawn, files, kept, video


@pytest.mark.parametrize(
    ("size", "small"),
    [((1280, 720), (320, 180)), ((360, 640), (180, 320)), ((64, 48), (64, 48)), ((1600, 16), (320, 3))],
)
async def test_a_poster(box: Media, size: tuple[int, int], small: tuple[int, int]) -> None:
    clip = await kept(box, video(size, 0.2))
    poster = box.poster(clip.name)
    assert poster is not None
    assert poster.size() <= 200_000
    with Image.open(poster.local_path) as image:
        assert (image.format, image.size) == ("JPEG", small)
    poster.local_path.unlink()
    assert box.poster(clip.name) is None


@pytest.mark.parametrize("codec", ["libx264", "libx265", "libsvtav1", "mpeg4"])
def test_opening_a_clip_to_look_at_it_decodes_nothing_and_changes_no_picture(codec: str) -> None:
    film = video(codec=codec)
    with probe.opened(BytesIO(film), seen=False) as container:
        formats = [container.streams.video[0].codec_context.pix_fmt]
    with probe.opened(BytesIO(film)) as container:
        formats.append(container.streams.video[0].codec_context.pix_fmt)
        plain = next(container.decode(video=0)).to_image().resize((320, 240))
    assert formats == [
        None if codec == "libx264" else "yuv420p",
        "yuv420p",
    ]  # others say it without a look at a picture
    poster, first = BytesIO(), probe.first_frame(BytesIO(film))
    probe.probe(BytesIO(film), poster)
    for shown in (first, Image.open(poster)):
        assert np.abs(np.asarray(plain, int) - np.asarray(shown, int)).mean() < 10


async def test_a_poster_of_noise_is_small(box: Media) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    clip = await kept(box, drawn(noise))
    poster = box.poster(clip.name)
    assert poster is not None
    assert 10_000 < poster.size() <= 200_000


async def test_no_poster_without_a_name_of_ours(box: Media) -> None:
    with pytest.raises(ValueError, match="name"):
        box.poster("../x.mp4")


async def test_what_is_made_of_a_clip_that_went_meanwhile_goes(box: Media, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was discarded by another process, half way through the work."""
    viewer, cutter = box._clips._projector, box._clips._cutter
    still, cut = viewer.first_frame, cutter.join

    async def taken(source: Path, target: Path) -> None:
        await still(source, target)
        source.unlink()

    monkeypatch.setattr(viewer, "first_frame", taken)
    clip = await kept(box, video())
    with pytest.raises(Refusal, match=texts.chat.CLIP_GONE):
        await box.first_frame(clip)
    await box.discard([clip.name])
    assert files(box) == []

    async def joined(sources: list[Path], *targets: Path) -> None:
        await cut(sources, *targets)
        sources[0].unlink()

    monkeypatch.setattr(cutter, "join", joined)
    parts = [await kept(box, video(grey=60)), await kept(box, video(grey=120))]
    with pytest.raises(Refusal, match=texts.chat.CLIP_GONE):
        await box.join(parts)
    await box.discard([part.name for part in parts])
    assert files(box) == []


async def test_all_goes_with_the_clip(box: Media) -> None:
    clip = await kept(box, video((640, 360), bits=3_000_000))
    for limit in (clip.size // 2, clip.size - 1):
        assert await box.fit(clip, limit)
    await box.last_frame(clip)
    await box.first_frame(clip)
    assert len(files(box)) == 6
    await box.discard([clip.name])
    assert files(box) == []
