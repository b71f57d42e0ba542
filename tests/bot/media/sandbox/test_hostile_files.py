"""A small file that asks for much delays no others: it is answered in little time and memory, with a usual sentence."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from bot import texts
from bot.conversation import Attachment
from bot.errors import BrokenClip, Refusal
from bot.media.library import Media
from bot.media.sandbox import mp4_boxes
from tests import hostile_files as files

SECONDS = 3.5
"""Of processor time: what opening may take, and what reading and starting do."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def box(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Media]:
    count = itertools.count(1)
    made = Media(tmp_path_factory.mktemp("media"), new_id=lambda: f"id_{next(count)}")
    yield made
    await made.close()


def sent(data: bytes, video: bool = False) -> Attachment:
    async def fetch() -> AsyncIterator[bytes]:
        for at in range(0, len(data), 1 << 18):
            yield data[at : at + (1 << 18)]

    return Attachment(fetch, video=video)


def spent() -> float:
    """Seconds of processor time that the decoders took, with those of the files that they are done with."""
    times = [
        child.cpu_times() for child in psutil.Process().children() if "bot.media.sandbox.worker" in child.cmdline()
    ]
    return sum(t.user + t.system + t.children_user + t.children_system for t in times)


async def answer(box: Media, data: bytes, video: bool) -> str:
    before = spent()
    try:
        await box.keep([sent(data, video)])
        return "kept"
    except Refusal as refusal:
        return str(refusal)
    finally:
        assert spent() - before < SECONDS


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("make", files.FILMS.values(), ids=files.FILMS.keys())
async def test_an_mp4_that_claims_much(box: Media, make: Callable[[], bytes]) -> None:
    assert await answer(box, make(), video=True) in ("kept", texts.pictures.NOT_A_VIDEO)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("make", files.WEBMS.values(), ids=files.WEBMS.keys())
async def test_a_webm_of_many_parts(box: Media, make: Callable[[], bytes]) -> None:
    """No table says how many they are: the time that opening may take ends it."""
    assert await answer(box, make(), video=True) == texts.pictures.NOT_A_VIDEO


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", files.PICTURES)
async def test_a_picture_of_many_parts(box: Media, name: str) -> None:
    usual = (
        "kept",
        texts.pictures.BROKEN_PICTURE,
        texts.pictures.NOT_A_PICTURE,
        texts.pictures.too_many_pixels(16383, 16383, 25_000_000),
    )
    assert await answer(box, files.PICTURES[name](), video=False) in usual


@pytest.mark.asyncio(loop_scope="module")
async def test_the_plain_ones_are_kept(box: Media) -> None:
    assert await answer(box, files.film(), video=True) == "kept"
    assert await answer(box, files.png(), video=False) == "kept"
    assert await answer(box, files.commented_jpeg(b"\xff\xfe\0\2" * 1000), video=False) == "kept"


CLAIMS = [
    "60 million samples of one size",
    "60 million samples in one chunk",
    "a million samples",
    "a million edits",
    "an index of what is not there",
    "a fragment of 60 million",
    "four million empty boxes",
    "boxes in boxes, of a film",
    "a packed index",
    "a table twice",
]


@pytest.mark.parametrize("name", CLAIMS)
def test_a_claim_is_refused_before_a_decoder_sees_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(files.FILMS[name]())
    started = time.process_time()
    with path.open("rb") as file, pytest.raises(BrokenClip):
        mp4_boxes.check(file)
    assert time.process_time() - started < 1


def test_sound_of_plain_waves_may_have_many_samples(tmp_path: Path) -> None:
    """Cameras write a sample for each tick; that is no trick."""
    handler = files.full(b"hdlr", files.words(0), b"soun", bytes(13))
    table = files.full(b"stsz", files.words(4, 2_000_000))
    path = tmp_path / "film.mov"
    path.write_bytes(files.film(extra=files.box(b"trak", files.box(b"mdia", handler, table))) + bytes(8_000_000))
    with path.open("rb") as file:
        mp4_boxes.check(file)


async def test_a_film_does_not_hold_up_a_photo(tmp_path: Path) -> None:
    """Five people send the slowest films, the sixth a photo, which does not even wait for the first of them."""
    count = itertools.count(1)
    box = Media(tmp_path, new_id=lambda: f"id_{next(count)}")
    await box.keep([sent(files.jpeg())], "warm")
    slow = files.WEBMS["half a million tags"]()
    films = [asyncio.create_task(box.keep([sent(slow, video=True)], f"person {n}")) for n in range(5)]
    stills = box._uploads._stills
    async with asyncio.timeout(30):
        while not stills._all:
            await asyncio.sleep(0.01)
        await box.keep([sent(files.jpeg())], "the sixth")
    assert not any(film.done() for film in films)
    for film in films:
        film.cancel()
    await asyncio.gather(*films, return_exceptions=True)
    await box.close()


async def test_one_persons_heap_stands_behind_everybody_elses_photo(tmp_path: Path) -> None:
    count = itertools.count(1)
    box = Media(tmp_path, new_id=lambda: f"id_{next(count)}")
    done: list[str] = []

    async def send(person: str) -> None:
        await box.keep([sent(files.jpeg())], person)
        done.append(person)

    await asyncio.gather(*(send("one") for _ in range(12)), send("other"))
    assert done.index("other") < 6
    await box.close()


async def test_slow_downloads_of_one_person_leave_room(tmp_path: Path) -> None:
    count = itertools.count(1)
    box = Media(tmp_path, new_id=lambda: f"id_{next(count)}")

    async def never() -> AsyncIterator[bytes]:
        yield b"\xff\xd8"
        await asyncio.Event().wait()

    stuck = [asyncio.create_task(box.keep([Attachment(never)], "one")) for _ in range(50)]
    async with asyncio.timeout(20):
        await box.keep([sent(files.jpeg())], "other")
    for task in stuck:
        task.cancel()
    await asyncio.gather(*stuck, return_exceptions=True)
    await box.close()
