"""`photoplay init` without the conversation: trying an answer, and writing `.env`."""

import os
import re
import tempfile
from collections.abc import AsyncIterator, Mapping
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import Binding, parse_stream

from bot import texts
from bot.app import App, open_app
from bot.check import PASSWORD, provider, public
from bot.config import Settings
from bot.connections import CONNECTIONS, Finding
from bot.errors import ChatError, Misconfigured
from bot.secret_files import SUFFIX
from bot.shell import somewhere

_PLAIN = re.compile(r"[\w./:@,+=-]+", re.ASCII)
"""Values that need no quotes."""


async def tried(settings: Settings, name: str) -> AsyncIterator[Finding]:
    """Try one setting, as far as that is free. Raises `Misconfigured`, `StoreDown`."""
    platform = name.removesuffix("_token")
    if platform in CONNECTIONS:
        async for finding in CONNECTIONS[platform].check(settings):
            if finding.kind != "hint":
                yield finding
    elif name == "owners":
        for owner in settings.owners:
            yield await _owner(settings, owner)
    elif name == "playground_password" and settings.playground_password:
        if len(settings.playground_password.get_secret_value()) < PASSWORD:
            yield Finding("bad", texts.setup.short_password(PASSWORD))
    elif name in ("aimlapi_key", "apilaplas_key", "public_url"):
        with somewhere(settings) as (found, _):
            async with open_app(found, idle=True) as app:
                yield await (_address(app) if name == "public_url" else provider(app, name.removesuffix("_key")))


async def _address(app: App) -> Finding:
    assert app.settings.public_url
    try:
        async with app.listening():
            return await public(app, app.settings.public_url)
    except Misconfigured:  # the port is in use, perhaps by us
        return await public(app, app.settings.public_url)


async def _owner(settings: Settings, person: str) -> Finding:
    platform, _, user = person.partition(":")
    row = CONNECTIONS.get(platform)
    if row is None or not row.token(settings):
        return Finding("bad", texts.setup.owner_nowhere(person))
    try:
        return Finding("good", texts.setup.owner(person, await row.called(settings, user)))
    except ChatError as error:
        return Finding("bad", texts.setup.owner_unknown(person, str(error)))


def write(path: Path, answers: Mapping[str, str]) -> None:
    """Set these in the file, by name in capitals; all other lines stay. The owner alone can read it afterwards.

    The file changes as a whole, or not at all. Raises `Misconfigured`, `OSError`.
    """
    path = path.resolve()  # of a link, what it leads to
    try:
        before = path.read_text("utf-8")
    except FileNotFoundError:
        before = ""
    except UnicodeDecodeError:
        raise Misconfigured("The file .env cannot be read; it must be a text file in UTF-8.") from None
    text = merged(before, answers)
    read = dotenv_values(stream=StringIO(text))
    for name, value in answers.items():
        if read.get(name) != value:
            raise Misconfigured(f"{name} cannot be written to .env as it is; choose one without ${{ and line breaks.")
    number, passing = tempfile.mkstemp(prefix=".env-", dir=path.parent)  # readable for the owner alone
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(passing, path)
    except BaseException:
        os.unlink(passing)
        raise


def merged(text: str, answers: Mapping[str, str]) -> str:
    """A `.env` with these settings, each where it was, else at the end; without the files that they replace."""
    left, out = dict(answers), []
    for binding in parse_stream(StringIO(text)):
        name = (binding.key or "").upper()
        if name in left:
            out += [_space(binding), _line(name, left.pop(name))]
        elif name not in answers and not (name.endswith(SUFFIX) and name.removesuffix(SUFFIX) in answers):
            out.append(binding.original.string)
    if left and out and not out[-1].endswith("\n"):
        out.append("\n")
    return "".join([*out, *(_line(name, value) for name, value in left.items())])


def _space(binding: Binding) -> str:
    """The empty lines before it."""
    said = binding.original.string
    return said[: len(said) - len(said.lstrip())]


def _line(name: str, value: str) -> str:
    if value and not _PLAIN.fullmatch(value):
        value = "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return f"{name}={value}\n"
