"""A database of before: its words are encrypted in the background, and gone from its files afterwards."""

from pathlib import Path

from bot.jobs.machine import hold
from bot.privacy.words import AGAIN, WordsBacklog
from bot.sealing.keys import open_keys
from bot.sealing.masters import Masters
from bot.sealing.words import TextCipher
from storage import open_store
from tests import templates
from tests.samples import a_job, an_order

MARKER = "marzipan lighthouse"


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("photoplay.db*"))


async def test_words_of_before_are_gone_from_the_files(tmp_path: Path) -> None:
    await templates.put(tmp_path)
    off = await open_store(tmp_path)
    for n in range(250):
        job = a_job(f"job{n}", person=f"console:{n % 7}", order=an_order(prompt=f"{MARKER} {n}"))
        await off.submit(job, hold(job))
    assert MARKER.encode() in bytes_of(tmp_path)
    assert await WordsBacklog(off).round() == 0
    await off.close()
    store = await open_store(tmp_path, cipher=TextCipher(open_keys(tmp_path, Masters(tmp_path), make=True)))
    ticks = iter(range(0, 10_000, 9))
    work = WordsBacklog(store, lambda: float(next(ticks)))  # three pages a round
    assert [await work.round() for _ in range(9)].count(0) >= 1
    assert MARKER.encode() not in bytes_of(tmp_path)
    found = await store.job("job249")
    assert found
    assert found.order.prompt == f"{MARKER} 249"
    await store.close()


async def test_a_process_of_the_version_before_may_write_for_a_while_yet(tmp_path: Path) -> None:
    await templates.put(tmp_path)
    off = await open_store(tmp_path)
    store = await open_store(tmp_path, cipher=TextCipher(open_keys(tmp_path, Masters(tmp_path), make=True)))
    now = 0.0
    work = WordsBacklog(store, lambda: now)
    await off.inbox.take("u1", "telegram", MARKER, 1.0)
    assert await work.round() == 1
    await off.inbox.take("u2", "telegram", MARKER, 1.0)
    assert await work.round() == 0
    now += AGAIN
    assert await work.round() == 1
    assert MARKER.encode() not in bytes_of(tmp_path)
    now += AGAIN
    assert await work.round() == 0
    await off.inbox.take("u3", "telegram", MARKER, 1.0)
    now += AGAIN
    assert await work.round() == 0  # a pass that finds nothing is the last one
    await off.close()
    await store.close()


async def test_a_process_that_was_killed_at_the_end_leaves_nothing_to_the_next(tmp_path: Path) -> None:
    await templates.put(tmp_path)
    off = await open_store(tmp_path)  # stays open, as the file's log would be merged otherwise
    await off.inbox.take("u1", "telegram", MARKER, 1.0)
    store = await open_store(tmp_path, cipher=TextCipher(open_keys(tmp_path, Masters(tmp_path), make=True)))
    killed = store.unsealed()
    assert killed
    while await killed.seal(100) is not None:
        pass
    assert MARKER.encode() in bytes_of(tmp_path)
    assert await WordsBacklog(store).round() == 0
    assert MARKER.encode() not in bytes_of(tmp_path)
    await off.close()
    await store.close()
