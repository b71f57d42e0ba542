"""A command and its traits: the source of menus, helps, slash commands, and the shell's verbs."""

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
"""In which menus it is listed: none, all, of groups, of private chats (at the end), or all but those of groups."""
Takes = Literal["nothing", "clip", "any clip", "clip and words", "words"]
"""Arguments. `any clip`: the clip's name is optional; `words` are always optional."""


@dataclass(frozen=True, slots=True)
class Command:
    """Row of the table. `help`: description in lists; empty for commands of buttons, which no list has.

    `run` gets the argument: the text after the name. By default, everyone may use a row, and its reply is stored and
    given again to a repeated message.
    """

    name: str
    run: Handler
    help: Sentence = EMPTY
    _: KW_ONLY

    # Rights and places
    audience: Audience = "everyone"
    look: bool = False
    """For an `audience` of admins or operators: everyone may use it without an argument."""
    checks: bool = False
    """`run` checks the rights, as they depend on the target; `admit` does not."""
    community: Sentence = EMPTY
    """Refusal outside of communities; empty: it works everywhere."""
    personal: bool = False
    """Counted per person: anonymous admins, who write as the group, are refused."""

    # Lists
    menu: Menu = "none"
    rank: int = 0
    """Position in a menu, ascending; equal ranks in the table's order."""
    label: Sentence = EMPTY
    """Label in the chat page's menu; empty: not listed there."""
    page_help: Sentence = EMPTY
    """Description of `label` in the chat page's help; empty: `help`."""
    typed: bool = False
    """The chat page's help lists the command, which has no button there."""
    elsewhere: bool = False
    """Offered only if several platforms are served."""
    manages: tuple[tuple[str, Sentence], ...] = ()
    """Admins' uses of everyone's command: (command line, description) for their help; their acts must not run twice."""
    verb: Verb | None = None
    """The verb of `photoplay admin`; None: there is none."""

    # Input
    takes: Takes = "words"
    """Fields of its generated form or slash command."""
    pictures: bool = False
    """Pictures may be attached."""
    names: bool = False
    """It concerns people or channels: `run` gets mentions as `Inbound.named`; other commands get them as text."""

    # Reply
    again: Again = "kept"
    private: bool = False
    """Only the asker sees the reply, where the platform can do that."""
    quiet: bool = False
    """It posts no clip, so the bot needs no permission to post here. `private` implies it."""
    answers: bool = False
    """It answers a question about a parked order; the question's message is removed."""

    # Forms
    asks: str = ""
    """Name of the command that its button's form submits, with the words entered."""
    title: Sentence = EMPTY
    """Title of the form that asks for its words."""

    @property
    def listed(self) -> bool:
        """Whether it is in any list, instead of on buttons only."""
        return bool(self.help)

    @property
    def common(self) -> bool:
        """Whether it is listed for everyone."""
        return self.listed and self.audience == "everyone"

    @property
    def manage(self) -> bool:
        """Whether it is listed for admins or operators."""
        return self.listed and self.audience != "everyone"


def in_menu(rows: Iterable[Command], *menus: Menu) -> list[Command]:
    """Commands of these menus, by rank."""
    return _ranked(row for row in rows if row.listed and row.menu in menus)


def in_page_menu(rows: Iterable[Command]) -> list[Command]:
    """Commands of the chat page's menu, by rank."""
    return _ranked(row for row in rows if row.label)


def _ranked(rows: Iterable[Command]) -> list[Command]:
    return sorted(rows, key=lambda row: row.rank)


async def admit(row: Command, ctx: Context, inbound: Inbound, argument: str) -> None:
    """Check place and rights. Raises `Refusal`."""
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
