"""`photoplay admin …`: the chat commands of admins and operators in the shell."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from adapters import console
from bot import platforms, texts
from bot.admin.operator import community
from bot.admin.people import Target, act
from bot.app import App, open_app
from bot.commands import table
from bot.conversation import Inbound, Reply
from bot.errors import Refusal
from bot.ids import new_id
from bot.quotas.rules import HOUSE, about
from bot.shell import QUIET, go, out, plainly, settings, tell

FOLDER = Path("reports")
"""Default folder for charts and tables, which git ignores."""
ABOUT_PEOPLE = ("mydata", "forgetme")
_CAPPED = re.compile(rf"(operator (?:cap|flights)) ((?:{'|'.join(platforms.CHATS)}):\S+) (.+)", re.ASCII)
_SCOPE = re.compile(rf"({'|'.join(platforms.CHATS)}):-?\d+", re.ASCII)


class Verbs(TyperGroup):
    """Also accepts a whole quoted sentence, and a verb with the slash of the chat command."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # the library's types changed between versions
        first = args[0].split() or [""]
        return super().resolve_command(ctx, [first[0].removeprefix("/"), *first[1:], *args[1:]])


@dataclass(frozen=True, slots=True)
class Where:
    """Options that are accepted before and after the verb."""

    scope: str = ""
    output: Path = FOLDER
    new: bool = False
    sure: bool = False


Words = Annotated[list[str] | None, typer.Argument(help="as in chat", metavar="WORDS")]
Scope = Annotated[
    str | None,
    typer.Option(help="the community, as in discord:123; people's own chats without it", metavar="COMMUNITY"),
]
New = Annotated[bool, typer.Option("--new", help="the community has not asked for anything yet")]
Output = Annotated[
    Path | None, typer.Option("-o", "--output", help="the folder for pictures and tables; it is made", metavar="FOLDER")
]
Sure = Annotated[bool, typer.Option("--yes", help="ask nothing before somebody's data is written out or removed")]

cli = typer.Typer(cls=Verbs, no_args_is_help=True)


@cli.callback()
def options(
    ctx: typer.Context, scope: Scope = None, output: Output = None, new: New = False, sure: Sure = False
) -> None:
    """Do what admins and operators can do in chat, in the same words."""
    ctx.obj = Where(scope or "", output or FOLDER, new, sure)


def _command(verb: str) -> Callable[..., None]:
    def run(
        ctx: typer.Context,
        words: Words = None,
        scope: Scope = None,
        output: Output = None,
        new: New = False,
        sure: Sure = False,
    ) -> None:
        before: Where = ctx.obj
        where = Where(scope or before.scope, output or before.output, new or before.new, sure or before.sure)
        sentence = " ".join([verb, *(words or [])])
        if verb == "help":
            out.print(texts.shell.verbs(table.verbs()), markup=False, soft_wrap=True)
        elif verb in ABOUT_PEOPLE and words:
            _for_somebody(verb, sentence, where)
        else:
            if capped := _CAPPED.fullmatch(sentence):  # the name is checked as --scope is
                sentence, where = f"{capped[1]} {capped[3]}", replace(where, scope=capped[2])
            _say(lambda: console.admin(new_id(), sentence, where.scope), where)

    return run


for _verb, _said in table.verbs().items():
    cli.command(_verb, help=texts.shell.described(_said))(_command(_verb))


cli.command("page", help=texts.shell.PAGE)(_command("operator page"))


def _say(inbound: Callable[[], Inbound], where: Where) -> None:
    """Send a command through the core, and print the reply."""
    go(_answer(inbound, where))


async def _answer(inbound: Callable[[], Inbound], where: Where) -> None:
    asked = inbound()
    async with open_app(settings(QUIET), idle=True) as app:
        await _check(app, asked.scope, new=where.new)
        reply = await app.core.handle(asked)
        if reply.refused:
            raise Refusal(reply.text)
        if where.sure and asked.text == "/forgetme" and reply.buttons:
            reply = await app.core.handle(console.admin(new_id(), reply.buttons[0].command.removeprefix("/"), ""))
        tell(reply.text)
        _write(app, reply, where.output)
    for button in reply.buttons:
        command = button.command.removeprefix("/")
        undo = button.label == texts.admin.UNDO
        line = texts.operator.undo_in_shell(command) if undo else f"{button.label}: photoplay admin {command}"
        out.print(line, markup=False, soft_wrap=True)


async def _check(app: App, scope: str, *, new: bool) -> None:
    """Refuse a misspelt community, which would be created silently. Raises `Refusal`."""
    if not scope or (new and _SCOPE.fullmatch(scope)):
        return
    try:
        await community(app.store, scope)
    except Refusal as refusal:
        if not _SCOPE.fullmatch(scope):
            raise
        raise Refusal(texts.shell.new_community(refusal.sentence)) from None


def _write(app: App, reply: Reply, folder: Path, name: str = "photoplay.zip") -> None:
    """Write a reply's files into the folder, which is created with mode 0700."""
    if not reply.papers and not reply.file:
        return
    if folder == FOLDER and not folder.exists():
        folder.mkdir(mode=0o700)
        (folder / ".gitignore").write_text("*\n")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for paper in reply.papers:
        (folder / paper.name).write_bytes(paper.data)
        out.print(str(folder / paper.name), markup=False, soft_wrap=True)
    if reply.file:
        console.save(app.media.stored(reply.file), folder / name)
        out.print(str(folder / name), markup=False, soft_wrap=True)


# ── Personal data ────────────────────────────────────────────────────────────────────────────────────────────────────


def _for_somebody(verb: str, sentence: str, where: Where) -> None:
    with plainly():
        asked = console.admin(new_id(), sentence, "")
        if len(asked.named) != 1 or asked.named[0].kind != "person" or len(asked.text.split()) != 2:
            raise Refusal(texts.shell.ONE_PERSON)
    person = asked.named[0].id
    question = texts.shell.mydata_of(person) if verb == "mydata" else texts.shell.forget_of(person)
    if not where.sure and not typer.confirm(question):
        out.print(texts.shell.UNTOUCHED, markup=False)
        raise typer.Exit(1)
    go(_hand_over(asked, person, where.output) if verb == "mydata" else _forget(asked, person))


async def _note(app: App, asked: Inbound, verb: str, person: str) -> None:
    """Log access to or erasure of a person's data; with their name while they are known."""
    entry = act(app.core.context, asked, verb, Target(about("person", person), f"@{person}", "", person))
    await app.store.quotas.note(replace(entry, scope=HOUSE))


async def _hand_over(asked: Inbound, person: str, folder: Path) -> None:
    async with open_app(settings(QUIET), idle=True) as app:
        reply = await app.core.handle(console.on_behalf(new_id(), "/mydata", person))
        if reply.refused:
            raise Refusal(reply.text)
        if reply.text == texts.privacy.MYDATA_NOTHING:
            raise Refusal(texts.shell.nothing_of(person))
        await _note(app, asked, "mydata", person)
        out.print(texts.shell.DATA, markup=False)
        _write(app, reply, folder, f"{person.replace(':', '-')}.zip")


async def _forget(asked: Inbound, person: str) -> None:
    async with open_app(settings(QUIET), idle=True) as app:
        question = await app.core.handle(console.on_behalf(new_id(), "/forgetme", person))
        if question.refused:
            raise Refusal(question.text)
        if not question.buttons:
            raise Refusal(texts.shell.nothing_of(person))
        await _note(app, asked, "forgetme", person)
        yes = console.on_behalf(new_id(), question.buttons[0].command, person)
        reply = await app.core.handle(yes)
        if reply.refused:
            raise Refusal(reply.text)
        out.print(texts.shell.forgot(person), markup=False, soft_wrap=True)
