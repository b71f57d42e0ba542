"""Tombstones: laid with every removal before it is confirmed, and readable after a crash. On both databases."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.backup.source import tombstone_key
from bot.config import Settings
from bot.errors import StoreDown
from bot.gallery import sharing
from bot.gallery.model import ENOUGH
from bot.media.library import Media
from bot.privacy import retention
from bot.quotas.records import Act
from storage import Store, tombstones
from storage.tombstones import FILE, Stone, Tombstones, append, hashed, latest, line, lines_of
from tests.bookkeeping import rows
from tests.clock import Clock
from tests.traces import TOWN, a_past, a_share

pytestmark = pytest.mark.databases

ANN, ANN_TOO, BOB = "telegram:900100200", "discord:900100200", "telegram:700100200"


@pytest.fixture
def laid(settings: Settings, store: Store) -> Callable[..., list[str]]:
    """The kinds of tombstones of these subjects in a folder, oldest first."""
    key = tombstone_key((settings.data_dir / "secret").read_bytes())

    def kinds(folder: Path | None, kind: tombstones.Kind, *ids: str) -> list[str]:
        wanted = {hashed(key, kind, id) for id in ids}
        stones = map(tombstones._stone, lines_of((folder or settings.data_dir) / FILE))
        return [stone.kind for stone in stones if stone and stone.of in wanted]

    return kinds


Laid = Callable[..., list[str]]


async def test_whoever_is_forgotten_is_noted_with_all_linked_persons(
    store: Store, media: Media, settings: Settings, clock: Clock, laid: Laid
) -> None:
    await store.accounts.offer(ANN, "code", clock() + 9)
    await store.accounts.join(ANN_TOO, "code", clock(), 5)
    await retention.forget(store, media, ANN, clock())
    for folder in (settings.data_dir, settings.backup_dir):
        assert laid(folder, "person", ANN, ANN_TOO) == ["person", "person"]
        assert laid(folder, "person", BOB) == []
        assert folder
        text = (folder / FILE).read_text()
        assert "900100200" not in text
        assert (folder / FILE).stat().st_mode & 0o777 == 0o600


async def test_nobody_is_forgotten_without_a_note_beside_the_backups(
    store: Store, media: Media, settings: Settings, clock: Clock
) -> None:
    job = await a_past(store, media, "one", ANN, clock())
    assert settings.backup_dir
    settings.backup_dir.write_text("a disk that is away")
    with pytest.raises(StoreDown, match="tombstones cannot be written"):
        await retention.forget(store, media, ANN, clock())
    with pytest.raises(StoreDown, match="tombstones cannot be written"):
        await retention.delete(store, media, job, [ANN], clock())
    assert await rows(store, "SELECT 1 FROM forgetting") == []
    assert media.has("onec.mp4")
    settings.backup_dir.unlink()
    await retention.delete(store, media, job, [ANN], clock())
    await retention.forget(store, media, ANN, clock())
    assert len(await rows(store, "SELECT 1 FROM forgetting")) == 1


async def test_a_clip_that_is_deleted_hidden_or_unshared_is_noted(
    store: Store, media: Media, clock: Clock, laid: Laid
) -> None:
    jobs = {name: await a_past(store, media, name, ANN, clock()) for name in ("one", "two", "three", "four")}
    shared = {name: await store.gallery.add(a_share(job, f"s-{name}", clock())) for name, job in jobs.items()}
    await sharing.take_back(store, [shared["one"]], clock())
    assert laid(None, "unshared", "s-one") == ["unshared"]
    await store.gallery.judge("s-two", "hidden", clock())
    await store.gallery.judge("s-two", "up", clock())
    assert laid(None, "hidden", "s-two") == ["hidden", "shown"]
    for number in range(ENOUGH):
        assert laid(None, "hidden", "s-three") == []
        await store.gallery.report("s-three", f"telegram:{number}", "bad", clock(), ENOUGH)
    assert laid(None, "hidden", "s-three") == ["hidden"]
    await retention.delete(store, media, jobs["four"], [ANN], clock())
    assert laid(None, "clip", "four") == ["clip"]
    assert laid(None, "unshared", "s-four") == ["unshared"]


async def test_a_gallerys_address_that_is_closed_is_noted(store: Store, clock: Clock, laid: Laid) -> None:
    async def web(number: int, slug: str | None) -> None:
        act = Act(f"act{number}", clock(), ANN, TOWN, "gallery")
        await store.quotas.amend(act, lambda rule: replace(rule, web=slug))

    await web(1, "first")
    await web(2, "second")
    assert laid(None, "closed", f"{TOWN} first") == ["opened", "closed"]
    await web(3, None)
    await web(4, "second")
    assert laid(None, "closed", f"{TOWN} second") == ["opened", "closed", "opened"]


async def test_what_may_not_wait_for_a_disk_is_brought_there_later(
    store: Store, media: Media, settings: Settings, clock: Clock, laid: Laid
) -> None:
    assert settings.backup_dir
    job = await a_past(store, media, "one", ANN, clock())
    await store.gallery.add(a_share(job, "s-one", clock()))
    settings.backup_dir.write_text("a disk that is away")
    assert await store.gallery.judge("s-one", "hidden", clock())
    settings.backup_dir.unlink()
    append(settings.backup_dir / FILE, [line(Stone(1.0, "person", "ab"))])
    store.tombstones.level()
    assert laid(settings.backup_dir, "hidden", "s-one") == ["hidden"]
    here, there = (sorted(lines_of(folder / FILE)) for folder in store.tombstones.folders)
    assert (here, len(here)) == (there, 2)
    store.tombstones.level()
    assert sorted(lines_of(settings.backup_dir / FILE)) == here


def test_a_line_that_a_crash_cut_off_takes_none_with_it(tmp_path: Path) -> None:
    path = tmp_path / FILE
    stones = [Stone(float(at), "person", f"hash{at}") for at in range(3)]
    append(path, [line(stones[0])])
    with path.open("ab") as file:
        file.write(b"\n" + b"[" * 100_000 + b"\n[1" + b"0" * 400 + b', "person", "ha"]\n[1.0, "person", "ha')
    append(path, [line(stone) for stone in stones[1:]])
    assert lines_of(path) == [line(stone) for stone in stones]
    assert latest([path], 1.0) == {"hash1": stones[1], "hash2": stones[2]}
    assert latest([path, tmp_path / "none"], 9.0) == {}


def test_the_latest_of_a_subject_counts() -> None:
    key = b"key"
    assert hashed(key, "hidden", "s1") == hashed(key, "shown", "s1") != hashed(key, "clip", "s1")
    assert hashed(key, "hidden", "s1") != hashed(b"other", "hidden", "s1")
    assert "key" not in repr(Tombstones((), key))


async def test_they_are_on_the_disk_before_the_database_is_asked(
    store: Store, media: Media, clock: Clock, laid: Laid, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda number: synced.append(number) or fsync(number))

    async def broken(*_: object) -> None:
        raise StoreDown("the database is away")

    await a_past(store, media, "one", ANN, clock())
    synced.clear()
    monkeypatch.setattr(store._db, "write", broken)
    with pytest.raises(StoreDown, match="away"):
        await retention.forget(store, media, ANN, clock())
    assert laid(None, "person", ANN) == ["person"]
    assert len(synced) >= 2
