"""`photoplay init`: asks for what is needed, tries each answer, and writes `.env`."""

import asyncio
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from bot import config, logs, setup, texts
from bot.app import secrets_of
from bot.config import Settings
from bot.connections import Finding
from bot.errors import Misconfigured, Refusal, StoreDown
from bot.secret_files import read_secret, secret_fields
from bot.sentence import Sentence
from bot.shell import QUIET, err, out, plainly, show

_SECRETS = frozenset(secret_fields(Settings))
NONE = "-"
"""The answer that removes a setting."""

Secret = "VALUE or @FILE"


def init(
    telegram_token: Annotated[str | None, typer.Option(metavar=Secret, help="of the Telegram bot")] = None,
    discord_token: Annotated[str | None, typer.Option(metavar=Secret, help="of the Discord bot")] = None,
    aimlapi_key: Annotated[str | None, typer.Option(metavar=Secret, help="of AI/ML API")] = None,
    apilaplas_key: Annotated[str | None, typer.Option(metavar=Secret, help="of Apilaplas")] = None,
    owners: Annotated[str | None, typer.Option(metavar="telegram:123,…", help="the operators")] = None,
    public_url: Annotated[str | None, typer.Option(metavar="https://…", help="the public address")] = None,
    playground_password: Annotated[str | None, typer.Option(metavar=Secret, help="of the chat page")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="ask nothing, also without an answer")] = False,
    untested: Annotated[bool, typer.Option("--untested", help="write answers that do not work (yet), too")] = False,
) -> None:
    """Set Photoplay up: ask for tokens and keys, try each, and write .env.

    With any answer as an option nothing is asked. @FILE keeps a secret out of the shell's history; - removes a setting.

    For example:

    photoplay init

    photoplay init --telegram-token @token.txt --owners telegram:789
    """
    given = dict(
        telegram_token=telegram_token,
        discord_token=discord_token,
        aimlapi_key=aimlapi_key,
        apilaplas_key=apilaplas_key,
        owners=owners,
        public_url=public_url,
        playground_password=playground_password,
    )
    with plainly():
        found = config.load()
        logs.set_up(QUIET, secrets_of(found))
        flags = {name: _read(name, value) for name, value in given.items() if value is not None}
        if flags or yes:
            answers = flags
            if not _all_work(flags) and not untested:
                raise Refusal(texts.setup.NOT_WRITTEN)
        elif sys.stdin.isatty():
            with _interruptible():
                answers = _asked(found)
        else:
            raise Refusal(texts.setup.NOBODY)
        _finish(answers)


def _read(name: str, value: str) -> str:
    """An option's value; of a secret, what the file behind `@` holds. Raises `Misconfigured`."""
    if name in _SECRETS and value.startswith("@"):
        return read_secret(Path(value[1:]), f"--{name.replace('_', '-')}")
    value = value.strip()
    return "" if value == NONE else value


def _all_work(answers: Mapping[str, str]) -> bool:
    found = config.load(**answers)
    return all([_works(found, name) for name, value in answers.items() if value])  # a list: all are told


def _works(settings: Settings, name: str) -> bool:
    """Try an answer and tell what came of it."""

    async def findings() -> list[Finding]:
        return [finding async for finding in setup.tried(settings, name)]

    try:
        said = asyncio.run(findings())
    except (Misconfigured, StoreDown) as error:
        said = [Finding("bad", str(error))]
    for finding in said:
        show(finding)
    return all(finding.kind != "bad" for finding in said)


# ── In a terminal ────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C is an exception, so that a terminal that hides what is typed shows it again."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except (KeyboardInterrupt, EOFError):
        out.print()
        raise Refusal(texts.setup.STOPPED) from None
    finally:
        signal.signal(signal.SIGINT, before)


def _asked(found: Settings) -> dict[str, str]:
    _tell(texts.setup.BEGINNING)
    answers: dict[str, str] = {}
    for name in texts.setup.ASKED:
        if name == "playground_password" and not found.public_url:
            continue
        found = _ask(name, found, answers)
    return answers


def _ask(name: str, found: Settings, answers: dict[str, str]) -> Settings:
    """Ask until an answer works, is kept all the same, or is left out; the settings with it."""
    _tell(texts.setup.ASKED[name], "bold")
    if getattr(found, name):
        _tell(texts.setup.IS_SET)
    while value := out.input("> ", markup=False, password=name in _SECRETS).strip():
        said = {name: "" if value == NONE else value}
        try:
            new = config.load(**answers, **said)
        except Misconfigured as error:
            err.print(str(error), markup=False, style="red", soft_wrap=True)
            continue
        logs.set_up(QUIET, secrets_of(new))
        if value == NONE or _works(new, name) or _sure():
            answers |= said
            return new
    return found


def _sure() -> bool:
    _tell(texts.setup.KEEP_ANYWAY)
    return out.input("> ", markup=False).strip().lower() in ("y", "yes")


def _tell(sentence: Sentence, style: str | None = None) -> None:
    out.print(sentence, markup=False, style=style, soft_wrap=True)


def _finish(answers: Mapping[str, str]) -> None:
    """Write, and say what to do next."""
    path = Path(str(Settings.model_config.get("env_file", ".env")))
    if answers:
        setup.write(path, {name.upper(): value for name, value in answers.items()})
        _tell(texts.setup.written(str(path.absolute()), ", ".join(name.upper() for name in answers)))
        for name in answers:
            if config.in_environment(name.upper()):
                _tell(texts.setup.overruled(name.upper()), "yellow")
    else:
        _tell(texts.setup.UNCHANGED)
    _tell(texts.setup.NEXT)
