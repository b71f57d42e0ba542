"""Values of the quotas: rules, bills and quotes. Amounts are credits unless stated otherwise.

A *book* is a counter in a *span*: `telegram:7` in `day:2026-11-20` is what a person used of a day. Books:

        telegram:7                  a person in private chats (linked persons have one book each, and share one limit)
    discord:1/discord:7         a member in a community
    scope:discord:1             a community
        operator                    this installation: `credits:…` and `money:…` (millionths) per day and month
        grant:k3m9                  a grant, in the ledger only; its counter is in the grant's row

The span `flight` counts unsettled clips.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Literal, cast

Span = Literal["day", "week", "month"]
Cause = Literal[
    "allowance",
    "flight",
    "community_flight",
    "community_month",
    "ceiling_day",
    "ceiling_month",
    "money_day",
    "money_month",
    "paused",
    "banned",
    "place",
    "closed",
    "longest",
    "model",
]
"""The limit that refused an order; `texts.credits.denied` has the sentence for each."""
OPERATORS = frozenset({"ceiling_day", "ceiling_month", "money_day", "money_month", "paused"})
"""Causes that stop all purchases."""

FLIGHT = "flight"
HOUSE = "*"
"""The scope of the operator's rules."""
OWN = ""
"""The scope of private chats."""
GONE = "gone:"
"""Prefix of the random ids that replace erased users."""
FOREVER = 9e9
"""Unix seconds; a ban until then is permanent."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Settings of a scope, a person or a tier; None means not set at this level."""

    credits: int | None = None
    span: Span | None = None
    flight: int | None = None
    """Unsettled clips per member."""
    longest: int | None = None
    """Maximum seconds of a clip."""

    zone: str | None = None
    """A scope's IANA time zone."""
    places: tuple[str, ...] | None = None
    """Places (`chat/thread`) where orders are taken; None: everywhere."""
    closed: bool | None = None
    """Only members with a tier or an allowance of their own may order."""
    confirm: int | None = None
    """Credits above which an order needs confirmation."""
    cap: int | None = None
    """Credits per month for the whole community."""
    flights: int | None = None
    """Unsettled clips of the whole community."""
    models: tuple[str, ...] | None = None
    """Words and ids of the models that may be ordered; None: all that are offered."""

    gallery: str | None = None
    """`chat/thread` for shared clips."""
    review: str | None = None
    """`chat/thread` for reports and clips that wait for approval."""
    approve: bool | None = None
    """Shared clips wait for an admin's approval."""
    web: str | None = None
    """The gallery's slug on the web; None: off."""
    public: bool | None = None
    """The web gallery is listed and indexable."""
    title: str | None = None
    """The gallery's title."""
    best: Literal["week", "month"] | None = None
    """Interval of the best clips' posts."""
    words: tuple[str, ...] | None = None
    """Words that prompts must not contain here, in addition to the operator's list."""
    lax: bool | None = None
    """The operator's word list does not apply here."""

    banned: float | None = None
    """End of a ban, Unix seconds."""
    because: str | None = None

    people: tuple[str, ...] | None = None
    """Members of a named list."""
    paused: bool | None = None
    """Purchases are paused everywhere."""
    prices: tuple[str, ...] | None = None
    """The operator's prices of models, as `ID=CREDITS` a second."""

    def dump(self) -> str:
        """As canonical JSON."""
        return json.dumps({name: value for name, value in asdict(self).items() if value is not None}, sort_keys=True)

    def moved(self, old: str, new: str) -> "Rule":
        """The rule after the chat `old` has got another id."""

        def follow(place: str | None) -> str | None:
            return place and (new + place.removeprefix(old) if place.partition("/")[0] == old else place)

        places = None if self.places is None else tuple(follow(place) or "" for place in self.places)
        return replace(self, places=places, gallery=follow(self.gallery), review=follow(self.review))

    @classmethod
    def load(cls, text: str | None) -> "Rule":
        """The inverse of `dump`; None gives an empty rule. Unknown fields (of a newer version) are ignored."""
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in json.loads(text or "{}").items() if name in known}
        for name in ("places", "people", "words", "models", "prices"):
            if values.get(name) is not None:
                values[name] = tuple(values[name])
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a place."""

    scope: str
    person: str
    tiers: frozenset[str] = frozenset()

    @property
    def book(self) -> str:
        """The person's book in that scope."""
        return f"{self.scope}/{self.person}" if self.scope else self.person


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All rules that apply to a member at one moment."""

    people: tuple[str, ...]
    """The linked persons of the member's account, the member included."""
    account: str
    scope: Rule
    own: tuple[Rule, ...]
    tiers: tuple[Rule, ...]
    """Rules of the member's tiers."""
    house: Rule
    admins_matter: bool = False
    """A tier `admins` exists, and the member's admin status was not given."""


@dataclass(frozen=True, slots=True)
class Line:
    """A limit: `used + amount <= limit`; limit None only counts."""

    cause: Cause
    kind: Literal["own", "cap", "flight"]
    book: str
    span: str
    amount: int
    limit: int | None
    ends_at: float | None = None
    """Next refill, Unix seconds."""
    also: tuple[str, ...] = ()
    """Books of the same span that count towards it."""


@dataclass(frozen=True, slots=True)
class Bill:
    """All limits of an order. The first line is the allowance; grants may pay its shortfall."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Denied:
    """The limit that refused, and its rest."""

    cause: Cause
    limit: int | None = None
    left: int = 0
    ends_at: float | None = None
    because: str = ""


Plan = Callable[[Rulebook], Bill | Denied]
"""The limits of an order under the current rules. Pure: the store runs it inside its transaction."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Whether an order would pass now. `left`: rest of the allowance (None: no limit); `extra`: rest of the grants."""

    rules: Rulebook
    denied: Denied | None
    left: int | None
    extra: int
    span: str = ""


Joined = Literal["joined", "unknown", "same", "taken", "tired"]
"""Outcome of a linking code: joined; unknown code; same platform; one is linked already; too many attempts."""


def about(kind: str, name: str = "") -> str:
    """The key of a rule: `person:discord:7`, `tier:123`, `list:staff`, or empty for the scope."""
    return f"{kind}:{name}" if kind else ""


def rules_of(rows: Mapping[str, str], member: Member, people: tuple[str, ...], account: str, house: str) -> Rulebook:
    """A member's rulebook from a scope's rules, by key."""
    loaded = {name: Rule.load(value) for name, value in rows.items()}
    lists = [rule for name, rule in loaded.items() if name.startswith("list:")]
    admins = about("tier", "admins")
    return Rulebook(
        people=people,
        account=account,
        scope=loaded.get("", Rule()),
        own=tuple(loaded[about("person", p)] for p in people if about("person", p) in loaded),
        tiers=(
            *(loaded[about("tier", tier)] for tier in sorted(member.tiers) if about("tier", tier) in loaded),
            *(rule for rule in lists if set(rule.people or ()) & set(people)),
        ),
        house=Rule.load(house),
        admins_matter=admins in loaded and "admins" not in member.tiers,
    )


def span_of(window: str) -> Span:
    """The span of a window, from its key."""
    name = window.partition(":")[0]
    return cast(Span, name) if name in ("day", "week", "month") else "day"
