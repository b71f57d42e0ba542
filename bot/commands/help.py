"""Greeting and help."""

from collections.abc import Iterable

from bot import platforms, texts
from bot.commands import clips
from bot.commands.command import Command, in_menu, in_page_menu
from bot.context import Context
from bot.conversation import Inbound, Reply
from bot.model import ID, Address
from bot.ordering import about, choosing
from bot.sentence import EMPTY, Sentence, join, sentences

_PRIVACY = "privacy"
"""Name of the note that a chat has been told `PRIVACY_MODE_OFF`."""


async def start(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Greeting, as sent by clients at the first contact; with a clip's id, from a link to the bot: that clip."""
    if ID.fullmatch(argument):
        return await clips.clip(ctx, inbound, argument)
    text = texts.chat.HELLO_HERE if inbound.shared else texts.chat.HELLO
    return Reply(text if argument else await _greeting(ctx, inbound, text))


async def help_(ctx: Context, rows: Iterable[Command], inbound: Inbound, argument: str) -> Reply:
    """Commands available to the asker, in this place."""
    if argument.lower().strip() in ("admin", "admins"):
        rows = list(rows)
        lines = [line for row in rows for line in row.manages] + [(row.name, row.help) for row in rows if row.manage]
        return Reply(join("\n", [texts.chat.command_line(name, what) for name, what in lines]))
    can = await choosing.offers(ctx, inbound)
    model = can.default.model
    if platforms.kind(inbound.address.platform) == "page":
        menu = [(row.label, row.page_help or row.help) for row in in_page_menu(rows) if row.name != "help"]
        typed = [(row.name, row.help) for row in rows if row.typed]
        return Reply(texts.on_page.help_(menu, typed, model.seconds, several=can.several))
    if inbound.shared:  # short, as others read it
        shown = in_menu(rows, "everywhere", "groups")
    else:
        shown = [row for row in rows if row.common and row.menu != "greeting"]
    text = texts.chat.help_(
        [(row.name, _told(row, inbound)) for row in shown], model.seconds, model.preset, can.examples()
    )
    text = join("\n\n", [text, texts.chat.HELP_MORE if inbound.shared else EMPTY])
    return Reply(text if argument else await _greeting(ctx, inbound, text))


async def joined(ctx: Context, chat: Address, hello: Sentence, *, hears_all: bool) -> Reply:
    """Greeting of a group that the bot was added to; unless `hears_all`, with how to change that (once per group).

    Raises `StoreDown`.
    """
    await about.first_time(ctx, chat, _PRIVACY)
    return Reply(hello if hears_all else join("\n\n", [hello, texts.chat.PRIVACY_MODE_OFF]))


async def _greeting(ctx: Context, inbound: Inbound, text: Sentence) -> Sentence:
    """Greeting of a group: how to address the bot, and once to its admins, how to turn privacy mode off."""
    if not inbound.shared or not inbound.how_to_call:
        return text
    told = [text, inbound.how_to_call]
    if not await inbound.hears_all():
        told.append(texts.chat.PRIVACY_MODE)
        if await inbound.moderates() and await about.first_time(ctx, inbound.address, _PRIVACY):
            told.append(texts.chat.PRIVACY_MODE_OFF)
    return join("\n\n", told)


def _told(row: Command, inbound: Inbound) -> Sentence:
    """Description of a command in a list; in private chats, communities' commands are marked as such."""
    elsewhere = row.menu == "groups" and not inbound.shared
    return sentences(row.help, texts.chat.IN_COMMUNITIES if elsewhere else EMPTY)
