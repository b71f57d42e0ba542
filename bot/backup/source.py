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


@dataclass(frozen=True, slots=True)
class Source:
    """`url`: of PostgreSQL, None for SQLite in `data`. `version` of Photoplay; `installation`: its mark at `/livez`."""

    data: Path
    url: str | None
    version: str
    installation: str


def source_of(settings: Settings) -> Source:
    """The data of these settings. Raises `Misconfigured` where there is none."""
    url = settings.database_url.get_secret_value() if settings.database_url else None
    if not (settings.data_dir if url else settings.data_dir / snapshot.FILE).exists():
        raise Misconfigured(f"There is no database in {settings.data_dir.absolute()}: nothing to back up.")
    mark = Links(secret_of(settings.data_dir), time.time).mark(INSTALLATION)
    return Source(settings.data_dir, url, importlib.metadata.version("photoplay"), mark)
