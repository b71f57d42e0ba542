"""Persistence of jobs and credits: one SQL text for SQLite and PostgreSQL."""

import secrets
from pathlib import Path

from bot.sealing.words import TextCipher
from storage.database import Database
from storage.jobs import Store

__all__ = ["Store", "open_store"]
from storage.marks import Marks
from storage.migrate import Before, migrate
from storage.outage import Outage
from storage.restored import Restored
from storage.sealed import Sealed
from storage.sqlite import Sqlite
from storage.timed import Observe, Timed
from storage.tombstones import Tombstones


async def open_store(
    folder: Path,
    url: str | None = None,
    marks: Path | None = None,
    observe: Observe | None = None,
    tombstones: Tombstones | None = None,
    before: Before | None = None,
    cipher: TextCipher | None = None,
) -> Store:
    """Open the store in `folder` (SQLite) or behind `url` (PostgreSQL), migrated to the newest schema.

    `marks`: folder of the high-water marks; default `folder`. `observe` is told of each transaction's seconds.
    `tombstones`: where removals are noted; default nowhere. `before` is called before a database with data is
    migrated. `cipher`: for what people wrote; default: none is encrypted, nor decrypted. Raises `StoreDown`,
    `Misconfigured`.
    """
    database: Database = Outage(await (_postgres(url) if url else Sqlite.open(folder / "photoplay.db")))
    if observe:
        database = Timed(database, observe)
    sealed = Sealed(database, cipher or TextCipher())
    try:
        await migrate(database, before)
        restored = Restored(sealed, Marks(marks or folder / "marks"))
        await restored.open(secrets.token_hex(5))
    except BaseException:
        await database.close()
        raise
    return Store(sealed, restored, tombstones or Tombstones())


async def _postgres(url: str) -> Database:
    from storage.postgres import Postgres  # its driver is loaded where it is used

    return await Postgres.open(url)
