"""What people write through every door is in no file and no table, at any moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from adapters.shared.double_taps import DOUBLE
from bot import texts
from bot.model import Search
from bot.sealing.keys import open_keys
from bot.sealing.masters import Masters
from bot.sealing.words import TextCipher
from storage import Store, open_store
from tests import templates
from tests.adapters.telegram.sharing.club import ME, Club, asked, reports
from tests.houses import configure, picture

MARKER = "marzipan lighthouse"
TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgresql": "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
}


@pytest.fixture
def encrypting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The house's store has a cipher, as a configured one has."""

    async def new_store(folder: Path, url: str | None = None) -> Store:
        if url is None:
            await templates.put(folder)
        keys = open_keys(folder, Masters(folder), make=True)
        return await open_store(folder, url, cipher=TextCipher(keys))

    monkeypatch.setattr("tests.houses.new_store", new_store)


async def readable(store: Store, folder: Path) -> set[str]:
    """Where the marker can be read: files, and columns of tables."""
    inner: Any = store._db._db  # type: ignore[attr-defined]  # the database that encrypts nothing
    found = set()
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        with suppress(FileNotFoundError):
            if MARKER.encode() in path.read_bytes():
                found.add(path.name)
    for name in [row["name"] for row in await inner.read(lambda tx: tx.all(TABLES[inner.dialect]))]:
        for row in await inner.read(lambda tx, name=name: tx.all(f"SELECT * FROM {name}")):
            found |= {f"{name}.{key}" for key, value in dict(row).items() if MARKER in str(value)}
    return found


@asynccontextmanager
async def watched(store: Store, folder: Path) -> AsyncIterator[None]:
    """Fails if the marker can be read at any moment meanwhile."""
    found: set[str] = set()

    async def watch() -> None:
        while True:
            found.update(await readable(store, folder))
            await asyncio.sleep(0.05)

    task = asyncio.create_task(watch())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
    assert task.cancelled(), task.exception()
    assert found | await readable(store, folder) == set()


@pytest.mark.databases
@pytest.mark.usefixtures("encrypting")
async def test_words_through_every_door_can_be_read_nowhere(anywhere: Club, tmp_path: Path) -> None:
    store = anywhere.rig.house.store
    async with watched(store, tmp_path):
        await everything(anywhere)
    found = await store.jobs(f"telegram:{anywhere.bob.id}", 99, search=Search(words="LIGHTHOUSE marzipan"))
    assert len(found) == 3


@pytest.mark.databases
async def test_without_encryption_they_are_found(anywhere: Club, tmp_path: Path) -> None:
    await anywhere.clip(words=MARKER)
    assert "jobs.wording" in await readable(anywhere.rig.house.store, tmp_path)


async def everything(club: Club) -> None:
    api, rig = club.api, club.rig
    video = await club.clip(words=f"{MARKER} --no {MARKER}")
    before = len(rig.videos(club.forum))
    api.say(club.bob, club.forum, f"the {MARKER} blinks", reply_to=video)
    await rig.clips(club.forum, before + 1)
    api.press(club.bob, video, texts.chat.NEW_WORDS)
    again = await rig.told(club.forum, f"“{MARKER}”")
    api.say(club.bob, club.forum, f"another {MARKER}", reply_to=again)
    await rig.clips(club.forum, before + 2)
    # A photo without words, a question, its answer.
    api.photo(rig.ann, rig.private, picture())
    question = await rig.told(rig.private, str(texts.chat.NO_WORDS))
    api.say(rig.ann, rig.private, f"the {MARKER}", reply_to=question)
    await rig.told(rig.private, MARKER)
    await rig.clip(rig.private)
    # Refused for a word, and typed by a stranger in a command.
    api.photo(club.dora, club.forum, picture(), f"/animate@{ME} nude {MARKER}")
    api.say(club.dora, club.forum, f"/jobs@{ME} {MARKER}")
    # Shared, hearted, remixed with words, reported to the admins.
    post = await club.shared(video)
    assert MARKER in post.words
    api.later += 2 * DOUBLE
    remix = await asked(club, club.cem, post)
    api.say(club.cem, club.forum, f"{MARKER} at night", reply_to=remix, thread=club.gallery)
    await club.until(lambda: made_by(club, club.cem.id))
    assert await reports(club, club.dora, post) == texts.sharing.REPORTED
    await api.until(lambda: len(club.notices) == 1)
    assert MARKER in club.notices[0].words
    # Waiting for a yes.
    rig.house.provider.stand_in = False  # words leave this machine, so people are asked first
    configure(rig.house.core, ask_consent=True)
    api.photo(club.cem, club.forum, picture(), f"/animate@{ME} {MARKER} by day")
    await rig.told(club.forum, str(texts.consent.ASK)[:20])
    assert await rig.house.store.retention.parked(f"telegram:{club.cem.id}")


async def made_by(club: Club, user: int) -> bool:
    return bool(await club.rig.house.store.jobs(f"telegram:{user}"))
