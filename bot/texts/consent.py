"""What people are told about consent, and about words that no prompt may have."""

# ── Those in the photo ───────────────────────────────────────────────────────────────────────────────────────────────

ASK = (
    "Does everybody in the photo agree to this clip? With nobody in it, that is a yes.\n"
    "You are asked only once. The order waits for an hour; nothing is spent yet."
)
ASK_TOO = (
    "And in this photo, does everybody agree, too? Each order that waits takes a yes of its own: tap below, or reply "
    "with it.\nIt waits for an hour; nothing is spent yet."
)
AGREE = "Yes, make it"
STILL = "This one is still waiting for you."

# ── Words ────────────────────────────────────────────────────────────────────────────────────────────────────────────

NOT_THESE_WORDS = "I can't make a clip of that. Nothing was spent. Please say it in other words."
NOT_HERE = f"{NOT_THESE_WORDS} If yours are harmless, ask an admin here."

_USUAL = "Besides, the bot's own list counts here: nudity, sex, minors in such a context, gore and slurs."
_LAX = "The bot's own list does not count here."
_HOW = (
    "/wordlist add casino, fire sale · /wordlist remove casino · /wordlist house off\n"
    "Up to {most} words or short phrases of at most {longest} characters, with commas between them. "
    "Only admins can see or change them."
)


def listed(words: tuple[str, ...], lax: bool, most: int, longest: int) -> str:
    """A community's own words, and what can be done about them."""
    own = f"No prompt here may have: {', '.join(words)}" if words else "This community has no words of its own yet."
    return f"{own}\n{_LAX if lax else _USUAL}\n\n{how(most, longest)}"


def how(most: int, longest: int) -> str:
    """What `/wordlist` takes."""
    return _HOW.format(most=most, longest=longest)


def changed(count: int) -> str:
    """What a change made of a community's own words."""
    if not count:
        return "This community has no words of its own now."
    return f"No prompt here may have {'that word' if count == 1 else f'any of {count} words'} now."


def listed_already(count: int) -> str:
    """Words to add that are there."""
    return f"{'That word is' if count == 1 else 'Those words are'} on the list already. Nothing was changed."


HOUSE_ON = "The bot's own list counts here again."
HOUSE_OFF = "The bot's own list does not count here now. Your own words do."
TOO_LONG = "A word or phrase may have at most {longest} characters. Nothing was changed."
NO_LETTERS = "A word needs at least two letters or digits. Nothing was changed."
TOO_MANY = "There is room for {most} words. Nothing was changed."
NOT_LISTED = "None of these is among the words here. Nothing was changed."
SCOPE_NEEDED = "A list of words belongs to a community. Say this there."
