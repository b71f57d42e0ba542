"""Every sentence of the galleries on the web."""

from datetime import UTC, datetime

from bot.texts.chat import MADE_BY_AI, alt, shorten

HOUSE = "Photoplay"
TITLE = 70
"""Characters of a prompt in the title of a page."""

# ── A gallery ────────────────────────────────────────────────────────────────────────────────────────────────────────

INDEX = "Galleries"
INDEX_LEAD = "Clips that communities made from photos and a few words, and chose to show."
NO_GALLERIES = "There is no gallery to see yet"
NO_GALLERIES_LEAD = "When a community shows its gallery to everybody, it appears here."
LEAD = "Short clips made from photos and a few words, shared by the people who made them."
ORDERS = {"newest": "Newest", "best": "Most liked"}
ORDER = "Order"
CLIPS = "Clips"
PAGES = "Pages"
FIRST = "First page"
PREVIOUS = "Previous"
NEXT = "Next"
EMPTY = "Nothing is shared here yet"
EMPTY_LEAD = "When somebody in this community shares a clip, it appears here."
NO_MORE = "There are no more clips"
COVERED = "Covered"
UNCOVER = "Covered by whoever made it: tap to see"


def titled(*parts: str) -> str:
    """What a browser's tab says."""
    return " · ".join(part for part in (*parts, HOUSE) if part)


# ── A clip ───────────────────────────────────────────────────────────────────────────────────────────────────────────

HEART = "Like"
AI = MADE_BY_AI
WORDLESS = "Shared without words"
CHAIN = "How it came about"
CHAIN_GONE = "A remix of a clip that is no longer shared."
REMIXES = "Remixes of it"
HOW_TO_REMIX = "Make your own version"
NO_REMIX = "Its maker does not want it remixed."
NO_VIDEO = "This browser plays no video."
DOWN = "The gallery is resting for a moment. Please try again in a minute."
DOWN_TITLE = "One moment"
GONE = "There is nothing here"
GONE_LEAD = "Perhaps it was shared once and taken back, or the link is not complete."


def label(prompt: str, name: str) -> str:
    """What a screen reader says of a clip: the words, else whose it is."""
    return alt(prompt) or (f"A clip by {name}" if name else "A clip")


def headline(prompt: str, name: str) -> str:
    """A clip in the title of its page."""
    return shorten(prompt, TITLE) or label("", name)


def by(name: str) -> str:
    """Whose it is."""
    return f"by {name}" if name else ""


def hearts(count: int) -> str:
    """How many liked it, for whoever does not see the sign beside the number."""
    return "like" if count == 1 else "likes"


def day(at: float) -> str:
    """A date, by the calendar of Greenwich."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment.day} {moment:%B %Y}"


def about(prompt: str, name: str, title: str) -> str:
    """What a link says of a clip where it unfurls."""
    words = f"“{shorten(prompt, 200)}”" if prompt else ""
    return " · ".join(part for part in (words, by(name), f"in {title}", MADE_BY_AI) if part)


def remix_how(share: str, posted: bool) -> str:
    """How to remix a clip, said on a page where that cannot be done."""
    if posted:
        return f"In the community where it was shared, tap Remix under it, or say /remix {share} there."
    return f"In the community where it was shared, say /remix {share}."


# ── Reports ──────────────────────────────────────────────────────────────────────────────────────────────────────────

REPORT = "Report this clip"
REPORT_WHY = "What is wrong with it?"
REPORT_WHO = "The admins of this community see it, without your name."
REPORT_WORDS = "In a few words"
SEND = "Send report"
BACK = "Back to the clip"
BACK_TO_ALL = "Back to the gallery"
SAID = "Your report"
NOT_SAID = "Please choose what is wrong with it; for “Something else”, say it in a few words."

RELOAD = "That did not work. Please load the page again; it needs a cookie to know that it is you."
ENOUGH = "There were many from your connection today. Please try again tomorrow."
FAILED = "That did not work. Please try again."
