"""Every sentence about credits, limits and what admins do, in plain words."""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from bot.sentence import EMPTY, Argument, Listing, Moment, Number, Sentence, _, _n, join, lines, sentences, verbatim
from bot.texts.chat import STATES, about, credits_, quoted, shorten

# ── Denied ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_RATE = {"day": _("{credits} a day"), "week": _("{credits} a week"), "month": _("{credits} a month")}
WHO = {"own": _("whoever runs this bot"), "community": _("an admin here")}
WHOM = {
    "own": _("Need more? Ask whoever runs this bot."),
    "community": _("Need more? Ask an admin here."),
    "operator": _("Only whoever runs this bot can change that; they have been told."),
}
_ASK = {
    "banned": {"own": _("Questions? Ask whoever runs this bot."), "community": _("Questions? Ask an admin here.")},
    "place": {
        "own": _("For where I do, ask whoever runs this bot."),
        "community": _("For where I do, ask an admin here."),
    },
    "closed": {
        "own": _("To be one of them, ask whoever runs this bot."),
        "community": _("To be one of them, ask an admin here."),
    },
}
"""What is said instead of `WHOM` where more credits would not help."""


def zone_unknown(nearest: str | None) -> Sentence:
    """A time zone that does not exist, and the one that may be meant."""
    return sentences(ZONE_UNKNOWN, _("Did you mean {nearest}?", nearest=nearest) if nearest else EMPTY)


_COSTS = {
    "day": _("That clip costs {price}, and you have {left} left today."),
    "week": _("That clip costs {price}, and you have {left} left this week."),
    "month": _("That clip costs {price}, and you have {left} left this month."),
}
_COSTS_NONE = {
    "day": _("That clip costs {price}, and you have none left today."),
    "week": _("That clip costs {price}, and you have none left this week."),
    "month": _("That clip costs {price}, and you have none left this month."),
}
_TODAY = _("No clips can be made right now: everybody's limit for today is reached.")
_THIS_MONTH = _("No clips can be made right now: everybody's limit for this month is reached.")


def denied(
    cause: str,
    price: int,
    left: int,
    limit: int | None,
    span: str,
    refill: Sentence,
    because: str,
    whom: str,
    short: int,
) -> Sentence:
    """What was asked, why not, what is left, when there is more, and whom to ask. `refill` may be empty.

    `short`: credits for the shortest clip, if that would still do, or 0.
    """
    costs: dict[str, Argument] = {"price": credits_(price), "left": left}
    more = _("There is more {refill}.", refill=refill) if refill else EMPTY
    most = limit or 0
    match cause:
        case "flight":
            return _n(
                "You have {count} clip under way, which is as many as you may have at once. "
                "The next can start when one of them is done.",
                "You have {count} clips under way, which is as many as you may have at once. "
                "The next can start when one of them is done.",
                most,
            )
        case "community_flight":
            return _n(
                "{count} clip of this community is under way, which is as many as it may have at once. "
                "Try again when one of them is done.",
                "{count} clips of this community are under way, which is as many as it may have at once. "
                "Try again when one of them is done.",
                most,
            )
        case "paused":
            return _(
                "No clips can be made right now: whoever runs this bot has paused it. Nothing is lost; try again later."
            )
        case "allowance":
            short_one = _("A clip of 5 seconds costs {price}.", price=credits_(short)) if short else EMPTY
            found = (_COSTS if left else _COSTS_NONE)[span].fill(**costs)
            why = sentences(found, short_one, _("You get new ones {refill}.", refill=refill))
        case "community_month" if left == 0:
            found = _("That clip costs {price}, and this community has none left of its {limit} this month.")
            why = sentences(found.fill(**costs, limit=credits_(most)), more)
        case "community_month":
            found = _("That clip costs {price}, and this community has {left} left of its {limit} this month.")
            why = sentences(found.fill(**costs, limit=credits_(most)), more)
        case "ceiling_day" | "money_day":
            why = sentences(_TODAY, more)
        case "ceiling_month" | "money_month":
            why = sentences(_THIS_MONTH, more)
        case "banned":
            why = barred(refill, because)
        case "place":
            why = _("I don't take orders in this channel.")
        case "closed":
            why = _("Ordering clips is for certain people here, and you are not among them yet.")
        case "longest":
            why = _("Clips of up to {seconds} seconds are what you may order here.", seconds=most)
        case _:
            raise KeyError(cause)
    return sentences(why, _ASK.get(cause, WHOM).get(whom, WHOM[whom]))


def barred(until: Sentence, because: str) -> Sentence:
    """What whoever is banned hears."""
    barred = _("You can't order clips here until {until}.", until=until) if until else _("You can't order clips here.")
    return sentences(barred, _reason(because))


def _clips(count: int) -> Sentence:
    return _n("{count} clip", "{count} clips", count)


def alarm(cause: str, limit: int | None, refill: Sentence) -> Sentence:
    """What the operator hears first."""
    return {
        "ceiling_day": _(
            "Buying has stopped for everybody: the daily ceiling of {ceiling} (CEILING_DAY) is reached. "
            "It goes on {refill}, or when you raise it."
        ),
        "ceiling_month": _(
            "Buying has stopped for everybody: the monthly ceiling of {ceiling} (CEILING_MONTH) is reached. "
            "It goes on {refill}, or when you raise it."
        ),
        "money_day": _(
            "Buying has stopped for everybody: the daily ceiling in money (MONEY_DAY) is reached. "
            "It goes on {refill}, or when you raise it."
        ),
        "money_month": _(
            "Buying has stopped for everybody: the monthly ceiling in money (MONEY_MONTH) is reached. "
            "It goes on {refill}, or when you raise it."
        ),
    }[cause].fill(ceiling=credits_(limit or 0), refill=refill)


# ── A person's own ───────────────────────────────────────────────────────────────────────────────────────────────────


_QUOTA_OF = {
    "day": _("{label} has {rate}: {left} left today. New ones come {refill}."),
    "week": _("{label} has {rate}: {left} left this week. New ones come {refill}."),
    "month": _("{label} has {rate}: {left} left this month. New ones come {refill}."),
}
_QUOTA_OF_MORE = {
    "day": _("{label} has {rate}: {left} left today, and {extra} from grants. New ones come {refill}."),
    "week": _("{label} has {rate}: {left} left this week, and {extra} from grants. New ones come {refill}."),
    "month": _("{label} has {rate}: {left} left this month, and {extra} from grants. New ones come {refill}."),
}


def quota_of(label: str, limit: int | None, span: str, left: int | None, extra: int, refill: Sentence) -> Sentence:
    """What somebody else may spend."""
    if limit is None or left is None:
        return _("{label} is counted, but not limited.", label=label)
    found = _QUOTA_OF_MORE[span].fill(extra=credits_(extra)) if extra else _QUOTA_OF[span]
    return found.fill(label=label, rate=rate(limit, span), left=left, refill=refill)


def grant_line(left: int, amount: int, until: Sentence, because: str) -> Sentence:
    """One grant."""
    given = _("· {left} of {amount} given, until {until}") if until else _("· {left} of {amount} given, without end")
    return join(" · ", [given.fill(left=left, amount=credits_(amount), until=until), because])


LATEST = _("The latest:")
KINDS = {
    "hold": _("{amount} set aside for {clip}"),
    "capture": _("{amount} spent on {clip}"),
    "refund": _("{amount} given back for {clip}"),
    "partly": _("{amount} given back for {clip}; the rest came of a grant that is over"),
    "lapse": _("nothing given back for {clip}: its credits came of a grant that is over"),
    "grant": _("{amount} given to you"),
    "revoke": _("{amount} taken back by an admin"),
    "adjust": _("{amount} used together before you unlinked"),
}


def movement(at: Sentence, kind: str, amount: int, words: str, because: str) -> Sentence:
    """One movement of credits; a clip's are one line, as far as it has come. It is named by its `words`."""
    if (kind, because) == ("adjust", "forgotten"):
        return _("· {at} · {amount} spent on what you have had removed", at=at, amount=credits_(amount))
    clip = quoted(words, 40) or _("a clip that was deleted")
    moved = KINDS[kind].fill(amount=credits_(amount), clip=clip)
    why = _("({because})", because=shorten(because, 60)) if because else EMPTY
    return _("· {at} · {movement}", at=at, movement=join(" ", [moved, why]))


def code(code: str, minutes: int) -> Sentence:
    """What to enter where."""
    return _(
        "On the other platform, say within {minutes} minutes: {/link} {code}\nYou will then be one person on "
        "both: one personal allowance and one history. The code works once; whoever enters it shares your "
        "clips, so give it to nobody.",
        minutes=minutes,
        code=code,
    )


LINKED = _(
    "Linked. Here and there you are one person now: one personal allowance and one history. {/unlink} undoes it."
)
LINK_FAILED = {
    "unknown": _("That code is wrong or over. Get a new one with {/link} on the other platform."),
    "same": _("That code is from this same platform. Enter it on the other one."),
    "taken": _("One of the two is linked already. {/unlink} there first."),
    "tired": _("Too many wrong codes. Please wait an hour."),
}
LINK_ALONE = _("Please send me {/link} in private: whoever reads the code could use it.")
NO_OTHER_PLATFORM = _("There is no other platform here on which you could be one person.")
UNLINKED = _("Unlinked. From now on you are two again; what you used together stays used on both sides.")
NOT_LINKED = _("You are not linked with anybody.")


def confirm(understood: Sentence, price: int, above: int, left: Sentence) -> Sentence:
    """The question before a dear clip."""
    return lines(
        understood,
        _(
            "This costs {left}. Here a tap is asked for above {above}; it waits for an hour.",
            left=left,
            above=credits_(above),
        ),
    )


def yes(price: int) -> Sentence:
    """The button that spends."""
    return _("Yes, {price}", price=credits_(price))


NO = _("No")
DROPPED = _("Dropped. Nothing was spent.")
MANY_WAIT = _("Other orders of yours wait for your yes. Answer them first; after an hour they are dropped.")
PARKED_GONE = _("That order is no longer waiting. Please send the photo again.")

# ── Admins ───────────────────────────────────────────────────────────────────────────────────────────────────────────

NOT_ADMIN = _("Only admins of this community can do that.")
NOT_OPERATOR = _("Only whoever runs this bot can do that.")
AN_ADMIN_THERE = _("Are you an admin of a community? Then say it there.")
NOT_IN_PRIVATE = sentences(NOT_OPERATOR, AN_ADMIN_THERE)
NOT_HERE = _("That was for another community.")
WHOSE = _("Whom do you mean? Mention them, or reply to a message of theirs.")
WHOSE_NAME = _(
    "I couldn't tell whom you mean: that name came without an account. Reply to a message of theirs instead."
)
A_PERSON = _("That works for people only; please mention a person.")
UNDO = _("Undo")
UNDO_LATE = _("That can be undone for a minute only. You can set it anew.")
UNDO_NOTHING = _("There is nothing to undo any more: it was undone, or changed since.")
UNDO_WHICH = _("Which change? Its undo stands right under it, for one minute.")
UNDONE = _("Undone.")
QUOTA_HOW = _("For example: {/quota set default 30 a day}, or {/quota set @someone 100 per week}")
GRANT_HOW = _(
    "For example: {/grant @someone 50 until Friday because they won the contest}. An end has to lie in the future."
)
REVOKE_HOW = _("For example: {/revoke @someone}, or {/revoke @someone because they left}")
BAN_HOW = _("For example: {/ban @someone for 2 weeks because of spam}")
TIER_HOW = _("For example: {/tier staff add @someone}, {/tier staff remove @someone}, {/tier staff}")
REFUND_HOW = _("For example: {/refund k7m2p9q4xw because it came out black}. A reason is needed.")
REFUND_NOT = _("Only a clip of this community that was paid and not given back yet can be refunded.")
USAGE_HOW = _("For example: {/usage week} or {/usage month}")
LIMITS_HOW = _(
    "To set: {/limits flight 2} · {/limits longest 5} · {/limits channels here} (or everywhere) · {/limits who tiers} "
    "(or everyone) · {/limits confirm 20} (or off) · {/limits zone Europe/Berlin}. For one person or role: "
    "{/limits @someone flight 3}"
)
IN_FIELDS = _("In the slash command, what stands behind its name goes into the fields.")
NO_AUDIT = _("No admin has done anything here yet.")
NO_USAGE = _("Nobody has ordered a clip here in that time.")
ZONE_UNKNOWN = _("I don't know that time zone. Names are like Europe/Berlin or America/New_York.")
DEFAULT = _("everyone")


def when(at: float, where: tzinfo, zone: str) -> Sentence:
    """An end in words: a whole day by its name."""
    moment = datetime.fromtimestamp(at, where)
    if (moment.hour, moment.minute, moment.second) == (0, 0, 0):
        return _("the end of {day} ({zone})", day=Moment(at - 1, "day", zone), zone=zone)
    return _("{day}, {time} ({zone})", day=Moment(at, "day", zone), time=Moment(at, "time", zone), zone=zone)


def stamp(at: float, where: tzinfo) -> Sentence:
    """A moment, short."""
    return verbatim(Moment(at, "stamp", str(where)))


def rate(credits: int, span: str) -> Sentence:
    """An allowance."""
    return _RATE[span].fill(credits=credits_(credits))


def quota_set(label: str, credits: int, span: str) -> Sentence:
    """An allowance that was set."""
    return _("{label}: {credits} from now on.", label=label, credits=rate(credits, span))


def granted(label: str, amount: int, until: Sentence, because: str) -> Sentence:
    """A grant that was given."""
    got = _("{label} got {amount} until {until}.") if until else _("{label} got {amount}, without end.")
    return sentences(got.fill(label=label, amount=credits_(amount), until=until), _reason(because))


def revoked(label: str, amount: int, because: str) -> Sentence:
    """Grants that were ended."""
    if not amount:
        return _("{label} has no credits from grants, so there is nothing to revoke.", label=label)
    taken = _("{amount} from grants taken back from {label}.", amount=credits_(amount), label=label)
    return sentences(taken, _reason(because))


def banned(label: str, until: Sentence, because: str) -> Sentence:
    """A ban that was set."""
    banned = (
        _("{label} can't order clips here until {until}.") if until else _("{label} can't order clips here any more.")
    )
    return sentences(banned.fill(label=label, until=until), _reason(because))


def unbanned(label: str) -> Sentence:
    """A ban that was lifted."""
    return _("{label} can order clips here again.", label=label)


def not_banned(label: str) -> Sentence:
    """There was none."""
    return _("{label} is not banned here.", label=label)


def refunded(job: str, amount: int, because: str) -> Sentence:
    """A clip whose credits went back."""
    back = _("{amount} for clip {job} given back.", amount=credits_(amount), job=job)
    return sentences(back, _reason(because))


def tier(name: str, people: int, credits: Sentence) -> Sentence:
    """A named list."""
    return join(", ", [_n("{name}: {count} person", "{name}: {count} people", people, name=name), credits])


def no_list(name: str) -> Sentence:
    """A named list that there is none of."""
    return sentences(_("There is no list “{name}” yet.", name=name), TIER_HOW)


def _reason(because: str) -> Sentence:
    """A reason may be a sentence, as in “it came out black”, or a noun, as in “spam”."""
    return _("The reason: {because}.", because=because.rstrip(".")) if because else EMPTY


def limits(
    label: str,
    allowance: Sentence,
    flight: int | None,
    longest: int | None,
    *,
    places: Sentence = EMPTY,
    closed: bool = False,
    confirm: int | None = None,
    zone: str = "UTC",
    cap: int | None = None,
    flights: int | None = None,
    others: Sequence[Sentence] = (),
) -> Sentence:
    """All that is set in a scope."""
    operator = _("Set by the operator: {cap} a month") if cap is not None else _("Set by the operator: no monthly cap")
    return lines(
        _("{label}: {allowance}", label=label, allowance=allowance),
        _("Clips at once, each person: {count}", count=flight)
        if flight is not None
        else _("Clips at once, each person: no limit"),
        _("Longest clip: {seconds} s", seconds=longest) if longest is not None else _("Longest clip: no limit"),
        _("Orders are taken {places}", places=places) if places else _("Orders are taken everywhere"),
        _("Who may order: people with a tier or credits of their own") if closed else _("Who may order: everyone"),
        _("A tap is asked for: above {credits}", credits=credits_(confirm))
        if confirm is not None
        else _("A tap is asked for: never"),
        _("Time zone: {zone}", zone=zone),
        join(", ", [operator.fill(cap=credits_(cap or 0)), at_once(flights)]),
        *others,
    )


def changed(label: str, what: Sentence) -> Sentence:
    """A limit that was set for somebody."""
    return _("{label}: {what}.", label=label, what=what)


def at_once(count: int | None) -> Sentence:
    """How many clips may be under way."""
    if count is None:
        return _("any number of clips at once")
    return _n("{count} clip at once", "{count} clips at once", count)


def longest(seconds: int | None) -> Sentence:
    """How long clips may be."""
    return _("clips of any length") if seconds is None else _("clips up to {seconds} s", seconds=seconds)


def confirm_above(credits: int | None) -> Sentence:
    """From which price on a tap is asked for."""
    return (
        _("No tap is asked for.")
        if credits is None
        else _("A tap is asked for above {credits}.", credits=credits_(credits))
    )


CLOSED = _("Only who has a tier or credits of their own may order.")
OPEN = _("Everyone may order.")


def zone_set(name: str) -> Sentence:
    """A time zone that was set."""
    return _("The time zone is {name}.", name=name)


def orders_in(places: Sentence) -> Sentence:
    """Where orders are taken from now on."""
    return _("Orders are taken {places}.", places=places) if places else _("Orders are taken everywhere.")


def places(count: int, *, here: bool) -> Sentence:
    """Where orders are taken: a message may not know what the channels are called."""
    if not here:
        return (
            _n("in {count} channel, not here", "in {count} channels, not here", count)
            if count
            else _("in no channels, not here")
        )
    return (
        _n("here and in {count} channel more", "here and in {count} channels more", count - 1)
        if count > 1
        else _("here")
    )


HERE = _("here")


def in_channels(names: Iterable[str]) -> Sentence:
    """Channels by their names."""
    return _("in {channels}", channels=join(", ", names))


def entries(count: int) -> Sentence:
    """The length of a list, in the audit."""
    return _n("{count} entry", "{count} entries", count)


FIELDS = {
    "allowance": _("allowance"),
    "flight": _("clips at once, each person"),
    "longest": _("longest clip (s)"),
    "zone": _("time zone"),
    "places": _("places for orders"),
    "closed": _("only with a tier or own credits"),
    "confirm": _("asks for a tap above (credits)"),
    "cap": _("monthly cap (credits)"),
    "flights": _("clips at once, everybody"),
    "gallery": _("gallery channel"),
    "review": _("review channel"),
    "approve": _("approval before sharing"),
    "web": _("web gallery"),
    "public": _("web gallery listed publicly"),
    "title": _("gallery title"),
    "best": _("best clips, each"),
    "words": _("words of its own"),
    "lax": _("the bot's own word list off"),
    "banned": _("ban"),
    "until": _("until"),
    "amount": _("credits"),
    "people": _("people"),
}
"""What the audit calls a field of a rule or a grant; tables keep the machine's names."""
NOT_SET = _("not set")
FOR_GOOD = _("for good")
YES = _("yes")
NO_ = _("no")


def until(end: Sentence) -> Sentence:
    """How long a ban lasts, in the audit."""
    return _("until {end}", end=end)


def changed_from(field: Sentence, old: Sentence, new: Sentence) -> Sentence:
    """A setting before and after, in the audit."""
    return _("{field} {old} → {new}", field=field, old=old, new=new)


def listed(added: Sequence[str], removed: Sequence[str]) -> Sentence:
    """Who or what came onto a list, and went."""
    return join(
        "; ",
        [
            _("added {names}", names=join(", ", added)) if added else EMPTY,
            _("removed {names}", names=join(", ", removed)) if removed else EMPTY,
        ],
    )


def act(at: Sentence, who: str, verb: str, about: str, change: Sentence, because: str) -> Sentence:
    """One line of the audit."""
    return join(" · ", [at, who, join(": ", [join(" ", [verb, about]), change]), because])


# ── Figures ──────────────────────────────────────────────────────────────────────────────────────────────────────────

CHART = {
    "sums": _("{clips} clips · {credits} credits · {refunds} given back"),
    "credits": _("Credits a day"),
    "clips": _("Clips a day"),
    "refunds": _("Given back a day"),
    "waits": _("Waiting time a day, median (minutes)"),
    "most": _("at most {most}"),
    "none": _("nothing"),
}


def last_days(count: int) -> Sentence:
    """How far a report goes back."""
    return _n("The last day", "The last {count} days", count)


def usage_head(span: Sentence, clips: int, credits: int, refunds: int, wait: float | None) -> Sentence:
    """The sums."""
    found = (
        _("{span}: {clips}, {credits}, {refunds} given back, a clip took {wait}.", wait=about(wait))
        if wait is not None
        else _("{span}: {clips}, {credits}, {refunds} given back.")
    )
    return found.fill(span=span, clips=_clips(clips), credits=credits_(credits), refunds=refunds)


def usage_line(label: str, clips: int, credits: int, refunds: int) -> Sentence:
    """One person."""
    found = (
        _("· {label} – {credits} in {clips}, {refunds} given back", refunds=refunds)
        if refunds
        else _("· {label} – {credits} in {clips}")
    )
    return found.fill(label=shorten(label, 24), credits=credits_(credits), clips=_clips(clips))


def and_more(count: int) -> Sentence:
    """Those who did not fit."""
    return _("· and {count} more; all of them are in {/export}", count=count)


EXPORTED = _("The ledger and the audit log, the latest first.")

# ── The operator ─────────────────────────────────────────────────────────────────────────────────────────────────────


def balance(host: str, left: float) -> Sentence:
    """What is left at a provider."""
    return _("Left at {host}: {left} of its own credits", host=host, left=Number(round(left)))


OPERATOR_HOW = _(
    "{/operator pause} · {/operator resume} · {/operator release} · {/operator return} · "
    "{/operator cap 1000} (or off) and {/operator flights 10} (or off) in a "
    "community, or with its name: {/operator cap discord:123 1000}"
)
PAUSED = _("Buying is paused. What is in line waits; what is being made goes on. {/operator resume} takes it up again.")
PAUSED_ALREADY = _("Buying was paused already. {/operator resume} takes it up again.")
RESUMED = _("Buying goes on.")
NOT_PAUSED = _("Buying is not paused.")
NOTHING_HALTED = _("No order is on hold.")
CAP_WHERE = _("For which community? Say it there, or with its name: {/operator cap discord:123 1000}")


def no_community(name: str, known: Sequence[str]) -> Sentence:
    """A community of which nothing is known; `known` are near ones."""
    return sentences(
        _("I know no community {name}.", name=shorten(name, 40)),
        _("Did you mean {names}?", names=Listing(tuple(known), "or"))
        if known
        else _("They are named as in discord:123 or telegram:-100123."),
    )


def halted(count: int) -> Sentence:
    """Orders that wait for the operator's word."""
    return _n(
        "On hold: {count} order that may have been bought already, as the database came back from a copy. "
        "{/operator release} lets them be bought; {/operator return} gives the credits back.",
        "On hold: {count} orders that may have been bought already, as the database came back from a copy. "
        "{/operator release} lets them be bought; {/operator return} gives the credits back.",
        count,
    )


def released(queued: int, lost: int) -> Sentence:
    """They go on."""
    return sentences(
        _n("Back in line: {count} order.", "Back in line: {count} orders.", queued),
        _n(
            "Given back, as it had left the line already: {count} order.",
            "Given back, as it had left the line already: {count} orders.",
            lost,
        )
        if lost
        else EMPTY,
    )


def returned(count: int) -> Sentence:
    """They do not."""
    return sentences(
        _n("Given back: {count} order.", "Given back: {count} orders.", count), _("Everybody concerned is told.")
    )


CREDITS_TODAY = _("Credits today")
CREDITS_THIS_MONTH = _("Credits this month")
MONEY_TODAY = _("Money today")
MONEY_THIS_MONTH = _("Money this month")


def monthly_cap(credits: int | None) -> Sentence:
    """What a community may spend."""
    return _("no monthly cap") if credits is None else _("at most {credits} a month", credits=credits_(credits))


def most_at_once(count: int | None) -> Sentence:
    """How many clips of a community may be under way."""
    return at_once(None) if count is None else _("at most {clips}", clips=at_once(count))


def in_state(count: int, state: str) -> Sentence:
    """How many jobs are in a state."""
    return _("{count} {state}", count=count, state=STATES[state])


def incident(at: float, where: tzinfo, what: Sentence, host: str) -> Sentence:
    """What happened, when, and with which host."""
    return _("{at}: {what}", at=stamp(at, where), what=join(" ", [what, _("({host})", host=host) if host else EMPTY]))


def against(name: Sentence, used: str, limit: str) -> Sentence:
    """One counter against its ceiling."""
    return (
        _("{name}: {used} of {limit}", name=name, used=used, limit=limit)
        if limit
        else _("{name}: {used}, no ceiling", name=name, used=used)
    )


def queue(states: Sentence, overdue: float) -> Sentence:
    """The queue in words."""
    return join(
        "; ",
        [
            _("Queue: {states}", states=states) if states else _("Queue: empty"),
            _("the oldest waits since {wait}", wait=about(overdue)) if overdue > 30 else EMPTY,
        ],
    )


def community(scope: str, used: int, cap: int | None) -> Sentence:
    """One community's month."""
    found = _("· {scope}: {used} this month") if cap is None else _("· {scope}: {used} this month of {cap}", cap=cap)
    return found.fill(scope=scope, used=credits_(used))


def undo_in_shell(command: str) -> Sentence:
    """How a change is taken back on the console."""
    return _("To undo it within a minute: photoplay admin {command}", command=command)


# ── Discord ──────────────────────────────────────────────────────────────────────────────────────────────────────────

OPTIONS = {
    "user": _("who it is about"),
    "who": _("a person or a role; without one it is you, or everyone"),
    "amount": _("an allowance, like 30 a day; without “who”: default 30 a day"),
    "until": _("a time like 2 weeks, or a day like Friday or 24 December; without it: for good"),
    "because": _("the reason; the person and the audit log see it"),
    "code": _("the code that {/link} gave you on the other platform"),
    "change": _("what to set, like flight 2, longest 5, who tiers, confirm 20; without it, what is set is shown"),
    "channel": _("the channel that it is about"),
    "name": _("the list's name"),
    "verb": _("put somebody on the list, or take them off; without it the list is shown"),
    "setting": _("here, off, review, approve on, web on, public, name, best week; without it, what is set is shown"),
    "word": _("add …, remove …, house on or house off; without it the list is shown"),
    "span": _("how far back; a week unless you say so"),
    "order": _("pause, resume, release, return, cap 1000 or flights 10; without it, how all is"),
}
"""What the options of slash commands are for, where `texts.DISCORD_OPTIONS` has no such name."""
TOLD = _("Still no, as I said a moment ago.")
NO_PRIVATE = _(
    "That answer is for you alone, and I can't write to you. Use the slash command: only you see what it says."
)
CUT_OFF = _(
    "I was interrupted while I did that. Please look into {/audit} whether it was done, and say it again if not."
)
