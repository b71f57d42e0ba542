"""The command line. Each command opens the app, does one thing, and says what came of it."""

import asyncio
import errno
import io
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from adapters import console
from bot import config, logs, texts, texts_admin
from bot.app import App, new_id, open_app, secrets_of
from bot.checkup import Finding, examine
from bot.errors import Misconfigured, Refusal, StoreDown
from bot.model import Job, Reply
from bot.stopping import signals

cli = typer.Typer(help="A photo and a sentence go in; a video comes back.", no_args_is_help=True, add_completion=False)
out = console.Screen(highlight=False)
err = console.Screen(stderr=True, highlight=False)
log = logging.getLogger(__name__)

T = TypeVar("T")
QUIET = "CRITICAL"
"""What is logged where a person waits for sentences."""

Output = Annotated[Path, typer.Option("-o", "--output", help="where the clip goes")]


@cli.command()
def run() -> None:
    """Serve the web, listen on every platform that has a token, and work, in one process, until SIGTERM."""

    async def serve(app: App, stopped: asyncio.Event) -> None:
        async with app.listening() as address, _attended(app, stopped):
            log.info("ready: serving %s, buying from %s", address, ", ".join(app.settings.order_of_providers))
            if app.settings.unheard:
                log.warning(config.UNHEARD)
            await _until_stopped(app, stopped)

    _with_app(serve, social=True)


@cli.command()
def worker() -> None:
    """Only work: claim, poll and deliver. Any number of these may run, on PostgreSQL."""

    async def work(app: App, stopped: asyncio.Event) -> None:
        log.info("ready: working, buying from %s", ", ".join(app.settings.order_of_providers))
        await _until_stopped(app, stopped)

    _with_app(work, social=True)


@cli.command()
def animate(
    photo: Annotated[Path, typer.Argument(help="the photo")],
    prompt: Annotated[str, typer.Argument(help="what should happen in it")],
    output: Output = Path("clip.mp4"),
    duration: Annotated[str | None, typer.Option(help="seconds: 5 or 10", metavar="5|10")] = None,
    negative: Annotated[str | None, typer.Option("--negative", "--no", help="what to avoid")] = None,
    cfg: Annotated[str | None, typer.Option(help="how strictly to follow the words", metavar="0..1")] = None,
    end: Annotated[Path | None, typer.Option(help="the photo to end on", metavar="PHOTO")] = None,
    static_mask: Annotated[Path | None, typer.Option(help="white stays still", metavar="PNG")] = None,
    brush: Annotated[
        list[str] | None, typer.Option(help="white moves along the points", metavar="MASK.png:x,y;x,y;…")
    ] = None,
    crop: Annotated[bool, typer.Option("--crop", help="of a photo that is too long, take the middle")] = False,
    timeline: Annotated[bool, typer.Option("--timeline", help="say at the end what happened when")] = False,
) -> None:
    """Make one clip."""

    async def order(app: App, stopped: asyncio.Event) -> Made:
        options = {"duration": duration, "no": negative, "cfg": cfg}
        attachments = [
            console.picture(photo),
            *([console.picture(end, "end")] if end else []),
            *([console.picture(static_mask, "static_mask")] if static_mask else []),
            *map(console.brush, brush or []),
        ]
        masks = [Path(value.rpartition(":")[0]) for value in brush or []]
        console.check_place(output, [photo, *filter(None, (end, static_mask)), *masks])
        if stopped.is_set():
            raise Refusal(texts.STOPPED)
        said = {name: value for name, value in options.items() if value is not None}
        async with _photos_served(app):
            asked = replace(console.inbound(new_id(), prompt, attachments, said), crop=crop)
            reply = await app.core.handle(asked)
            if reply.job is None:
                raise Refusal(reply.text)
            out.print(reply.text, markup=False)
            return await _finish(app, reply.job, stopped, reply.text)

    job = _save(_with_app(order, QUIET), output)
    if timeline:
        for at, what in console.timeline(job):
            out.print(f"{at - job.created_at:6.1f} s  {what}", markup=False)


@cli.command()
def jobs() -> None:
    """List your last ten clips."""
    _say("/jobs")


@cli.command()
def quota() -> None:
    """Say what you may still spend."""
    _say("/quota")


@cli.command()
def admin(
    words: Annotated[list[str], typer.Argument(help="as in chat: grant @discord:456 50 until Friday because …")],
    scope: Annotated[
        str, typer.Option(help="the community, as in discord:123; people's own chats without it", metavar="COMMUNITY")
    ] = "",
    output: Annotated[Path, typer.Option("-o", "--output", help="the folder for pictures and tables")] = Path("."),
) -> None:
    """Do what admins and operators can do in chat, in the same words; `photoplay admin help admin` lists them."""

    async def ask() -> Reply:
        settings = config.load()
        logs.set_up(QUIET, secrets_of(settings))
        async with open_app(settings, idle=True) as app:
            return await app.core.handle(console.admin(new_id(), " ".join(words), scope))

    reply = _go(ask())
    with _plainly():
        if reply.refused:
            raise Refusal(reply.text)
        out.print(console.in_shell(reply.text), markup=False, soft_wrap=True)
        for paper in reply.papers:
            (output / paper.name).write_bytes(paper.data)
            out.print(str(output / paper.name), markup=False, soft_wrap=True)
        for button in reply.buttons:
            if button.label == texts_admin.UNDO:
                out.print(texts_admin.undo_in_shell(button.command.removeprefix("/")), markup=False, soft_wrap=True)


@cli.command()
def cancel(job: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Take back a clip that is still in line."""
    _say(f"/cancel {job}")


@cli.command()
def fetch(job: Annotated[str, typer.Argument(metavar="ID")], output: Output = Path("clip.mp4")) -> None:
    """Save a clip as a file, and wait for it if it is not ready."""

    async def get(app: App, stopped: asyncio.Event) -> Made:
        found = await app.store.job(job)
        if found is None or found.person != console.inbound("", "").person:
            raise Refusal(texts.UNKNOWN_JOB)
        console.check_place(output)
        return await _finish(app, job, stopped)

    _save(_with_app(get, QUIET), output)


@cli.command()
def generator(
    port: Annotated[int, typer.Option(help="port on 127.0.0.1", min=0, max=65535)] = 8090,
    key: Annotated[str | None, typer.Option(help="the key that callers must show; any without it")] = None,
    slots: Annotated[int, typer.Option(help="clips rendered at once", min=1)] = 1,
    delay: Annotated[float, typer.Option(help="seconds that each clip takes longer", min=0)] = 0,
) -> None:
    """Run the stand-in for the paid API alone."""
    from generator.server import Generator

    async def serve() -> None:
        settings = config.load()
        logs.set_up(settings.log_level, [key or ""])
        service = Generator(settings.data_dir / "generator", key=key, slots=slots, delay=delay)
        try:
            async with signals(_say_stopping, 0) as stopped, service.serve(port=port) as address:
                log.info("the stand-in answers at %s", address)
                await stopped.wait()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise Misconfigured(f"Port {port} is in use. Choose a free one with --port.") from None

    _go(serve())


@cli.command()
def check() -> None:
    """Say in plain words what is configured, reachable and missing."""

    async def look() -> None:
        bad = False
        async for finding in _findings():
            bad = bad or finding.kind == "bad"
            mark, style = {"good": ("✓", "green"), "bad": ("✗", "red"), "hint": ("·", "yellow")}[finding.kind]
            out.print(f"[{style}]{mark}[/]", end=" ")
            out.print(finding.text, markup=False, soft_wrap=True)
        if bad:
            raise typer.Exit(1)

    _go(look())


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a question mark is better than no sentence
            stream.reconfigure(errors="replace")
    cli()


# ── What commands share ──────────────────────────────────────────────────────────────────────────────────────────────

Made = tuple[Job, Path]
"""A job that is over, and the file of its clip."""


def _with_app(do: Callable[[App, asyncio.Event], Awaitable[T]], level: str | None = None, *, social: bool = False) -> T:
    """What `do` makes of the open app and an event that Ctrl-C sets; it is never broken off."""

    async def opened() -> T:
        settings = config.load()
        logs.set_up(level or settings.log_level, secrets_of(settings))
        async with signals(_say_stopping, 0 if social else 1) as stopped, open_app(settings, social=social) as app:
            return await do(app, stopped)

    return _go(opened())


def _say_stopping() -> None:
    err.print(texts.STOPPING)


def _go(work: Coroutine[Any, Any, T]) -> T:
    with _plainly():
        return asyncio.run(work)


@contextmanager
def _plainly() -> Iterator[None]:
    """What went wrong becomes a sentence and an exit code: 1 is for who asked, 2 for who set this up."""
    try:
        yield
    except Refusal as refusal:
        _fail(console.in_shell(str(refusal)), 1, "yellow")
    except Misconfigured as error:
        _fail(str(error), 2)
    except StoreDown as error:
        _fail(texts.store_down(str(error)), 2)
    except OSError as error:
        out.mute()  # it may be what failed, and would fail again at the end
        _fail(f"{error.strerror}: {error.filename}" if error.filename else str(error.strerror or error), 2)


def _fail(sentence: str, code: int, style: str = "red") -> NoReturn:
    err.print(sentence, markup=False, style=style, soft_wrap=True)
    raise typer.Exit(code) from None


def _say(text: str) -> None:
    """Print the answer to a chat command."""

    async def ask() -> Reply:
        settings = config.load()
        logs.set_up(QUIET, secrets_of(settings))
        async with open_app(settings, idle=True) as app:
            return await app.core.handle(console.inbound(new_id(), text))

    reply = _go(ask())
    with _plainly():
        if reply.refused:
            raise Refusal(reply.text)
        out.print(reply.text, markup=False, soft_wrap=True)


async def _findings() -> AsyncIterator[Finding]:
    try:
        settings = config.load()
    except Misconfigured as error:
        yield Finding("bad", str(error))
        return
    logs.set_up(QUIET, secrets_of(settings))
    async for finding in examine(settings):
        yield finding


@asynccontextmanager
async def _photos_served(app: App) -> AsyncIterator[None]:
    """With a public address the provider fetches photos here, from us or from a `photoplay run` beside us."""
    settings = app.settings
    async with AsyncExitStack() as stack:
        if settings.public_url:
            try:
                await stack.enter_async_context(app.listening())
            except Misconfigured:
                if await app.providers.installation(app.own_address) != app.mark:
                    raise
        yield


@asynccontextmanager
async def _attended(app: App, stopped: asyncio.Event) -> AsyncIterator[None]:
    """With the platforms listening; at a stop they end while the worker does, not after it."""
    listening = asyncio.create_task(app.supervisor.run())
    waiting = asyncio.create_task(stopped.wait())
    waiting.add_done_callback(lambda _: listening.cancel())
    try:
        yield
    finally:
        waiting.cancel()
        await asyncio.wait({listening})


async def _until_stopped(app: App, stopped: asyncio.Event) -> None:
    """Work until a signal, or until one of the workers breaks."""
    working = [asyncio.create_task(work) for work in (app.worker.run(), app.runner.run())]
    for task in working:
        task.add_done_callback(lambda _: stopped.set())
    chores = asyncio.create_task(app.chores.run())
    await stopped.wait()
    chores.cancel()
    app.worker.stop()
    app.runner.stop()
    await asyncio.gather(*working)
    await asyncio.wait({chores})


async def _finish(app: App, job_id: str, stopped: asyncio.Event, said: str = "") -> Made:
    with console.bar(err, said) as show:
        job = await console.finish(app.core, app.worker, job_id, stopped, show)
    if job is None or job.outcome is None:
        raise Refusal(texts.left_alone(job_id))
    if job.clip is None:
        hint = f" {texts.SEE_CHECK}" if job.reason == "unavailable" else ""
        raise Refusal(texts.failed(job.reason or "failed", job.price) + hint)
    return job, app.media.path(job.clip.name)


def _save(made: Made, output: Path) -> Job:
    """Hand over the clip. Here Ctrl-C breaks off, as a pipe may never be read."""
    job, path = made
    with _plainly():
        if job.clip is None or not path.is_file():
            raise Refusal(texts.CLIP_GONE)
        try:
            console.save(path, output)
        except OSError as error:
            raise Refusal(texts.not_saved(str(output), error.strerror or str(error), job.id)) from None
        out.print(texts.saved(str(output), job.clip.width, job.clip.height, job.clip.seconds), markup=False)
    return job
