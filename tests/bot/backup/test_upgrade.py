"""A database that is brought to a newer version is backed up before. On both databases."""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path

import pytest

from bot.app import App, open_app
from bot.backup import checking, manifest, moving, restoring, upgrade
from bot.backup.making import Progress
from bot.config import Settings
from bot.errors import Misconfigured, StoreDown
from storage.migrate import files
from storage.rows import values
from tests.bookkeeping import rows
from tests.older import database_of
from tests.samples import a_job

pytestmark = [pytest.mark.databases, pytest.mark.usefixtures("programs")]

VERSIONS = [number for number, _, _ in files("sqlite")]
OLD = VERSIONS[-3]
ORDER = """
    INSERT INTO jobs (id, key, person, platform, chat, thread, message, model, seconds, details, price, spent_from,
        state, due_at, claims, tries, shown, created_at)
    VALUES ('old', 'k', 'web:1', 'web', 'c', '', '1', 'kling', 5, $1, 5, 'day:2026-11-20', 'queued', 1, 0, 0, '', $2)"""


@pytest.fixture
async def older(settings: Settings, database_url: str | None, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation with an older schema, and an order in it."""
    settings.data_dir.mkdir()
    database = await database_of(OLD, database_url, settings.data_dir, monkeypatch)
    details = values(a_job())["details"]
    await database.write(lambda tx: tx.all(ORDER, details, time.time()))
    await database.close()
    return settings


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[App]:
    async with open_app(settings, idle=True) as app:
        yield app


def without(settings: Settings) -> Settings:
    return settings.model_copy(update={"backup_dir": None})


async def test_it_is_backed_up_before_and_once(older: Settings) -> None:
    assert older.backup_dir
    async with opened(older) as app:
        assert [row["id"] for row in await rows(app.store, "SELECT id FROM jobs")] == ["old"]
    [(folder, about)] = manifest.backups(older.backup_dir)
    assert (about.schema, about.counts["jobs"]) == (OLD, 1)
    async with opened(older):
        pass
    assert len(manifest.backups(older.backup_dir)) == 1, "nothing to migrate, no backup"
    checked = await checking.check(older, folder, older.data_dir, Progress())
    assert checked.schema == VERSIONS[-1], "it is brought to this version when it is put back"


async def test_processes_that_start_together_make_one(older: Settings) -> None:
    assert older.backup_dir

    async def start() -> None:
        async with opened(older):
            pass

    async with opened(older):  # as blocking locks of one loop wait for each other
        await asyncio.gather(start(), start())
    await upgrade.back_up(older, OLD)
    assert len(manifest.backups(older.backup_dir)) == 1


async def test_a_new_database_needs_none(settings: Settings) -> None:
    async with opened(settings):
        pass
    assert settings.backup_dir
    assert not settings.backup_dir.exists()
    assert not (settings.data_dir / upgrade.FOLDER).exists()


async def test_without_a_backup_it_is_not_touched(older: Settings) -> None:
    assert older.backup_dir
    older.backup_dir.write_text("a disk that is away")
    with pytest.raises(Misconfigured, match=r"could not be backed up before: .*\. Nothing was changed"):
        async with opened(older):
            pass
    older.backup_dir.unlink()
    async with opened(older):
        assert manifest.backups(older.backup_dir)[0][1].schema == OLD


async def test_without_backup_dir_sqlite_is_copied_beside_the_data(
    older: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    copies = older.data_dir / upgrade.FOLDER
    async with opened(without(older)) as app:
        await app.periodic.round()
    if older.database_url:
        assert not copies.exists()
        assert "BACKUP_DIR is not set" in caplog.text
        return
    [(folder, about)] = manifest.backups(copies)
    assert set(about.files) == {"photoplay.db", "secret"}
    (older.data_dir / "photos" / "photo.jpg").write_bytes(b"a photo")
    done = await restoring.restore(without(older), folder, about.at + 9, Progress())
    assert (older.data_dir / "photos" / "photo.jpg").is_file(), "what is not in it stays"
    assert sorted(path.name for path in done.before.iterdir()) == ["photoplay.db", "secret"]
    async with opened(without(older)) as app:
        assert [job.id for job in await app.store.restored.halted()] == ["old"]
    await upgrade.drop_old(older.data_dir, about.at + upgrade.KEPT - 1)
    assert folder.exists()
    await upgrade.drop_old(older.data_dir, about.at + upgrade.KEPT)
    assert not folder.exists()


async def test_without_room_it_goes_on(
    older: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(upgrade, "SPACE", 10**12)
    with caplog.at_level(logging.WARNING):
        async with opened(without(older)):
            pass
    assert "without a backup" in caplog.text
    assert not (older.data_dir / upgrade.FOLDER).exists()


async def test_a_newer_schema_is_told_in_words(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(settings):
        pass
    migrate = import_module("storage.migrate")
    monkeypatch.setattr(migrate, "files", lambda dialect: files(dialect)[:-1])
    with pytest.raises(Misconfigured, match=rf"newer Photoplay \(schema {VERSIONS[-1]}; this one knows .*upgrade\.md"):
        async with opened(settings):
            pass


async def test_a_failed_migration_leaves_the_database_and_its_backup(
    older: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert older.backup_dir
    migrate = import_module("storage.migrate")
    known = files("postgresql" if older.database_url else "sqlite")
    broken = [*known[:-1], (known[-1][0], known[-1][1], "UPDATE jobs SET no_such_column = 1;")]
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "files", lambda dialect: broken)
        with pytest.raises(StoreDown):
            async with opened(older):
                pass
    [(_, about)] = manifest.backups(older.backup_dir)
    assert about.schema == OLD
    async with opened(older) as app:
        assert [row["id"] for row in await rows(app.store, "SELECT id FROM jobs")] == ["old"]
    assert moving.read(older.data_dir) is None
    assert os.listdir(older.backup_dir)
