"""Whether a backup can be put back: its checksums, and for `restore --check` all of it, in a scratch folder."""

import secrets
import stat
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bot import encryption
from bot.backup import making, manifest
from bot.backup.making import DUMP, Progress, in_thread
from bot.backup.manifest import Manifest
from bot.config import Settings
from bot.errors import Misconfigured
from storage import Store, open_store, snapshot
from storage.migrate import newest

SHOWN = 5
"""Damaged files that are named."""


@dataclass(frozen=True, slots=True)
class Checked:
    """`missing`: files that rows name and the backup lacks: what expired while it was made.

    `opens`: whether a master key that is known here opens its files and words.
    """

    about: Manifest
    missing: int
    schema: int
    """Of the database after it was brought to this version."""
    opens: bool


def fits(about: Manifest, settings: Settings) -> None:
    """Raise `Misconfigured` for a backup of the other database, or of a newer version."""
    kind = "postgresql" if settings.database_url else "sqlite"
    if about.database != kind:
        names = {"sqlite": "SQLite: leave DATABASE_URL unset", "postgresql": "PostgreSQL: set DATABASE_URL"}
        raise Misconfigured(f"This backup is of {names.get(about.database, about.database)} to put it back.")
    known = newest(kind)
    if about.schema > known:
        raise Misconfigured(
            f"This backup was made by a newer Photoplay ({about.version}, schema {about.schema}; this one knows "
            f"{known}). Update this one first."
        )


def verify(folder: Path, about: Manifest, progress: Progress, stopped: Callable[[], bool]) -> None:
    """Compare every file with the manifest. Blocks; raises `Misconfigured`, `making.Stopped`."""
    progress.of(about.size)

    def read(size: int) -> None:
        if stopped():
            raise making.Stopped
        progress.done(size)

    bad, links = [], {Path(name) for name in manifest.FOLDERS if (folder / name).is_symlink()}
    for path, (size, digest) in about.files.items():
        try:
            found = (folder / path).lstat()
            whole = stat.S_ISREG(found.st_mode) and not links & {*Path(path).parents}  # else it would be linked to
            whole = whole and (found.st_size, manifest.digest(folder / path, read) if digest else "") == (size, digest)
        except OSError:
            whole = False
        if not whole:
            bad.append(path)
    if bad:
        more = f" and {len(bad) - SHOWN} more" if len(bad) > SHOWN else ""
        raise Misconfigured(f"{folder} is damaged: {', '.join(bad[:SHOWN])}{more}. Take another backup.")


async def check(settings: Settings, folder: Path, scratch: Path, progress: Progress) -> Checked:
    """Put the database back in a scratch folder, or a scratch database, bring it to this version, and look at it.

    `scratch`: the folder in which one is made, and deleted. Raises `Misconfigured`, `StoreDown`.
    """
    about = manifest.read(folder)
    fits(about, settings)
    await in_thread(lambda stopped: verify(folder, about, progress, stopped))
    with TemporaryDirectory(prefix=".photoplay-check-", dir=scratch) as name:
        place = Path(name)
        opened = _postgresql if about.database == "postgresql" else _sqlite
        async with opened(settings, folder, place, about) as store:
            missing = {one async for names in store.retention.named() for one in names}
            missing -= {Path(path).name for path in about.files}
            known = await in_thread(lambda stopped: encryption.opens(settings, folder))
            if known and not await store.overview.reads():
                raise Misconfigured(
                    f"The words of the newest order in {folder} cannot be decrypted: a key is missing in its folder "
                    "keys. Take another backup."
                )
            return Checked(about, len(missing), newest(about.database), known)


@asynccontextmanager
async def _sqlite(settings: Settings, folder: Path, place: Path, about: Manifest) -> AsyncIterator[Store]:
    copy = place / snapshot.FILE
    await in_thread(lambda stopped: making.copy(folder / snapshot.FILE, copy))
    if wrong := await in_thread(lambda stopped: snapshot.damage(copy)):
        raise Misconfigured(f"{folder / snapshot.FILE} is damaged: {wrong}. Take another backup.")
    _compare(about, snapshot.contents(copy).counts)
    store = await open_store(place, cipher=encryption.cipher_of(settings, folder))
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def _postgresql(settings: Settings, folder: Path, place: Path, about: Manifest) -> AsyncIterator[Store]:
    from storage import pg_dumps  # its driver is loaded where it is used

    assert settings.database_url
    await in_thread(lambda stopped: making.take(folder / DUMP, place / DUMP))
    if not await in_thread(lambda stopped: pg_dumps.is_whole(place / DUMP)):
        raise Misconfigured(f"{folder / DUMP} is damaged: its end is missing. Take another backup.")
    scratch = f"photoplay_check_{secrets.token_hex(4)}"
    async with pg_dumps.scratch(settings.database_url.get_secret_value(), scratch, about.place) as url:
        await pg_dumps.put_back(url, place / DUMP, about.place, "photoplay_before", "check")
        _compare(about, (await pg_dumps.contents(url)).counts)
        store = await open_store(place, url, cipher=encryption.cipher_of(settings, folder))
        try:
            yield store
        finally:
            await store.close()


def _compare(about: Manifest, found: Mapping[str, int]) -> None:
    wrong = [f"{count} {name} instead of {about.counts.get(name)}" for name, count in found.items()
             if about.counts.get(name) != count]  # fmt: skip
    if wrong:
        raise Misconfigured(f"The database of the backup is not whole: {', '.join(wrong)}. Take another backup.")
