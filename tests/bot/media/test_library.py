"""Pictures come in whole or not at all, whatever they do to the disk or the clock."""

import asyncio
import errno
import os
import subprocess
import sys
import time
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from boxes import Interrupted, clip, encoded, files, ids, mask, picture, refused, sent, stream
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot import texts
from bot.conversation import Attachment
from bot.errors import NotSent, Refusal, StoreDown
from bot.media import arrival, uploads
from bot.media.library import Media
from bot.model import Brush, Photo, Point, Role

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
    scaled = uploads._scaled(path, original, size)
    for (x, y), (was_x, was_y) in zip(scaled, path, strict=True):
        assert 0 <= x < size[0]
        assert 0 <= y < size[1]
        assert abs(x - was_x * size[0] / original[0]) < 1
        assert abs(y - was_y * size[1] / original[1]) < 1
    assert uploads._scaled(path, original, original) == tuple(path)


PATH = ((1, 1), (2, 2))


async def test_six_brushes_of_77_points(box: Media) -> None:
    kept = await box.keep([sent(picture()), *[sent(mask(), "brush", ((1, 1),) * 77)] * 6])
    assert len(kept.brushes) == 6
    assert isinstance(kept.brushes[5], Brush)


@pytest.mark.parametrize("point", [(-1, 0), (0, -1), (400, 0), (0, 300)])
async def test_paths_that_leave_the_photo(box: Media, point: Point) -> None:
    brush = sent(mask(), "brush", ((0, 0), point))
    assert await refused(box, sent(picture()), brush) == texts.pictures.brush_outside(*point, 400, 300)


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
        (sent(b"words"), texts.pictures.NOT_A_PICTURE),
        (sent(b""), texts.pictures.EMPTY_PICTURE),
        (sent(picture()[:500]), texts.pictures.BROKEN_PICTURE),
        (sent(mask(401), "static_mask"), texts.pictures.mask_size((401, 300), (400, 300))),
        (sent(picture(), "brush", PATH), texts.pictures.NOT_A_MASK),
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

    assert await refused(box, Attachment(sixty_megabytes)) == texts.pictures.too_heavy(32)
    assert given == 33
    assert closed


@pytest.mark.parametrize("error", [OSError("disk?"), TimeoutError(), RuntimeError("http://secret/"), NotSent("no")])
async def test_a_broken_download(box: Media, caplog: pytest.LogCaptureFixture, error: Exception) -> None:
    assert await refused(box, Attachment(lambda: Interrupted(error))) == texts.pictures.PICTURE_UNREACHABLE
    assert type(error).__name__ in caplog.text
    assert "secret" not in caplog.text


async def test_a_download_that_cannot_start(box: Media) -> None:
    def fetch() -> AsyncIterator[bytes]:
        raise ConnectionError

    assert await refused(box, Attachment(fetch)) == texts.pictures.PICTURE_UNREACHABLE


async def test_a_download_may_refuse_by_itself(box: Media) -> None:
    assert await refused(box, Attachment(lambda: Interrupted(Refusal("not that one")))) == "not that one"


async def test_a_download_that_is_cancelled(box: Media) -> None:
    started = asyncio.Event()

    async def never() -> AsyncIterator[bytes]:
        yield b"\xff\xd8\xff".ljust(2**19)  # more than is held back before it is written
        started.set()
        await asyncio.Event().wait()

    keeping = asyncio.create_task(box.keep([sent(picture()), Attachment(never)]))
    await started.wait()
    assert files(box)
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


async def test_a_photo_that_we_encoded(box: Media) -> None:
    sent_pixels = picture()[picture().index(b"\xff\xda") :]
    kept = await box.keep([sent(picture()), sent(mask(), "static_mask")])
    assert kept.static_mask is not None
    assert sent_pixels in await box.read(kept.photo.name)
    start, uri = "data:image/jpeg;base64,", await box.redrawn_uri(kept.photo.name)
    redrawn = b64decode(uri.removeprefix(start), validate=True)
    assert sent_pixels not in redrawn
    with Image.open(BytesIO(redrawn)) as image:
        assert (image.format, image.size) == ("JPEG", (400, 300))
    assert await box.redrawn_uri(kept.static_mask.name) == await box.data_uri(kept.static_mask.name)
    assert len(files(box)) == 2
    await box.discard([kept.photo.name])
    with pytest.raises(KeyError):
        await box.redrawn_uri(kept.photo.name)
    with pytest.raises(ValueError, match="picture"):
        await box.redrawn_uri("a.mp4")


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


async def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreDown):
        Media(tmp_path / "file" / "media", new_id=ids())


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
    stuck = [asyncio.create_task(box.keep([hanging], f"{platform}:{n}")) for n in range(uploads.INTAKE + 1)]
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
    with pytest.raises(Refusal, match=texts.pictures.PICTURE_UNREACHABLE):
        await box.keep([Attachment(arrives_never)], "discord:1")
    assert files(box) == []
