"""What `photoplay init` asks and says."""

from bot.sentence import Sentence, _

BEGINNING = _(
    "A few questions. Each answer is tried at once, and nothing is written before the last one. "
    "Enter leaves a question out, Ctrl-C ends without a trace."
)

ASKED = {
    "telegram_token": _("Telegram: the token of the bot. Open @BotFather there, send /newbot, and copy it."),
    "discord_token": _(
        "Discord: the token of the bot. At https://discord.com/developers/applications make a New Application; under "
        "Bot, choose Reset Token."
    ),
    "aimlapi_key": _(
        "Real clips from AI/ML API: the key, from https://aimlapi.com. Without any, a stand-in makes them."
    ),
    "apilaplas_key": _("Real clips from Apilaplas: the key."),
    "owners": _(
        "The operators, who are told of trouble and may pause buying: their ids, as in telegram:123,discord:456. "
        "On Discord: developer mode, right click, Copy User ID."
    ),
    "public_url": _("The https address under which a proxy makes this machine public, if one does."),
    "playground_password": _("A password for the chat page, with 12 characters or more. Without one it is off there."),
}
"""By the name of the setting, in the order of asking."""


def short_password(least: int) -> Sentence:
    """Refusal of a password that could be guessed."""
    return _(
        "That password for the chat page is too short: take {least} characters or more, as the page can be reached "
        "from elsewhere.",
        least=least,
    )


IS_SET = _("Enter keeps what is set, - removes it.")
KEEP_ANYWAY = _("Keep it all the same? (y/N)")
STOPPED = _("Stopped. Nothing was written.")
NOBODY = _("Nobody can be asked here. Give the answers as options, or --yes for none; see photoplay init --help.")
UNCHANGED = _("Nothing to write: no answer was given.")
NOT_WRITTEN = _("Nothing was written. To write it all the same: --untested")


def written(path: str, names: str) -> Sentence:
    """The file, and the settings that changed in it."""
    return _("Written to {path}, which you alone can read: {names}.", path=path, names=names)


def overruled(name: str) -> Sentence:
    """A setting of the environment counts before the file."""
    return _("{name} is set in the environment too, which counts before the file.", name=name)


def owner(person: str, name: str) -> Sentence:
    """What the platform calls an operator."""
    return _("Operator: {person} is {name}.", person=person, name=name)


def owner_unknown(person: str, why: str) -> Sentence:
    """The platform does not know them; Telegram knows only those who have written to the bot."""
    return _(
        "Operator: {person} is not known there ({why}). On Telegram, write to the bot first.", person=person, why=why
    )


def owner_nowhere(person: str) -> Sentence:
    """Their platform does not exist, or is off."""
    return _("Operator: {person} cannot be told anything, as that platform is off.", person=person)


NEXT = _("Next: photoplay run. What is missing: photoplay check.")
