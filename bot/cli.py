"""The command line. Each command opens the app, performs one action, and prints the result."""

import asyncio
import errno
import importlib.metadata
import io
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated

import typer

from bot import cli_admin, cli_clips, config, env_file, logs, texts
from bot.app import App, secrets_of
from bot.check import examine
from bot.cli_backup import backup, restore
from bot.cli_init import init
from bot.cli_reconcile import reconcile
from bot.cli_rekey import rekey
from bot.connections import Finding
from bot.errors import Misconfigured
from bot.health import ask
from bot.shell import QUIET, go, out, plainly, say_stopping, show, somewhere, with_app
from bot.shutdown import signals
from bot.systemd import Notifier

cli = typer.Typer(no_args_is_help=True)
log = logging.getLogger(__name__)


def _version(wanted: bool) -> None:
    if wanted:
        out.print(f"photoplay {importlib.metadata.version('photoplay')}")
        raise typer.Exit


@cli.callback()
def photoplay(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """A photo and a sentence go in; a video comes back."""


@cli.command()
def run() -> None:
    """Serve the web, listen on every platform that has a token, and work, in one process, until SIGTERM."""

    async def serve(app: App, stopped: asyncio.Event) -> None:
        async with (
            app.listening() as address,
            _watched(app, "run"),
            _attended(app, stopped),
            Notifier.found().watched(f"serving {address}", stopped),
        ):
            log.info("ready: serving %s, buying from %s", address, ", ".join(app.settings.order_of_providers))
            if app.settings.unheard:
                log.warning(config.UNHEARD)
            await _until_stopped(app, stopped)

    with_app(serve, social=True)


@cli.command()
def worker() -> None:
    """Only work: claim, poll and deliver. Any number of these may run, on PostgreSQL."""

    async def work(app: App, stopped: asyncio.Event) -> None:
        async with _watched(app, "worker"), Notifier.found().watched("working", stopped):
            log.info("ready: working, buying from %s", ", ".join(app.settings.order_of_providers))
            await _until_stopped(app, stopped)

    with_app(work, social=True)


cli.command()(init)
cli.command()(backup)
cli.command()(restore)
cli.command()(reconcile)
cli.command()(rekey)
cli.add_typer(cli_clips.cli)
cli.add_typer(cli_admin.cli, name="admin")


@cli.command()
def generator(
    port: Annotated[int, typer.Option(help="port on 127.0.0.1", min=0, max=65535)] = 8090,
    key: Annotated[str | None, typer.Option(help="the key that callers must show; any without it")] = None,
    slots: Annotated[int, typer.Option(help="clips rendered at once", min=1)] = 1,
    delay: Annotated[float, typer.Option(help="seconds that each clip takes longer", min=0)] = 0,
    pace: Annotated[
        float, typer.Option(help="share of its model's usual time that a clip takes, as in 1 or 0.1", min=0)
    ] = 0,
    deposit: Annotated[
        float | None, typer.Option(help="US dollars on the account that clips are paid from; free without it", min=0)
    ] = None,
) -> None:
    """Run the stand-in for the paid API alone."""
    from bot import stand_in
    from generator.server import Generator

    async def serve() -> None:
        found = config.load()
        logs.set_up(found.log_level, [key or ""], found.log_format)
        service = Generator(
            found.data_dir / "generator",
            key=key,
            slots=slots,
            delay=delay,
            models=stand_in.models(),
            deposit=deposit,
            pace=pace,
        )
        try:
            async with signals(say_stopping, 0) as stopped, service.serve(port=port) as address:
                log.info("the stand-in answers at %s", address)
                await stopped.wait()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise Misconfigured(f"Port {port} is in use. Choose a free one with --port.") from None

    go(serve())


@cli.command()
def check() -> None:
    """Say in plain words what is configured, reachable and missing."""

    async def look() -> None:
        bad = False
        async for finding in _findings():
            bad = bad or finding.kind == "bad"
            show(finding)
        if bad:
            raise typer.Exit(1)

    go(look())


@cli.command()
def health(
    live: Annotated[bool, typer.Option("--live", help="only whether it answers, as /livez does")] = False,
) -> None:
    """Ask the Photoplay that runs here how it is: exit code 0 if well, 1 if not, as a container's health check."""
    with plainly():
        well, said = ask(config.load().own_address, "/livez" if live else "/healthz")
    out.print(said, markup=False, soft_wrap=True)
    raise typer.Exit(0 if well else 1)


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a question mark is better than an exception
            stream.reconfigure(errors="replace")
    cli()


# ── Running ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _findings() -> AsyncIterator[Finding]:
    try:
        found = config.load()
    except Misconfigured as error:
        yield Finding("bad", str(error))
        return
    logs.set_up(QUIET, secrets_of(found))
    for oddity in env_file.oddities(config.names()):
        yield Finding("bad" if oddity.misspelt else "hint", oddity.text)
    try:
        with somewhere(found) as (found, missing):
            if missing:
                yield Finding("hint", texts.shell.no_data(missing))
            async for finding in examine(found, missing=bool(missing)):
                yield finding
    except Misconfigured as error:
        yield Finding("bad", str(error))


@asynccontextmanager
async def _attended(app: App, stopped: asyncio.Event) -> AsyncIterator[None]:
    """Runs the platforms inside the block; at a stop they end concurrently with the worker."""
    listening = asyncio.create_task(app.supervisor.run())
    waiting = asyncio.create_task(stopped.wait())
    waiting.add_done_callback(lambda _: listening.cancel())
    try:
        yield
    finally:
        waiting.cancel()
        await asyncio.wait({listening})


@asynccontextmanager
async def _watched(app: App, process: str) -> AsyncIterator[None]:
    """Reports on the process to the operator, inside the block."""
    async with AsyncExitStack() as stack:
        if app.settings.metrics_port is not None:
            from bot.watch.listener import metrics  # what it loads is not needed otherwise

            await stack.enter_async_context(metrics(app, process))
        if process == "run" and (app.settings.ping_url or app.settings.alert_url):
            from bot.watch.outward import telling

            await stack.enter_async_context(telling(app))
        yield


async def _until_stopped(app: App, stopped: asyncio.Event) -> None:
    """Work until a signal, or until a worker breaks."""
    working = [asyncio.create_task(work) for work in (app.worker.run(), app.runner.run())]
    for task in working:
        task.add_done_callback(lambda _: stopped.set())
    periodic = asyncio.create_task(app.periodic.run())
    await stopped.wait()
    periodic.cancel()
    app.worker.stop()
    app.runner.stop()
    await asyncio.gather(*working)
    await asyncio.wait({periodic})
