"""Telegram's menu of commands, from the table of commands."""

import json
import logging
from collections.abc import Sequence

from telegram import (
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeDefault,
)

from adapters.shared.notes import FOREVER, Notes
from adapters.telegram import PLATFORM
from adapters.telegram.client import TelegramClient, mapped
from bot.commands import table
from bot.commands.command import Command, in_menu
from bot.core import Core
from bot.errors import ChatError

log = logging.getLogger(__name__)


def menus(rows: Sequence[Command]) -> list[tuple[BotCommandScope, list[tuple[str, str]]]]:
    """The menu of each kind of chat."""
    group = in_menu(rows, "everywhere", "groups")
    private = [*in_menu(rows, "everywhere", "greeting"), *in_menu(rows, "private")]
    # Operators' commands are in no menu.
    admins = [*group, *(row for row in rows if row.listed and row.audience == "admins")]
    scopes: tuple[tuple[BotCommandScope, list[Command]], ...] = (
        (BotCommandScopeDefault(), in_menu(rows, "everywhere", "groups", "greeting")),
        (BotCommandScopeAllPrivateChats(), private),
        (BotCommandScopeAllGroupChats(), group),
        (BotCommandScopeAllChatAdministrators(), admins),
    )
    return [(scope, [(row.name, row.help) for row in shown]) for scope, shown in scopes]


async def publish(client: TelegramClient, core: Core, notes: Notes) -> None:
    """Publish the menus if they changed. Failures are ignored."""
    now = menus(table.offered(core.context, PLATFORM))
    mark = json.dumps([[scope.type, menu] for scope, menu in now])
    if await notes.get("", "menus") == mark:
        return
    try:
        for scope, menu in now:
            with mapped():
                await client.set_my_commands(menu, scope=scope)
    except ChatError as error:
        log.warning("the menu of commands could not be set: %s", error)
    else:
        await notes.put("", "menus", mark, FOREVER)
