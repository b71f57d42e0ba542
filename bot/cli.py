"""The command line. Each command opens the app, does one thing, and says what came of it."""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console as Terminal
from rich.progress import BarColumn, Progress, TextColumn

from adapters import console
from bot import config, logs, texts
from bot.app import App, new_id, open_app, secrets_of
from bot.checkup import examine
from bot.errors import Misconfigured, Refusal, StoreDown
from bot.model import Job

cli = typer.Typer(help="A photo and a sentence go in; a video comes back.", no_args_is_help=True, add_completion=False)
out = Terminal(highlight=False)
err = Terminal(stderr=True, highlight=False)
log = logging.getLogger(__name__)

Output = Annotated[Path, typer.Option("-o", "--output", help="where the clip goes")]


@cli.command()
def run() -> None:
    """Serve the web and work, in one process, until SIGTERM."""

    async def serve(app: App, settings: config.Settings) -> None:
        async with app.listening() as address:
            log.info("serving %s, buying from %s", address, ", ".join(settings.order_of_providers))
            await _until_stopped(app)

    _with_app(serve)


@cli.command()
def worker() -> None:
    """Only work: claim, poll and deliver. Any number of these may run, on PostgreSQL."""
    _with_app(lambda app, _: _until_stopped(app))


@cli.command()
def animate(
    photo: Annotated[Path, typer.Argument(help="the photo")],
    prompt: Annotated[str, typer.Argument(help="what should happen in it")],
    output: Output = Path("clip.mp4"),
    duration: Annotated[str | None, typer.Option(help="seconds: 5 or 10", metavar="5|10")] = None,
    negative: Annotated[str | None, typer.Option(help="what to avoid")] = None,
    cfg: Annotated[str | None, typer.Option(help="how strictly to follow the words", metavar="0..1")] = None,
    end: Annotated[Path | None, typer.Option(help="the photo to end on", metavar="PHOTO")] = None,
    static_mask: Annotated[Path | None, typer.Option(help="white stays still", metavar="PNG")] = None,
    brush: Annotated[
        list[str] | None, typer.Option(help="white moves along the points", metavar="MASK.png:x,y;x,y;…")
    ] = None,
    timeline: Annotated[bool, typer.Option("--timeline", help="say at the end what happened when")] = False,
) -> None:
    """Make one clip."""

    async def order(app: App, settings: config.Settings) -> None:
        options = {"duration": duration, "no": negative, "cfg": cfg}
        attachments = [
            console.picture(photo),
            *([console.picture(end, "end")] if end else []),
            *([console.picture(static_mask, "static_mask")] if static_mask else []),
            *map(console.brush, brush or []),
        ]
        _writable(output)
        said = {name: value for name, value in options.items() if value is not None}
        reply = await app.core.handle(console.inbound(new_id(), prompt, attachments, said))
        job = await app.store.job(reply.job) if reply.job else None
        if job is None:
            raise Refusal(reply.text)
        out.print(reply.text, markup=False)
        async with AsyncExitStack() as stack:
            if settings.public_url:  # the provider fetches the photo here; `photoplay run` may serve it already
                with suppress(Misconfigured):
                    await stack.enter_async_context(app.listening())
            job = await _finish(app, job, output, reply.text)
        if timeline:
            for at, what in _timeline(job):
                out.print(f"{at - job.created_at:6.1f} s  {what}", markup=False)

    _with_app(order, quiet=True)


@cli.command()
def jobs() -> None:
    """List your last ten clips."""
    _say("/jobs")


@cli.command()
def quota() -> None:
    """Say what you may still spend."""
    _say("/quota")


@cli.command()
def cancel(job: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Take back a clip that is still in line."""
    _say(f"/cancel {job}")


@cli.command()
def fetch(job: Annotated[str, typer.Argument(metavar="ID")], output: Output = Path("clip.mp4")) -> None:
    """Save a clip as a file, and wait for it if it is not ready."""

    async def get(app: App, settings: config.Settings) -> None:
        found = await app.store.job(job)
        if found is None or found.person != console.inbound("", "").person:
            raise Refusal(texts.UNKNOWN_JOB)
        _writable(output)
        await _finish(app, found, output)

    _with_app(get, quiet=True)


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
        async with service.serve(port=port) as address, _signals() as stopped:
            log.info("the stand-in answers at %s", address)
            await stopped.wait()

    _go(serve())


@cli.command()
def check() -> None:
    """Say in plain words what is configured, reachable and missing."""

    async def look() -> None:
        settings = config.load()
        logs.set_up("CRITICAL", secrets_of(settings))
        bad = False
        async for finding in examine(settings):
            bad = bad or finding.kind == "bad"
            mark, style = {"good": ("✓", "green"), "bad": ("✗", "red"), "hint": ("·", "yellow")}[finding.kind]
            out.print(f"[{style}]{mark}[/]", end=" ")
            out.print(finding.text, markup=False, soft_wrap=True)
        if bad:
            raise typer.Exit(1)

    _go(look())


def main() -> None:
    """The console script."""
    cli()


# ── What commands share ──────────────────────────────────────────────────────────────────────────────────────────────


def _with_app(do: Callable[[App, config.Settings], Awaitable[None]], quiet: bool = False) -> None:
    async def opened() -> None:
        settings = config.load()
        logs.set_up("ERROR" if quiet else settings.log_level, secrets_of(settings))
        async with open_app(settings) as app:
            await do(app, settings)

    _go(opened())


def _go(work: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(work)
    except Refusal as refusal:
        err.print(str(refusal), markup=False, style="yellow", soft_wrap=True)
        raise typer.Exit(1) from None
    except (Misconfigured, StoreDown) as error:
        err.print(str(error), markup=False, style="red", soft_wrap=True)
        raise typer.Exit(2) from None
    except OSError as error:
        err.print(f"{error.strerror}: {error.filename}", markup=False, style="red", soft_wrap=True)
        raise typer.Exit(2) from None


def _say(text: str) -> None:
    async def ask(app: App, _: config.Settings) -> None:
        out.print((await app.core.handle(console.inbound(new_id(), text))).text, markup=False, soft_wrap=True)

    _with_app(ask, quiet=True)


@asynccontextmanager
async def _signals() -> Any:
    """An event that SIGTERM and SIGINT set."""
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    try:
        yield stopped
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def _until_stopped(app: App) -> None:
    """Work until a signal, or until the worker breaks."""
    async with _signals() as stopped:
        working = asyncio.create_task(app.worker.run())
        working.add_done_callback(lambda _: stopped.set())
        await stopped.wait()
        log.info("stopping")
        app.worker.stop()
        await working


async def _finish(app: App, job: Job, output: Path, said: str = "") -> Job:
    """Work until the job is done, with a progress bar, and save its clip. `said` was told already."""
    async with _signals() as stopped:
        working = asyncio.create_task(app.worker.run())
        with _bar(said) as show:
            watching = asyncio.create_task(console.watch(app.core, job, show))
            stopping = asyncio.create_task(stopped.wait())
            await asyncio.wait((working, watching, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        app.worker.stop()
        if not watching.done():
            watching.cancel()
            await working
            raise Refusal(texts.left_alone(job.id))
        job = await watching
        await working
    if job.clip is None:
        raise Refusal(texts.failed(job.reason or "failed", job.price))
    console.save(app.media.path(job.clip.name), output)
    out.print(texts.saved(str(output), job.clip.width, job.clip.height, job.clip.seconds), markup=False)
    return job


@contextmanager
def _bar(said: str) -> Iterator[Callable[[float, str], None]]:
    """Show how far a job is: a bar on a terminal, a line per change elsewhere."""
    if not err.is_terminal:

        def tell(_: float, state: str) -> None:
            nonlocal said
            if state not in said:
                said = state
                err.print(state, markup=False)

        yield tell
        return
    columns = (BarColumn(bar_width=30), TextColumn("{task.percentage:3.0f} %"), TextColumn("{task.description}"))
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("", total=1.0)
        yield lambda done, state: progress.update(task, completed=done, description=state)


def _writable(output: Path) -> None:
    """Before anything is bought. Raises `Refusal`."""
    if output.is_dir() or not output.resolve().parent.is_dir():
        raise Refusal(texts.no_place(str(output)))


def _timeline(job: Job) -> Iterator[tuple[float, str]]:
    for at, what in (
        (job.created_at, texts.TIMELINE["created"]),
        (job.started_at, texts.TIMELINE["started"]),
        (job.accepted_at, texts.taken_by(job.host or "")),
        (job.settled_at, texts.TIMELINE["settled"]),
        (job.done_at, texts.TIMELINE["done"]),
    ):
        if at is not None:
            yield at, what
