"""Sentences of the shell alone, and its wording of a chat's sentences."""

from collections.abc import Mapping
from typing import NamedTuple

from bot.sentence import CHAT, Command, Sentence, Wording, _, _n, join, lines, sentences, verbatim
from bot.texts import admin, chat, consent, models, operator, pictures, privacy, sharing
from bot.texts.phrases import host as called
from bot.texts.phrases import shorten


class Verb(NamedTuple):
    """A verb of `photoplay admin`: description, examples."""

    what: Sentence
    examples: tuple[str, ...]


QUOTA = Verb(
    _("Say what somebody may spend; “quota set” sets an allowance."),
    (
        "quota @discord:456 --scope discord:123",
        "quota set default 30 a day --scope discord:123",
        "quota set @telegram:789 100 per week",
    ),
)
GRANT = Verb(
    _("Give somebody credits."),
    ("grant @discord:456 50 until Friday because they won --scope discord:123", "grant @telegram:789 50"),
)
REVOKE = Verb(_("Take back what is left of somebody's grants."), ("revoke @telegram:789",))
BAN = Verb(_("Keep somebody from ordering."), ("ban @discord:456 for 2 weeks because they sent spam",))
UNBAN = Verb(_("Let somebody order again."), ("unban @discord:456",))
LIMITS = Verb(
    _("Say or set clips at once, longest clip, channels, who may order, confirmation, time zone."),
    (
        "limits --scope discord:123",
        "limits flight 2 --scope discord:123",
        "limits channels '#77' --scope discord:123",
        "limits zone Europe/Berlin --scope discord:123",
    ),
)
TIER = Verb(
    _("A named list of people."),
    ("tier staff add @discord:456 --scope discord:123", "tier staff --scope discord:123"),
)
REFUND = Verb(
    _("Give back a clip's credits, with a reason."),
    ("refund k7m2p9q4xw because it came out black --scope discord:123",),
)
USAGE = Verb(
    _("Who used what, with a picture."),
    ("usage week --scope discord:123", "usage month -o reports --scope discord:123"),
)
AUDIT = Verb(
    _("Who did what, when and why; without --scope also the operator's own switches."),
    ("audit", "audit --scope discord:123"),
)
EXPORT = Verb(_("Write ledger and audit as CSV."), ("export -o reports --scope discord:123",))
WORDLIST = Verb(
    _("Words that no prompt may have."),
    ("wordlist add … --scope discord:123", "wordlist house off --scope discord:123"),
)
GALLERY = Verb(
    _("Where a community's shared clips go."),
    (
        "gallery --scope discord:123",
        "gallery '#77' --scope discord:123",
        "gallery web on --scope discord:123",
    ),
)
REVIEW = Verb(_("Shared clips that were reported, or wait for a yes."), ("review --scope discord:123",))
KEEP = Verb(_("Let a shared clip be seen."), ("keep k7m2p9q4xw --scope discord:123",))
HIDE = Verb(_("Hide a shared clip."), ("hide k7m2p9q4xw --scope discord:123",))
BANISH = Verb(_("Hide a shared clip, and let its maker share no more."), ("banish k7m2p9q4xw --scope discord:123",))
OPERATOR = Verb(
    _("Say how all is: health, queue, spending, ceilings; pause and resume buying; prices; cap a community."),
    (
        *("operator", "operator page", "operator pause because the bill is odd", "operator resume"),
        *("operator price Veo 3.1 4 a second", "operator cap discord:123 1000"),
    ),
)
PAGE = _("Print a link that opens the operator's page, once.")
UNDO = Verb(_("Take a change back, within a minute."), ("undo 1f0a9c44d2e87b36",))
MYDATA = Verb(
    _("Write all that is kept of somebody into one file, after a question."),
    ("mydata @telegram:789 -o reports", "mydata"),
)
FORGETME = Verb(_("Remove all that is kept of somebody, after a question."), ("forgetme @telegram:789",))
HELP = Verb(_("List these verbs."), ("help admin",))

_ADMIN = frozenset(name.lower() for name, value in list(globals().items()) if isinstance(value, Verb))
_OWN = ("jobs", "quota", "cancel", "model")
CHANNEL = "'#77'"


def _called(line: str) -> str:
    """A chat command as typed in a shell."""
    line = line.replace("@someone", "@discord:456")
    name = line.partition(" ")[0]
    if line == "help":
        return "photoplay --help"
    if name in _OWN and not line.startswith(("quota set", "quota @")):
        return f"photoplay {line}"
    return f"photoplay admin {line}" if name in _ADMIN else CHAT.command(line)


WORDING = Wording(
    command=_called,
    instead={
        admin.WHOSE.id: _("Whom do you mean? Name them by their id, as in @discord:456, @telegram:789 or @role:12."),
        admin.WHOSE_NAME.id: _("I couldn't tell whom you mean. Name people by their id, as in @discord:456."),
        admin.A_PERSON.id: _("That works for people only, as in @discord:456."),
        models.TAP.id: _(
            "Name one or its number, as in {/model best} or {/model 2}, and it makes all your clips; {/model more} "
            "shows every one."
        ),
        operator.CAP_WHERE.id: _("For which community? Name it: {/operator cap discord:123 1000}"),
        operator.OPERATOR_HOW.id: _(
            "{page} · {/operator pause} · {/operator resume} · {/operator release} · {/operator return} · "
            "{/operator price} · {/operator cap 1000} (or off) and {/operator flights 10} (or off) with --scope, "
            "or with a community's name: {/operator cap discord:123 1000}",
            page=verbatim("photoplay admin page"),
        ),
        admin.LIMITS_HOW.id: _(
            "To set: {/limits flight 2} · {/limits longest 5} · {limits_channels} (or everywhere) · "
            "{/limits who tiers} (or everyone) · {/limits confirm 20} (or off) · "
            "{/limits models quick, best} (or all) · "
            "{/limits zone Europe/Berlin}. For one person or role: {/limits @someone flight 3}",
            limits_channels=Command(f"limits channels {CHANNEL}"),
        ),
        sharing.NO_GALLERY.id: _(
            "This community has no gallery yet. An admin sets one up with {gallery}.",
            gallery=Command(f"gallery {CHANNEL}"),
        ),
        sharing.A_CHANNEL.id: _(
            "Which channel? Name it by its id, in quotes: {channel}, or '#-100123/5' for a topic.", channel=CHANNEL
        ),
        sharing.GALLERY_FIRST.id: _(
            "The best clips are posted where shared clips are. First: {gallery}",
            gallery=Command(f"gallery {CHANNEL} --scope discord:123"),
        ),
        sharing.GALLERY_BEGIN.id: _(
            "This community has no gallery yet. To begin: {gallery} for the channel where shared clips should be "
            "posted, or {/gallery web on} for a gallery on the web, or both. Finished clips have the button Share "
            "from then on.",
            gallery=Command(f"gallery {CHANNEL}"),
        ),
        sharing.GALLERY_HERE_HOW.id: _(
            "{gallery} – shared clips are posted in that channel; {/gallery off} ends that",
            gallery=Command(f"gallery {CHANNEL}"),
        ),
        sharing.REVIEW_HERE_HOW.id: _(
            "{review} – reports, and clips that wait for a yes, are posted in that channel; off ends that",
            review=Command(f"gallery review {CHANNEL}"),
        ),
        sharing.APPROVE_WHERE.id: _(
            "They wait under {/review}; {review} has them posted to a channel.",
            review=Command(f"gallery review {CHANNEL}"),
        ),
        admin.AN_ADMIN_THERE.id: _("Are you an admin of a community? Then name it with --scope discord:123."),
        consent.SCOPE_NEEDED.id: _("A list of words belongs to a community. Name it with --scope discord:123."),
        sharing.SHARE_WHERE.id: _(
            "Sharing works in a community: a group or a server that has a gallery. Name it with --scope discord:123."
        ),
        sharing.BEST_WHERE.id: _(
            "The best clips are those of a community, a group or a server; name it with --scope discord:123."
        ),
        sharing.GALLERY_WHERE.id: _(
            "A gallery belongs to a community, a group or a server; name it with --scope discord:123."
        ),
        sharing.REVIEW_WHERE.id: _("Reports belong to a community; name it with --scope discord:123."),
        pictures.NOT_A_PICTURE.id: _(
            "That file isn't a picture I can read. JPEG, PNG, WebP, HEIC, AVIF, GIF and BMP work."
        ),
        pictures.BROKEN_PICTURE.id: _("That picture is damaged or incomplete. Please take another one."),
        pictures.EMPTY_PICTURE.id: _("That file is empty. Please take another one."),
        pictures.TOO_SMALL.id: _(
            "That picture is {width} × {height} pixels. Both sides need at least {least}; please take a larger one."
        ),
        chat.NO_MASKS.id: _(
            "Masks and brushes can't reach the video service from here: it fetches them by link, and this installation "
            "has no public address. Leave them out, or set PUBLIC_URL."
        ),
        privacy.KEPT_A_DAY.id: _("The file below is yours; Photoplay's own copy goes after 24 hours."),
        chat.NO_JOBS.id: _('No clips yet. Make one: photoplay animate photo.jpg "she puts on her glasses"'),
    },
)
"""Replacements for sentences of a chat that do not apply to a shell."""


def verbs(known: Mapping[str, Verb]) -> Sentence:
    """Output of `photoplay admin help admin`."""
    listed = {name: verb.what for name, verb in known.items()} | {"page": PAGE}
    said = [_("photoplay admin {name} – {what}", name=name, what=what) for name, what in listed.items()]
    return join("\n\n", [lines(*said), _("Examples: photoplay admin VERB --help")])


def described(verb: Verb) -> Sentence:
    """A verb's `--help`, as paragraphs: the library joins lines."""
    examples = (f"photoplay admin {example}" for example in verb.examples)
    return join("\n\n", [verb.what, _("For example:"), *examples])


def no_data(folder: str) -> Sentence:
    """Hint that the data folder does not exist."""
    return _(
        "There is no data folder yet at {folder}. It is made with the first order, or set DATA_DIR.", folder=folder
    )


def mydata_of(person: str) -> Sentence:
    """Question before an export of a person's data."""
    return _("Write all that is kept of {person} into a file: their photos, clips and words?", person=person)


def forget_of(person: str) -> Sentence:
    """Question before an erasure of a person's data."""
    return _(
        "Remove for good all that is kept of {person}, and of whoever is linked with them: photos, clips, "
        "words, shares, grants? It can't be undone.",
        person=person,
    )


def forgot(person: str) -> Sentence:
    """Confirmation of an erasure."""
    return _("Removed: all that was kept of {person}. What is under way now is removed when it ends.", person=person)


def nothing_of(person: str) -> Sentence:
    """Refusal to export a person without data."""
    return _("Nothing is kept of {person}: no photo, no clip, no credits.", person=person)


DATA = _("All that is kept of them; about.txt in it says what is what.")
UNTOUCHED = _("Nothing was done.")
ONE_PERSON = _("Name one person, as in @discord:456.")


def new_community(refusal: Sentence) -> Sentence:
    """Refusal of an unknown community; `--new` overrides it."""
    return sentences(refusal, _("One that has not asked for anything yet needs --new."))


def no_platform(name: str) -> Sentence:
    """Refusal of an id whose platform does not exist."""
    return _(
        "There is no platform “{name}”. People are named as in @discord:456, @telegram:789 or @web:abc.", name=name
    )


TIMELINE = {
    "created": _("asked: photo checked, credits set aside, order kept"),
    "started": _("order sent"),
    "settled": _("clip seen ready, credits settled"),
    "done": _("delivered"),
}


def taken_by(host: str) -> Sentence:
    """Step of the timeline: accepted by a host."""
    return _("taken by {host}", host=called(host))


def no_file(path: str) -> Sentence:
    """Refusal of a missing file."""
    return _("There is no file {path}.", path=path)


def not_a_file(path: str) -> Sentence:
    """Refusal of a path that is not a file."""
    return _("{path} is not a file. I need a picture, such as photo.jpg.", path=path)


def no_place(path: str) -> Sentence:
    """Refusal of an output path that cannot be written."""
    return _("I can't write to {path}, so I did nothing.", path=path)


def would_overwrite(path: str) -> Sentence:
    """Refusal of an output path that is one of the input pictures."""
    return _("{path} is one of the pictures themselves. Please choose another name for the clip.", path=path)


def not_saved(path: str, why: str, job_id: str) -> Sentence:
    """Error of writing the clip's file; the clip itself is stored."""
    return _(
        "I couldn't write {path}: {why}. Your clip is kept; get it with: photoplay fetch {job_id} -o FILE",
        path=path,
        why=why,
        job_id=job_id,
    )


def brush_malformed(value: str) -> Sentence:
    """Refusal of an unparsable brush."""
    return _(
        "A brush is a mask and the way it moves, not “{value}”. For example: --brush mask.png:100,200;300,200",
        value=value,
    )


def of_number(number: str, prompt: str) -> Sentence:
    """Which clip has a number in the list."""
    return _("{number} is “{words}”.", number=number, words=shorten(prompt, 60))


def saved(path: str, width: int, height: int, seconds: float) -> Sentence:
    """Output path of a clip, its size in pixels and its length in seconds."""
    return _("{path}: {width} × {height}, {seconds} s", path=path, width=width, height=height, seconds=round(seconds))


REKEYING = _("Changing keys")
REKEYED_BY_SETTING = _("They open with MASTER_KEY now. If MASTER_KEY_BEFORE is set, it can be removed.")
REKEY_STOPPED = _("Stopped. Nothing is lost; photoplay rekey goes on where it was.")


def rekeyed(count: int) -> Sentence:
    """The master key was changed for the keys of so many people."""
    return _n("The keys of {count} person were changed.", "The keys of {count} people were changed.", count)


def rekeyed_in(path: str) -> Sentence:
    """The file with the new master key."""
    return _("They open with the new master key in {path} now.", path=path)


STOPPING = _("Stopping …")
STOPPED = _("Stopped before anything was ordered.")
SEE_CHECK = _("Run photoplay check to see why.")


def store_down(detail: str) -> Sentence:
    """Error of the database, before anything is ordered."""
    return _(
        "The database can't be used right now ({detail}); nothing was ordered or spent. If another process "
        "holds it, try again in a minute.",
        detail=detail,
    )


def left_alone(job_id: str) -> Sentence:
    """Message at Ctrl-C while a clip is being made."""
    return _(
        "Your order is safe, and goes on when Photoplay runs again. Get the clip with: photoplay fetch "
        "{job_id} -o FILE\nAll your clips: photoplay jobs",
        job_id=job_id,
    )
