"""Every sentence about credits, limits and what admins do, in plain words."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from bot.texts.chat import SPANS, about, credits_, shorten

# ── Denied ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_EACH = {"day": "a day", "week": "a week", "month": "a month"}
WHO = {"own": "whoever runs this bot", "community": "an admin here"}
WHOM = {
    **{whom: f"Need more? Ask {who}." for whom, who in WHO.items()},
    "operator": "Only whoever runs this bot can change that; they have been told.",
}
_ASK = {
    "banned": "Questions? Ask {who}.",
    "place": "For where I do, ask {who}.",
    "closed": "To be one of them, ask {who}.",
}
"""What is said instead of `WHOM` where more credits would not help."""


def zone_unknown(nearest: str | None) -> str:
    """A time zone that does not exist, and the one that may be meant."""
    return f"{ZONE_UNKNOWN} Did you mean {nearest}?" if nearest else ZONE_UNKNOWN


def denied(
    cause: str, price: int, left: int, limit: int | None, span: str, refill: str, because: str, whom: str, short: int
) -> str:
    """What was asked, why not, what is left, when there is more, and whom to ask. `refill` may be empty.

    `short`: credits for the shortest clip, if that would still do, or 0.
    """
    have = "none left" if left == 0 else f"{left} left"
    costs = f"That clip costs {credits_(price)}"
    again = f" There is more {refill}." if refill else ""
    less = f" A clip of 5 seconds costs {credits_(short)}." if short else ""
    why = {
        "allowance": f"{costs}, and you have {have} {SPANS[span]}.{less} You get new ones {refill}.",
        "flight": f"You have {_clips(limit)} under way, which is as many as you may have at once. "
        "The next can start when one of them is done.",
        "community_flight": f"{_clips(limit)} of this community {'is' if limit == 1 else 'are'} under way, "
        "which is as many as it may have at once. Try again when one of them is done.",
        "community_month": f"{costs}, and this community has {have} of its {credits_(limit or 0)} this month.{again}",
        "ceiling_day": f"No clips can be made right now: everybody's limit for today is reached.{again}",
        "ceiling_month": f"No clips can be made right now: everybody's limit for this month is reached.{again}",
        "money_day": f"No clips can be made right now: everybody's limit for today is reached.{again}",
        "money_month": f"No clips can be made right now: everybody's limit for this month is reached.{again}",
        "paused": "No clips can be made right now: whoever runs this bot has paused it.",
        "banned": barred(refill, because),
        "place": "I don't take orders in this channel.",
        "closed": "Ordering clips is for certain people here, and you are not among them yet.",
        "longest": f"Clips of up to {limit} seconds are what you may order here.",
    }[cause]
    if cause in ("flight", "community_flight"):
        return why
    if cause == "paused":
        return f"{why} Nothing is lost; try again later."
    ask = _ASK[cause].format(who=WHO[whom]) if cause in _ASK and whom in WHO else WHOM[whom]
    return f"{why} {ask}"


def barred(until: str, because: str) -> str:
    """What whoever is banned hears."""
    return f"You can't order clips here{f' until {until}' if until else ''}{_why(because)}."


def _clips(count: int | None) -> str:
    return "1 clip" if count == 1 else f"{count or 0} clips"


def alarm(cause: str, limit: int | None, refill: str) -> str:
    """What the operator hears first."""
    what = {
        "ceiling_day": f"the daily ceiling of {credits_(limit or 0)} (CEILING_DAY)",
        "ceiling_month": f"the monthly ceiling of {credits_(limit or 0)} (CEILING_MONTH)",
        "money_day": "the daily ceiling in money (MONEY_DAY)",
        "money_month": "the monthly ceiling in money (MONEY_MONTH)",
    }[cause]
    return f"Buying has stopped for everybody: {what} is reached. It goes on {refill}, or when you raise it."


# ── A person's own ───────────────────────────────────────────────────────────────────────────────────────────────────


def quota_of(label: str, limit: int | None, span: str, left: int | None, extra: int, refill: str) -> str:
    """What somebody else may spend."""
    if limit is None or left is None:
        return f"{label} is counted, but not limited."
    more = f", and {credits_(extra)} from grants" if extra else ""
    return f"{label} has {rate(limit, span)}: {left} left {SPANS[span]}{more}. New ones come {refill}."


def grant_line(left: int, amount: int, until: str, because: str) -> str:
    """One grant."""
    why = f" · {because}" if because else ""
    return f"· {left} of {credits_(amount)} given, {until or 'without end'}{why}"


LATEST = "The latest:"
KINDS = {
    "hold": "{amount} set aside for {clip}",
    "capture": "{amount} spent on {clip}",
    "refund": "{amount} given back for {clip}",
    "partly": "{amount} given back for {clip}; the rest came of a grant that is over",
    "lapse": "nothing given back for {clip}: its credits came of a grant that is over",
    "grant": "{amount} given to you",
    "revoke": "{amount} taken back by an admin",
    "adjust": "{amount} used together before you unlinked",
}


def movement(at: str, kind: str, amount: int, words: str, because: str) -> str:
    """One movement of credits; a clip's are one line, as far as it has come. It is named by its `words`."""
    if (kind, because) == ("adjust", "forgotten"):
        return f"· {at} · {credits_(amount)} spent on what you have had removed"
    why = f" ({shorten(because, 60)})" if because else ""
    clip = f"“{shorten(words, 40)}”" if words else "a clip that was deleted"
    return f"· {at} · {KINDS[kind].format(amount=credits_(amount), clip=clip)}{why}"


def code(code: str, minutes: int) -> str:
    """What to enter where."""
    return (
        f"On the other platform, say within {minutes} minutes: /link {code}\n"
        "You will then be one person on both: one personal allowance and one history. The code works once; "
        "whoever enters it shares your clips, so give it to nobody."
    )


LINKED = "Linked. Here and there you are one person now: one personal allowance and one history. /unlink undoes it."
LINK_FAILED = {
    "unknown": "That code is wrong or over. Get a new one with /link on the other platform.",
    "same": "That code is from this same platform. Enter it on the other one.",
    "taken": "One of the two is linked already. /unlink there first.",
    "tired": "Too many wrong codes. Please wait an hour.",
}
LINK_ALONE = "Please send me /link in private: whoever reads the code could use it."
NO_OTHER_PLATFORM = "There is no other platform here on which you could be one person."
UNLINKED = "Unlinked. From now on you are two again; what you used together stays used on both sides."
NOT_LINKED = "You are not linked with anybody."


def confirm(understood: str, price: int, above: int, left: str) -> str:
    """The question before a dear clip."""
    return f"{understood}\nThis costs {left}. Here a tap is asked for above {credits_(above)}; it waits for an hour."


def yes(price: int) -> str:
    """The button that spends."""
    return f"Yes, {credits_(price)}"


NO = "No"
DROPPED = "Dropped. Nothing was spent."
MANY_WAIT = "Other orders of yours wait for your yes. Answer them first; after an hour they are dropped."
PARKED_GONE = "That order is no longer waiting. Please send the photo again."

# ── Admins ───────────────────────────────────────────────────────────────────────────────────────────────────────────

NOT_ADMIN = "Only admins of this community can do that."
NOT_OPERATOR = "Only whoever runs this bot can do that."
NOT_IN_PRIVATE = f"{NOT_OPERATOR} Are you an admin of a community? Then say it there."
NOT_HERE = "That was for another community."
WHOSE = "Whom do you mean? Mention them, or reply to a message of theirs."
WHOSE_NAME = "I couldn't tell whom you mean: that name came without an account. Reply to a message of theirs instead."
A_PERSON = "That works for people only; please mention a person."
UNDO = "Undo"
UNDO_LATE = "That can be undone for a minute only. You can set it anew."
UNDO_NOTHING = "There is nothing to undo any more: it was undone, or changed since."
UNDO_WHICH = "Which change? Its undo stands right under it, for one minute."
UNDONE = "Undone."
QUOTA_HOW = "For example: /quota set default 30 a day, or /quota set @someone 100 per week"
GRANT_HOW = (
    "For example: /grant @someone 50 until Friday because they won the contest. An end has to lie in the future."
)
REVOKE_HOW = "For example: /revoke @someone, or /revoke @someone because they left"
BAN_HOW = "For example: /ban @someone for 2 weeks because of spam"
TIER_HOW = "For example: /tier staff add @someone, /tier staff remove @someone, /tier staff"
REFUND_HOW = "For example: /refund k7m2p9q4xw because it came out black. A reason is needed."
REFUND_NOT = "Only a clip of this community that was paid and not given back yet can be refunded."
USAGE_HOW = "For example: /usage week or /usage month"
LIMITS_HOW = (
    "To set: /limits flight 2 · /limits longest 5 · /limits channels here (or everywhere) · /limits who tiers "
    "(or everyone) · /limits confirm 20 (or off) · /limits zone Europe/Berlin. For one person or role: "
    "/limits @someone flight 3"
)
IN_FIELDS = "In the slash command, what stands behind its name goes into the fields."
NO_AUDIT = "No admin has done anything here yet."
NO_USAGE = "Nobody has ordered a clip here in that time."
ZONE_UNKNOWN = "I don't know that time zone. Names are like Europe/Berlin or America/New_York."
DEFAULT = "everyone"


def when(at: float, where: tzinfo, zone: str) -> str:
    """An end in words: a whole day by its name."""
    moment = datetime.fromtimestamp(at, where)
    if (moment.hour, moment.minute, moment.second) == (0, 0, 0):
        return f"the end of {_day(moment - timedelta(days=1))} ({zone})"
    return f"{_day(moment)}, {moment:%H:%M} ({zone})"


def stamp(at: float, where: tzinfo) -> str:
    """A moment, short."""
    moment = datetime.fromtimestamp(at, where)
    return f"{moment.day} {moment:%b %H:%M}"


def _day(moment: datetime) -> str:
    return f"{moment:%A}, {moment.day} {moment:%B %Y}"


def rate(credits: int, span: str) -> str:
    """An allowance."""
    return f"{credits_(credits)} {_EACH[span]}"


def quota_set(label: str, credits: int, span: str) -> str:
    """An allowance that was set."""
    return f"{label}: {rate(credits, span)} from now on."


def granted(label: str, amount: int, until: str, because: str) -> str:
    """A grant that was given."""
    return f"{label} got {credits_(amount)}{f' until {until}' if until else ', without end'}{_why(because)}."


def revoked(label: str, amount: int, because: str) -> str:
    """Grants that were ended."""
    if not amount:
        return f"{label} has no credits from grants, so there is nothing to revoke."
    return f"{credits_(amount)} from grants taken back from {label}{_why(because)}."


def banned(label: str, until: str, because: str) -> str:
    """A ban that was set."""
    return f"{label} can't order clips here{f' until {until}' if until else ' any more'}{_why(because)}."


def unbanned(label: str) -> str:
    """A ban that was lifted."""
    return f"{label} can order clips here again."


def not_banned(label: str) -> str:
    """There was none."""
    return f"{label} is not banned here."


def refunded(job: str, amount: int, because: str) -> str:
    """A clip whose credits went back."""
    return f"{credits_(amount)} for clip {job} given back{_why(because)}."


def tier(name: str, people: int, credits: str) -> str:
    """A named list."""
    return f"{name}: {'1 person' if people == 1 else f'{people} people'}{f', {credits}' if credits else ''}"


def no_list(name: str) -> str:
    """A named list that there is none of."""
    return f"There is no list “{name}” yet. {TIER_HOW}"


def _why(because: str) -> str:
    """A reason may be a sentence, as in “it came out black”, or a noun, as in “spam”."""
    return f". The reason: {because.rstrip('.')}" if because else ""


def limits(
    label: str,
    allowance: str,
    flight: int | None,
    longest: int | None,
    *,
    places: str = "",
    closed: bool = False,
    confirm: int | None = None,
    zone: str = "UTC",
    cap: int | None = None,
    flights: int | None = None,
    others: Sequence[str] = (),
) -> str:
    """All that is set in a scope."""
    lines = [
        f"{label}: {allowance}",
        f"Clips at once, each person: {flight if flight is not None else 'no limit'}",
        f"Longest clip: {f'{longest} s' if longest is not None else 'no limit'}",
        f"Orders are taken {places or 'everywhere'}",
        f"Who may order: {'people with a tier or credits of their own' if closed else 'everyone'}",
        f"A tap is asked for: {'above ' + credits_(confirm) if confirm is not None else 'never'}",
        f"Time zone: {zone}",
        f"Set by the operator: {credits_(cap) + ' a month' if cap is not None else 'no monthly cap'}, "
        f"{at_once(flights)}",
    ]
    return "\n".join([*lines, *others])


def changed(label: str, what: str) -> str:
    """A limit that was set for somebody."""
    return f"{label}: {what}."


def at_once(count: int | None) -> str:
    """How many clips may be under way."""
    return f"{'any number of clips' if count is None else _clips(count)} at once"


def longest(seconds: int | None) -> str:
    """How long clips may be."""
    return "clips of any length" if seconds is None else f"clips up to {seconds} s"


def confirm_above(credits: int | None) -> str:
    """From which price on a tap is asked for."""
    return "No tap is asked for." if credits is None else f"A tap is asked for above {credits_(credits)}."


CLOSED = "Only who has a tier or credits of their own may order."
OPEN = "Everyone may order."


def zone_set(name: str) -> str:
    """A time zone that was set."""
    return f"The time zone is {name}."


def orders_in(places: str) -> str:
    """Where orders are taken from now on."""
    return f"Orders are taken {places or 'everywhere'}."


def places(count: int, *, here: bool) -> str:
    """Where orders are taken: a message may not know what the channels are called."""
    if not here:
        return f"in {_channels(count)}, not here"
    return f"here and in {_channels(count - 1)} more" if count > 1 else "here"


def _channels(count: int) -> str:
    return "1 channel" if count == 1 else f"{count or 'no'} channels"


def entries(count: int) -> str:
    """The length of a list, in the audit."""
    return "1 entry" if count == 1 else f"{count} entries"


FIELDS = {
    "allowance": "allowance",
    "flight": "clips at once, each person",
    "longest": "longest clip (s)",
    "zone": "time zone",
    "places": "places for orders",
    "closed": "only with a tier or own credits",
    "confirm": "asks for a tap above (credits)",
    "cap": "monthly cap (credits)",
    "flights": "clips at once, everybody",
    "gallery": "gallery channel",
    "review": "review channel",
    "approve": "approval before sharing",
    "web": "web gallery",
    "public": "web gallery listed publicly",
    "title": "gallery title",
    "best": "best clips, each",
    "words": "words of its own",
    "lax": "the bot's own word list off",
    "banned": "ban",
    "until": "until",
    "amount": "credits",
    "people": "people",
}
"""What the audit calls a field of a rule or a grant; tables keep the machine's names."""
NOT_SET = "not set"


def listed(added: Sequence[str], removed: Sequence[str]) -> str:
    """Who or what came onto a list, and went."""
    both = (("added", added), ("removed", removed))
    return "; ".join(f"{verb} {', '.join(names)}" for verb, names in both if names)


def act(at: str, who: str, verb: str, about: str, change: str, because: str) -> str:
    """One line of the audit."""
    target = f" {about}" if about else ""
    return f"{at} · {who} · {verb}{target}{f': {change}' if change else ''}{f' · {because}' if because else ''}"


# ── Figures ──────────────────────────────────────────────────────────────────────────────────────────────────────────

CHART = {
    "sums": "{clips} clips · {credits} credits · {refunds} given back",
    "credits": "Credits a day",
    "clips": "Clips a day",
    "refunds": "Given back a day",
    "waits": "Waiting time a day, median (minutes)",
    "most": "at most {most}",
    "none": "nothing",
}


def usage_head(span: str, clips: int, credits: int, refunds: int, wait: float | None) -> str:
    """The sums."""
    waiting = f", a clip took {about(wait)}" if wait is not None else ""
    return (
        f"{span}: {'1 clip' if clips == 1 else f'{clips} clips'}, {credits_(credits)}, {refunds} given back{waiting}."
    )


def usage_line(label: str, clips: int, credits: int, refunds: int) -> str:
    """One person."""
    back = f", {refunds} given back" if refunds else ""
    return f"· {shorten(label, 24)} – {credits_(credits)} in {'1 clip' if clips == 1 else f'{clips} clips'}{back}"


def and_more(count: int) -> str:
    """Those who did not fit."""
    return f"· and {count} more; all of them are in /export"


EXPORTED = "The ledger and the audit log, the latest first."

# ── The operator ─────────────────────────────────────────────────────────────────────────────────────────────────────


def balance(host: str, left: float) -> str:
    """What is left at a provider."""
    return f"Left at {host}: {left:,.0f} of its own credits"


OPERATOR_HOW = (
    "/operator pause · /operator resume · /operator release · /operator return · "
    "/operator cap 1000 (or off) and /operator flights 10 (or off) in a "
    "community, or with its name: /operator cap discord:123 1000"
)
PAUSED = "Buying is paused. What is in line waits; what is being made goes on. /operator resume takes it up again."
PAUSED_ALREADY = "Buying was paused already. /operator resume takes it up again."
RESUMED = "Buying goes on."
NOT_PAUSED = "Buying is not paused."
NOTHING_HALTED = "No order is on hold."
CAP_WHERE = "For which community? Say it there, or with its name: /operator cap discord:123 1000"


def no_community(name: str, known: Sequence[str]) -> str:
    """A community of which nothing is known; `known` are near ones."""
    rest = f"Did you mean {' or '.join(known)}?" if known else "They are named as in discord:123 or telegram:-100123."
    return f"I know no community {shorten(name, 40)}. {rest}"


def halted(count: int) -> str:
    """Orders that wait for the operator's word."""
    return (
        f"On hold: {_orders(count)} that may have been bought already, as the database came back from a copy. "
        "/operator release lets them be bought; /operator return gives the credits back."
    )


def released(queued: int, lost: int) -> str:
    """They go on."""
    words = f"Back in line: {_orders(queued)}."
    return f"{words} Given back, as it had left the line already: {_orders(lost)}." if lost else words


def returned(count: int) -> str:
    """They do not."""
    return f"Given back: {_orders(count)}. Everybody concerned is told."


def _orders(count: int) -> str:
    return "1 order" if count == 1 else f"{count} orders"


def against(name: str, used: str, limit: str) -> str:
    """One counter against its ceiling."""
    return f"{name}: {used} of {limit}" if limit else f"{name}: {used}, no ceiling"


def queue(states: str, overdue: float) -> str:
    """The queue in words."""
    late = f"; the oldest waits since {about(overdue)}" if overdue > 30 else ""
    return f"Queue: {states or 'empty'}{late}"


def community(scope: str, used: int, cap: int | None) -> str:
    """One community's month."""
    return f"· {scope}: {credits_(used)} this month" + (f" of {cap}" if cap is not None else "")


def undo_in_shell(command: str) -> str:
    """How a change is taken back on the console."""
    return f"To undo it within a minute: photoplay admin {command}"


# ── Discord ──────────────────────────────────────────────────────────────────────────────────────────────────────────

OPTIONS = {
    "user": "who it is about",
    "who": "a person or a role; without one it is you, or everyone",
    "amount": "an allowance, like 30 a day; without “who”: default 30 a day",
    "until": "a time like 2 weeks, or a day like Friday or 24 December; without it: for good",
    "because": "the reason; the person and the audit log see it",
    "code": "the code that /link gave you on the other platform",
    "change": "what to set, like flight 2, longest 5, who tiers, confirm 20; without it, what is set is shown",
    "channel": "the channel that it is about",
    "name": "the list's name",
    "verb": "put somebody on the list, or take them off; without it the list is shown",
    "setting": "here, off, review, approve on, web on, public, name, best week; without it, what is set is shown",
    "word": "add …, remove …, house on or house off; without it the list is shown",
    "span": "how far back; a week unless you say so",
    "order": "pause, resume, release, return, cap 1000 or flights 10; without it, how all is",
}
"""What the options of slash commands are for, where `texts.DISCORD_OPTIONS` has no such name."""
TOLD = "Still no, as I said a moment ago."
NO_PRIVATE = "That answer is for you alone, and I can't write to you. Use the slash command: only you see what it says."
CUT_OFF = "I was interrupted while I did that. Please look into /audit whether it was done, and say it again if not."
