"""Databases of older versions."""

from importlib import import_module
from pathlib import Path

import pytest

from storage.postgres import Postgres
from storage.sqlite import Sqlite


async def database_of(
    version: int, database_url: str | None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Sqlite | Postgres:
    """An empty database with the schema of that version, in the place of `open_store`."""
    migrate = import_module("storage.migrate")  # the package's attribute is the function
    known = migrate.files
    database: Sqlite | Postgres
    if database_url:
        database = await Postgres.open(database_url)
        await database.write(lambda tx: tx.all("DROP SCHEMA public CASCADE"))
        await database.write(lambda tx: tx.all("CREATE SCHEMA public"))
    else:
        database = await Sqlite.open(folder / "photoplay.db")
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "files", lambda dialect: [one for one in known(dialect) if one[0] <= version])
        assert await migrate.migrate(database) == version
    return database
