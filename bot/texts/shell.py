"""What is said in a shell alone, and the sentences of a chat as a shell says them."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bot.texts import admin, chat, sharing


class Verb(NamedTuple):
    """A verb of `photoplay admin`: what it does, and examples."""

    what: str
    examples: tuple[str, ...]


QUOTA = Verb(
    "Say what somebody may spend; “quota set” sets an allowance.",
    (
        "quota @discord:456 --scope discord:123",
        "quota set default 30 a day --scope discord:123",
        "quota set @telegram:789 100 per week",
    ),
)
GRANT = Verb(
    "Give somebody credits.",
    ("grant @discord:456 50 until Friday because they won --scope discord:123", "grant @telegram:789 50"),
)
REVOKE = Verb("Take back what is left of somebody's grants.", ("revoke @telegram:789",))
BAN = Verb("Keep somebody from ordering.", ("ban @discord:456 for 2 weeks because they sent spam",))
UNBAN = Verb("Let somebody order again.", ("unban @discord:456",))
LIMITS = Verb(
    "Say or set clips at once, longest clip, channels, who may order, confirmation, time zone.",
    (
        "limits --scope discord:123",
        "limits flight 2 --scope discord:123",
        "limits channels '#77' --scope discord:123",
        "limits zone Europe/Berlin --scope discord:123",
    ),
)
TIER = Verb(
    "A named list of people.",
    ("tier staff add @discord:456 --scope discord:123", "tier staff --scope discord:123"),
)
REFUND = Verb(
    "Give back a clip's credits, with a reason.",
    ("refund k7m2p9q4xw because it came out black --scope discord:123",),
)
USAGE = Verb(
    "Who used what, with a picture.",
    ("usage week --scope discord:123", "usage month -o reports --scope discord:123"),
)
AUDIT = Verb(
    "Who did what, when and why; without --scope also the operator's own switches.",
    ("audit", "audit --scope discord:123"),
)
EXPORT = Verb("Write ledger and audit as CSV.", ("export -o reports --scope discord:123",))
WORDLIST = Verb(
    "Words that no prompt may have.",
    ("wordlist add … --scope discord:123", "wordlist house off --scope discord:123"),
)
GALLERY = Verb(
    "Where a community's shared clips go.",
    (
        "gallery --scope discord:123",
        "gallery '#77' --scope discord:123",
        "gallery web on --scope discord:123",
    ),
)
REVIEW = Verb("Shared clips that were reported, or wait for a yes.", ("review --scope discord:123",))
KEEP = Verb("Let a shared clip be seen.", ("keep k7m2p9q4xw --scope discord:123",))
HIDE = Verb("Hide a shared clip.", ("hide k7m2p9q4xw --scope discord:123",))
BANISH = Verb("Hide a shared clip, and let its maker share no more.", ("banish k7m2p9q4xw --scope discord:123",))
OPERATOR = Verb(
    "Say how all is: health, queue, spending, ceilings; pause and resume buying; cap a community.",
    ("operator", "operator pause because the bill is odd", "operator resume", "operator cap discord:123 1000"),
)
UNDO = Verb("Take a change back, within a minute.", ("undo 1f0a9c44d2e87b36",))
MYDATA = Verb(
    "Write all that is kept of somebody into one file, after a question.",
    ("mydata @telegram:789 -o reports", "mydata"),
)
FORGETME = Verb("Remove all that is kept of somebody, after a question.", ("forgetme @telegram:789",))
HELP = Verb("List these verbs.", ("help admin",))

CHANNEL = "'#77'"
INSTEAD = {
    admin.WHOSE: "Whom do you mean? Name them by their id, as in @discord:456, @telegram:789 or @role:12.",
    admin.WHOSE_NAME: "I couldn't tell whom you mean. Name people by their id, as in @discord:456.",
    admin.A_PERSON: "That works for people only, as in @discord:456.",
    admin.CAP_WHERE: "For which community? Name it: photoplay admin operator cap discord:123 1000",
    sharing.A_CHANNEL: f"Which channel? Name it by its id, in quotes: {CHANNEL}, or '#-100123/5' for a topic.",
    sharing.GALLERY_FIRST: (
        "The best clips are posted where shared clips are. First: "
        f"photoplay admin gallery {CHANNEL} --scope discord:123"
    ),
    sharing.GALLERY_BEGIN: (
        f"This community has no gallery yet. To begin: photoplay admin gallery {CHANNEL} for the channel where shared "
        "clips should be posted, or photoplay admin gallery web on for a gallery on the web, or both. Finished clips "
        "have the button Share from then on."
    ),
    sharing.APPROVE_WHERE: f"They wait under /review; /gallery review {CHANNEL} has them posted to a channel.",
    chat.NOT_A_PICTURE: "That file isn't a picture I can read. JPEG, PNG, WebP, HEIC, AVIF, GIF and BMP work.",
    chat.BROKEN_PICTURE: "That picture is damaged or incomplete. Please take another one.",
    chat.EMPTY_PICTURE: "That file is empty. Please take another one.",
    "please send a larger one": "please take a larger one",
    "Please send the photo without them, or ask the operator to set PUBLIC_URL.": "Leave them out, or set PUBLIC_URL.",
    chat.NO_JOBS: 'No clips yet. Make one: photoplay animate photo.jpg "she puts on her glasses"',
    "/gallery here (or a channel) – shared clips are posted there": (
        f"/gallery {CHANNEL} – shared clips are posted in that channel"
    ),
    "/gallery review here – reports, and clips that wait for a yes, are posted in this place": (
        f"/gallery review {CHANNEL} – reports, and clips that wait for a yes, are posted in that channel"
    ),
    "by saying /gallery here where it should be": f"with /gallery {CHANNEL}",
    "/limits channels here (or": f"/limits channels {CHANNEL} (or",
    "in a community, or with its name:": "with --scope, or with a community's name:",
    "say /gallery there": "name it with --scope discord:123",
    "Say this there": "Name it with --scope discord:123",
    "say it there": "name it with --scope discord:123",
    "Say it there": "Name it with --scope discord:123",
    "@someone": "@discord:456",
}
"""What a chat says that makes no sense here, and what is said instead."""

_OWN = re.compile(r"(?<![\w/])/(?=(jobs|quota|cancel)\b)")
_SET = re.compile(r"(?<![\w/])/(?=quota (set|@))")


def in_shell(sentence: str, verbs: Iterable[str]) -> str:
    """A sentence of the chat, with the commands as they are called here; `verbs` are those of `photoplay admin`."""
    for there, here in INSTEAD.items():
        sentence = sentence.replace(there, here)
    sentence = re.sub(r"(?<![\w/])/help\b(?! admin)", "photoplay --help", sentence)
    admins = re.compile(rf"(?<![\w/])/(?=({'|'.join(verbs)})\b)")
    return admins.sub("photoplay admin ", _OWN.sub("photoplay ", _SET.sub("photoplay admin ", sentence)))


def verbs(known: Mapping[str, Verb]) -> str:
    """`photoplay admin help admin`."""
    lines = [f"photoplay admin {name} – {verb.what}" for name, verb in known.items()]
    return "\n".join([*lines, "", "Examples: photoplay admin VERB --help"])


def described(verb: Verb) -> str:
    """A verb's help: paragraphs, as the shell's help joins lines."""
    return "\n\n".join([verb.what, "For example:", *(f"photoplay admin {example}" for example in verb.examples)])


def no_data(folder: str) -> str:
    """Somebody looks where nothing is kept yet."""
    return f"There is no data folder yet at {folder}. It is made with the first order, or set DATA_DIR."


def mydata_of(person: str) -> str:
    """Before somebody's things are written out."""
    return f"Write all that is kept of {person} into a file: their photos, clips and words?"


def forget_of(person: str) -> str:
    """Before somebody is removed."""
    return (
        f"Remove for good all that is kept of {person}, and of whoever is linked with them: photos, clips, words, "
        "shares, grants? It can't be undone."
    )


def forgot(person: str) -> str:
    """It is done."""
    return f"Removed: all that was kept of {person}. What is under way now is removed when it ends."


def nothing_of(person: str) -> str:
    """There is nothing to write."""
    return f"Nothing is kept of {person}: no photo, no clip, no credits."


DATA = "All that is kept of them; about.txt in it says what is what."
UNTOUCHED = "Nothing was done."
ONE_PERSON = "Name one person, as in @discord:456."


def new_community(refusal: str) -> str:
    """The community is not known, though it may be right."""
    return f"{refusal} One that has not asked for anything yet needs --new."


def no_platform(name: str) -> str:
    """An id on a platform that there is none of."""
    return f"There is no platform “{name}”. People are named as in @discord:456, @telegram:789 or @web:abc."
