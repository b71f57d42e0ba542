"""A command: everything that is true of it. Menus, helps, slash commands and the shell's verbs come of it."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import KW_ONLY, dataclass
from typing import Literal, assert_never

from bot import rights
from bot.context import Context
from bot.conversation import Inbound, Reply
from bot.errors import Refusal
from bot.idempotency import Again
from bot.sentence import EMPTY, Sentence
from bot.texts.shell import Verb

Handler = Callable[[Context, Inbound, str], Awaitable[Reply]]
Audience = Literal["everyone", "admins", "operators"]
Menu = Literal["none", "everywhere", "groups", "private", "greeting"]
"""Menus with it: all; those of groups; of private chats, further down; all but those of groups, where nobody begins."""
Takes = Literal["nothing", "clip", "any clip", "clip and words", "words"]
"""`any clip` may be left out, and so may words."""


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table. `help` is what lists say of it: without, it is in none, and only buttons say it.

    `run` gets what stands behind the name. By default a row is for everyone, and its answer is kept and given again.
    """

    name: str
    run: Handler
    help: Sentence = EMPTY
    _: KW_ONLY

    # Who, and where
    audience: Audience = "everyone"
    look: bool = False
    """Without words it shows something, and that to everyone."""
    checks: bool = False
    """What it is about decides who may: `run` asks for the rights itself."""
    community: Sentence = EMPTY
    """The refusal where there is no community; without, it works everywhere."""
    personal: bool = False
    """It is a person's: nobody says it in the name of a group."""

    # Where it is listed
    menu: Menu = "none"
    rank: int = 0
    """Menus show the smaller first, and equal ones as the table does."""
    label: Sentence = EMPTY
    """What it is called in the menu of the chat page; without, it is not there."""
    page_help: Sentence = EMPTY
    """What the help of the chat page says of a label, where that is not `help`."""
    typed: bool = False
    """It makes sense on the chat page and has no button there, so its help names the command."""
    elsewhere: bool = False
    """It is listed only where there is another platform besides."""
    manages: tuple[tuple[str, Sentence], ...] = ()
    """What admins do with a command of everyone's, as lines of their help."""
    verb: Verb | None = None
    """What `photoplay admin` says of it; without, it is no verb there."""

    # What it takes
    takes: Takes = "words"
    """What a form of its own asks for, on a platform that has made none by hand."""
    pictures: bool = False
    """A picture may be said to it."""
    names: bool = False
    """It is about people or channels: it gets whom the message names, and not how they are written."""

    # What comes of it
    again: Again = "kept"
    private: bool = False
    """Its answer concerns nobody else."""
    quiet: bool = False
    """It posts no clip, so it needs no leave to. What is private does not either."""
    answers: bool = False
    """It answers a question about an order, which goes then."""

    # Forms
    asks: str = ""
    """Its button asks for words, and says this command with them."""
    title: Sentence = EMPTY
    """What a form is called that asks for its words."""

    @property
    def listed(self) -> bool:
        """Whether people can find it, and not only say it by a button."""
        return bool(self.help)

    @property
    def common(self) -> bool:
        """Whether it is listed for everyone."""
        return self.listed and self.audience == "everyone"

    @property
    def manage(self) -> bool:
        """Whether it is listed for those who run a community, or all of it."""
        return self.listed and self.audience != "everyone"


def in_menu(rows: Iterable[Command], *menus: Menu) -> list[Command]:
    """The commands in any of these menus, in the order of a menu."""
    return _ranked(row for row in rows if row.listed and row.menu in menus)


def in_page_menu(rows: Iterable[Command]) -> list[Command]:
    """The commands in the menu of the chat page."""
    return _ranked(row for row in rows if row.label)


def _ranked(rows: Iterable[Command]) -> list[Command]:
    return sorted(rows, key=lambda row: row.rank)


async def admit(row: Command, ctx: Context, inbound: Inbound, argument: str) -> None:
    """Raises `Refusal` where a command does not work, and to those whom it is not for."""
    if row.community and not inbound.scope:
        raise Refusal(row.community)
    if row.checks or (row.look and not argument):
        return
    match row.audience:
        case "everyone":
            pass
        case "admins":
            await rights.check_admin(ctx, inbound)
        case "operators":
            rights.check_operator(ctx, inbound)
        case _:
            assert_never(row.audience)
