"""What is backed up, by the settings."""

import importlib.metadata
import time
from dataclasses import dataclass
from pathlib import Path

from adapters.web.server import INSTALLATION
from bot.config import Settings
from bot.errors import Misconfigured
from bot.media.signed_links import Links, secret_of
from storage import snapshot
from storage.tombstones import Tombstones


@dataclass(frozen=True, slots=True)
class Source:
    """`url`: of PostgreSQL, None for SQLite in `data`. `version` of Photoplay; `installation`: its mark at `/livez`."""

    data: Path
    url: str | None
    version: str
    installation: str


def tombstones_of(settings: Settings, seed: bytes) -> Tombstones:
    """Where removals are noted: beside the data, and beside the backups. `seed`: the secret of the installation."""
    folders = [settings.data_dir, *([settings.backup_dir] if settings.backup_dir else [])]
    return Tombstones(folders, tombstone_key(seed))


def tombstone_key(seed: bytes) -> bytes:
    """The key of the hashes in tombstones."""
    return Links(seed, time.time).secret("tombstones").encode()


def source_of(settings: Settings) -> Source:
    """The data of these settings. Raises `Misconfigured` where there is none."""
    url = settings.database_url.get_secret_value() if settings.database_url else None
    if not (settings.data_dir if url else settings.data_dir / snapshot.FILE).exists():
        raise Misconfigured(f"There is no database in {settings.data_dir.absolute()}: nothing to back up.")
    mark = installation_of(settings.data_dir)
    return Source(settings.data_dir, url, importlib.metadata.version("photoplay"), mark)


def installation_of(data: Path) -> str:
    """The mark of an installation, by its data folder. Raises `Misconfigured`."""
    return Links(secret_of(data), time.time).mark(INSTALLATION)
