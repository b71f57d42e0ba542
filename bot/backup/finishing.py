"""The end of a restore, by the first process that comes: the exchange, the pause, the removals.

Every process that opens `DATA_DIR` shares its lock, and a restore needs it alone. One that was killed left a journal:
the next process continues from there.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from bot.backup import locks, moving, removing
from bot.backup.moving import Journal
from bot.backup.removing import Removed
from bot.backup.source import tombstone_key
from bot.config import Settings
from bot.encryption import cipher_of, closed_vault_of
from bot.errors import Misconfigured
from bot.media.library import Media
from bot.media.signed_links import secret_of
from bot.quotas.records import Act
from bot.quotas.rules import HOUSE
from bot.texts import phrases
from storage import open_store

log = logging.getLogger(__name__)

ACTOR = "console:restore"
"""Who paused buying, in the audit log."""
SHORT = 5.0
"""Seconds for which an app waits for a restore to end."""
LONG = 600.0
"""Seconds for which it waits while another process brings an interrupted one to its end."""


@asynccontextmanager
async def usable(settings: Settings) -> AsyncIterator[None]:
    """Share the data folder with other processes, after an interrupted restore was finished. Raises `Misconfigured`."""
    data = settings.data_dir
    while True:
        if moving.read(data):
            async with locks.awaited(lambda: alone(data), LONG):
                if await finish(settings):
                    log.warning("a restore that was interrupted has been brought to its end")
        async with locks.awaited(lambda: _shared(data), SHORT):
            if moving.read(data) is None:  # else another one was interrupted meanwhile
                yield
                return


async def finish(settings: Settings) -> Removed | None:
    """Bring a restore to its end: forward if it counts, else back; None then. Needs the folder alone. Repeatable.

    Raises `StoreDown`, `Misconfigured`, `OSError`.
    """
    data, url = settings.data_dir, url_of(settings)
    journal = moving.read(data)
    if journal is None:
        return None
    if journal.phase == "ready":
        if url is None or not await _arrived(url, journal.token):
            moving.end(data)
            return None
        journal = moving.commit(data, journal)
    await asyncio.to_thread(moving.forward, data, journal)
    removed = await _settle(settings, journal)
    moving.end(data)
    if url is None:  # PostgreSQL's schema with what was there is found by the folder's name
        with suppress(OSError):
            (data / journal.before).rmdir()  # nothing was there
    return removed


@contextmanager
def alone(data: Path) -> Iterator[int]:
    """Hold the data folder's lock alone; yields its file descriptor. Raises `Busy` while Photoplay runs."""
    with _locked(data, f"Photoplay, or one of its commands, is running on {data}. Stop it first.") as number:
        yield number


def url_of(settings: Settings) -> str | None:
    """The address of PostgreSQL; None for SQLite."""
    return settings.database_url.get_secret_value() if settings.database_url else None


@contextmanager
def _shared(data: Path) -> Iterator[None]:
    with _locked(data, f"A backup is being put back into {data}. Wait until that is done.", shared=True):
        yield


@contextmanager
def _locked(data: Path, busy: str, *, shared: bool = False) -> Iterator[int]:
    with ExitStack() as stack:
        try:
            number = stack.enter_context(locks.locked(data, busy, shared=shared))
        except OSError as error:
            raise Misconfigured(f"DATA_DIR {data} cannot be used: {error.strerror}.") from None
        yield number


async def _arrived(url: str, token: str) -> bool:
    from storage import pg_dumps  # its driver is loaded where it is used

    return await pg_dumps.has_arrived(url, token)


async def _settle(settings: Settings, journal: Journal) -> Removed:
    """Halt what is in line, pause buying, and remove what people have removed. Repeatable."""
    data, now = settings.data_dir, time.time()
    old = data / journal.before / "secret"
    keys = {tombstone_key(secret_of(data)), *([tombstone_key(old.read_bytes())] if old.is_file() else [])}
    cipher = cipher_of(settings)
    # Opening notices the copy, and halts what is in line.
    store = await open_store(data, url_of(settings), settings.mark_dir, cipher=cipher)
    media = Media(data, new_id=partial(secrets.token_hex, 5), vault=closed_vault_of(settings))
    try:
        act = Act(journal.token.replace("/", "-"), now, ACTOR, HOUSE, "pause", because=phrases.PAUSED_BECAUSE)
        await store.quotas.amend(act, lambda rule: replace(rule, paused=True))
        folders = [*map(Path, journal.stones), data]
        return await removing.remove_again(store, media, folders, keys, journal.since, now)
    finally:
        await media.close()
        await store.close()
