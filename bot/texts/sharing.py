"""All sentences about sharing."""

import unicodedata
from collections.abc import Sequence

from bot.sentence import EMPTY, Sentence, _, _n, join, lines, sentences
from bot.texts.jobs import MADE_BY_AI
from bot.texts.phrases import UNREADABLE, quoted, shorten

SHARE = _("Share")
NAME = 64
"""Maximum characters of a person's or a gallery's name."""
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffc\ufeff")


def plain(text: str) -> str:
    """Text on one line, without control characters and characters that change the direction of text."""
    if text == UNREADABLE:
        return UNREADABLE
    kept = (c for c in text if c not in _BIDI and (c.isspace() or unicodedata.category(c) not in ("Cc", "Cs", "Cn")))
    return " ".join("".join(kept).split())


def name(label: str) -> str:
    """A display name from a platform, cut to `NAME`."""
    return shorten(plain(label), NAME)


def remix_of(name: str) -> Sentence:
    """Line below a remix: the maker of the original."""
    return _("Remix of a clip by {name}", name=name) if name else _("Remix of a shared clip")


# ── A shared clip ────────────────────────────────────────────────────────────────────────────────────────────────────

CAPTION = 600
"""Maximum characters of a prompt below a shared clip: platforms limit captions."""
REMIX = _("Remix")
REPORT = _("Report")


def caption(prompt: str, name: str, after: str) -> Sentence:
    """Caption of a shared clip; each part may be empty."""
    return lines(quoted(prompt, CAPTION), join(" · ", [by(name), after, MADE_BY_AI]))


def by(name: str) -> Sentence:
    """The maker's name; empty for an anonymous share."""
    return _("by {name}", name=name) if name else EMPTY


def heart(count: int) -> Sentence:
    """Label of the heart button, with the number of hearts."""
    return _("♥ {count}", count=count)


def hearted(on: bool, count: int) -> Sentence:
    """Reply to a tap on the heart button; `on`: the heart was set."""
    return heart(count) if on else sentences(_("Taken back."), heart(count))


def at_page(address: str) -> Sentence:
    """Link to a shared clip over the chat's size limit, in place of the file."""
    return (
        _("Too large to be shown here; it plays at {address}", address=address)
        if address
        else _("The clip is too large to be shown here.")
    )


# ── Sharing and taking back ──────────────────────────────────────────────────────────────────────────────────────────

SHARE_HOW = _("For example: {/share k7m2p9q4xw}, or with how: {/share k7m2p9q4xw name words}. Your last clips: {/jobs}")
SHARE_WHERE = _("Sharing works in a community: a group or a server that has a gallery. Say it there.")
NO_GALLERY = _("This community has no gallery yet. An admin sets one up by saying {/gallery here} where it should be.")
NOTHING_TO_SHARE = _("You have no finished clip here that could be shared.")
MAY_NOT_SHARE = _("You can't share clips in this community.")
HOW_TO_SHARE = _("How do you want to share your clips? You are asked once; {/sharing} changes it.")
PREFERENCES = {
    "name words": _("My name, my words"),
    "name": _("My name, no words"),
    "words": _("No name, my words"),
    "plain": _("No name, no words"),
}
"""Sharing preferences as written in `/share <clip> name words`, with the labels of their buttons."""
UNSHARE = _("Unshare")
HOW_I_SHARE = _("How I share")
SHARE_AGAIN = _("Share again")


def shared(here: bool, link: str, *, posted: bool, named: bool, worded: bool) -> Sentence:
    """Confirmation of /share: where the clip is shown, and with which preferences."""
    if posted:
        where = _("Shared here, {how}.") if here else _("Shared in the community's gallery, {how}.")
    else:
        where = _("Shared in the gallery on the web, {how}.")
    return lines(where.fill(how=_how(named, worded)), _on_the_web(link))


def _on_the_web(link: str) -> Sentence:
    return _("On the web: {link}", link=link) if link else EMPTY


def _how(named: bool, worded: bool) -> Sentence:
    if named:
        return _("with your name and with your words") if worded else _("with your name and without your words")
    return _("without your name and with your words") if worded else _("without your name and without your words")


WAITS = _("Thank you. It appears once an admin of the community has said yes.")
SHARED_ALREADY = {
    "up": _("That clip is shared already."),
    "waiting": _("That clip waits for an admin already."),
    "hidden": _("That clip is hidden here. An admin decides whether it is shown."),
}
UNSHARED = _("Taken back: it is no longer shared anywhere, and its message is being removed.")
TOO_OFTEN = _("You have taken that clip back and shared it again a few times now. Tomorrow it can be shared once more.")
NOTHING_SHARED = _("You share no clip.")
NOT_SHARED = _("That clip is not shared.")
UNSHARE_WHICH = _("Which one shall I take back?")
NOT_YOUR_SHARE = _("Only the person who shared that clip can take it back. Admins can hide it with {/review}.")


def unshare_this(prompt: str, number: int) -> Sentence:
    """Label of a button that unshares one of several clips."""
    return _("Take back “{prompt}”", prompt=shorten(prompt, 30)) if prompt else _("Take back {number}", number=number)


def more_shared(count: int) -> Sentence:
    """Question of /unshare, if not all shares have a button; `count`: those without."""
    return sentences(UNSHARE_WHICH, _("These are the latest; you share {count} more.", count=count))


SHARING_HOW = _("For example: {/sharing name on}, {/sharing words off}, {/sharing remixes off}")
TOGGLES = {
    "name": (_("Share with my name"), _("Share without my name")),
    "words": (_("Share my words"), _("Share without my words")),
    "remixes": (_("Allow remixes"), _("Forbid remixes")),
}
"""Settings of /sharing, each with the labels of its buttons for on and off."""
TAKE_BACK = _("What I share")


_SO_FAR = {
    ("name", True): _("You share with your name, and are asked about your words when you first do."),
    ("name", False): _("You share without your name, and are asked about your words when you first do."),
    ("words", True): _("You share with your words, and are asked about your name when you first do."),
    ("words", False): _("You share without your words, and are asked about your name when you first do."),
}


def preferences(named: bool | None, worded: bool | None, remixes: bool) -> Sentence:
    """Reply to /sharing: the person's preferences. None: not asked yet."""
    if named is not None and worded is None:
        how = _SO_FAR["name", named]
    elif named is None and worded is not None:
        how = _SO_FAR["words", worded]
    elif named is None or worded is None:
        how = _("You have not said yet how you share; you are asked when you first do.")
    else:
        how = _("You share {how}.", how=_how(named, worded))
    may = _("Others may remix what you share.") if remixes else _("Nobody may remix what you share.")
    return lines(
        sentences(how, may),
        _("What is shared already keeps its name and words; remixing is allowed or not for all of it."),
    )


# ── Hearts, and the best ─────────────────────────────────────────────────────────────────────────────────────────────

UNKNOWN_SHARE = _("I don't know that clip here; perhaps it is no longer shared.")
HEART_HOW = _("The heart under a shared clip does that. The most liked: {/best}")
COMING = _("It’s on its way.")
SHOWN = _("It was shown here a moment ago.")
SHOW_HOW = _("Which clip? The most liked have a button under {/best}")
BEST_HOW = _("For example: {/best}, {/best week} or {/best month}")
BEST_WHERE = _("The best clips are those of a community, a group or a server; say it there.")


def no_best(span: str) -> Sentence:
    """Reply to /best without any shares in the span."""
    nobody = {
        "week": _("Nobody has shared a clip here this week."),
        "month": _("Nobody has shared a clip here this month."),
    }
    return sentences(nobody[span], _("Share a finished one with the button under it."))


def best(span: str, clips: Sequence[Sentence], link: str) -> Sentence:
    """Reply to /best: the most-liked clips of a span, a line each."""
    head = {"week": _("The most liked this week:"), "month": _("The most liked this month:")}
    return lines(head[span], *clips, _all_of_them(link))


def _all_of_them(link: str) -> Sentence:
    return _("All of them: {link}", link=link) if link else EMPTY


def best_post(span: str, clips: Sequence[Sentence], link: str) -> Sentence:
    """Scheduled post of the most-liked clips."""
    head = {"week": _("The most liked clips of the last week:"), "month": _("The most liked clips of the last month:")}
    return lines(head[span], *clips, _all_of_them(link))


def best_line(number: int, prompt: str, name: str, hearts: int) -> Sentence:
    """Line of /best."""
    clip = _("{number}. {clip}", number=number, clip=quoted(prompt, 60) or _("a clip"))
    return join(" · ", [clip, by(name), heart(hearts)])


# ── Remixes ──────────────────────────────────────────────────────────────────────────────────────────────────────────

REMIX_HOW = _("The button Remix under a shared clip does that. The most liked: {/best}")
NO_REMIX = _("Whoever shared that clip does not want it remixed.")
REMIX_WORDS = _("Their words were not shared. What should happen in your photo? A few words will do.")
REMIX_ASK_WORDS = _("What should happen instead? A few words will do; options alone are not enough.")


def ask_remix(prompt: str) -> Sentence:
    """Question of the button “Remix”. It does not name the maker: the clip's post does, and is removed on unsharing."""
    return sentences(
        _("This clip, your way: reply with what should happen, and it begins with the same picture."),
        _("Or reply with a photo of your own, with your words, or with none to use the same ones.")
        if prompt
        else _("Or reply with a photo of your own, with your words."),
    )


# ── The gallery of a community ───────────────────────────────────────────────────────────────────────────────────────

GALLERY_WHERE = _("A gallery belongs to a community, a group or a server; say {/gallery} there.")
GALLERY_HERE_HOW = _("{/gallery here} (or a channel) – shared clips are posted there; {/gallery off} ends that")
REVIEW_HERE_HOW = _(
    "{/gallery review here} – reports, and clips that wait for a yes, are posted in this place; off ends that"
)
GALLERY_HOW = lines(
    _("Admins can say:"),
    GALLERY_HERE_HOW,
    _("{/gallery web on} – a gallery on the web, for whoever has its link; off closes it, new changes the link"),
    _("{/gallery public} – anybody may find the web gallery; {/gallery unlisted} – only with its link"),
    _("{/gallery name Our clips} – what it is called"),
    _("{/gallery approve on} – nothing appears before an admin's yes; off ends that"),
    REVIEW_HERE_HOW,
    _("{/gallery best week} – the most liked are posted each Monday; month or off"),
)
GALLERY_BEGIN = _(
    "This community has no gallery yet. To begin, say {/gallery here} in the place where shared clips should be "
    "posted, "
    "or {/gallery web on} for a gallery on the web, or both. Finished clips have the button Share from then on."
)
GALLERY_NAME_HOW = _("What shall it be called? For example: {/gallery name Our clips}")
NO_WEB = _("There is no web gallery here: whoever runs this bot has to set PUBLIC_URL first.")
WEB_FIRST = _("The web gallery is off. First: {/gallery web on}")
GALLERY_FIRST = _("The best clips are posted where shared clips are. First say {/gallery here} there.")
A_CHANNEL = _("Which channel? Say it there with “here”, or name a channel of this community.")


def gallery_here(label: str, already: str) -> Sentence:
    """Confirmation of /gallery here; `already`: what happens to earlier posts, may be empty."""
    return sentences(
        _("Shared clips are posted in #{label} from now on.", label=label)
        if label
        else _("Shared clips are posted here from now on."),
        already,
        _("For that I must be allowed to write and to send videos there.")
        if label
        else _("For that I must be allowed to write and to send videos here."),
    )


EARLIER_STAY = _("Those that were shared before stay where they are.")
GALLERY_OFF = _("Shared clips are no longer posted. Those that were stay until they are unshared.")
GALLERY_OFF_ALL = sentences(GALLERY_OFF, _("As there is no web gallery either, nothing can be shared now."))
REVIEW_OFF = _("Reports are no longer posted. Admins see them with {/review}.")
APPROVE_ON = _("From now on a shared clip appears once an admin has said yes.")
APPROVE_OFF = _("From now on shared clips appear at once. Those that wait still need a yes: {/review}")
APPROVE_WHERE = _("They wait under {/review}; {/gallery review here} has them posted to this place.")
OLD_LINK = _("The old link, and all links to clips there, no longer work.")
WEB_OFF = _("The web gallery is off. Its links no longer work; turned on again, they do.")
PUBLIC = _("The web gallery is public: it is listed, and search engines may find it.")
UNLISTED = _("The web gallery is unlisted: whoever has the link sees it.")
BEST_OFF = _("The best clips are no longer posted by the calendar.")


def review_here(label: str) -> Sentence:
    """Confirmation of /gallery review here; `label`: the channel's name if it is another one."""
    if label:
        return sentences(
            _("Reports, and clips that wait for a yes, are posted in #{label} from now on.", label=label),
            _("Whoever reads there sees them."),
        )
    return sentences(
        _("Reports, and clips that wait for a yes, are posted here from now on."), _("Whoever reads here sees them.")
    )


def web_on(link: str, public: bool) -> Sentence:
    """Confirmation of /gallery web on."""
    return lines(
        _("The web gallery is open: {link}", link=link),
        _("It is public.") if public else _("Whoever has the link sees it; {/gallery public} lists it."),
    )


def called(title: str) -> Sentence:
    """Confirmation of /gallery name."""
    return _("The gallery is called “{title}”.", title=title)


def best_on(span: str, zone: str) -> Sentence:
    """Confirmation of /gallery best."""
    return {
        "week": _("The best clips of the week are posted each Monday at 9:00 ({zone})."),
        "month": _("The best clips of the month are posted on each month's first day at 9:00 ({zone})."),
    }[span].fill(zone=zone)


def gallery(title: str, posted: str, link: str) -> Sentence:
    """Reply to /gallery, for everyone. `posted`: “here”, “elsewhere”, or empty without a gallery channel."""
    if not posted and not link:
        return NO_GALLERY
    where = {
        "here": _("Shared clips are posted here."),
        "elsewhere": _("Shared clips are posted in another place of this community."),
        "": EMPTY,
    }
    return lines(
        sentences(
            _("The gallery “{title}”.", title=title) if title else _("This community's gallery."),
            where[posted],
            _("Share a finished clip with the button under it, or with {/share}."),
        ),
        _on_the_web(link),
    )


def gallery_set(review: bool, approve: bool, web: bool, public: bool, best: str) -> Sentence:
    """Settings of the gallery, for admins."""
    web_now = (_("On the web: public") if public else _("On the web: unlisted")) if web else _("On the web: no")
    best_now = {
        "": _("The best are posted: no"),
        "week": _("The best are posted: each week"),
        "month": _("The best are posted: each month"),
    }
    return join(
        "\n\n",
        [
            lines(
                _("Reports are posted: yes") if review else _("Reports are posted: no; {/review} lists them"),
                _("An admin's yes is needed: yes") if approve else _("An admin's yes is needed: no"),
                web_now,
                best_now[best],
            ),
            GALLERY_HOW,
        ],
    )


CANNOT_POST = _(
    "A clip was shared, and I can't post it in the gallery: it is closed to me, or gone. Let me write there, and it "
    "appears; I try again for a day. For what is shared from now on, {/gallery here} names another place."
)

# ── Reports ──────────────────────────────────────────────────────────────────────────────────────────────────────────

REASONS = {
    "person": _("Someone didn't agree"),
    "child": _("Harms a child"),
    "sexual": _("Sexual"),
    "violent": _("Violent or cruel"),
    "hateful": _("Hateful"),
    "stolen": _("Not theirs to share"),
    "spam": _("Spam"),
}
"""Reasons for a report, by the word in the button's command."""
OTHER = _("Something else")
REPORT_HOW = _("The button Report under a shared clip does that.")
REPORT_FORM = _("What is wrong with it?")
REPORT_FORM_HINT = _("It shows my front door")
REPORT_WHY = sentences(REPORT_FORM, _("Admins here see it, without your name."))
REPORT_OTHER = sentences(REPORT_FORM, _("Reply with a few words. They are shown where reports go, without your name."))
REPORTED = _("Thank you. It is on the list of the admins here.")
REPORTED_HIDDEN = _("Thank you. It is hidden until an admin has looked at it.")
REPORTED_ALREADY = _("You have reported that clip before; once is enough.")
REPORT_OWN = _("That clip is your own. You can take it back at any time.")
REASON = 200
"""Maximum characters of a reason in own words."""

HIDE = _("Hide")
KEEP = _("Keep")
BAN = _("Ban")
LET = _("Show")
REFUSE = _("Refuse")
HIDDEN = _("Hidden: it is no longer shown, here or on the web.")
KEPT = _("It stays, and its reports are closed.")
LET_IN = _("It is in the gallery now.")
REFUSED = _("Refused. It does not appear.")
SHOW_AGAIN = _("Show it again")
REVIEW_WHERE = _("Reports belong to a community; say it there.")
NOTHING_TO_REVIEW = _("Nothing was reported, and nothing waits for a yes.")
WHICH_SHARE = _("Which clip? The buttons under {/review} know.")


def _given(reasons: Sequence[str], length: int) -> Sentence:
    """Reasons of reports: ours, stored as they read in English, and people's own words."""
    ours = {label.id: label for label in REASONS.values()}
    return join("; ", [ours.get(reason) or shorten(reason, length) for reason in reasons])


def notice(reasons: Sequence[str], prompt: str, name: str, *, hidden: bool) -> Sentence:
    """Notice to admins of reports on a clip; `reasons`: one per report."""
    said = _given(reasons, REASON)
    head = _n(
        "Somebody reported this clip: {reasons}.",
        "{count} people reported this clip: {reasons}.",
        len(reasons),
        reasons=said,
    )
    hides = _("It is hidden until one of you decides.") if hidden else EMPTY
    return lines(sentences(head, hides), about(prompt, name))


def waiting(prompt: str, name: str) -> Sentence:
    """Notice to admins of a share that waits for approval."""
    return lines(_("This clip waits for a yes."), about(prompt, name))


def about(prompt: str, name: str) -> Sentence:
    """A share in one line, for admins: prompt and maker."""
    return join(" · ", [quoted(prompt, 120) or _("shared without words"), by(name) or _("shared without a name")])


STATES = {"up": _("reported"), "waiting": _("waits for a yes"), "hidden": _("hidden")}


def review_line(number: int, state: str, reasons: Sequence[str], prompt: str, name: str) -> Sentence:
    """Line of /review."""
    said = _given(reasons, 60)
    line = _("{number}. {state}", number=number, state=STATES[state])
    return join(" · ", [join(": ", [line, said]), about(prompt, name)])


def review(waiting: Sequence[Sentence], more: bool) -> Sentence:
    """Reply to /review, oldest first; `more`: there are further ones."""
    return lines(*waiting, _("There are more; they come up once these are done.") if more else EMPTY)


def numbered(label: str, number: int) -> Sentence:
    """Label of a button in a message about several clips."""
    return _("{label} {number}", label=label, number=number)


def banished(label: str) -> Sentence:
    """Confirmation of /banish."""
    return _("Hidden, and {label} can no longer order or share clips here.", label=label)
