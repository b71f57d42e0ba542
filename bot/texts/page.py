"""What is said on the chat page alone, and the sentences of a chat as the page says them: its buttons for commands."""

import re
from collections.abc import Sequence

from bot.texts.chat import DURATION_EXAMPLE, PAGE
from bot.texts.privacy import MYDATA_SOON


def _entry(name: str) -> str:
    return f"“{PAGE[name]}” in the menu"


INSTEAD = {
    "look under /jobs in": f"look under {_entry('history')} in",
    "Your last ones: /jobs": f"Your last ones are under {_entry('history')}.",
    "Here is what I can do: /help": f"What I can do stands under {_entry('help')}.",
    "What else I can do: /help": f"What else I can do stands under {_entry('help')}.",
    "To be asked again: /forgetme": f"To be asked again, choose {_entry('privacy')}.",
    MYDATA_SOON: f"Your file is being made. Choose {_entry('mydata')} once more in a few minutes.",
}
"""What a chat says of commands that have buttons here, and what is said instead. Whole phrases: no person's words."""
_WHICH = re.compile(r"^Which clip\? For example: /\w+ k7m2p9q4xw\.")


def on_page(sentence: str) -> str:
    """A sentence of the chat, with buttons named instead of commands, and no clip by an id."""
    for there, here in INSTEAD.items():
        sentence = sentence.replace(there, here)
    return _WHICH.sub("Which clip? Use the buttons that stand with it.", sentence)


def help_(menu: Sequence[tuple[str, str]], commands: Sequence[tuple[str, str]]) -> str:
    """What can be done on the chat page, by what its buttons say; `commands` are those for which there is none."""
    lines = [
        "Send a photo with a few words about what should happen in it; the clip comes back below it.",
        "",
        f"“{PAGE['options']}” has the length, what to avoid, how closely to follow your words, and a last frame. "
        f"They may stand in your words, too, as in {DURATION_EXAMPLE}.",
        f"“{PAGE['cancel']}” takes a clip back while it is still in line.",
        f"“{PAGE['again']}” and “{PAGE['new_words']}” under a clip make another one of the same photo, "
        f"“{PAGE['go_on']}” goes on from its last frame, and “{PAGE['join']}” makes one film of a clip and what it "
        "continues.",
        "The bin beside your words deletes the clip that they became, with its photo.",
        "",
        "In the menu at the top:",
        f"{PAGE['clips']} – to be found by words, marked and downloaded",
        *(f"{label} – {what}" for label, what in menu),
    ]
    if commands:
        lines += ["", "What has no button is sent as a message:", *(f"/{name} – {what}" for name, what in commands)]
    return "\n".join(lines)
