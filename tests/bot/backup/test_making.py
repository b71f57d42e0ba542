"""A backup: what is in it, that it is whole or not there, and that others cannot read it. On both databases."""

import asyncio
import os
import re
import shutil
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.backup import locks, making, manifest, report
from bot.backup.source import Source
from bot.config import Settings
from bot.errors import Misconfigured, StoreDown
from bot.jobs import machine
from bot.media.library import Media
from storage import Store
from tests.clock import Clock
from tests.samples import a_job
from tests.traces import a_past

pytestmark = [pytest.mark.databases, pytest.mark.usefixtures("programs")]

AT = 1_764_400_000.0
ANN = "telegram:900100200"


async def make(source: Source, to: Path, at: float = AT) -> Path:
    with making.receiving(to):
        return await making.make(source, to, at)


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_it_holds_the_database_the_files_and_a_manifest_of_them(
    source: Source, store: Store, media: Media, clock: Clock, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        await a_past(store, media, name, ANN, clock())
    (source.data / "incoming" / "draft").write_bytes(b"half")
    folder = await make(source, tmp_path / "backups")
    assert folder.name == "photoplay-20251129T070640Z"
    about = manifest.read(folder)
    assert about.database == ("postgresql" if source.url else "sqlite")
    assert (about.counts["jobs"], about.counts["people"], about.counts["photos"]) == (2, 1, 2)
    assert (about.version, about.installation, about.at) == (source.version, source.installation, AT)
    found = tree(folder)
    assert set(found) - {manifest.NAME} == set(about.files)
    assert set(found) >= {"secret", "photos/onep.jpg", "clips/onec.mp4", "clips/twoc.mp4.poster.jpg"}
    assert not any(path.startswith(("incoming", "fitted", "marks")) for path in found)
    assert found["clips/onec.mp4"] == media.path("onec.mp4").read_bytes()
    for path, (size, digest) in about.files.items():
        assert (size, digest) == (len(found[path]), manifest.digest(folder / path))
    assert [entry.name for entry in (tmp_path / "backups").iterdir() if entry.name != making.LOCK] == [folder.name]


async def test_it_is_for_our_user_alone(source: Source, tmp_path: Path, media: Media) -> None:
    media.path("photo.jpg").write_bytes(b"a photo")
    os.chmod(media.path("photo.jpg"), 0o644)
    folder = await make(source, tmp_path / "new" / "backups")
    for path in [folder.parent, folder, *folder.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


async def test_files_are_linked_and_copied_where_links_do_not_work(
    source: Source, media: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media.path("photo.jpg").write_bytes(b"a photo")
    linked = await make(source, tmp_path / "backups")
    assert (linked / "photos/photo.jpg").samefile(media.path("photo.jpg"))

    def refuse(*_: object, **__: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", refuse)
    copied = await make(source, tmp_path / "elsewhere")
    assert not (copied / "photos/photo.jpg").samefile(media.path("photo.jpg"))
    assert manifest.read(copied).files["photos/photo.jpg"] == manifest.read(linked).files["photos/photo.jpg"]


async def test_a_file_that_is_linked_again_is_not_read_again(
    source: Source, media: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media.path("photo.jpg").write_bytes(b"a photo")
    before = manifest.read(await make(source, tmp_path / "backups"))
    read: list[str] = []
    digest = manifest.digest
    monkeypatch.setattr(manifest, "digest", lambda path, *rest: read.append(path.name) or digest(path, *rest))
    after = manifest.read(await make(source, tmp_path / "backups", AT + 60))
    assert after.files["photos/photo.jpg"] == before.files["photos/photo.jpg"]
    assert "photo.jpg" not in read
    media.path("photo.jpg").unlink()
    media.path("photo.jpg").write_bytes(b"another")
    again = manifest.read(await make(source, tmp_path / "backups", AT + 120))
    assert again.files["photos/photo.jpg"] != before.files["photos/photo.jpg"]


async def test_on_another_disk_what_is_there_already_is_linked_with_it(
    source: Source, media: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def elsewhere(one: Path, other: Path) -> None:
        if source.data in Path(one).parents:
            raise OSError(18, "Invalid cross-device link")
        link(one, other)

    monkeypatch.setattr(os, "link", elsewhere)
    for name in ("same.jpg", "changed.jpg", "longer.jpg"):
        media.path(name).write_bytes(b"a photo")
    first = await make(source, tmp_path / "backups")
    os.utime(media.path("changed.jpg"), (AT, AT))
    media.path("longer.jpg").write_bytes(b"a photo, encrypted meanwhile")
    media.path("new.jpg").write_bytes(b"a photo")
    (source.data / "keys").mkdir(exist_ok=True)
    second = await make(source, tmp_path / "backups", AT + 1)
    photos = [second / "photos" / name for name in ("same.jpg", "changed.jpg", "longer.jpg")]
    assert [path.samefile(first / "photos" / path.name) for path in photos] == [True, False, False]
    assert photos[2].read_bytes() == b"a photo, encrypted meanwhile"
    assert (second / "photos/new.jpg").read_bytes() == b"a photo"
    assert not (second / "secret").samefile(first / "secret")
    files = manifest.read(second).files
    assert all(manifest.digest(second / path) == digest for path, (_, digest) in files.items())


async def test_what_is_written_meanwhile_is_in_it_whole_or_not_at_all(
    source: Source, store: Store, tmp_path: Path
) -> None:
    writing = asyncio.Event()

    async def order() -> None:
        for number in range(300):
            await store.submit(job := a_job(f"job{number}"), machine.hold(job), None)
            writing.set()

    task = asyncio.create_task(order())
    await writing.wait()
    folders = [await make(source, tmp_path / "backups", AT + second) for second in range(3)]
    await task
    counts = [manifest.read(folder).counts for folder in folders]
    assert all(found["jobs"] == found["queued"] for found in counts), "as of one moment"
    assert 0 < counts[0]["jobs"] <= counts[-1]["jobs"] <= 300


async def test_one_that_fails_or_is_stopped_leaves_nothing(
    source: Source, media: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media.path("photo.jpg").write_bytes(b"a photo")
    to, taken = tmp_path / "backups", asyncio.Event()
    loop, take = asyncio.get_running_loop(), making.take

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(making, "take", full)
    with pytest.raises(StoreDown, match="No space left"):
        await make(source, to)
    assert [path.name for path in to.iterdir()] == [making.LOCK]

    def slow(*paths: Path) -> None:
        take(*paths)
        loop.call_soon_threadsafe(taken.set)
        while not cancelled:
            pass

    cancelled: list[bool] = []
    monkeypatch.setattr(making, "take", slow)
    task = asyncio.create_task(make(source, to))
    async with asyncio.timeout(60):
        await taken.wait()
    task.cancel()
    cancelled.append(True)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [path.name for path in to.iterdir()] == [making.LOCK]
    with making.receiving(to):
        pass  # nobody holds it


async def test_one_that_is_cancelled_as_it_has_got_its_name_is_not_left(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to, finish, loop = tmp_path / "backups", making._finish, asyncio.get_running_loop()
    reached, go_on = asyncio.Event(), threading.Event()

    def slow(*arguments: Any) -> None:
        finish(*arguments)
        loop.call_soon_threadsafe(reached.set)
        go_on.wait(60)

    monkeypatch.setattr(making, "_finish", slow)
    task = asyncio.create_task(make(source, to))
    await reached.wait()
    task.cancel()
    loop.call_later(0.1, go_on.set)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [path.name for path in to.iterdir()] == [making.LOCK]


async def test_what_a_crash_left_goes_with_the_next_one(source: Source, tmp_path: Path) -> None:
    to = tmp_path / "backups"
    half = to / ".photoplay-20251128T070640Z.partial" / "photos"
    half.mkdir(parents=True)
    (half / "photo.jpg").write_bytes(b"a photo")
    folder = await make(source, to)
    assert {path.name for path in to.iterdir()} == {making.LOCK, folder.name}


async def test_of_two_at_once_the_second_is_told_so(source: Source, tmp_path: Path) -> None:
    with making.receiving(tmp_path / "backups"), pytest.raises(locks.Busy, match="Another backup"):
        await make(source, tmp_path / "backups")


async def test_the_oldest_of_this_installation_go(source: Source, tmp_path: Path) -> None:
    to = tmp_path / "backups"
    folders = [await make(source, to, AT + number) for number in range(4)]
    other = await make(Source(source.data, source.url, source.version, "another1"), to, AT - 9)
    assert making.prune(to, 2, source.installation) == 2
    assert {path for path, _ in manifest.backups(to)} == {*folders[2:], other}


async def test_the_newest_ones_age_is_told(source: Source, tmp_path: Path) -> None:
    to = tmp_path / "backups"
    assert manifest.age(to, AT) is None
    for number in range(2):
        folder = await make(source, to, AT + number)
        os.utime(folder / manifest.NAME, (AT + number, AT + number))
    (to / "photoplay-half").mkdir()
    assert manifest.age(to, AT + 61) == manifest.age(to, AT + 61, source.installation) == 60
    assert manifest.age(to, AT + 61, "another1") is None
    (folder / manifest.NAME).write_text("{")
    os.utime(folder / manifest.NAME, (AT + 2, AT + 2))
    assert manifest.age(to, AT + 61) == 61, "a damaged one is none"
    assert manifest.age(to, AT - 5) == 0


async def test_a_folder_without_a_whole_manifest_is_no_backup(source: Source, tmp_path: Path) -> None:
    folder = await make(source, tmp_path / "backups")
    for text in ("", "{", "[]", '{"files": {}}', '{"files": {"../x": [1, "a"]}}', '{"files": 3}'):
        (folder / manifest.NAME).write_text(text)
        with pytest.raises(Misconfigured, match="damaged"):
            manifest.read(folder)
    (folder / manifest.NAME).unlink()
    with pytest.raises(Misconfigured, match="no backup"):
        manifest.read(folder)
    assert manifest.backups(tmp_path / "backups") == []


def test_a_deleted_row_is_not_in_it(tmp_path: Path) -> None:
    from storage import snapshot

    with closing(sqlite3.connect(tmp_path / "one.db", isolation_level=None)) as database:
        database.execute("PRAGMA secure_delete=OFF")
        database.execute("CREATE TABLE migrations (version INT)")
        database.execute("CREATE TABLE words (word TEXT)")
        database.execute("INSERT INTO words VALUES ('a secret word')")
        database.execute("DELETE FROM words")
    assert b"a secret word" in (tmp_path / "one.db").read_bytes()
    snapshot.copy(tmp_path / "one.db", tmp_path / "two.db", lambda: False)
    assert b"a secret word" not in (tmp_path / "two.db").read_bytes()
    assert snapshot.damage(tmp_path / "two.db") == ""
    with closing(sqlite3.connect(tmp_path / "one.db", isolation_level=None)) as database:
        database.executemany("INSERT INTO words VALUES (?)", [("word " * 99,)] * 3000)
    with pytest.raises(StoreDown, match="interrupted"):
        snapshot.copy(tmp_path / "one.db", tmp_path / "three.db", lambda: True)
    (tmp_path / "two.db").write_bytes((tmp_path / "two.db").read_bytes()[:5000])
    assert snapshot.damage(tmp_path / "two.db")


async def test_an_older_pg_dump_and_none_at_all_are_told_in_words(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: Path
) -> None:
    if source.url is None:
        pytest.skip("PostgreSQL's own programs")
    kept = Settings(data_dir=source.data, backup_dir=tmp_path / "backups", database_url=source.url, _env_file=None)

    async def checked() -> list[str]:
        return [one.text async for one in report.findings(kept, 0.0) if one.kind == "bad"]

    assert await checked() == []
    older = programs.parents[1] / "pginstall" / "bin"
    assert (older / "pg_dump").exists()
    monkeypatch.setenv("PATH", str(older))
    with pytest.raises(Misconfigured, match=r"pg_dump is of PostgreSQL \d+, and the server of \d+"):
        await make(source, tmp_path / "backups")
    (told,) = await checked()
    assert re.match(r"Backups: none can be made\. pg_dump is of PostgreSQL \d+, and the server of 18", told)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Misconfigured, match="pg_dump is not here"):
        await make(source, tmp_path / "backups")
    (told,) = await checked()
    assert told.startswith("Backups: none can be made. pg_dump is not here")
    assert shutil.which("pg_dump") is None
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [making.LOCK]
