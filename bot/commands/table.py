"""The table of commands, the same on every platform. Buttons send these commands, too."""

from dataclasses import replace
from difflib import get_close_matches
from functools import partial

from bot import texts
from bot.admin import limits, operator, own_words, people, usage
from bot.commands import clips, films, help, invocation, models
from bot.commands.command import Command, admit
from bot.context import Context
from bot.conversation import Inbound, Reply
from bot.errors import Refusal
from bot.gallery import best, moderation, remix, settings, sharing
from bot.idempotency import Again
from bot.ordering import answers, place
from bot.privacy import commands, deletion
from bot.quotas import linking
from bot.texts import commands as what
from bot.texts import shell


async def run(ctx: Context, inbound: Inbound) -> Reply:
    """Run the command `/name argument`. Raises `Refusal`."""
    name, argument = _split(inbound.text)
    row = TABLE.get(name)
    if row is None:
        known = [row.name for row in offered(ctx, inbound.address.platform) if row.common]
        near = next(iter(get_close_matches(name, known, 1, 0.75)), None)
        short = texts.phrases.shorten(name, 32)
        raise Refusal(texts.chat.unknown_command(short, near, pictured=bool(inbound.attachments)))
    await admit(row, ctx, inbound, argument)
    return await row.run(ctx, inbound, argument)


def of(text: str) -> Command | None:
    """The command of a text; None if there is none of that name."""
    return TABLE.get(_split(text)[0]) if text.startswith("/") else None


def again(text: str) -> Again:
    """How a repetition of the text is answered; unknown commands as by default."""
    if not text.startswith("/"):
        return "order"
    row = of(text)
    return row.again if row else "kept"


def offered(ctx: Context, platform: str) -> list[Command]:
    """The commands that apply to a platform."""
    return [row for row in TABLE.values() if not (row.elsewhere and ctx.only_on(platform))]


def verbs() -> dict[str, shell.Verb]:
    """Verbs of `photoplay admin`, by name."""
    return {row.name: row.verb for row in TABLE.values() if row.verb}


async def animate(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    if not inbound.attachments:
        raise Refusal(inbound.no_photo or texts.chat.ANIMATE_WHAT)
    return await place.order(ctx, replace(inbound, text=argument))


async def help_(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    return await help.help_(ctx, offered(ctx, inbound.address.platform), inbound, argument)


def _split(text: str) -> tuple[str, str]:
    """Name and argument of `/name@bot argument`; for other text, its first word and nothing."""
    if said := invocation.command(text):
        return said.name, said.argument
    return (text[1:].split(maxsplit=1) or [""])[0].lower(), ""


_admins = partial(Command, audience="admins", names=True, private=True)
_judge = partial(Command, audience="admins", quiet=True)
"""Commands of admins' buttons and the shell."""
_ROWS = (
    # Clips
    Command("animate", animate, what.ANIMATE, menu="everywhere", pictures=True, again="order"),
    Command(
        "jobs",
        clips.jobs,
        what.JOBS,
        menu="everywhere",
        label=texts.page.PAGE["history"],
        page_help=what.JOBS_ON_PAGE,
        private=True,
        again="anew",
    ),
    Command(
        "quota",
        people.quota,
        what.QUOTA,
        menu="everywhere",
        label=texts.page.PAGE["credits"],
        manages=(("quota set", what.QUOTA_SET),),
        verb=shell.QUOTA,
        names=True,
        private=True,
    ),
    Command("cancel", clips.cancel, what.CANCEL, menu="everywhere", takes="any clip", private=True),
    Command(
        "again",
        clips.again,
        what.AGAIN,
        takes="clip and words",
        title=texts.chat.NEW_WORDS,
    ),
    Command(
        "continue",
        clips.continue_,
        what.CONTINUE,
        takes="clip and words",
        title=texts.discord.FORM_CONTINUE,
    ),
    Command("with", models.with_),
    Command("model", models.model, what.MODEL, menu="everywhere", private=True, label=texts.page.PAGE["model"]),
    Command("clip", clips.clip, what.CLIP, takes="clip", again="anew"),
    Command("join", films.join, what.JOIN, takes="clip", again="anew"),
    Command("delete", deletion.delete, what.DELETE, takes="clip", quiet=True),
    Command("words", clips.words, asks="again", again="anew"),
    Command("next", clips.next_, asks="continue", again="anew"),
    # Answers to questions about a parked order
    Command("yes", answers.yes, answers=True),
    Command("no", answers.no, answers=True, quiet=True),
    Command("agree", answers.agree, answers=True),
    Command("crop", answers.crop, answers=True),
    Command("mend", answers.mend, answers=True, pictures=True, again="order"),
    # Linked accounts
    Command("link", linking.link, what.LINK, menu="private", typed=True, elsewhere=True, private=True),
    Command(
        "unlink",
        commands.unlink,
        what.UNLINK,
        menu="private",
        typed=True,
        elsewhere=True,
        takes="nothing",
        private=True,
    ),
    # Sharing
    Command("share", sharing.share, what.SHARE, takes="any clip", private=True),
    Command("unshare", sharing.unshare, what.UNSHARE, takes="any clip", private=True),
    Command("sharing", sharing.sharing, what.SHARING, menu="private", rank=-1, takes="nothing", private=True),
    Command(
        "remix",
        remix.remix,
        what.REMIX,
        pictures=True,
        takes="clip and words",
        asks="remix",
        title=texts.sharing.REMIX,
    ),
    Command("best", best.best, what.BEST, menu="groups", again="anew"),
    Command("heart", sharing.heart, quiet=True, personal=True, again="anew"),  # the store knows the key
    Command("show", sharing.show),
    Command("report", moderation.report, private=True, personal=True, title=texts.sharing.REPORT),
    # Admins of a community
    _admins("grant", people.grant, what.GRANT, verb=shell.GRANT),
    _admins("revoke", people.revoke, what.REVOKE, verb=shell.REVOKE),
    _admins("ban", people.ban, what.BAN, verb=shell.BAN),
    _admins("unban", people.unban, what.UNBAN, verb=shell.UNBAN),
    _admins("limits", limits.limits, what.LIMITS, look=True, verb=shell.LIMITS),
    _admins("tier", limits.tier, what.TIER, verb=shell.TIER),
    _admins("refund", people.refund, what.REFUND, verb=shell.REFUND),
    _admins("usage", usage.usage, what.USAGE, again="anew", verb=shell.USAGE),
    _admins("audit", usage.audit, what.AUDIT, takes="nothing", again="anew", verb=shell.AUDIT),
    _admins("export", usage.export, what.EXPORT, takes="nothing", again="anew", verb=shell.EXPORT),
    _admins("wordlist", own_words.wordlist, what.WORDLIST, community=texts.consent.SCOPE_NEEDED, verb=shell.WORDLIST),
    Command(
        "gallery",
        settings.gallery,
        what.GALLERY,
        community=texts.sharing.GALLERY_WHERE,
        menu="groups",
        manages=(("gallery", what.GALLERY_SET),),
        verb=shell.GALLERY,
        names=True,
        private=True,
    ),
    _admins(
        "review",
        moderation.review,
        what.REVIEW,
        community=texts.sharing.REVIEW_WHERE,
        takes="nothing",
        again="anew",
        verb=shell.REVIEW,
    ),
    _judge("keep", moderation.keep, verb=shell.KEEP),
    _judge("hide", moderation.hide, verb=shell.HIDE),
    _judge("banish", moderation.banish, verb=shell.BANISH),
    Command(
        "operator",
        operator.operator,
        what.OPERATOR,
        audience="operators",
        names=True,
        private=True,
        verb=shell.OPERATOR,
    ),
    _judge("undo", people.undo, checks=True, verb=shell.UNDO),
    # Personal data and help
    Command(
        "privacy",
        commands.privacy,
        what.PRIVACY,
        menu="everywhere",
        rank=1,
        label=texts.page.PAGE["privacy"],
        page_help=what.PRIVACY_ON_PAGE,
        takes="nothing",
        private=True,
        again="anew",
    ),
    Command(
        "mydata",
        commands.mydata,
        what.MYDATA,
        menu="private",
        label=texts.page.PAGE["mydata"],
        takes="nothing",
        private=True,
        again="anew",
        verb=shell.MYDATA,
    ),
    Command(
        "forgetme",
        commands.forgetme,
        what.FORGETME,
        menu="private",
        takes="nothing",
        private=True,
        again="anew",  # an erasure deletes stored replies, and recognises its repetition itself
        verb=shell.FORGETME,
    ),
    Command(
        "help",
        help_,
        what.HELP,
        menu="everywhere",
        rank=1,
        label=texts.page.PAGE["help"],
        takes="nothing",
        private=True,
        again="anew",
        verb=shell.HELP,
    ),
    Command("start", help.start, what.START, menu="greeting", rank=1, again="anew"),
)
TABLE = {row.name: row for row in _ROWS}
