"""Shared by the shell's commands: opening the app, plain sentences, exit codes."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn, TypeVar

import typer

from adapters import console
from bot import config, env_file, logs, texts
from bot.app import App, open_app, secrets_of
from bot.connections import Finding
from bot.conversation import Inbound, Reply
from bot.errors import Misconfigured, Refusal, StoreDown
from bot.ids import new_id
from bot.sentence import Sentence
from bot.shutdown import ended_by, signals

out = console.Screen(highlight=False)
err = console.Screen(stderr=True, highlight=False)
log = logging.getLogger(__name__)

T = TypeVar("T")
QUIET = "CRITICAL"
"""Log level of interactive commands."""


def settings(level: str | None = QUIET) -> config.Settings:
    """The settings, with logging configured and misspelt names reported. `level` None: the configured one."""
    found = config.load()
    logs.set_up(level or found.log_level, secrets_of(found), found.log_format)
    for oddity in env_file.oddities(config.names()):
        if oddity.misspelt and level:
            err.print(oddity.text, markup=False, style="yellow", soft_wrap=True)
        elif oddity.misspelt:
            log.warning("%s", oddity.text)
    return found


def with_app(do: Callable[[App, asyncio.Event], Awaitable[T]], level: str | None = None, *, social: bool = False) -> T:
    """The result of `do`, given the open app and an event set by Ctrl-C; `do` is never cancelled."""

    async def opened() -> T:
        found = settings(level)
        say = partial(log.info, "stopping") if found.log_format == "json" else say_stopping
        code = 0 if social else 1
        async with signals(say, code) as stopped, AsyncExitStack() as stack:
            try:
                async with ended_by(stopped):  # a start may wait: for a restore, a migration, a backup before it
                    app = await stack.enter_async_context(open_app(found, social=social))
            except TimeoutError:
                if not stopped.is_set():
                    raise
                raise typer.Exit(code) from None
            if social:  # a long-lived process: keep the garbage collector from scanning what exists now
                gc.freeze()
            return await do(app, stopped)

    return go(opened())


@asynccontextmanager
async def looking() -> AsyncIterator[App]:
    """The app for read-only commands: without data it creates none, and says so."""
    found = settings()
    with somewhere(found) as (found, missing):
        if missing:
            err.print(texts.shell.no_data(missing), markup=False, style="yellow", soft_wrap=True)
        async with open_app(found, idle=True) as app:
            yield app


@contextmanager
def somewhere(found: config.Settings) -> Iterator[tuple[config.Settings, str]]:
    """The settings with an existing data folder, or a temporary one, and the missing folder's name."""
    folder = found.data_dir
    if folder.exists():
        yield found, ""
        return
    try:
        with TemporaryDirectory(prefix=".photoplay-", dir=_parent(folder.absolute())) as passing:
            yield found.model_copy(update={"data_dir": Path(passing), "mark_dir": None}), str(folder.absolute())
    except OSError as error:
        raise Misconfigured(f"DATA_DIR {folder} cannot be used: {error.strerror}.") from None


def _parent(folder: Path) -> Path:
    """The nearest existing parent folder."""
    return next(path for path in folder.parents if path.exists())


def answered(inbound: Inbound) -> Reply:
    """The reply of a read-only app."""

    async def ask() -> Reply:
        async with looking() as app:
            reply = await app.core.handle(inbound)
            await app.core.asked(reply, inbound.address)
            return reply

    return go(ask())


def say(text: str) -> None:
    """Print the reply to a chat command."""
    reply = answered(console.inbound(new_id(), text))
    with plainly():
        if reply.refused:
            raise Refusal(reply.text)
        tell(reply.text)
        if "1. " not in reply.text:  # a list in buttons alone
            for line in texts.phrases.numbered(button.label for button in reply.lines):
                tell(line)


def as_here(sentence: Sentence) -> Sentence:
    """A chat's sentence in the shell's wording."""
    return sentence.worded(texts.shell.WORDING)


def tell(text: Sentence) -> None:
    """Print a chat's sentence."""
    out.print(as_here(text), markup=False, soft_wrap=True)


def show(finding: Finding) -> None:
    """Print a line of `photoplay check`."""
    mark, style = {"good": ("✓", "green"), "bad": ("✗", "red"), "hint": ("·", "yellow")}[finding.kind]
    out.print(f"[{style}]{mark}[/]", end=" ")
    out.print(finding.text, markup=False, soft_wrap=True)


def say_stopping() -> None:
    err.print(texts.shell.STOPPING)


def go(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine; errors become sentences."""
    with plainly():
        return asyncio.run(work)


@contextmanager
def plainly() -> Iterator[None]:
    """Turn errors into a sentence and an exit code: 1 for the user's, 2 for the operator's."""
    try:
        yield
    except Refusal as refusal:
        _fail(as_here(refusal.sentence), 1, "yellow")
    except Misconfigured as error:
        _fail(str(error), 2)
    except StoreDown as error:
        _fail(texts.shell.store_down(str(error)), 2)
    except OSError as error:
        out.mute()  # stdout may have failed, and would fail again at exit
        _fail(f"{error.strerror}: {error.filename}" if error.filename else str(error.strerror or error), 2)


async def stoppable(work: Coroutine[Any, Any, T], said: Sentence) -> T:
    """The result of `work`, which SIGINT and SIGTERM cancel; if that ended it, raises `Refusal` with what is said."""
    async with signals(say_stopping, 1) as stopped:
        try:
            async with ended_by(stopped):
                return await work
        except TimeoutError:
            if not stopped.is_set():
                raise
            raise Refusal(said) from None


def _fail(sentence: str, code: int, style: str = "red") -> NoReturn:
    err.print(sentence, markup=False, style=style, soft_wrap=True)
    raise typer.Exit(code) from None
