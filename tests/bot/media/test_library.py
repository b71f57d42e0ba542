"""Pictures and clips come in whole or not at all, whatever they do to the decoder, the disk or the clock."""

import asyncio
import errno
import functools
import itertools
import os
import signal
import subprocess
import sys
import tempfile
import time
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from bot import texts
from bot.conversation import Attachment
from bot.errors import BrokenClip, NotSent, Refusal, StoreDown
from bot.media import arrival, clips, library
from bot.media.library import Media
from bot.media.sandbox import probe, transcode
from bot.media.sandbox.client import Decoder
from bot.model import Brush, Photo, Point, Role


def ids() -> Callable[[], str]:
    count = itertools.count(1)
    return lambda: f"id_{next(count)}"


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Media]:
    made = Media(tmp_path / "media", new_id=ids())
    yield made
    await made.close()


def files(box: Media) -> list[str]:
    """Everything in its folder."""
    root = box.path("x.jpg").parents[1]
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def children() -> list[psutil.Process]:
    alive = [p for p in psutil.Process().children() if p.status() != psutil.STATUS_ZOMBIE]
    return [p for p in alive if "bot.media.sandbox.worker" in p.cmdline()]


def encoded(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def picture(width: int = 400, height: int = 300) -> bytes:
    return encoded(Image.new("RGB", (width, height), (200, 30, 30)), "JPEG")


def mask(width: int = 400, height: int = 300) -> bytes:
    return encoded(Image.new("L", (width, height), 255))


@functools.cache
def slow_picture() -> bytes:
    """24 megapixels of noise that take most of a second to decode."""
    noise = np.random.default_rng(1).integers(0, 256, (4000, 500), dtype=np.uint8)
    return encoded(Image.fromarray(np.tile(noise, (1, 12))), "WEBP", quality=50, method=0)


async def stream(data: bytes, size: int = 65536) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


def sent(data: bytes, role: Role = "photo", path: tuple[Point, ...] = ()) -> Attachment:
    return Attachment(lambda: stream(data), role, path)


async def refused(box: Media, *attachments: Attachment) -> str:
    with pytest.raises(Refusal) as caught:
        await box.keep(attachments)
    assert files(box) == []
    return str(caught.value)


# ── Pictures ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_photo(box: Media) -> None:
    kept = await box.keep([sent(picture())])
    assert (kept.photo.width, kept.photo.height) == (400, 300)
    assert (kept.end, kept.static_mask, kept.brushes) == (None, None, ())
    assert files(box) == [f"photos/{kept.photo.name}"]
    with Image.open(box.path(kept.photo.name)) as image:
        assert (image.format, image.size) == ("JPEG", (400, 300))


@pytest.mark.parametrize("role", ["photo", "end"])
async def test_two_photos(box: Media, role: Role) -> None:
    kept = await box.keep([sent(picture(400)), sent(picture(500), role)])
    assert kept.end is not None
    assert (kept.photo.width, kept.end.width) == (400, 500)


async def test_the_end_may_come_first(box: Media) -> None:
    kept = await box.keep([sent(picture(500), "end"), sent(picture(400))])
    assert kept.end is not None
    assert (kept.photo.width, kept.end.width) == (400, 500)


async def test_masks_and_brushes(box: Media) -> None:
    """A photo of 3000 × 2000 is kept at 2048 × 1366; masks and paths follow it."""
    kept = await box.keep(
        [
            sent(mask(3000, 2000), "brush", ((0, 0), (2999, 1999))),
            sent(picture(3000, 2000)),
            sent(mask(3000, 2000), "static_mask"),
            sent(mask(3000, 2000), "brush", ((1500, 1000), (1500, 1000), (3, 4))),
        ]
    )
    assert isinstance(kept.static_mask, Photo)
    assert kept.end is None
    assert [brush.path for brush in kept.brushes] == [((0, 0), (2047, 1365)), ((1024, 683), (1024, 683), (2, 2))]
    for each in (kept.photo, kept.static_mask, *(brush.mask for brush in kept.brushes)):
        with Image.open(box.path(each.name)) as image:
            assert image.size == (each.width, each.height) == (2048, 1366)
    assert len(files(box)) == 4


@given(
    original=st.tuples(st.integers(300, 9000), st.integers(300, 9000)),
    shrink=st.floats(0.01, 1),
    where=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=77),
)
def test_scaled_points_stay_inside(original: tuple[int, int], shrink: float, where: list[tuple[float, float]]) -> None:
    size = (max(1, int(original[0] * shrink)), max(1, int(original[1] * shrink)))
    path = [(round(x * (original[0] - 1)), round(y * (original[1] - 1))) for x, y in where]
    scaled = library._scaled(path, original, size)
    for (x, y), (was_x, was_y) in zip(scaled, path, strict=True):
        assert 0 <= x < size[0]
        assert 0 <= y < size[1]
        assert abs(x - was_x * size[0] / original[0]) < 1
        assert abs(y - was_y * size[1] / original[1]) < 1
    assert library._scaled(path, original, original) == tuple(path)


PATH = ((1, 1), (2, 2))


async def test_six_brushes_of_77_points(box: Media) -> None:
    kept = await box.keep([sent(picture()), *[sent(mask(), "brush", ((1, 1),) * 77)] * 6])
    assert len(kept.brushes) == 6
    assert isinstance(kept.brushes[5], Brush)


@pytest.mark.parametrize("point", [(-1, 0), (0, -1), (400, 0), (0, 300)])
async def test_paths_that_leave_the_photo(box: Media, point: Point) -> None:
    brush = sent(mask(), "brush", ((0, 0), point))
    assert await refused(box, sent(picture()), brush) == texts.chat.brush_outside(*point, 400, 300)


async def test_a_mask_for_a_turned_photo(box: Media) -> None:
    """The person drew on the photo as it is shown."""
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encoded(Image.new("RGB", (400, 300)), "JPEG", exif=exif)
    kept = await box.keep([sent(turned), sent(mask(300, 400), "brush", ((299, 399), (0, 0)))])
    assert (kept.photo.width, kept.photo.height) == (300, 400)
    assert kept.brushes[0].path == ((299, 399), (0, 0))


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (sent(b"words"), texts.chat.NOT_A_PICTURE),
        (sent(b""), texts.chat.EMPTY_PICTURE),
        (sent(picture()[:500]), texts.chat.BROKEN_PICTURE),
        (sent(mask(401), "static_mask"), texts.chat.mask_size((401, 300), (400, 300))),
        (sent(picture(), "brush", PATH), texts.chat.NOT_A_MASK),
    ],
)
async def test_when_one_is_refused_none_is_kept(box: Media, bad: Attachment, sentence: str) -> None:
    assert await refused(box, sent(picture()), bad) == sentence


async def test_a_download_is_cut_off_at_the_limit(box: Media) -> None:
    given = 0
    closed = False

    async def sixty_megabytes() -> AsyncIterator[bytes]:
        nonlocal given, closed
        try:
            for _ in range(60):
                given += 1
                yield bytes(1024**2)
        finally:
            closed = True

    assert await refused(box, Attachment(sixty_megabytes)) == texts.chat.too_heavy(32)
    assert given == 33
    assert closed


class Interrupted:
    """A stream that is no generator, and breaks."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self._first = True

    def __aiter__(self) -> "Interrupted":
        return self

    async def __anext__(self) -> bytes:
        if self._first:
            self._first = False
            return b"\xff\xd8\xff"
        raise self._error


@pytest.mark.parametrize("error", [OSError("disk?"), TimeoutError(), RuntimeError("http://secret/"), NotSent("no")])
async def test_a_broken_download(box: Media, caplog: pytest.LogCaptureFixture, error: Exception) -> None:
    assert await refused(box, Attachment(lambda: Interrupted(error))) == texts.chat.PICTURE_UNREACHABLE
    assert type(error).__name__ in caplog.text
    assert "secret" not in caplog.text


async def test_a_download_that_cannot_start(box: Media) -> None:
    def fetch() -> AsyncIterator[bytes]:
        raise ConnectionError

    assert await refused(box, Attachment(fetch)) == texts.chat.PICTURE_UNREACHABLE


async def test_a_download_may_refuse_by_itself(box: Media) -> None:
    assert await refused(box, Attachment(lambda: Interrupted(Refusal("not that one")))) == "not that one"


async def test_a_download_that_is_cancelled(box: Media) -> None:
    started = asyncio.Event()

    async def never() -> AsyncIterator[bytes]:
        yield b"\xff\xd8\xff"
        started.set()
        await asyncio.Event().wait()

    keeping = asyncio.create_task(box.keep([sent(picture()), Attachment(never)]))
    await started.wait()
    assert len(files(box)) > 1
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping
    assert files(box) == []


# ── Names ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "name",
    ["", "a", "a.jpg/", "../a.jpg", "a/b.jpg", "/etc/passwd", "a.jpeg", "a.jpg\n", "a.JPG", ".jpg", "a.b.jpg",
     "a\x00.jpg", "ä.jpg", "a" * 65 + ".jpg", "incoming/a.jpg", "C:\\a.jpg"],
)  # fmt: skip
async def test_names_that_are_not_ours(box: Media, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        box.path(name)
    with pytest.raises(ValueError, match="name"):
        await box.data_uri(name)
    with pytest.raises(ValueError, match="name"):
        await box.discard([name])


async def test_a_photo_as_text(box: Media) -> None:
    kept = await box.keep([sent(picture()), sent(mask(), "static_mask")])
    assert kept.static_mask is not None
    for photo, start in ((kept.photo, "data:image/jpeg;base64,"), (kept.static_mask, "data:image/png;base64,")):
        uri = await box.data_uri(photo.name)
        assert uri.startswith(start)
        assert b64decode(uri.removeprefix(start), validate=True) == box.path(photo.name).read_bytes()
    await box.discard([kept.photo.name])
    with pytest.raises(KeyError):
        await box.data_uri(kept.photo.name)
    with pytest.raises(ValueError, match="picture"):
        await box.data_uri("a.mp4")


async def test_discarding(box: Media) -> None:
    kept = await box.keep([sent(picture()), sent(picture(), "end")])
    assert kept.end is not None
    names = [kept.photo.name, "gone.mp4", kept.end.name]
    await box.discard(names)
    await box.discard(names)
    assert files(box) == []


async def test_what_a_crash_left_is_swept(box: Media, tmp_path: Path) -> None:
    incoming = tmp_path / "media" / "incoming"
    for name, age in (("old", 7200), ("new", 60)):
        (incoming / name).write_bytes(b"x")
        os.utime(incoming / name, (time.time() - age,) * 2)
    Media(tmp_path / "media", new_id=ids())
    assert files(box) == ["incoming/new"]


async def test_strangers_on_the_machine_see_no_photos(box: Media) -> None:
    for name in ("x.jpg", "x.mp4"):
        assert box.path(name).parent.stat().st_mode & 0o077 == 0


# ── The disk ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


async def test_the_disk_is_full_at_the_last_moment(box: Media, monkeypatch: pytest.MonkeyPatch) -> None:
    """File systems that allocate late say so at the fsync."""
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreDown, match="No space"):
        await box.keep([sent(picture())])
    with pytest.raises(StoreDown, match="No space"):
        await box.keep_clip(stream(clip()))
    assert files(box) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True).returncode:
        pytest.skip("needs the right to mount")
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="needs tmpfs")
async def test_the_disk_is_full_while_it_downloads(small_disk: Path) -> None:
    box = Media(small_disk, new_id=ids())
    two_megabytes = bytes(2 * 1024**2)
    with pytest.raises(StoreDown, match="No space"):
        await box.keep([sent(two_megabytes)])
    with pytest.raises(StoreDown, match="No space"):
        await box.keep_clip(stream(two_megabytes))
    assert files(box) == []


@pytest.mark.skipif(sys.platform != "linux", reason="needs prlimit")
async def test_the_disk_is_full_for_the_decoder(box: Media) -> None:
    import resource

    await box.discard([(await box.keep([sent(picture())])).photo.name])
    [decoder] = children()
    resource.prlimit(decoder.pid, resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
    for fork in decoder.children():  # it may have been made already
        resource.prlimit(fork.pid, resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
    with pytest.raises(StoreDown, match="large"):  # the same OSError from the same write, with another number
        await box.keep([sent(picture())])
    assert files(box) == []


async def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreDown):
        Media(tmp_path / "file" / "media", new_id=ids())


# ── The decoder ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


async def busy(process: psutil.Process) -> psutil.Process:
    """The process that it has put to work, in the midst of it."""
    await until(lambda: any(worker.cpu_times().user > 0.1 for worker in process.children()))
    return process.children()[0]


async def test_it_starts_when_needed_and_stays(box: Media) -> None:
    assert children() == []
    await box.keep([sent(picture()), sent(picture())])
    first = children()
    await box.keep([sent(picture())])
    assert children() == first
    assert len(first) == 1
    await box.close()
    assert children() == []


@pytest.mark.parametrize("whole", [True, False])
async def test_it_may_be_killed_at_work(box: Media, whole: bool) -> None:
    """Itself, or only the process that it has put to work."""
    await box.keep([sent(picture())])
    [child] = children()
    keeping = asyncio.create_task(box.keep([sent(slow_picture())]))
    worker = await busy(child)
    (child if whole else worker).kill()
    with pytest.raises(Refusal) as caught:
        await keeping
    assert str(caught.value) == texts.chat.BROKEN_PICTURE
    assert len(files(box)) == 1
    assert (await box.keep([sent(picture())])).photo.width == 400
    assert (child in children()) is not whole
    await until(lambda: not worker.is_running())


async def test_it_may_be_killed_at_rest(box: Media) -> None:
    """No picture is to blame, so none is refused; the fork that waits for the next one goes with it."""
    await box.keep([sent(picture())])
    [child] = children()
    await until(child.children)
    forks = child.children()
    child.kill()
    await until(lambda: children() == [])
    await until(lambda: not any(fork.is_running() for fork in forks))
    await asyncio.sleep(0.05)  # the loop hears of it a little later
    await box.keep([sent(picture())])


@pytest.mark.skipif(sys.platform == "win32", reason="has no forks")
async def test_the_fork_that_waits_may_be_killed(box: Media) -> None:
    """As the system does when memory is short: it had no picture yet, so none is refused."""
    await box.keep([sent(picture())])
    [child] = children()
    for _ in range(3):
        seen: list[list[psutil.Process]] = [[]] * 9
        while len(seen[-1]) != 1 or seen[-1] != seen[-9]:  # the last one is gone, and the next one is there
            await asyncio.sleep(0.01)
            seen.append(child.children())
        [fork] = seen[-1]
        fork.kill()
        await until(lambda fork=fork: fork.status() == psutil.STATUS_ZOMBIE)
        await box.keep([sent(picture())])
    assert children() == [child]


async def test_it_may_hang(box: Media, monkeypatch: pytest.MonkeyPatch) -> None:
    await box.discard([(await box.keep([sent(picture())])).photo.name])
    [child] = children()
    child.suspend()
    with monkeypatch.context() as patch:  # only now: a start takes a while where others are busy
        patch.setattr(box._decoder, "_timeout", 0.5)
        assert await refused(box, sent(picture())) == texts.chat.BROKEN_PICTURE
    assert children() == []
    await box.keep([sent(picture())])


async def test_a_picture_given_up_frees_its_place(box: Media) -> None:
    await box.keep([sent(picture())])
    [child] = children()
    keeping = asyncio.create_task(box.keep([sent(slow_picture())]))
    worker = await busy(child)
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping
    assert children() == []
    await until(lambda: not worker.is_running())
    await box.keep([sent(picture())])


async def test_several_at_once(tmp_path: Path) -> None:
    """Whatever happens to one of them, the others are kept."""
    box = Media(tmp_path, new_id=ids(), processes=2)
    kept = await asyncio.gather(
        *(box.keep([sent(data)]) for data in [picture(), b"words", slow_picture(), picture(500)]),
        return_exceptions=True,
    )
    assert [isinstance(each, Refusal) for each in kept] == [False, True, False, False]
    assert len(children()) == 2
    assert len(files(box)) == 3
    await box.close()


async def test_the_loop_goes_on_meanwhile(box: Media) -> None:
    gaps = []

    async def tick() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.005)
            gaps.append(time.perf_counter() - last)
            last = time.perf_counter()

    data = slow_picture()
    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0.02)
    ticks, spent = len(gaps), time.thread_time()
    await box.keep([sent(data)])
    ticking.cancel()
    spent = time.thread_time() - spent
    [child] = children()
    worked = child.cpu_times().user + child.cpu_times().children_user
    assert worked > 0.3
    assert spent < worked / 2
    assert len(gaps) - ticks > 10  # nor does it wait for the other process


PARENT = """
import asyncio, sys
from pathlib import Path
from bot.conversation import Attachment
from bot.media.library import Media

async def fetch():
    yield Path(sys.argv[2]).read_bytes()

async def main():
    media = Media(Path(sys.argv[1]), new_id=iter("abcdefgh").__next__)
    await media.keep([Attachment(fetch)])
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.parametrize("when", ["it starts", "it decodes", "it rests"])
async def test_a_killed_bot_leaves_no_process(tmp_path: Path, when: str) -> None:
    source = tmp_path / "picture"
    source.write_bytes(picture() if when == "it rests" else slow_picture())
    bot = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, tmp_path / "media", source)
    try:
        await until(psutil.Process(bot.pid).children)
        [child] = psutil.Process(bot.pid).children()
        alive = [child]
        if when == "it decodes":
            alive.append(await busy(child))
        if when == "it rests":
            await until(lambda: list(tmp_path.glob("media/photos/*.jpg")))
        child.suspend()
    finally:
        bot.kill()
        await bot.wait()
    child.resume()
    _, alive = psutil.wait_procs(alive, timeout=10)
    for process in alive:
        process.kill()
    assert alive == []


async def test_stop_signals_are_for_the_bot_alone(box: Media) -> None:
    await box.keep([sent(picture())])
    [child] = children()
    keeping = asyncio.create_task(box.keep([sent(slow_picture())]))
    for process in (await busy(child), child):
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
    await keeping


async def test_the_decoder_loads_little(box: Media) -> None:
    """A child that only sees photos does not carry FFmpeg, the web or the database around."""
    await box.keep([sent(picture())])
    [child] = children()
    assert child.memory_info().rss < 120e6
    if sys.platform == "linux" and os.geteuid() == 0:  # others of its user may not look
        assert not {"libavcodec", "libpq"} & {Path(m.path).name.split("-")[0] for m in child.memory_maps()}


# ── Clips ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def clip(seconds: float = 1.0, *, picture: bool = True, sound: bool = False, faststart: bool = False) -> bytes:
    """A real MP4 of 320 × 240 at 25 frames per second."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        _render(path, seconds, picture, sound, {"movflags": "faststart"} if faststart else {})
        return path.read_bytes()


def _render(path: Path, seconds: float, picture: bool, sound: bool, options: dict[str, str]) -> None:
    with av.open(str(path), "w", options=options) as out:
        video = out.add_stream("libx264", rate=25, options={"preset": "ultrafast"}) if picture else None
        audio = out.add_stream("aac", rate=48000, layout="mono") if sound else None
        if video is not None:
            video.width, video.height, video.pix_fmt = 320, 240, "yuv420p"
            noise = np.random.default_rng(1)
            for _ in range(round(seconds * 25)):
                pixels = noise.integers(0, 256, (240, 320, 3), dtype=np.uint8)
                out.mux(video.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
            out.mux(video.encode())
        if audio is not None:
            samples = av.AudioFrame.from_ndarray(
                np.zeros((1, round(seconds * 48000)), dtype=np.float32), format="fltp", layout="mono"
            )
            samples.sample_rate = 48000
            out.mux(audio.encode(samples))
            out.mux(audio.encode())


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


async def test_a_decoder_that_hangs_costs_no_clip(box: Media, monkeypatch: pytest.MonkeyPatch) -> None:
    await box.keep_clip(stream(clip()))
    children()[0].suspend()
    monkeypatch.setattr(box._clips._projector, "_timeout", 5.0)
    await box.keep_clip(stream(clip()))  # another one looks at it
    start = Decoder._start

    async def hanging(self: Decoder) -> Any:
        process = await start(self)
        psutil.Process(process.pid).suspend()
        return process

    with monkeypatch.context() as patch:
        patch.setattr(Decoder, "_start", hanging)
        with pytest.raises(BrokenClip, match="stops the decoder"):
            await box.keep_clip(stream(clip()))
    await box.keep_clip(stream(clip()))


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
            transcode.mark(file, marked)
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


async def test_an_export_has_a_folder_of_its_own(box: Media) -> None:
    path = box.path("k7m2p9q4xw.zip")
    path.write_bytes(b"PK")
    assert files(box) == ["exports/k7m2p9q4xw.zip"]
    assert path.parent.stat().st_mode & 0o077 == 0
    with pytest.raises(ValueError, match="picture"):
        await box.data_uri(path.name)
    await box.discard([path.name])
    assert files(box) == []


@pytest.mark.parametrize(
    "name", ["../x.zip", "a/b.zip", "x.y.zip", ".zip", "x.zip.mp3", "x.zip\n", f"{'x' * 65}.zip", "ä.zip"]
)
def test_what_is_no_name_of_an_export(box: Media, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        box.path(name)


async def test_the_sweep_takes_what_has_had_its_time(box: Media) -> None:
    """Its clock is the caller's; the files' times are the disk's."""
    now = time.time()
    for name, age in (("old", 24 * 3600 + 9), ("new", 24 * 3600 - 9)):
        path = box.path(f"{name}.zip")
        path.write_bytes(b"PK")
        os.utime(path, (now - age, now - age))
    draft = box.path("x.jpg").parents[1] / "incoming" / "left"
    draft.write_bytes(b"half")
    assert await box.sweep(now) == 1
    assert files(box) == ["exports/new.zip", "incoming/left"]
    os.utime(draft, (now - 7200, now - 7200))
    assert await box.sweep(now) == 1
    assert await box.sweep(now) == 0
    assert files(box) == ["exports/new.zip"]
    assert await box.sweep(now + 3600) == 1


async def arrives_never() -> AsyncIterator[bytes]:
    await asyncio.Event().wait()
    yield b""


@pytest.mark.parametrize("video", [False, True])
async def test_a_platform_whose_files_hang_and_films_that_wait_hold_up_no_other_photo(box: Media, video: bool) -> None:
    hanging = Attachment(arrives_never, video=video)
    platform = "telegram" if video else "discord"
    stuck = [asyncio.create_task(box.keep([hanging], f"{platform}:{n}")) for n in range(library.INTAKE + 1)]
    try:
        async with asyncio.timeout(60):
            await asyncio.sleep(0)
            kept = await box.keep([sent(picture())], "telegram:99")
        assert kept.photo.width >= 300
    finally:
        for task in stuck:
            task.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)


async def test_what_never_arrives_is_refused(box: Media, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrival, "ARRIVAL", 0.05)
    with pytest.raises(Refusal, match=texts.chat.PICTURE_UNREACHABLE):
        await box.keep([Attachment(arrives_never)], "discord:1")
    assert files(box) == []
