"""What is made of clips: posters, smaller copies, films of several; and videos whose last frame is the picture."""

import asyncio
import functools
import itertools
import os
import resource
import shutil
import signal
import struct
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
import psutil
import pytest
from PIL import Image

from bot import texts
from bot.conversation import Attachment
from bot.errors import BrokenClip, Refusal, StoreDown
from bot.media import arrival, clips
from bot.media.library import Media
from bot.media.sandbox import probe, transcode
from bot.model import Clip
from tests.decoders import Shared
from tests.houses import House
from tests.origins import AI, origin


def a_box(folder: Path) -> Media:
    count = itertools.count(1)
    return Media(folder / "media", new_id=lambda: f"id_{os.urandom(4).hex()}_{next(count)}", decoder=Shared)


@functools.cache
def video(
    size: tuple[int, int] = (320, 240),
    seconds: float = 1.0,
    *,
    sound: bool = False,
    form: str = "mp4",
    codec: str = "libx264",
    rate: int = 24,
    bits: int = 1_000_000,
    grey: int = 0,
) -> bytes:
    """Coarse noise that moves, and ends on white; or pictures of one grey."""
    coarse = np.random.default_rng(1).integers(0, 200, (size[1] // 8 + 40, size[0] // 8 + 40, 3), dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "video"
        with av.open(str(path), "w", format=form) as out:
            options = {"preset": "ultrafast"} if codec == "libx264" else {"deadline": "realtime", "cpu-used": "8"}
            track = out.add_stream(codec, rate=rate, options=options)
            track.width, track.height, track.pix_fmt, track.bit_rate = *size, "yuv420p", bits
            heard = out.add_stream("aac", rate=44100, layout="mono") if sound else None
            count = round(seconds * rate)
            for number in range(count):
                at = number % 40
                noise = coarse[at : at + -(-size[1] // 8), at : at + -(-size[0] // 8)].repeat(8, 0).repeat(8, 1)
                pixels = (
                    np.full_like(noise, grey) if grey else np.full_like(noise, 255) if number == count - 1 else noise
                )
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels[: size[1], : size[0]]), format="rgb24")
                out.mux(track.encode(frame))
            out.mux(track.encode())
            if heard is not None:
                wave = np.sin(np.arange(round(seconds * 44100)) / 20).astype(np.float32).reshape(1, -1)
                samples = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
                samples.sample_rate = 44100
                out.mux(heard.encode(samples))
                out.mux(heard.encode())
        return path.read_bytes()


def turned(data: bytes, quarters: int = 1) -> bytes:
    """The same pictures, to be shown turned clockwise, as phones write them."""
    upright = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    cos, sin = [(1, 0), (0, 1), (-1, 0), (0, -1)][quarters]
    matrix = struct.pack(">9i", cos << 16, sin << 16, 0, -sin << 16, cos << 16, 0, 0, 0, 1 << 30)
    at = data.index(upright, data.index(b"tkhd"))  # the one in front is the film's own
    return data[:at] + matrix + data[at + len(matrix) :]


async def stream(data: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(data), 1 << 16):
        yield data[at : at + (1 << 16)]


async def kept(box: Media, data: bytes) -> Clip:
    return await box.keep_clip(stream(data))


def files(box: Media) -> list[str]:
    root = box.path("x.jpg").parents[1]
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def shapes(path: Path) -> list[str]:
    """The codecs of a file that everyone can play while it arrives, and that says what it is."""
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    return codecs(path)


def codecs(path: Path) -> list[str]:
    """Those of a file that says what it is."""
    assert origin(path) == AI
    with av.open(str(path)) as container:
        assert {getattr(stream.codec_context, "pix_fmt", None) for stream in container.streams.video} == {"yuv420p"}
        return [stream.codec_context.name for stream in container.streams]


def greys(path: Path) -> list[float]:
    """The mean of each picture."""
    with av.open(str(path)) as container:
        return [float(frame.to_ndarray(format="gray").mean()) for frame in container.decode(video=0)]


def loudness(path: Path) -> float:
    with av.open(str(path)) as container:
        return float(np.abs(np.concatenate([f.to_ndarray()[0] for f in container.decode(audio=0)])).mean())


# ── Smaller copies ───────────────────────────────────────────────────────────────────────────────────────────────────


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


def drawn(pixels: np.ndarray) -> bytes:
    """Eight times the same picture under noise, so that it can become smaller."""
    noise = np.random.default_rng(2)
    file = BytesIO()
    with av.open(file, "w", format="mp4") as out:
        track = out.add_stream("libx264", rate=8, options={"preset": "ultrafast", "crf": "5"})
        track.width, track.height, track.pix_fmt = 320, 240, "yuv420p"
        for _ in range(8):
            changed = np.clip(pixels.astype(int) + noise.integers(-9, 9, pixels.shape), 0, 255).astype(np.uint8)
            out.mux(track.encode(av.VideoFrame.from_ndarray(changed, format="rgb24")))
        out.mux(track.encode())
    return file.getvalue()


def grey(jpeg: bytes) -> np.ndarray:
    with Image.open(BytesIO(jpeg)) as image:
        return np.asarray(image.convert("L"))


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
    """The one that cuts stands still; photos and clips go by."""
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


# ── Posters ──────────────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── Films ────────────────────────────────────────────────────────────────────────────────────────────────────────────


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


def packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def steps(path: Path) -> list[int]:
    """From one picture to the next."""
    with av.open(str(path)) as container:
        times = [frame.pts or 0 for frame in container.decode(video=0)]
        return [after - before for before, after in itertools.pairwise(times)]


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


# ── What the file says ───────────────────────────────────────────────────────────────────────────────────────────────


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
        transcode.mark(read, written)


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
            transcode.mark(read, written)
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


async def test_a_part_that_is_gone(box: Media) -> None:
    parts = [await kept(box, video()), await kept(box, video())]
    await box.discard([parts[1].name])
    with pytest.raises(Refusal, match=texts.chat.CLIP_GONE):
        await box.join(parts)
    box.path(parts[1].name).write_bytes(video()[:-5000])
    with pytest.raises(Refusal, match=texts.chat.CLIP_GONE):
        await box.join(parts)


# ── Videos as pictures ───────────────────────────────────────────────────────────────────────────────────────────────


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
