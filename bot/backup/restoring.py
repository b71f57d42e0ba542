"""Putting a backup back: check it, put it together beside the data, exchange the two.

Whatever it is interrupted by, either the old data or the new is whole: `moving` and `finishing` say how.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bot.backup import checking, making, manifest, moving, undoing
from bot.backup.finishing import alone, finish, url_of
from bot.backup.making import DUMP, Progress, in_thread
from bot.backup.manifest import FOLDERS, Manifest
from bot.backup.moving import Journal
from bot.backup.removing import Removed
from bot.backup.source import source_of
from bot.config import Settings
from bot.errors import Misconfigured, StoreDown
from storage import snapshot

T = TypeVar("T")
DERIVED = ("fitted", "exports", "incoming")
"""Folders in `DATA_DIR` that belong to photos and clips, and are made anew."""


@dataclass(frozen=True, slots=True)
class Restored:
    """`before`: the folder with what was there, None if nothing was; `aside`: PostgreSQL's schema, empty for SQLite."""

    about: Manifest
    before: Path | None
    aside: str
    removed: Removed


async def restore(settings: Settings, folder: Path, now: float, progress: Progress) -> Restored:
    """Put a backup back, paused. Raises `Misconfigured`, `StoreDown`; then, as when cancelled, nothing has changed."""
    data, url = settings.data_dir, url_of(settings)
    about = await _about(settings, folder)
    checking.fits(about, settings)
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"DATA_DIR {data} cannot be used: {error.strerror}.") from None
    with alone(data) as lock:
        await finish(settings)  # one that was interrupted
        if url:
            await _check_server(url, about)
        await in_thread(lambda stopped: checking.verify(folder, about, progress, stopped))
        journal = _journal(settings, folder, about, now)
        try:
            await in_thread(lambda stopped: _put_together(data, folder, about, journal, stopped))
            moving.write(data, journal)
            if url:
                back = undoing.schema_of(folder) if undoing.is_aside(folder) else ""
                await _replace(url, data, about, journal, back, lock)
            removed = await _to_the_end(finish(settings))
        except BaseException as error:
            removed = await _to_the_end(finish(settings))  # PostgreSQL may have the dump, and then it counts
            if removed is None:
                moving.end(data)
                if isinstance(error, OSError):
                    raise StoreDown(f"{data} cannot be written: {error.strerror or error}") from error
                raise
    assert removed is not None
    before = data / journal.before
    return Restored(about, before if before.exists() else None, _schema(journal) if url else "", removed)


async def _about(settings: Settings, folder: Path) -> Manifest:
    """The manifest of a backup, or of what a restore has moved aside. Raises `Misconfigured`, `StoreDown`."""
    if not undoing.is_aside(folder):
        return manifest.read(folder)
    url, place = url_of(settings), ""
    if url:
        from storage import pg_dumps  # its driver is loaded where it is used

        place = await pg_dumps.schema_of(url)
    source = await in_thread(lambda stopped: source_of(settings))
    return await in_thread(lambda stopped: undoing.described(folder, source, place))


async def _to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, which is not cancelled with us: what counts is not left half done."""
    working = asyncio.ensure_future(work)
    while not working.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait({working})
    return working.result()


async def _check_server(url: str, about: Manifest) -> None:
    from storage import pg_dumps  # its driver is loaded where it is used

    if others := await pg_dumps.busy(url):
        raise Misconfigured(f"Photoplay has {others} connections to this database. Stop it on every machine first.")
    if (place := await pg_dumps.schema_of(url)) != about.place:
        raise Misconfigured(f"The backup is of the schema {about.place}, and DATABASE_URL leads to {place}.")


def _journal(settings: Settings, folder: Path, about: Manifest, now: float) -> Journal:
    """What is to be moved, and where the tombstones are."""
    database = [] if settings.database_url else [f"{snapshot.FILE}{end}" for end in ("", "-wal", "-shm", "-journal")]
    files = {Path(path).parts[0] for path in about.files} - {DUMP}
    media = [*FOLDERS, *DERIVED] if _has_media(about) else []
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    before = f"{moving.BEFORE}{stamp}-{secrets.token_hex(2)}"
    stones = {folder.resolve().parent, *([settings.backup_dir.resolve()] if settings.backup_dir else [])}
    return Journal(
        phase="ready" if settings.database_url else "committed",
        token=f"restored-{secrets.token_hex(8)}/restored",
        before=before,
        aside=sorted({*database, *files, *media}),
        since=about.at,
        stones=sorted(map(str, stones)),
    )


def _has_media(about: Manifest) -> bool:
    return any(folder in about.counts for folder in FOLDERS)


def _put_together(data: Path, folder: Path, about: Manifest, journal: Journal, stopped: Callable[[], bool]) -> None:
    """Have all files of the backup in the folder of what comes; the dump of PostgreSQL beside it. Raises `OSError`."""
    new = moving.draft(data)
    for name in FOLDERS if _has_media(about) else ():
        (new / name).mkdir(mode=0o700)
    for path in about.files:
        if stopped():
            raise making.Stopped
        if path == DUMP:
            making.take(folder / path, new.parent / path)
        elif path.startswith(snapshot.FILE):
            making.copy(folder / path, new / path)
        else:
            making.take(folder / path, new / path)
    if (new / snapshot.FILE).exists():
        snapshot.mark(new / snapshot.FILE, journal.token)
    for name in (*FOLDERS, "."):
        if (new / name).is_dir():
            making.sync(new / name)


async def _replace(url: str, data: Path, about: Manifest, journal: Journal, back: str, lock: int) -> None:
    """Have PostgreSQL read the dump, or take the tables from the schema `back`, which commits the restore."""
    from storage import pg_dumps

    script = data / moving.FOLDER / DUMP
    await pg_dumps.put_back(url, script, about.place, _schema(journal), journal.token, [lock], back)


def _schema(journal: Journal) -> str:
    """The schema of PostgreSQL for what was there."""
    return journal.before.replace("-", "_").lower()
