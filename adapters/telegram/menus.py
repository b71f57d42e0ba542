"""The list of commands that Telegram shows beside the text field, from the one table of commands."""

import json
import logging

from telegram import (
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeDefault,
)

from adapters.telegram.client import TelegramClient, mapped
from adapters.telegram.parse import PLATFORM
from bot import texts
from bot.core import Core
from bot.errors import ChatError

log = logging.getLogger(__name__)

FOREVER = 4e9
GROUP = tuple(name for name in texts.chat.MENU if name != "start")
PRIVATE = (
    *(name for name in texts.chat.MENU if name not in ("best", "gallery")),  # which are a community's
    *("sharing", "link", "unlink", "mydata", "forgetme"),
)
MENUS = (
    (BotCommandScopeDefault(), texts.chat.MENU),
    (BotCommandScopeAllPrivateChats(), PRIVATE),
    (BotCommandScopeAllGroupChats(), GROUP),
    # What operators say is for them alone, so it stands in no menu.
    (BotCommandScopeAllChatAdministrators(), (*GROUP, *(name for name in texts.admin.COMMANDS if name != "operator"))),
)


async def publish(line: TelegramClient, core: Core) -> None:
    """Tell Telegram what there is, if it has changed. Nothing depends on it."""
    told = texts.admin.COMMANDS | texts.chat.COMMANDS
    menus = [(scope, [(name, told[name]) for name in names]) for scope, names in MENUS]
    mark = json.dumps([[scope.type, menu] for scope, menu in menus])
    inbox = core.context.store.inbox
    if await inbox.recall(PLATFORM, "", "menus", core.context.clock()) == mark:
        return
    try:
        for scope, menu in menus:
            with mapped():
                await line.set_my_commands(menu, scope=scope)
    except ChatError as error:
        log.warning("the menu of commands could not be set: %s", error)
    else:
        await inbox.remember(PLATFORM, "", "menus", mark, FOREVER)
