"""`photoplay backup`, also while Photoplay runs, and `photoplay restore`."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from bot import encryption, setting_values, texts
from bot.backup import checking, making, manifest, restoring, undoing
from bot.backup.finishing import url_of, usable
from bot.backup.making import Progress
from bot.backup.source import source_of, tombstones_of
from bot.config import Settings
from bot.errors import Misconfigured, Refusal
from bot.media.signed_links import secret_of
from bot.model import Job
from bot.shell import err, go, settings, stoppable, tell
from storage import open_store

LISTED = 20
"""Orders in line that are listed."""


def backup(
    to: Annotated[Path | None, typer.Argument(help="the folder that gets it; BACKUP_DIR without one")] = None,
) -> None:
    """Back up the database, photos and clips, also while Photoplay runs.

    The backup is a folder of its own, named after its time. Put it back with photoplay restore.

    For example:

    photoplay backup /mnt/backups
    """
    go(stoppable(_backup(to), texts.backup.STOPPED))


def restore(
    folder: Annotated[Path, typer.Argument(help="the backup: a folder named photoplay- and its time")],
    check: Annotated[bool, typer.Option("--check", help="only try it, in a scratch folder or database")] = False,
) -> None:
    """Put a backup back. What is there now is moved aside, and buying is paused until you say otherwise.

    Photoplay must not be running. Orders that were in line may have been bought since: they are listed, and wait for
    your word.

    For example:

    photoplay restore --check /mnt/backups/photoplay-20261129T030000Z

    photoplay restore /mnt/backups/photoplay-20261129T030000Z
    """
    go(stoppable(_check(folder) if check else _restore(folder), texts.backup.STOPPED))


async def _check(folder: Path) -> None:
    found = settings()
    scratch = found.data_dir if found.data_dir.is_dir() else Path()
    with _bar(texts.backup.CHECKING) as progress:
        checked = await checking.check(found, folder, scratch, progress)
    tell(texts.backup.whole(checked.about.counts["jobs"], len(checked.about.files), checked.missing))
    if not checked.opens:
        raise Refusal(texts.backup.LOCKED)


async def _restore(folder: Path) -> None:
    found = settings()
    with _bar(texts.backup.CHECKING) as progress:
        done = await restoring.restore(found, folder, time.time(), progress)
    if undoing.is_aside(folder):
        tell(texts.backup.UNDONE)
    else:
        tell(texts.backup.restored(done.about.at, done.about.counts["jobs"]))
    if done.before:
        tell(texts.backup.aside(str(done.before), done.aside))
    again = done.removed
    if any((again.people, again.clips, again.shares, again.galleries)):
        tell(texts.backup.removed_again(again.people, again.clips, again.shares, again.galleries))
    halted = await _halted(found)
    tell(texts.operator.halted(len(halted)) if halted else texts.backup.NOTHING_IN_LINE)
    for job in halted[:LISTED]:
        tell(texts.backup.in_line(job.id, job.created_at, job.address.platform, job.price))
    if len(halted) > LISTED:
        tell(texts.backup.more_in_line(len(halted) - LISTED))
    tell(texts.operator.PAUSED)
    if not encryption.opens(found, found.data_dir):
        err.print(texts.backup.LOCKED, style="yellow", soft_wrap=True)
    tell(texts.backup.NEXT)


async def _halted(found: Settings) -> Sequence[Job]:
    """What was in line; also without the master key, which an app needs."""
    store = await open_store(found.data_dir, url_of(found), found.mark_dir, cipher=encryption.cipher_of(found))
    try:
        return await store.restored.halted()
    finally:
        await store.close()


async def _backup(to: Path | None) -> None:
    found = settings()
    to = to or found.backup_dir
    if to is None:
        raise Misconfigured("Where to? Say a folder, as in: photoplay backup /mnt/backups – or set BACKUP_DIR.")
    if setting_values.is_inside(to, found.data_dir):
        raise Misconfigured(f"{to} lies in DATA_DIR. A backup belongs outside of it, best on another disk.")
    source = source_of(found)
    async with usable(found):
        with making.receiving(to), _bar(texts.backup.WRITING) as progress:
            folder = await making.make(source, to, time.time(), progress=progress)
            count = 0
            if found.backup_dir and to.samefile(found.backup_dir):
                count = making.prune(to, found.backup_keep, source.installation)
            stones = tombstones_of(found, secret_of(source.data))
            replace(stones, folders=[*stones.folders, to]).level()  # what was removed before this one
    about = manifest.read(folder)
    tell(texts.backup.made(str(folder), about.counts["jobs"], len(about.files), about.size))
    if count:
        tell(texts.backup.dropped(count))
    if os.stat(to).st_dev == os.stat(source.data).st_dev:
        err.print(texts.backup.SAME_DISK, style="yellow", soft_wrap=True)


@contextmanager
def _bar(what: str) -> Iterator[Progress]:
    """Show progress, on a terminal."""
    from rich.progress import BarColumn, DownloadColumn, TextColumn  # a megabyte that others do not need
    from rich.progress import Progress as Bar

    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn()
    with Bar(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield Progress(lambda size: bar.update(task, total=size), lambda size: bar.advance(task, size))
