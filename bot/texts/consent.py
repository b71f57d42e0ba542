"""Consent of the people in a photo; banned words in prompts."""

from bot.sentence import Sentence, _, _n, join, lines, sentences

# ── Those in the photo ───────────────────────────────────────────────────────────────────────────────────────────────

ASK = _(
    "Does everybody in the photo agree to this clip? With nobody in it, that is a yes.\n"
    "You are asked only once. The order waits for an hour; nothing is spent yet."
)
ASK_TOO = _(
    "This one waits for the same yes: does everybody in your photos agree? One yes starts all that wait here.\n"
    "It waits for an hour; nothing is spent yet."
)
AGREE = _("Yes, make it")
STILL = _("This one is still waiting for you.")

# ── Words ────────────────────────────────────────────────────────────────────────────────────────────────────────────

NOT_THESE_WORDS = _("I can't make a clip of that. Nothing was spent. Please say it in other words.")
NOT_HERE = sentences(NOT_THESE_WORDS, _("If yours are harmless, ask an admin here."))

_USUAL = _("Besides, the bot's own list counts here: nudity, sex, minors in such a context, gore and slurs.")
_LAX = _("The bot's own list does not count here.")
_HOW = _(
    "{/wordlist add casino, fire sale} · {/wordlist remove casino} · {/wordlist house off}\n"
    "Up to {most} words or short phrases of at most {longest} characters, with commas between them. "
    "Only admins can see or change them."
)


def listed(words: tuple[str, ...], lax: bool, most: int, longest: int) -> Sentence:
    """Reply to /wordlist: a community's own words; limits of their number and length. `lax`: the operator's are off."""
    own = (
        _("No prompt here may have: {words}", words=join(", ", words))
        if words
        else _("This community has no words of its own yet.")
    )
    return join("\n\n", [lines(own, _LAX if lax else _USUAL), how(most, longest)])


def how(most: int, longest: int) -> Sentence:
    """Syntax of /wordlist: at most `most` words of `longest` characters."""
    return _HOW.fill(most=most, longest=longest)


def changed(count: int) -> Sentence:
    """Confirmation of /wordlist; `count`: words in the list now."""
    if not count:
        return _("This community has no words of its own now.")
    return _n("No prompt here may have that word now.", "No prompt here may have any of {count} words now.", count)


def listed_already(count: int) -> Sentence:
    """Refusal to add words that are listed; `count`: how many were given."""
    return _n(
        "That word is on the list already. Nothing was changed.",
        "Those words are on the list already. Nothing was changed.",
        count,
    )


HOUSE_ON = _("The bot's own list counts here again.")
HOUSE_OFF = _("The bot's own list does not count here now. Your own words do.")
TOO_LONG = _("A word or phrase may have at most {longest} characters. Nothing was changed.")
NO_LETTERS = _("A word needs at least two letters or digits. Nothing was changed.")
TOO_MANY = _("There is room for {most} words. Nothing was changed.")
NOT_LISTED = _("None of these is among the words here. Nothing was changed.")
SCOPE_NEEDED = _("A list of words belongs to a community. Say this there.")
