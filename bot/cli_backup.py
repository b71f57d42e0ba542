"""`photoplay backup`: a backup now, also while Photoplay runs."""

import asyncio
import os
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.progress import BarColumn, DownloadColumn, TextColumn
from rich.progress import Progress as Bar

from bot import texts
from bot.backup import making, manifest
from bot.backup.making import Progress
from bot.backup.source import source_of
from bot.errors import Misconfigured, Refusal
from bot.shell import err, go, out, say_stopping, settings
from bot.shutdown import signals

T = TypeVar("T")


def backup(
    to: Annotated[Path | None, typer.Argument(help="the folder that gets it; BACKUP_DIR without one")] = None,
) -> None:
    """Back up the database, photos and clips, also while Photoplay runs.

    The backup is a folder of its own, named after its time. Put it back with photoplay restore.

    For example:

    photoplay backup /mnt/backups
    """
    go(_stoppable(_backup(to)))


async def _backup(to: Path | None) -> None:
    found = settings()
    to = to or found.backup_dir
    if to is None:
        raise Misconfigured("Where to? Say a folder, as in: photoplay backup /mnt/backups – or set BACKUP_DIR.")
    source = source_of(found)
    with making.receiving(to), _bar(texts.backup.WRITING) as progress:
        folder = await making.make(source, to, time.time(), progress=progress)
    about = manifest.read(folder)
    out.print(texts.backup.made(str(folder), about.counts["jobs"], len(about.files), about.size), soft_wrap=True)
    if found.backup_dir and to.samefile(found.backup_dir):
        with making.receiving(to):
            count = making.prune(to, found.backup_keep, source.installation)
        if count:
            out.print(texts.backup.dropped(count), soft_wrap=True)
    if os.stat(to).st_dev == os.stat(source.data).st_dev:
        err.print(texts.backup.SAME_DISK, style="yellow", soft_wrap=True)


@contextmanager
def _bar(what: str) -> Iterator[Progress]:
    """Show progress, on a terminal."""
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn()
    with Bar(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield Progress(lambda size: bar.update(task, total=size), lambda size: bar.advance(task, size))


async def _stoppable(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, which SIGINT and SIGTERM cancel: then nothing of it stays. Raises `Refusal`."""
    async with signals(say_stopping, 1) as stopped:
        working, waiting = asyncio.ensure_future(work), asyncio.ensure_future(stopped.wait())
        await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not working.done():
            working.cancel()
            await asyncio.wait({working})
            if working.cancelled():
                raise Refusal(texts.backup.STOPPED)
        return working.result()
