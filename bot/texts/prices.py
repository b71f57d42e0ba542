"""Sentences about what models cost, for the operator."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from bot.sentence import EMPTY, Listing, Moment, Number, Sentence, _, join, lines, sentences, verbatim
from bot.texts.phrases import credits_
from bot.texts.phrases import host as called

HOW = _(
    "{/operator price} shows what a second of each model costs, {/operator price Veo 3.1 4 a second} sets it, and "
    "{/operator price Veo 3.1 off} takes it back."
)
SET = _("set by you")
BY_ROW = _("an estimate")


def amount(rate: Fraction) -> Number:
    """Credits a second."""
    return Number(float(rate), places=0 if rate.denominator == 1 else 2)


def a_second(rate: Fraction) -> Sentence:
    """A price."""
    return _("1 credit a second") if rate == 1 else _("{rate} credits a second", rate=amount(rate))


def line(title: str, rate: Fraction | None, source: Sentence) -> Sentence:
    """A model's price, and where it is from; None: it has none."""
    if rate is None:
        return _("· {model}: no known price, so it is not offered", model=title)
    said = join(": ", [_("· {model}", model=title), a_second(rate)])
    return join(" ", [said, _("({source})", source=source) if source else EMPTY])


def listed(host: str) -> Sentence:
    """Source of a price: a host's public list."""
    return _("by the list of {host}", host=called(host))


def table(rows: Sequence[Sentence]) -> Sentence:
    """Reply to /operator price."""
    return lines(*rows, HOW)


def credits_of(rate: Fraction) -> Sentence:
    """A price of a second, with its unit."""
    return credits_(1) if rate == 1 else _("{rate} credits", rate=amount(rate))


def was_set(title: str, rate: Fraction) -> Sentence:
    """Confirmation of a price of the operator's."""
    return _("A second of {model} costs {price} from now on.", model=title, price=credits_of(rate))


def was_unset(title: str, rate: Fraction | None) -> Sentence:
    """Confirmation that the operator's price is gone; `rate`: the one that applies instead."""
    if rate is None:
        return _("{model} has no price of yours any more, and no other, so it is not offered.", model=title)
    return _("{model} has no price of yours any more. A second costs {price} now.", model=title, price=credits_of(rate))


def not_set(title: str) -> Sentence:
    """There is no price of the operator's to take back."""
    return _("You have set no price for {model}.", model=title)


def unknown(name: str, near: Sequence[str]) -> Sentence:
    """Refusal of a name that no model has; `near`: what may be meant."""
    said = _("I don't know a model called “{name}”.", name=name)
    if not near:
        return sentences(said, _("{/operator price} shows all of them."))
    return sentences(said, _("Did you mean {near}?", near=Listing(tuple(near), "or")))


def changed(what: str, title: str, host: str, was: Fraction | None, now: Fraction | str) -> Sentence:
    """What a host's list says against a row of ours; rates in credits a second, or dollars (“base”)."""
    host = called(host)
    match what, was, now:
        case "renamed", _was, str(name):
            return _("{host} calls {model} “{name}” now.", host=host, model=title, name=name)
        case "dearer", Fraction(), Fraction():
            return _(
                "{model} costs {now} credits a second by the list of {host}; here people pay {was}.",
                model=title,
                host=host,
                now=amount(now),
                was=amount(was),
            )
        case "risen", Fraction(), Fraction():
            return _(
                "{model} costs {now} credits a second by the list of {host}, {was} until now. "
                "People pay that from now on.",
                model=title,
                host=host,
                now=amount(now),
                was=amount(was),
            )
        case "base", Fraction(), Fraction():
            return _(
                "A second of {model} costs {now} dollars by the list of {host}, and cost {was}. A credit is worth "
                "that: does {setting} still say so?",
                model=title,
                host=host,
                now=Number(float(now), places=4),
                was=Number(float(was), places=4),
                setting=verbatim("CREDIT_PRICE"),
            )
        case _:
            return _("{host} lists {model} no longer: orders of it may be refused.", host=host, model=title)


NO_BOOKS = _("None of the hosts here lists what it took, so there is nothing to compare.")
SINCE_HOW = _("From when on? A day, as in 2026-11-01, or so many days, as in 7d; at most 90.")
_COUNTED = {
    "delivered": _("{count} paid and delivered (${usd})"),
    "undelivered": _("{count} paid and not delivered (${usd})"),
    "unpaid": _("{count} delivered and not paid"),
    "unknown": _("{count} paid and not known here (${usd})"),
    "foreign": _("{count} paid for other models (${usd})"),
}


def comparison(host: str, since: float, counts: Mapping[str, int], millionths: Mapping[str, int]) -> Sentence:
    """A comparison of a host's charges with the jobs here."""
    parts = [
        said.fill(count=Number(counts.get(kind, 0)), usd=Number(millionths.get(kind, 0) / 1_000_000, places=2))
        for kind, said in _COUNTED.items()
        if counts.get(kind) or kind == "delivered"
    ]
    return _("Since {day}, {host}: {sums}.", host=called(host), day=Moment(since, "date"), sums=join(", ", parts))
