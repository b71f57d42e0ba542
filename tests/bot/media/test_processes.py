"""The processes that open files: when there is one, and what is kept when it is killed, hangs or finds no room."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil
import pytest
from boxes import children, clip, files, ids, picture, refused, sent, slow_picture, stream

from bot import texts
from bot.errors import BrokenClip, Refusal, StoreDown
from bot.media.library import Media
from bot.media.sandbox import clip_tasks, opening, photo_tasks
from bot.media.sandbox.client import Decoder

pytestmark = pytest.mark.usefixtures("nobody_elses")


@pytest.fixture
def box(lone: Media) -> Media:
    return lone


@pytest.mark.skipif(sys.platform != "linux", reason="needs prlimit")
async def test_the_disk_is_full_for_the_decoder(box: Media) -> None:
    import resource

    await box.discard([(await box.keep([sent(picture())])).photo.name])
    [decoder] = children()
    resource.prlimit(decoder.pid, resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
    with pytest.raises(StoreDown, match="large"):  # the same OSError from the same write, with another number
        await box.keep([sent(picture())])
    assert files(box) == []


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
    assert str(caught.value) == texts.pictures.BROKEN_PICTURE
    assert len(files(box)) == 1
    assert (await box.keep([sent(picture())])).photo.width == 400
    assert (child in children()) is not whole
    await until(lambda: not worker.is_running())


async def test_it_may_be_killed_at_rest(box: Media) -> None:
    """No picture is to blame, so none is refused."""
    await box.keep([sent(picture())])
    [child] = children()
    child.kill()
    await until(lambda: children() == [])
    await asyncio.sleep(0.05)  # the loop hears of it a little later
    await box.keep([sent(picture())])


@pytest.mark.skipif(sys.platform == "win32", reason="has no forks")
async def test_a_machine_without_room_for_a_process_is_no_pictures_fault(tmp_path: Path) -> None:
    decoder, source = Decoder("tests.lonely_decoder"), tmp_path / "source"
    source.write_bytes(picture())
    for _ in range(2):
        with pytest.raises(StoreDown, match="temporarily unavailable"):
            await decoder.photo(source, tmp_path / "target")
    await decoder.close()


@pytest.mark.skipif(sys.platform != "linux", reason="has no files in memory")
@pytest.mark.parametrize("module", [photo_tasks, clip_tasks], ids=["photos", "clips"])
def test_what_is_rehearsed_with_is_read_and_written(module: ModuleType) -> None:
    for name, data, targets in module.REHEARSALS:
        files = opening.own_files(data, targets)
        assert module.TASKS[name].run(files.read(), files.written())
        files.complete()
        files.close()


async def test_it_may_hang(box: Media, monkeypatch: pytest.MonkeyPatch) -> None:
    await box.discard([(await box.keep([sent(picture())])).photo.name])
    [child] = children()
    child.suspend()
    with monkeypatch.context() as patch:  # only now: a start takes a while where others are busy
        patch.setattr(box._uploads._decoder, "_timeout", 0.5)
        assert await refused(box, sent(picture())) == texts.pictures.BROKEN_PICTURE
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
    forks = sum(fork.cpu_times().user for fork in child.children())  # one that has answered may not have ended yet
    worked = child.cpu_times().user + child.cpu_times().children_user + forks
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
