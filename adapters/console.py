"""The console as a platform: a command line becomes an `Inbound`, a finished clip a file."""

import asyncio
import os
import re
import shutil
import stat
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.console import Console

from bot import platforms, texts
from bot.conversation import MENTION, SHELL, Attachment, Inbound, Named, Stored
from bot.core import Core
from bot.errors import Refusal, StoreDown
from bot.jobs.worker import Worker
from bot.model import Address, Job, Point, Role

PLATFORM = "console"
_NAMES = re.compile(r"(?<!\S)(?:@([a-z]+):(-?[\w-]+)|#(-?\d+(?:/\d*)?))", re.ASCII)
POLL = 0.2
"""Seconds between two reads of a watched job."""


class Screen(Console):
    """Standard output or error; silent once the pipe is closed (`photoplay check | head -4`)."""

    def on_broken_pipe(self) -> None:
        self.mute()

    def mute(self) -> None:
        """Discard further output, and what is buffered."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def inbound(
    key: str, text: str, attachments: Sequence[Attachment] = (), options: Mapping[str, str] | None = None
) -> Inbound:
    """A command of the shell's user."""
    return Inbound(
        *(Address(PLATFORM, SHELL), str(os.getuid()), f"{PLATFORM}:{key}", text, tuple(attachments), options or {}),
        label="the operator",
    )


def admin(key: str, words: str, scope: str) -> Inbound:
    """An operator's command in a community. `@discord:456` is a person, `@role:12` a role, `#12/34` a channel.

    The shell's user is the operator, so only here may a text name people by their ids. Raises `Refusal`.
    """
    named: list[Named] = []

    def take(match: re.Match[str]) -> str:
        if match[3]:
            named.append(Named("channel", match[3] if "/" in match[3] else f"{match[3]}/", match[3]))
        elif match[1] == "role":
            named.append(Named("role", match[2], match[2]))
        elif match[1] not in platforms.PLATFORMS:
            raise Refusal(texts.shell.no_platform(match[1]))
        else:
            named.append(Named("person", f"{match[1]}:{match[2]}", f"{match[1]}:{match[2]}"))
        return MENTION

    text = _NAMES.sub(take, words.replace(MENTION, ""))
    return replace(inbound(key, f"/{text.removeprefix('/')}"), scope=scope, named=tuple(named))


def on_behalf(key: str, text: str, person: str) -> Inbound:
    """A command on behalf of `person`."""
    platform, _, user = person.partition(":")
    return Inbound(Address(platform, SHELL), user, f"{PLATFORM}:{key}", text)


def picture(path: Path, role: Role = "photo", points: Sequence[Point] = ()) -> Attachment:
    """A file as an attachment. Raises `Refusal` if it is missing."""
    if not path.is_file():
        raise Refusal(texts.shell.not_a_file(str(path)) if path.exists() else texts.shell.no_file(str(path)))
    return Attachment(partial(_read, path), role, tuple(points))


def brush(value: str) -> Attachment:
    """`MASK.png:x,y;x,y;…` as an attachment. Raises `Refusal`."""
    path, _, trail = value.rpartition(":")
    try:
        points = [(int(x), int(y)) for x, y in (point.split(",") for point in trail.split(";") if point.strip())]
    except ValueError:
        raise Refusal(texts.shell.brush_malformed(value)) from None
    if not path:
        raise Refusal(texts.shell.brush_malformed(value))
    return picture(Path(path), "brush", points)


# ── Waiting for a clip ───────────────────────────────────────────────────────────────────────────────────────────────


async def finish(
    core: Core, worker: Worker, job_id: str, stopped: asyncio.Event, show: Callable[[float, str], None]
) -> Job | None:
    """Work on this job only until it is done or `stopped`; returns its last known state, None if unknown."""
    job = await _now(core, job_id)
    if stopped.is_set() or (job is not None and job.outcome is not None):
        return job
    worker.only = job_id
    working = asyncio.create_task(worker.run())
    watching = asyncio.create_task(watch(core, job_id, show))
    stopping = asyncio.create_task(stopped.wait())
    await asyncio.wait((working, watching, stopping), return_when=asyncio.FIRST_COMPLETED)
    worker.stop()
    await working
    stopping.cancel()
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    return await _now(core, job_id)  # it may have ended during the stop


async def _now(core: Core, job_id: str) -> Job | None:
    with suppress(StoreDown):
        return await core.context.store.job(job_id)
    return None


async def watch(core: Core, job_id: str, show: Callable[[float, str], None]) -> None:
    """Call `show` with a job's progress (0 to 1) and its state in words, until it is done; the outcome is not shown."""
    while True:
        with suppress(StoreDown):  # the next read may succeed
            job = await core.context.store.job(job_id)
            if job is None or job.state == "done":
                return
            if job.outcome is None:
                await _look(core, job, show)
        await asyncio.sleep(POLL)


async def _look(core: Core, job: Job, show: Callable[[float, str], None]) -> None:
    rhythm = await core.context.history.rhythm(job.order, job.host)
    since = core.context.clock() - job.accepted_at if job.accepted_at else 0.0
    show(rhythm.progress(since), await core.state(job))


@contextmanager
def bar(screen: Console, said: str) -> Iterator[Callable[[float, str], None]]:
    """Show progress: a bar on a terminal, a line per change elsewhere. `said` was printed before."""
    if not screen.is_terminal:

        def tell(_: float, state: str) -> None:
            nonlocal said
            if state not in said:
                said = state
                screen.print(state, markup=False)

        yield tell
        return
    from rich.progress import BarColumn, Progress, TextColumn  # a megabyte that a bot does not need

    columns = (
        BarColumn(bar_width=30),
        TextColumn("{task.percentage:3.0f} %"),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=screen, transient=True) as progress:
        task = progress.add_task("", total=1.0, visible=False)
        yield lambda done, state: progress.update(task, completed=done, description=state, visible=True)


def timeline(job: Job) -> Iterator[tuple[float, str]]:
    """The times of a job's steps."""
    for at, what in (
        (job.created_at, texts.shell.TIMELINE["created"]),
        (job.started_at, texts.shell.TIMELINE["started"]),
        (job.accepted_at, texts.shell.taken_by(job.host or "")),
        (job.settled_at, texts.shell.TIMELINE["settled"]),
        (job.done_at, texts.shell.TIMELINE["done"]),
    ):
        if at is not None:
            yield at, what


# ── The clip as a file ───────────────────────────────────────────────────────────────────────────────────────────────


def check_place(output: Path, pictures: Iterable[Path] = ()) -> None:
    """Check before the purchase that `output` can be written. Raises `Refusal`."""
    try:
        mode = _mode(output)
        if mode and any(_mode(path) and output.samefile(path) for path in pictures):
            raise Refusal(texts.shell.would_overwrite(str(output)))
        usable = mode is None or (not stat.S_ISDIR(mode) and os.access(output, os.W_OK))
        if mode is None or stat.S_ISREG(mode):
            draft = _draft(output.resolve())
            draft.touch()
            draft.unlink()
    except (OSError, RuntimeError):  # RuntimeError: a symlink loop
        usable = False
    if not usable:
        raise Refusal(texts.shell.no_place(str(output)))


def save(clip: Stored, output: Path) -> None:
    """Copy a clip to `output`, atomically if that is a regular file or missing. Raises `OSError`."""
    mode = _mode(output)
    if mode is not None and not stat.S_ISREG(mode):  # a pipe or device is opened, not replaced
        with clip.open() as source, output.open("wb") as target:
            shutil.copyfileobj(source, target)
        return
    target_file = output.resolve()
    draft = _draft(target_file)
    try:
        with clip.open() as source, draft.open("wb") as target:
            shutil.copyfileobj(source, target)
        os.replace(draft, target_file)
    finally:
        draft.unlink(missing_ok=True)


def _mode(path: Path) -> int | None:
    """File mode, symlinks followed; None if it is missing."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _draft(target: Path) -> Path:
    return target.with_name(f".photoplay-{os.getpid()}.part")


async def _read(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, 1 << 18):
            yield chunk
