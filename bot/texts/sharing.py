"""Every sentence about sharing."""

import unicodedata
from collections.abc import Sequence

from bot.texts.chat import MADE_BY_AI, shorten

SHARE = "Share"
NAME = 64
"""Characters of a person's or a gallery's name."""
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffc\ufeff")


def plain(text: str) -> str:
    """What people typed, on one line, without what steers a terminal or turns the words behind it around."""
    kept = (c for c in text if c not in _BIDI and (c.isspace() or unicodedata.category(c) not in ("Cc", "Cs", "Cn")))
    return " ".join("".join(kept).split())


def name(label: str) -> str:
    """What a platform calls somebody."""
    return shorten(plain(label), NAME)


def remix_of(name: str) -> str:
    """Under a remix: after whose clip it is."""
    return f"Remix of a clip by {name}" if name else "Remix of a shared clip"


# ── A shared clip ────────────────────────────────────────────────────────────────────────────────────────────────────

CAPTION = 600
"""Characters of a prompt under a shared clip: a caption has room for little more."""
REMIX = "Remix"
REPORT = "Report"


def caption(prompt: str, name: str, after: str) -> str:
    """What stands under a shared clip; each may be empty."""
    words = [f"“{shorten(prompt, CAPTION)}”"] if prompt else []
    return "\n".join([*words, " · ".join(part for part in (by(name), after, MADE_BY_AI) if part)])


def by(name: str) -> str:
    """Whose it is, if they said so."""
    return f"by {name}" if name else ""


def heart(count: int) -> str:
    """The button that likes a clip, and how many did."""
    return f"♥ {count}"


def hearted(on: bool, count: int) -> str:
    """What a tap did."""
    return heart(count) if on else f"Taken back. {heart(count)}"


def at_page(address: str) -> str:
    """In place of a clip that is too large for the chat."""
    return (
        f"Too large to be shown here; it plays at {address}" if address else "The clip is too large to be shown here."
    )


# ── Sharing and taking back ──────────────────────────────────────────────────────────────────────────────────────────

SHARE_HOW = "For example: /share k7m2p9q4xw, or with how: /share k7m2p9q4xw name words. Your last clips: /jobs"
SHARE_WHERE = "Sharing works in a community: a group or a server that has a gallery. Say it there."
NO_GALLERY = "This community has no gallery yet. An admin sets one up by saying /gallery here where it should be."
NOTHING_TO_SHARE = "You have no finished clip here that could be shared."
MAY_NOT_SHARE = "You can't share clips in this community."
HOW_TO_SHARE = "How do you want to share your clips? You are asked once; /sharing changes it."
MANNERS = {
    "name words": "My name, my words",
    "name": "My name, no words",
    "words": "No name, my words",
    "plain": "No name, no words",
}
"""What can be said behind `/share <clip>`, with its button."""
UNSHARE = "Unshare"
HOW_I_SHARE = "How I share"
SHARE_AGAIN = "Share again"


def shared(here: bool, link: str, *, posted: bool, named: bool, worded: bool) -> str:
    """Where a clip went, and with what."""
    where = "here" if here and posted else "in the community's gallery" if posted else "in the gallery on the web"
    web = f"\nOn the web: {link}" if link else ""
    return f"Shared {where}, {_with(named, worded)}.{web}"


def _with(named: bool, worded: bool) -> str:
    return f"{'with' if named else 'without'} your name and {'with' if worded else 'without'} your words"


WAITS = "Thank you. It appears once an admin of the community has said yes."
SHARED_ALREADY = {
    "up": "That clip is shared already.",
    "waiting": "That clip waits for an admin already.",
    "hidden": "That clip is hidden here. An admin decides whether it is shown.",
}
UNSHARED = "Taken back: it is no longer shared anywhere, and its message is being removed."
TOO_OFTEN = "You have taken that clip back and shared it again a few times now. Tomorrow it can be shared once more."
NOTHING_SHARED = "You share no clip."
NOT_SHARED = "That clip is not shared."
UNSHARE_WHICH = "Which one shall I take back?"
NOT_YOUR_SHARE = "Only the person who shared that clip can take it back. Admins can hide it with /review."


def unshare_this(prompt: str, number: int) -> str:
    """The button that takes back one of several."""
    return f"Take back “{shorten(prompt, 30)}”" if prompt else f"Take back {number}"


def more_shared(count: int) -> str:
    """Those that have no button."""
    return f"{UNSHARE_WHICH} These are the latest; you share {count} more."


SHARING_HOW = "For example: /sharing name on, /sharing words off, /sharing remixes off"
TOGGLES = {
    "name": ("Share with my name", "Share without my name"),
    "words": ("Share my words", "Share without my words"),
    "remixes": ("Allow remixes", "Forbid remixes"),
}
"""For each thing that `/sharing` can change: the button for on, and for off."""
TAKE_BACK = "What I share"


def manner(named: bool | None, worded: bool | None, remixes: bool) -> str:
    """How a person shares."""
    if named is None or worded is None:
        how = "You have not said yet how you share; you are asked when you first do."
    else:
        how = f"You share {_with(named, worded)}."
    may = "Others may remix what you share." if remixes else "Nobody may remix what you share."
    return f"{how} {may}\nWhat is shared already keeps its name and words; remixing is allowed or not for all of it."


# ── Hearts, and the best ─────────────────────────────────────────────────────────────────────────────────────────────

UNKNOWN_SHARE = "I don't know that clip here; perhaps it is no longer shared."
HEART_HOW = "The heart under a shared clip does that. The most liked: /best"
COMING = "It’s on its way."
SHOWN = "It was shown here a moment ago."
SHOW_HOW = "Which clip? The most liked have a button under /best"
BEST_HOW = "For example: /best, /best week or /best month"
BEST_WHERE = "The best clips are those of a community, a group or a server; say it there."
SPANS = {"week": "this week", "month": "this month"}


def no_best(span: str) -> str:
    """Nothing was shared."""
    return f"Nobody has shared a clip here {SPANS[span]}. Share a finished one with the button under it."


def best(span: str, lines: Sequence[str], link: str) -> str:
    """The most liked of a time."""
    more = [f"All of them: {link}"] if link else []
    return "\n".join([f"The most liked {SPANS[span]}:", *lines, *more])


def best_post(span: str, lines: Sequence[str], link: str) -> str:
    """The same, posted by the calendar."""
    more = [f"All of them: {link}"] if link else []
    return "\n".join([f"The most liked clips of the last {span}:", *lines, *more])


def best_line(number: int, prompt: str, name: str, hearts: int) -> str:
    """One of them."""
    parts = (f"“{shorten(prompt, 60)}”" if prompt else "a clip", by(name), heart(hearts))
    return f"{number}. {' · '.join(part for part in parts if part)}"


# ── Remixes ──────────────────────────────────────────────────────────────────────────────────────────────────────────

REMIX_HOW = "The button Remix under a shared clip does that. The most liked: /best"
NO_REMIX = "Whoever shared that clip does not want it remixed."
REMIX_WORDS = "Their words were not shared. What should happen in your photo? A few words will do."
REMIX_ASK_WORDS = "What should happen instead? A few words will do; options alone are not enough."


def ask_remix(prompt: str) -> str:
    """The question behind “Remix”. Whose clip it is stands under that, and goes from there when they take it back."""
    words = "with your words, or with none to use the same ones" if prompt else "with your words"
    return (
        f"This clip, your way: reply with what should happen, and it begins with the same picture. "
        f"Or reply with a photo of your own, {words}."
    )


# ── The gallery of a community ───────────────────────────────────────────────────────────────────────────────────────

GALLERY_WHERE = "A gallery belongs to a community, a group or a server; say /gallery there."
GALLERY_HOW = "\n".join(
    (
        "Admins can say:",
        "/gallery here (or a channel) – shared clips are posted there; /gallery off ends that",
        "/gallery web on – a gallery on the web, for whoever has its link; off closes it, new changes the link",
        "/gallery public – anybody may find the web gallery; /gallery unlisted – only with its link",
        "/gallery name Our clips – what it is called",
        "/gallery approve on – nothing appears before an admin's yes; off ends that",
        "/gallery review here – reports, and clips that wait for a yes, are posted in this place; off ends that",
        "/gallery best week – the most liked are posted each Monday; month or off",
    )
)
GALLERY_BEGIN = (
    "This community has no gallery yet. To begin, say /gallery here in the place where shared clips should be posted, "
    "or /gallery web on for a gallery on the web, or both. Finished clips have the button Share from then on."
)
GALLERY_NAME_HOW = "What shall it be called? For example: /gallery name Our clips"
NO_WEB = "There is no web gallery here: whoever runs this bot has to set PUBLIC_URL first."
WEB_FIRST = "The web gallery is off. First: /gallery web on"
GALLERY_FIRST = "The best clips are posted where shared clips are. First say /gallery here there."
A_CHANNEL = "Which channel? Say it there with “here”, or name a channel of this community."


def gallery_here(label: str, already: str) -> str:
    """Where shared clips go from now on."""
    posted = f"Shared clips are posted {f'in #{label}' if label else 'here'} from now on."
    needed = f"For that I must be allowed to write and to send videos {'there' if label else 'here'}."
    return " ".join(part for part in (posted, already, needed) if part)


EARLIER_STAY = "Those that were shared before stay where they are."
GALLERY_OFF = "Shared clips are no longer posted. Those that were stay until they are unshared."
GALLERY_OFF_ALL = f"{GALLERY_OFF} As there is no web gallery either, nothing can be shared now."
REVIEW_OFF = "Reports are no longer posted. Admins see them with /review."
APPROVE_ON = "From now on a shared clip appears once an admin has said yes."
APPROVE_OFF = "From now on shared clips appear at once. Those that wait still need a yes: /review"
APPROVE_WHERE = "They wait under /review; /gallery review here has them posted to this place."
OLD_LINK = "The old link, and all links to clips there, no longer work."
WEB_OFF = "The web gallery is off. Its links no longer work; turned on again, they do."
PUBLIC = "The web gallery is public: it is listed, and search engines may find it."
UNLISTED = "The web gallery is unlisted: whoever has the link sees it."
BEST_OFF = "The best clips are no longer posted by the calendar."


def review_here(label: str) -> str:
    """Where admins hear of reports."""
    where = f"in #{label}" if label else "here"
    seen = f"Whoever reads {'there' if label else 'here'} sees them."
    return f"Reports, and clips that wait for a yes, are posted {where} from now on. {seen}"


def web_on(link: str, public: bool) -> str:
    """The web gallery is open."""
    who = "It is public." if public else "Whoever has the link sees it; /gallery public lists it."
    return f"The web gallery is open: {link}\n{who}"


def called(title: str) -> str:
    """Its name was set."""
    return f"The gallery is called “{title}”."


def best_on(span: str, zone: str) -> str:
    """The best are posted by the calendar."""
    day = {"week": "each Monday", "month": "on each month's first day"}[span]
    return f"The best clips of the {span} are posted {day} at 9:00 ({zone})."


def gallery(title: str, posted: str, link: str) -> str:
    """What anybody may know. `posted`: here, elsewhere, or nowhere (empty)."""
    if not posted and not link:
        return NO_GALLERY
    head = f"The gallery “{title}”." if title else "This community's gallery."
    where = {
        "here": "Shared clips are posted here.",
        "elsewhere": "Shared clips are posted in another place of this community.",
        "": "",
    }[posted]
    parts = (head, where, "Share a finished clip with the button under it, or with /share.")
    web = f"\nOn the web: {link}" if link else ""
    return " ".join(part for part in parts if part) + web


def gallery_set(review: bool, approve: bool, web: bool, public: bool, best: str) -> str:
    """What is set, for admins."""
    return "\n".join(
        [
            f"Reports are posted: {'yes' if review else 'no; /review lists them'}",
            f"An admin's yes is needed: {'yes' if approve else 'no'}",
            f"On the web: {('public' if public else 'unlisted') if web else 'no'}",
            f"The best are posted: {f'each {best}' if best else 'no'}",
            "",
            GALLERY_HOW,
        ]
    )


CANNOT_POST = (
    "A clip was shared, and I can't post it in the gallery: it is closed to me, or gone. Let me write there, and it "
    "appears; I try again for a day. For what is shared from now on, /gallery here names another place."
)

# ── Reports ──────────────────────────────────────────────────────────────────────────────────────────────────────────

REASONS = {
    "person": "Someone didn't agree",
    "child": "Harms a child",
    "sexual": "Sexual",
    "violent": "Violent or cruel",
    "hateful": "Hateful",
    "stolen": "Not theirs to share",
    "spam": "Spam",
}
"""What a clip can be reported for, by the word that its button says."""
OTHER = "Something else"
REPORT_HOW = "The button Report under a shared clip does that."
REPORT_FORM = "What is wrong with it?"
REPORT_FORM_HINT = "It shows my front door"
REPORT_WHY = f"{REPORT_FORM} Admins here see it, without your name."
REPORT_OTHER = f"{REPORT_FORM} Reply with a few words. They are shown where reports go, without your name."
REPORTED = "Thank you. It is on the list of the admins here."
REPORTED_HIDDEN = "Thank you. It is hidden until an admin has looked at it."
REPORTED_ALREADY = "You have reported that clip before; once is enough."
REPORT_OWN = "That clip is your own. You can take it back at any time."
REASON = 200
"""Characters of a reason in own words."""

HIDE = "Hide"
KEEP = "Keep"
BAN = "Ban"
LET = "Show"
REFUSE = "Refuse"
HIDDEN = "Hidden: it is no longer shown, here or on the web."
KEPT = "It stays, and its reports are closed."
LET_IN = "It is in the gallery now."
REFUSED = "Refused. It does not appear."
SHOW_AGAIN = "Show it again"
REVIEW_WHERE = "Reports belong to a community; say it there."
NOTHING_TO_REVIEW = "Nothing was reported, and nothing waits for a yes."
WHICH_SHARE = "Which clip? The buttons under /review know."
BANNED_BECAUSE = "a clip that was shared"
THE_MAKER = "the person who shared it"


def notice(reasons: Sequence[str], prompt: str, name: str, *, hidden: bool) -> str:
    """What admins read of a report."""
    count = len(reasons)
    head = "Somebody reported this clip" if count == 1 else f"{count} people reported this clip"
    said = "; ".join(shorten(reason, REASON) for reason in reasons)
    return f"{head}: {said}.{' It is hidden until one of you decides.' if hidden else ''}\n{about(prompt, name)}"


def waiting(prompt: str, name: str) -> str:
    """What admins read of a clip that waits for their yes."""
    return f"This clip waits for a yes.\n{about(prompt, name)}"


def about(prompt: str, name: str) -> str:
    """A clip in a line, for admins."""
    parts = (f"“{shorten(prompt, 120)}”" if prompt else "shared without words", by(name) or "shared without a name")
    return " · ".join(parts)


STATES = {"up": "reported", "waiting": "waits for a yes", "hidden": "hidden"}


def review_line(number: int, state: str, reasons: Sequence[str], prompt: str, name: str) -> str:
    """One line of /review."""
    said = f": {'; '.join(shorten(reason, 60) for reason in reasons)}" if reasons else ""
    return f"{number}. {STATES[state]}{said} · {about(prompt, name)}"


def review(lines: Sequence[str], more: bool) -> str:
    """What waits for an admin, oldest first."""
    return "\n".join([*lines, *(["There are more; they come up once these are done."] if more else [])])


def numbered(label: str, number: int) -> str:
    """A button about one of several."""
    return f"{label} {number}"


def banished(label: str) -> str:
    """Hidden, and its maker banned."""
    return f"Hidden, and {label} can no longer order or share clips here."
