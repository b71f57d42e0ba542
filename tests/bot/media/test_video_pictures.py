"""Videos whose last frame is the picture of an order."""

from pathlib import Path

import pytest

from bot import texts
from bot.conversation import Attachment
from bot.errors import BrokenClip, Refusal
from bot.media import arrival
from bot.media.library import Media
from bot.media.sandbox import probe
from tests.bot.media.videos import files, grey, stream, turned, video


def sent(data: bytes) -> Attachment:
    return Attachment(lambda: stream(data), video=True)


@pytest.mark.parametrize(
    ("form", "codec"), [("mp4", "libx264"), ("mov", "libx264"), ("webm", "libvpx"), ("webm", "libvpx-vp9")]
)
async def test_the_last_frame_of_a_video_is_the_photo(box: Media, form: str, codec: str) -> None:
    photo = (await box.keep([sent(video((400, 320), form=form, codec=codec))])).photo
    assert (photo.width, photo.height) == (400, 320)
    assert files(box) == [f"photos/{photo.name}"]
    assert grey(box.path(photo.name).read_bytes()).mean() > 220


async def test_a_video_from_a_phone_stands_upright(box: Media) -> None:
    photo = (await box.keep([sent(turned(video((400, 320))))])).photo
    assert (photo.width, photo.height) == (320, 400)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        pytest.param(b"words", texts.pictures.NOT_A_VIDEO, id="words"),
        pytest.param(b"", texts.pictures.EMPTY_PICTURE, id="empty"),
        pytest.param(
            b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hosts\n#EXT-X-ENDLIST\n", texts.pictures.NOT_A_VIDEO, id="playlist"
        ),
        pytest.param(video((400, 320))[:2000], texts.pictures.NOT_A_VIDEO, id="torn"),
        pytest.param(video((320, 240)), texts.pictures.too_small(320, 240, 300), id="small"),
        pytest.param(video((400, 320), form="avi"), texts.pictures.NOT_A_VIDEO, id="another format"),
    ],
)
async def test_videos_that_are_refused(box: Media, data: bytes, sentence: str) -> None:
    with pytest.raises(Refusal) as caught:
        await box.keep([sent(data)])
    assert str(caught.value) == sentence
    assert files(box) == []


async def test_a_video_may_weigh_more_than_a_picture(box: Media, monkeypatch: pytest.MonkeyPatch) -> None:
    data = video((400, 320))
    monkeypatch.setattr(arrival, "HEAVIEST_PICTURE", len(data) - 1)
    await box.keep([sent(data)])
    monkeypatch.setattr(arrival, "HEAVIEST_VIDEO", len(data) - 1)
    with pytest.raises(Refusal, match="too large"):
        await box.keep([sent(data)])


def test_webm_is_no_clip(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(video(form="webm", codec="libvpx"))
    with path.open("rb") as file, pytest.raises(BrokenClip):
        probe.probe(file)
