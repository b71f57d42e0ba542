"""A folder of before: its files are encrypted one after the other, and both kinds are read meanwhile."""

import itertools
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Any

import pytest
from boxes import picture, sent

from bot.media import backlog
from bot.media.backlog import Backlog
from bot.media.library import Media
from bot.media.vault import Vault
from bot.privacy import retention
from bot.sealing import files
from bot.sealing.keys import Keys, open_keys
from bot.sealing.masters import Masters
from bot.sealing.model import MAGIC
from storage import Store
from tests.decoders import Shared
from tests.templates import new_store
from tests.traces import a_past

PAST = 1_780_000_000.0


class Folder:
    """A data folder, first without encryption, then with it."""

    def __init__(self, place: Path, store: Store) -> None:
        self.place, self.store = place, store
        self._ids = map("new{}".format, itertools.count())

    def media(self, *, seal: bool = True, vault: type[Vault] = Vault) -> Media:
        return Media(
            self.place,
            new_id=self._ids.__next__,
            decoder=Shared,
            vault=vault(open_keys(self.place, Masters(self.place), make=seal), seal=seal),
        )

    def keys(self) -> Keys:
        found = open_keys(self.place, Masters(self.place), make=True)
        assert found
        return found

    def plain(self) -> set[str]:
        folders = ("photos", "clips", "fitted")
        paths = [path for folder in folders for path in (self.place / folder).iterdir()]
        return {path.name for path in paths if not path.read_bytes().startswith(MAGIC)}


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Folder]:
    """With a job of each of two people: photo, clip, smaller copy, frame and poster, a day old."""
    store = await new_store(tmp_path)
    made = Folder(tmp_path, store)
    before = made.media(seal=False)
    for id, person in (("a", "telegram:1"), ("b", "discord:2")):
        await a_past(store, before, id, person, PAST)
    for path in [path for folder in ("photos", "clips", "fitted") for path in (tmp_path / folder).iterdir()]:
        os.utime(path, (PAST, PAST))
    assert len(made.plain()) == 10
    yield made
    await store.close()


async def test_all_of_it_is_encrypted_with_the_keys_of_its_people(folder: Folder) -> None:
    media = folder.media()
    told = {path: path.read_bytes() for path in folder.place.rglob("*.[mj]p[4g]")}
    assert await Backlog(folder.store, media).round() == 4
    assert folder.plain() == set()
    for path, data in told.items():
        assert media.vault.read(path) == data
        assert path.stat().st_mtime == PAST  # as old as it was
    assert list((folder.place / "incoming").iterdir()) == []
    folder.keys().retire("telegram:1")
    folder.keys().drop("telegram:1")
    after = folder.media()
    with pytest.raises(OSError, match="missing"):
        after.stored("ac.mp4").read()
    assert after.stored("bc.mp4").read() == told[folder.place / "clips" / "bc.mp4"]


async def test_it_is_bounded_and_goes_on_after_a_restart(folder: Folder) -> None:
    for left in (3, 2, 1, 0):
        clock = itertools.count(0, backlog.BUSY * 0.6).__next__  # enough for one file
        media = folder.media()
        assert await Backlog(folder.store, media, clock).round() == 1
        assert len(await media.plain()) == left
        for name in ("ap.jpg", "ac.mp4", "bp.jpg", "bc.mp4"):  # both kinds are read
            assert media.stored(name).read().startswith((b"photo of ", b"clip of "))
    assert await Backlog(folder.store, folder.media()).round() == 0


async def test_the_next_round_goes_on_and_the_last_one_ends_it(folder: Folder) -> None:
    clock = itertools.count(0, backlog.BUSY * 0.6).__next__
    media = folder.media()
    work = Backlog(folder.store, media, clock)
    assert [await work.round() for _ in range(6)] == [1, 1, 1, 1, 0, 0]
    media.path("late.jpg").write_bytes(b"plain")
    assert await work.round() == 0  # what this process writes is encrypted: it looks no more
    assert folder.plain() == {"late.jpg"}


async def test_a_file_without_a_row_waits_for_it_until_it_is_old(folder: Folder) -> None:
    media = folder.media()
    await Backlog(folder.store, media).round()
    media.path("young.jpg").write_bytes(b"young")
    work = Backlog(folder.store, media)
    assert await work.round() == 0
    assert folder.plain() == {"young.jpg"}
    os.utime(media.path("young.jpg"), (time.time() - 7 * 3600,) * 2)
    assert await work.round() == 1
    assert folder.plain() == set()
    assert media.stored("young.jpg").read() == b"young"


class Broken(Exception):
    pass


async def test_a_crash_in_the_middle_of_a_file_leaves_it_as_it_was(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = folder.plain()
    media = folder.media()

    def breaking(file: IO[bytes], key: Any) -> Any:
        raise Broken

    with monkeypatch.context() as patch:
        patch.setattr(files, "writer", breaking)
        with pytest.raises(Broken):
            await Backlog(folder.store, media).round()
    assert folder.plain() == before
    assert await Backlog(folder.store, media).round() == 4


class Slow(Vault):
    """One in which somebody is forgotten while a file of theirs is encrypted."""

    def writing(self, path: Path, key: Any) -> Any:
        for victim in (path.parents[1] / "photos" / "ap.jpg", path.parents[1] / "clips" / "ac.mp4"):
            victim.unlink(missing_ok=True)
        return super().writing(path, key)


async def test_what_is_removed_meanwhile_does_not_come_back(folder: Folder) -> None:
    media = folder.media(vault=Slow)
    await Backlog(folder.store, media).round()
    assert not media.has("ap.jpg")
    assert not media.has("ac.mp4")
    assert media.has("bc.mp4")


async def test_whoever_is_forgotten_meanwhile_is_forgotten(folder: Folder) -> None:
    clock = itertools.count(0, backlog.BUSY * 0.6).__next__
    media = folder.media()
    work = Backlog(folder.store, media, clock)
    await work.round()
    await retention.forget(folder.store, media, "telegram:1", PAST + 9)
    for _ in range(5):
        await work.round()
    assert {name for name in ("ap.jpg", "ac.mp4", "bp.jpg", "bc.mp4") if media.has(name)} == {"bp.jpg", "bc.mp4"}
    assert folder.plain() == set()


async def test_without_encryption_nothing_is_done(folder: Folder) -> None:
    media = folder.media(seal=False)
    assert await Backlog(folder.store, media).round() == 0
    assert len(folder.plain()) == 10


async def test_a_photo_with_two_names_stays_two_photos(folder: Folder) -> None:
    off = folder.media(seal=False)
    kept = await off.keep([sent(picture())], "telegram:1")
    os.link(off.path(kept.photo.name), off.path("twin.jpg"))
    job = await a_past(folder.store, off, "c", "telegram:1", PAST)
    for name in (kept.photo.name, "twin.jpg"):
        os.utime(off.path(name), (PAST, PAST))
    media = folder.media()
    await Backlog(folder.store, media).round()
    assert media.stored("twin.jpg").read() == media.stored(kept.photo.name).read()
    assert job.id == "c"
    assert folder.plain() == set()
    await off.close()
