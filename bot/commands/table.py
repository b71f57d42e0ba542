"""What people can ask for besides a clip: one table, the same on every platform. Buttons say these words too."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot import texts
from bot.admin import limits, operator, own_words, people, usage
from bot.commands import clips, help, invocation
from bot.context import Context
from bot.errors import Refusal
from bot.gallery import best, moderation, remix, settings, sharing
from bot.model import Inbound, Reply
from bot.ordering import answers, place
from bot.privacy import commands, deletion
from bot.quotas import linking

Handler = Callable[[Context, Inbound, str], Awaitable[Reply]]


async def run(ctx: Context, inbound: Inbound) -> Reply:
    """Do what `/name argument` asks for."""
    name, argument = _split(inbound.text)
    if name not in TABLE:
        raise Refusal(texts.chat.unknown_command(texts.chat.shorten(name, 32)))
    return await TABLE[name](ctx, inbound, argument)


def takes_names(text: str) -> bool:
    """Whether a command is about people: it gets whom the message names, not how they are written."""
    return text.startswith("/") and _split(text)[0] in NAMING


def named(text: str) -> bool:
    """Whether the text begins with one of our commands."""
    return _split(text)[0] in TABLE


async def animate(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    if not inbound.attachments:
        raise Refusal(inbound.no_photo or texts.chat.ANIMATE_WHAT)
    return await place.order(ctx, replace(inbound, text=argument))


def _split(text: str) -> tuple[str, str]:
    """Name and argument of `/name@bot argument`; of what is no command, its first word."""
    if said := invocation.command(text):
        return said.name, said.argument
    return (text[1:].split(maxsplit=1) or [""])[0].lower(), ""


TABLE: dict[str, Handler] = {
    "animate": animate,
    "help": help.help_,
    "start": help.start,
    "jobs": clips.jobs,
    "quota": people.quota,
    "again": clips.again,
    "continue": clips.continue_,
    "cancel": clips.cancel,
    "clip": clips.clip,
    "join": clips.join,
    "privacy": commands.privacy,
    "mydata": commands.mydata,
    "forgetme": commands.forgetme,
    "words": clips.words,
    "next": clips.next_,
    "yes": answers.yes,
    "no": answers.no,
    "link": linking.link,
    "unlink": commands.unlink,
    "grant": people.grant,
    "revoke": people.revoke,
    "ban": people.ban,
    "unban": people.unban,
    "refund": people.refund,
    "undo": people.undo,
    "limits": limits.limits,
    "tier": limits.tier,
    "usage": usage.usage,
    "audit": usage.audit,
    "export": usage.export,
    "operator": operator.operator,
    "share": sharing.share,
    "unshare": sharing.unshare,
    "sharing": sharing.sharing,
    "heart": sharing.heart,
    "show": sharing.show,
    "best": best.best,
    "remix": remix.remix,
    "gallery": settings.gallery,
    "wordlist": own_words.wordlist,
    "report": moderation.report,
    "review": moderation.review,
    "keep": moderation.keep,
    "hide": moderation.hide,
    "banish": moderation.banish,
    "agree": answers.agree,
    "crop": answers.crop,
    "delete": deletion.delete,
}
"""Every name in `texts.COMMANDS` and `texts_admin.COMMANDS`, and those that only buttons say."""

NAMING = frozenset({"quota", "gallery", *texts.admin.COMMANDS})
