"""All sentences of the web galleries."""

from bot.sentence import EMPTY, Moment, Sentence, _, _n, join, verbatim
from bot.texts.jobs import MADE_BY_AI
from bot.texts.page import alt
from bot.texts.phrases import quoted, shorten

HOUSE = "Photoplay"
TITLE = 70
"""Maximum characters of a prompt in a page's title."""

# ── A gallery ────────────────────────────────────────────────────────────────────────────────────────────────────────

INDEX = _("Galleries")
INDEX_LEAD = _("Clips that communities made from photos and a few words, and chose to show.")
NO_GALLERIES = _("There is no gallery to see yet")
NO_GALLERIES_LEAD = _("When a community shows its gallery to everybody, it appears here.")
LEAD = _("Short clips made from photos and a few words, shared by the people who made them.")
ORDERS = {"newest": _("Newest"), "best": _("Most liked")}
ORDER = _("Order")
CLIPS = _("Clips")
PAGES = _("Pages")
FIRST = _("First page")
PREVIOUS = _("Previous")
NEXT = _("Next")
NO_CLIPS = _("Nothing is shared here yet")
NO_CLIPS_LEAD = _("When somebody in this community shares a clip, it appears here.")
NO_MORE = _("There are no more clips")
COVERED = _("Covered")
UNCOVER = _("Covered by whoever made it: tap to see")


def titled(*parts: str) -> Sentence:
    """Title of a page, for the browser's tab."""
    return join(" · ", [*parts, HOUSE])


# ── A clip ───────────────────────────────────────────────────────────────────────────────────────────────────────────

HEART = _("Like")
AI = MADE_BY_AI
WORDLESS = _("Shared without words")
CHAIN = _("How it came about")
CHAIN_GONE = _("A remix of a clip that is no longer shared.")
REMIXES = _("Remixes of it")
HOW_TO_REMIX = _("Make your own version")
NO_REMIX = _("Its maker does not want it remixed.")
NO_VIDEO = _("This browser plays no video.")
DOWN = _("The gallery is resting for a moment. Please try again in a minute.")
DOWN_TITLE = _("One moment")
GONE = _("There is nothing here")
GONE_LEAD = _("Perhaps it was shared once and taken back, or the link is not complete.")


def label(prompt: str, name: str) -> str:
    """Text alternative of a clip: its prompt, else its maker."""
    return alt(prompt) or (_("A clip by {name}", name=name) if name else _("A clip"))


def headline(prompt: str, name: str) -> str:
    """A clip in its page's title."""
    return shorten(prompt, TITLE) or label("", name)


def by(name: str) -> Sentence:
    """The maker's name; empty for an anonymous share."""
    return _("by {name}", name=name) if name else EMPTY


def hearts(count: int) -> Sentence:
    """Number of hearts, for screen readers; others see the number and a symbol."""
    return _n("like", "likes", count)


def day(at: float) -> Sentence:
    """A date in UTC."""
    return verbatim(Moment(at, "date"))


def about(prompt: str, name: str, title: str) -> Sentence:
    """Description of a clip's page in link previews."""
    return join(" · ", [quoted(prompt, 200), by(name), _("in {title}", title=title), MADE_BY_AI])


def remix_how(share: str, posted: bool) -> Sentence:
    """How to remix a clip in its community; `posted`: it has a post there."""
    if posted:
        return _(
            "In the community where it was shared, tap Remix under it, or say {/remix} {share} there.", share=share
        )
    return _("In the community where it was shared, say {/remix} {share}.", share=share)


# ── Reports ──────────────────────────────────────────────────────────────────────────────────────────────────────────

REPORT = _("Report this clip")
REPORT_WHY = _("What is wrong with it?")
REPORT_WHO = _("The admins of this community see it, without your name.")
REPORT_WORDS = _("In a few words")
SEND = _("Send report")
BACK = _("Back to the clip")
BACK_TO_ALL = _("Back to the gallery")
SAID = _("Your report")
NOT_SAID = _("Please choose what is wrong with it; for “Something else”, say it in a few words.")

RELOAD = _("That did not work. Please load the page again; it needs a cookie to know that it is you.")
ENOUGH = _("There were many from your connection today. Please try again tomorrow.")
FAILED = _("That did not work. Please try again.")
