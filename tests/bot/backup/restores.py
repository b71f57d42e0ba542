"""An installation that is backed up and put back, for the tests of both."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.backup import making
from bot.backup.making import Progress
from bot.backup.restoring import Restored, restore
from bot.backup.source import source_of, tombstones_of
from bot.config import Settings
from bot.media.library import Media
from bot.media.signed_links import secret_of
from storage import Store, open_store
from tests import templates

ANN, ANN_TOO, BOB = "telegram:900100200", "discord:900100300", "telegram:700100200"
NOW = 1_764_400_000.0


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[tuple[Store, Media]]:
    """The installation, as the app has it."""
    if settings.database_url is None:
        await templates.put(settings.data_dir)
    settings.data_dir.mkdir(exist_ok=True)
    url = settings.database_url.get_secret_value() if settings.database_url else None
    stones = tombstones_of(settings, secret_of(settings.data_dir))
    names = (f"name{number}" for number in range(1000))
    media = Media(settings.data_dir, new_id=lambda: next(names))
    store = await open_store(settings.data_dir, url, tombstones=stones)
    try:
        yield store, media
    finally:
        await media.close()
        await store.close()


async def backed_up(settings: Settings, at: float = NOW) -> Path:
    assert settings.backup_dir
    with making.receiving(settings.backup_dir):
        return await making.make(source_of(settings), settings.backup_dir, at)


async def put_back(settings: Settings, folder: Path) -> Restored:
    return await restore(settings, folder, NOW + 5000, Progress())


def tree(folder: Path) -> dict[str, bytes]:
    """All files of the data, as far as their content is ours."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(("photoplay.db", "lock"))
    }
