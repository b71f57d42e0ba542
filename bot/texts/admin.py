"""Sentences of admins' commands, and of the audit log."""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from bot.sentence import EMPTY, Listing, Moment, Sentence, _, _n, join, lines, sentences, verbatim
from bot.texts.phrases import EVERYONE, credits_, ours, rate, reason

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
    "(or everyone) · {/limits confirm 20} (or off) · {/limits models quick, best} (or all) · "
    "{/limits zone Europe/Berlin}. For one person or role: "
    "{/limits @someone flight 3}"
)
IN_FIELDS = _("In the slash command, what stands behind its name goes into the fields.")
NO_AUDIT = _("No admin has done anything here yet.")
NO_USAGE = _("Nobody has ordered a clip here in that time.")
ZONE_UNKNOWN = _("I don't know that time zone. Names are like Europe/Berlin or America/New_York.")
DEFAULT = EVERYONE


def when(at: float, where: tzinfo, zone: str) -> Sentence:
    """An end of a ban or grant in the zone `where`, which `zone` names; midnight is told as the day that it ends."""
    moment = datetime.fromtimestamp(at, where)
    if (moment.hour, moment.minute, moment.second) == (0, 0, 0):
        return _("the end of {day} ({zone})", day=Moment(at - 1, "day", zone), zone=zone)
    return _("{day}, {time} ({zone})", day=Moment(at, "day", zone), time=Moment(at, "time", zone), zone=zone)


def stamp(at: float, where: tzinfo) -> Sentence:
    """Date and time, short: for lines of reports."""
    return verbatim(Moment(at, "stamp", str(where)))


def quota_set(label: str, credits: int, span: str) -> Sentence:
    """Confirmation of /quota set: an allowance of `credits` per `span`."""
    return _("{label}: {credits} from now on.", label=label, credits=rate(credits, span))


def granted(label: str, amount: int, until: Sentence, because: str) -> Sentence:
    """Confirmation of /grant; `until` is empty for a grant without end."""
    got = _("{label} got {amount} until {until}.") if until else _("{label} got {amount}, without end.")
    return sentences(got.fill(label=label, amount=credits_(amount), until=until), reason(because))


def revoked(label: str, amount: int, because: str) -> Sentence:
    """Confirmation of /revoke; `amount`: credits left in the revoked grants."""
    if not amount:
        return _("{label} has no credits from grants, so there is nothing to revoke.", label=label)
    taken = _("{amount} from grants taken back from {label}.", amount=credits_(amount), label=label)
    return sentences(taken, reason(because))


def banned(label: str, until: Sentence, because: str) -> Sentence:
    """Confirmation of /ban; `until` is empty for a permanent one."""
    banned = (
        _("{label} can't order clips here until {until}.") if until else _("{label} can't order clips here any more.")
    )
    return sentences(banned.fill(label=label, until=until), reason(because))


def unbanned(label: str) -> Sentence:
    """Confirmation of /unban."""
    return _("{label} can order clips here again.", label=label)


def not_banned(label: str) -> Sentence:
    """Reply to /unban about a person without a ban."""
    return _("{label} is not banned here.", label=label)


def refunded(job: str, amount: int, because: str) -> Sentence:
    """Confirmation of /refund."""
    back = _("{amount} for clip {job} given back.", amount=credits_(amount), job=job)
    return sentences(back, reason(because))


def tier(name: str, people: int, credits: Sentence) -> Sentence:
    """Line of /tier: a named list, its number of people and its allowance."""
    return join(", ", [_n("{name}: {count} person", "{name}: {count} people", people, name=name), credits])


def no_list(name: str) -> Sentence:
    """Refusal: no named list of that name."""
    return sentences(_("There is no list “{name}” yet.", name=name), TIER_HOW)


def limits(
    label: str,
    allowance: Sentence,
    flight: int | None,
    longest: int | None,
    *,
    places: Sentence = EMPTY,
    closed: bool = False,
    confirm: int | None = None,
    models: Sequence[Sentence] | None = None,
    zone: str = "UTC",
    cap: int | None = None,
    flights: int | None = None,
    others: Sequence[Sentence] = (),
) -> Sentence:
    """Reply to /limits: all limits of a scope, a line each; None is no limit, `confirm=None` no confirmation."""
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
        _("Models: {models}", models=Listing(tuple(models))) if models else _("Models: all that are offered"),
        _("Time zone: {zone}", zone=zone),
        join(", ", [operator.fill(cap=credits_(cap or 0)), at_once(flights)]),
        *others,
    )


def changed(label: str, what: Sentence) -> Sentence:
    """Confirmation of /limits for a person or a role."""
    return _("{label}: {what}.", label=label, what=what)


def at_once(count: int | None) -> Sentence:
    """Maximum of unsettled clips, as part of a sentence."""
    if count is None:
        return _("any number of clips at once")
    return _n("{count} clip at once", "{count} clips at once", count)


def longest(seconds: int | None) -> Sentence:
    """Maximum length of a clip, as part of a sentence."""
    return _("clips of any length") if seconds is None else _("clips up to {seconds} s", seconds=seconds)


def confirm_above(credits: int | None) -> Sentence:
    """Confirmation of /limits confirm; None turns it off."""
    return (
        _("No tap is asked for.")
        if credits is None
        else _("A tap is asked for above {credits}.", credits=credits_(credits))
    )


CLOSED = _("Only who has a tier or credits of their own may order.")
OPEN = _("Everyone may order.")


def zone_set(name: str) -> Sentence:
    """Confirmation of /limits zone."""
    return _("The time zone is {name}.", name=name)


def orders_in(places: Sentence) -> Sentence:
    """Confirmation of /limits channels; `places` is empty for everywhere."""
    return _("Orders are taken {places}.", places=places) if places else _("Orders are taken everywhere.")


def places(count: int, *, here: bool) -> Sentence:
    """Places of orders, by number: a platform's event may lack the channels' names. `here`: this place is included."""
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
    """Channels by name, as part of a sentence."""
    return _("in {channels}", channels=join(", ", names))


def entries(count: int) -> Sentence:
    """Length of a list, in the audit log."""
    return _n("{count} entry", "{count} entries", count)


FIELDS = {
    "allowance": _("allowance"),
    "flight": _("clips at once, each person"),
    "longest": _("longest clip (s)"),
    "zone": _("time zone"),
    "places": _("places for orders"),
    "closed": _("only with a tier or own credits"),
    "confirm": _("asks for a tap above (credits)"),
    "models": _("models"),
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
    "prices": _("prices of models"),
}
"""Names of the fields of rules and grants in the audit log; CSV files have the names of the code."""
EACH = {"week": _("week"), "month": _("month")}
"""Values of `best`, in the audit."""
NOT_SET = _("not set")
FOR_GOOD = _("for good")
YES = _("yes")
NO_ = _("no")


def until(end: Sentence) -> Sentence:
    """End of a ban, in the audit log."""
    return _("until {end}", end=end)


def changed_from(field: Sentence, old: Sentence, new: Sentence) -> Sentence:
    """A field's old and new value, in the audit log."""
    return _("{field} {old} → {new}", field=field, old=old, new=new)


def listed(added: Sequence[str], removed: Sequence[str]) -> Sentence:
    """Entries added to a list and removed from it, in the audit log."""
    return join(
        "; ",
        [
            _("added {names}", names=join(", ", added)) if added else EMPTY,
            _("removed {names}", names=join(", ", removed)) if removed else EMPTY,
        ],
    )


def act(at: Sentence, who: str, verb: str, about: str, change: Sentence, because: str) -> Sentence:
    """Line of the audit log."""
    return join(" · ", [at, who, join(": ", [join(" ", [verb, ours(about)]), change]), ours(because)])
