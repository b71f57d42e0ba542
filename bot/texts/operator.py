"""Reports and replies to the operator."""

from collections.abc import Sequence
from datetime import tzinfo

from bot.sentence import EMPTY, Argument, Listing, Number, Sentence, _, _n, join, lines, sentences, verbatim
from bot.texts.admin import at_once, stamp
from bot.texts.jobs import STATES
from bot.texts.phrases import about, credits_, shorten
from bot.texts.phrases import host as called


def balance(host: str, left: float) -> Sentence:
    """Our balance at a host, in dollars."""
    return _("Left at {host}: ${left}", host=called(host), left=Number(left, places=2))


def cost(name: Sentence, usd: float, clips: int) -> Sentence:
    """What hosts took in a span of time, in dollars, for so many clips."""
    return _n(
        "{name}: ${usd} at the hosts, for {count} clip",
        "{name}: ${usd} at the hosts, for {count} clips",
        clips,
        name=name,
        usd=Number(usd, places=2),
    )


OPERATOR_HOW = _(
    "{/operator page} · {/operator pause} · {/operator resume} · {/operator release} · {/operator return} · "
    "{/operator cap 1000} (or off) and {/operator flights 10} (or off) in a "
    "community, or with its name: {/operator cap discord:123 1000} · {/operator price}"
)
PAUSED = _("Buying is paused. What is in line waits; what is being made goes on. {/operator resume} takes it up again.")
PAUSED_ALREADY = _("Buying was paused already. {/operator resume} takes it up again.")
RESUMED = _("Buying goes on.")
NOT_PAUSED = _("Buying is not paused.")
PAGE_IN_PRIVATE = _("The link would be for you alone: please say that to me in a private chat.")
PAGE_NOWHERE = _(
    "The page has no address that you could open: whoever runs Photoplay can set PUBLIC_URL, or say "
    "photoplay admin page in a shell on that machine."
)
NOTHING_HALTED = _("No order is on hold.")
CAP_WHERE = _("For which community? Say it there, or with its name: {/operator cap discord:123 1000}")


def no_community(name: str, known: Sequence[str]) -> Sentence:
    """Refusal of an unknown community; `known`: similar ones."""
    return sentences(
        _("I know no community {name}.", name=shorten(name, 40)),
        _("Did you mean {names}?", names=Listing(tuple(known), "or"))
        if known
        else _("They are named as in discord:123 or telegram:-100123."),
    )


def page_link(url: str, minutes: int) -> Sentence:
    """The link to the operator's page."""
    return lines(
        _n(
            "Your way to the operator's page, once, within {count} minute:",
            "Your way to the operator's page, once, within {count} minutes:",
            minutes,
        ),
        verbatim(url),
    )


def pages_closed(count: int) -> Sentence:
    """Confirmation of /operator page close."""
    return _n("Ended: {count} session.", "Ended: {count} sessions.", count) if count else _("Nobody was on the page.")


def disk_full(free: int) -> Sentence:
    """The disk of DATA_DIR is full; `free`: MB."""
    return _(
        "My disk is full: DATA_DIR has {free} MB left. I take and buy no orders until there is room.", free=Number(free)
    )


def halted(count: int) -> Sentence:
    """Jobs halted by a restore, which wait for the operator's decision."""
    return _n(
        "On hold: {count} order that may have been bought already, as the database came back from a copy. "
        "{/operator release} lets them be bought; {/operator return} gives the credits back.",
        "On hold: {count} orders that may have been bought already, as the database came back from a copy. "
        "{/operator release} lets them be bought; {/operator return} gives the credits back.",
        count,
    )


def released(queued: int, lost: int) -> Sentence:
    """Confirmation of /operator release: jobs queued again; jobs that had left the queue."""
    return sentences(
        _n("Back in line: {count} order.", "Back in line: {count} orders.", queued),
        _n(
            "Not sent again, as it had left the line already: {count} order.",
            "Not sent again, as they had left the line already: {count} orders.",
            lost,
        )
        if lost
        else EMPTY,
    )


def returned(count: int) -> Sentence:
    """Confirmation of /operator return."""
    return sentences(
        _n("Given back: {count} order.", "Given back: {count} orders.", count), _("Everybody concerned is told.")
    )


CREDITS_TODAY = _("Credits today")
CREDITS_THIS_MONTH = _("Credits this month")
TODAY = _("Today")
THIS_MONTH = _("This month")
MONEY_TODAY = _("Money today")
MONEY_THIS_MONTH = _("Money this month")


def monthly_cap(credits: int | None) -> Sentence:
    """A community's limit of credits per month."""
    return _("no monthly cap") if credits is None else _("at most {credits} a month", credits=credits_(credits))


def most_at_once(count: int | None) -> Sentence:
    """A community's limit of unsettled clips."""
    return at_once(None) if count is None else _("at most {clips}", clips=at_once(count))


def in_state(count: int, state: str) -> Sentence:
    """Number of jobs in a state."""
    return _("{count} {state}", count=count, state=STATES[state])


def incident(at: float, where: tzinfo, what: Sentence, host: str) -> Sentence:
    """Line of an incident: time, event, host."""
    return _(
        "{at}: {what}", at=stamp(at, where), what=join(" ", [what, _("({host})", host=called(host)) if host else EMPTY])
    )


def against(name: Sentence, used: Argument, limit: Argument | None) -> Sentence:
    """A counter and its ceiling."""
    return (
        _("{name}: {used} of {limit}", name=name, used=used, limit=limit)
        if limit is not None
        else _("{name}: {used}, no ceiling", name=name, used=used)
    )


def queue(states: Sentence, overdue: float) -> Sentence:
    """Jobs by state; `overdue`: lateness of the oldest in seconds, told above 30."""
    return join(
        "; ",
        [
            _("Queue: {states}", states=states) if states else _("Queue: empty"),
            _("the oldest waits since {wait}", wait=about(overdue)) if overdue > 30 else EMPTY,
        ],
    )


def community(scope: str, used: int, cap: int | None) -> Sentence:
    """A community's credits of this month, and its cap."""
    found = _("· {scope}: {used} this month") if cap is None else _("· {scope}: {used} this month of {cap}", cap=cap)
    return found.fill(scope=scope, used=credits_(used))


def undo_in_shell(command: str) -> Sentence:
    """How to undo a change in a shell."""
    return _("To undo it within a minute: photoplay admin {command}", command=command)
