"""Where jobs and credits live: one SQL text, two databases."""

from pathlib import Path

from storage.database import Database
from storage.migrate import migrate
from storage.postgres import Postgres
from storage.sqlite import Sqlite
from storage.store import Store


async def open_store(folder: Path, url: str | None = None) -> Store:
    """The store in `folder` (SQLite) or behind `url` (PostgreSQL), at the newest schema. Raises `StoreDown`."""
    database: Database = await Postgres.open(url) if url else await Sqlite.open(folder / "photoplay.db")
    try:
        await migrate(database)
    except BaseException:
        await database.close()
        raise
    return Store(database)
