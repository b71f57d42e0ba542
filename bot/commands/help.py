"""The first words to a newcomer, and what can be asked for."""

from collections.abc import Iterable

from bot import texts
from bot.commands import clips
from bot.context import Context
from bot.model import ID, Inbound, Reply


async def start(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """What a newcomer's client says first; a link to us may bring the id of a clip along."""
    if ID.fullmatch(argument):
        return await clips.clip(ctx, inbound, argument)
    return Reply(texts.chat.HELLO_HERE if inbound.shared else texts.chat.HELLO)


async def help_(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    if argument.lower().strip() in ("admin", "admins"):
        verbs = {**texts.admin.ALSO, **texts.admin.COMMANDS}
        return Reply("\n".join(f"/{name} – {what}" for name, what in verbs.items()))
    if inbound.address.platform == "web":
        return Reply(texts.chat.help_on_page())
    names: Iterable[str] = (
        texts.chat.MENU if inbound.shared else texts.chat.COMMANDS
    )  # others read along: no more than they need
    text = texts.chat.help_([(name, texts.chat.COMMANDS[name]) for name in names if name != "start"])
    return Reply(f"{text}\n\n{texts.chat.HELP_MORE}" if inbound.shared else text)
