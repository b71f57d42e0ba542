"""Credits: refusals, balance, movements, linking of accounts."""

from bot.sentence import EMPTY, Argument, Sentence, _, _n, join, lines, sentences
from bot.texts.admin import ZONE_UNKNOWN
from bot.texts.options import model_example
from bot.texts.phrases import credits_, quoted, rate, reason, shorten

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
"""Replaces `WHOM` for causes that more credits would not lift."""


def zone_unknown(nearest: str | None) -> Sentence:
    """Refusal of an unknown time zone, with the likely one."""
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
    seconds: int = 5,
    other: Sentence = EMPTY,
) -> Sentence:
    """Refusal of an order: cause, rest, next refill (may be empty), and whom to ask for more.

    `price`, `left`, `limit` and `short` are credits; for `longest`, `limit` is in seconds. `short`: price of the
    longest clip that the rest suffices for, of `seconds`, or 0. `other`: a model for which it does.
    """
    costs: dict[str, Argument] = {"price": credits_(price), "left": left}
    shorter = (
        _("A clip of {seconds} seconds costs {price}.", seconds=seconds, price=credits_(short)) if short else EMPTY
    )
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
            found = (_COSTS if left else _COSTS_NONE)[span].fill(**costs)
            why = sentences(found, shorter, other, _("You get new ones {refill}.", refill=refill))
        case "community_month" if left == 0:
            found = _("That clip costs {price}, and this community has none left of its {limit} this month.")
            why = sentences(found.fill(**costs, limit=credits_(most)), more)
        case "community_month":
            found = _("That clip costs {price}, and this community has {left} left of its {limit} this month.")
            why = sentences(found.fill(**costs, limit=credits_(most)), shorter, other, more)
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


def cheaper(model: Sentence, seconds: int, price: int, name: str) -> Sentence:
    """A clip of another model that somebody can pay for, and the option that orders it."""
    return _(
        "{model} would make one of {seconds} seconds for {price}, with {option}.",
        model=model,
        seconds=seconds,
        price=credits_(price),
        option=model_example(name),
    )


def barred(until: Sentence, because: str) -> Sentence:
    """A ban, told to the banned person; `until` is empty for a permanent one."""
    barred = _("You can't order clips here until {until}.", until=until) if until else _("You can't order clips here.")
    return sentences(barred, reason(because))


def alarm(cause: str, limit: int | None, refill: Sentence) -> Sentence:
    """Report to the operator that a ceiling has stopped all purchases. Raises `KeyError` for another cause."""
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
    """Reply to an admin's /quota about another person; `extra` credits from grants."""
    if limit is None or left is None:
        return _("{label} is counted, but not limited.", label=label)
    found = _QUOTA_OF_MORE[span].fill(extra=credits_(extra)) if extra else _QUOTA_OF[span]
    return found.fill(label=label, rate=rate(limit, span), left=left, refill=refill)


def grant_line(left: int, amount: int, until: Sentence, because: str) -> Sentence:
    """Line of a grant in /quota, in credits."""
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
    """Line of the ledger in /quota. `words`: the clip's prompt, which names it."""
    if (kind, because) == ("adjust", "forgotten"):
        return _("· {at} · {amount} spent on what you have had removed", at=at, amount=credits_(amount))
    clip = quoted(words, 40) or _("a clip that was deleted")
    moved = KINDS[kind].fill(amount=credits_(amount), clip=clip)
    why = _("({because})", because=shorten(because, 60)) if because else EMPTY
    return _("· {at} · {movement}", at=at, movement=join(" ", [moved, why]))


def code(code: str, minutes: int) -> Sentence:
    """Reply to /link: a code, to be entered on the other platform."""
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


def with_price(understood: Sentence, price: int) -> Sentence:
    """An order in one line, with what it costs."""
    return join(" · ", [understood, credits_(price)])


def confirm(understood: Sentence, price: int, above: int, left: Sentence) -> Sentence:
    """Question for confirmation of a price above the community's limit, both in credits."""
    return lines(
        understood,
        _(
            "This costs {left}. Here a tap is asked for above {above}; it waits for an hour.",
            left=left,
            above=credits_(above),
        ),
    )


def yes(price: int) -> Sentence:
    """Label of the button that accepts the price."""
    return _("Yes, {price}", price=credits_(price))


NO = _("No")
DROPPED = _("Dropped. Nothing was spent.")
MANY_WAIT = _("Other orders of yours wait for your yes. Answer them first; after an hour they are dropped.")
PARKED_GONE = _("That order is no longer waiting. Please send the photo again.")
