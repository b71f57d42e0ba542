"""The console as a platform: a command line becomes an `Inbound`, a finished clip a file.

There is nobody to send to: a result counts as delivered once it is kept, and whoever waits watches the job in the
store.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from bot import status, texts
from bot.core import Core
from bot.errors import Refusal
from bot.model import Address, Attachment, Inbound, Job, Point, Reply, Role

PLATFORM = "console"
LOOK = 0.2
"""Seconds between two looks at a job that somebody watches."""


class Console:
    """A `Chat` that keeps silent."""

    async def send(self, address: Address, reply: Reply, *, nonce: str) -> str:
        return nonce

    async def edit(self, address: Address, message: str, reply: Reply) -> None:
        """Nothing stands there to be edited."""

    async def remove(self, address: Address, message: str) -> None:
        """Nothing stands there to be removed."""


def inbound(
    key: str, text: str, attachments: Sequence[Attachment] = (), options: Mapping[str, str] | None = None
) -> Inbound:
    """What whoever has this shell says."""
    return Inbound(
        Address(PLATFORM, "shell"), str(os.getuid()), f"{PLATFORM}:{key}", text, tuple(attachments), options or {}
    )


def picture(path: Path, role: Role = "photo", points: Sequence[Point] = ()) -> Attachment:
    """A file as an attachment. Raises `Refusal` when there is none."""
    if not path.is_file():
        raise Refusal(texts.no_file(str(path)))
    return Attachment(partial(_read, path), role, tuple(points))


def brush(value: str) -> Attachment:
    """`MASK.png:x,y;x,y;…` as an attachment. Raises `Refusal`."""
    path, _, trail = value.rpartition(":")
    try:
        points = [(int(x), int(y)) for x, y in (point.split(",") for point in trail.split(";") if point.strip())]
    except ValueError:
        raise Refusal(texts.brush_malformed(value)) from None
    if not path:
        raise Refusal(texts.brush_malformed(value))
    return picture(Path(path), "brush", points)


async def watch(core: Core, job: Job, show: Callable[[float, str], None]) -> Job:
    """Tell `show` how far the job is (0 to 1) and where, until it is done; returns it then."""
    while job.state != "done":
        rhythm = await core.history.rhythm(job.order, job.host)
        ahead = await core.store.ahead(job) if job.state == "queued" else 0
        since = core.clock() - job.accepted_at if job.accepted_at else 0.0
        show(rhythm.progress(since), status.state(job, rhythm, core.clock(), ahead=ahead))
        await asyncio.sleep(LOOK)
        job = await core.store.job(job.id) or job
    return job


def save(source: Path, target: Path) -> None:
    """Copy a clip to where the person wants it: whole or not at all. Raises OSError."""
    draft = target.with_name(f".{target.name}.part")
    try:
        shutil.copyfile(source, draft)
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)


async def _read(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, 1 << 18):
            yield chunk
