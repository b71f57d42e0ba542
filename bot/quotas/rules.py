"""The words of the books: rules, bills, grants and acts. Amounts are credits unless they say otherwise.

A *book* is a counter in a *span*: `telegram:7` in `day:2026-11-20` is what a person used of a day. Books:

    telegram:7                  a person's own space (linked persons have one each, and share one limit)
    discord:1/discord:7         a member in a community
    scope:discord:1             a community
    operator                    the whole house: `credits:…` and `money:…` (millionths) per day and month
    grant:k3m9                  a grant, in the ledger only; its counter stands with the grant

The span `flight` counts clips that are not settled.
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
]
"""Which limit refused an order; `texts_admin.DENIED` has the sentence for each."""
OPERATORS = frozenset({"ceiling_day", "ceiling_month", "money_day", "money_month", "paused"})
"""Causes that stop all buying at once."""

FLIGHT = "flight"
HOUSE = "*"
"""The scope of the operator's own switches."""
OWN = ""
"""The scope of everybody's own spaces."""
GONE = "gone:"
"""What the names of those begin with who do not exist."""
FOREVER = 9e9
"""Unix seconds; a ban until then has no end."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What is set for a scope, a person or a tier; None is “not set here”."""

    credits: int | None = None
    span: Span | None = None
    flight: int | None = None
    """Clips in flight of one member."""
    longest: int | None = None
    """Seconds of a clip."""

    zone: str | None = None
    """A scope's IANA time zone."""
    places: tuple[str, ...] | None = None
    """`chat/thread` of where orders are taken; everywhere if not set."""
    closed: bool | None = None
    """Only who has a tier, or credits of their own, may order."""
    confirm: int | None = None
    """Credits above which a tap is asked for."""
    cap: int | None = None
    """Credits that a community may use in a month."""
    flights: int | None = None
    """Clips in flight of a community."""

    gallery: str | None = None
    """`chat/thread` where shared clips are posted."""
    review: str | None = None
    """`chat/thread` where reports, and clips that wait for an admin's yes, are posted."""
    approve: bool | None = None
    """Nothing appears before an admin said yes."""
    web: str | None = None
    """The name of its gallery on the web; off if not set."""
    public: bool | None = None
    """That gallery is listed, and search engines may find it."""
    title: str | None = None
    """What the gallery is called."""
    best: Literal["week", "month"] | None = None
    """How often the best clips are posted."""
    words: tuple[str, ...] | None = None
    """Words that no prompt may have here, besides those of the house."""
    lax: bool | None = None
    """The house's own list of words does not count here."""

    banned: float | None = None
    """Until when."""
    because: str | None = None

    people: tuple[str, ...] | None = None
    """Who is in a named list."""
    paused: bool | None = None
    """The house buys nothing."""

    def dump(self) -> str:
        """As JSON; the same rule gives the same text."""
        return json.dumps({name: value for name, value in asdict(self).items() if value is not None}, sort_keys=True)

    def moved(self, old: str, new: str) -> "Rule":
        """The same rule, once the chat `old` has another id."""

        def follow(place: str | None) -> str | None:
            return place and (new + place.removeprefix(old) if place.partition("/")[0] == old else place)

        places = None if self.places is None else tuple(follow(place) or "" for place in self.places)
        return replace(self, places=places, gallery=follow(self.gallery), review=follow(self.review))

    @classmethod
    def load(cls, text: str | None) -> "Rule":
        """The rule of `dump`; an empty one for nothing. Fields of a newer version are left out."""
        known = {field.name for field in fields(cls)}
        values = {name: value for name, value in json.loads(text or "{}").items() if name in known}
        for name in ("places", "people", "words"):
            if values.get(name) is not None:
                values[name] = tuple(values[name])
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Member:
    """Who asks, and where."""

    scope: str
    person: str
    tiers: frozenset[str] = frozenset()

    @property
    def book(self) -> str:
        """The name of the person's book there."""
        return f"{self.scope}/{self.person}" if self.scope else self.person


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything that is set for a member at one moment."""

    people: tuple[str, ...]
    """The linked persons of the member's account, the member among them."""
    account: str
    scope: Rule
    own: tuple[Rule, ...]
    tiers: tuple[Rule, ...]
    """Of those that the member has."""
    house: Rule
    admins_matter: bool = False
    """There is a tier `admins`, and the member was not said to be one."""


@dataclass(frozen=True, slots=True)
class Line:
    """A limit that an order must fit under: `used + amount <= limit`; without a limit it is only counted."""

    cause: Cause
    kind: Literal["own", "cap", "flight"]
    book: str
    span: str
    amount: int
    limit: int | None
    ends_at: float | None = None
    """When it refills."""
    also: tuple[str, ...] = ()
    """Books of the same span that count with it."""


@dataclass(frozen=True, slots=True)
class Bill:
    """All that an order must pass. The first line is the allowance; what it lacks, grants may pay."""

    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Denied:
    """Which limit refused, and what is left of it."""

    cause: Cause
    limit: int | None = None
    left: int = 0
    ends_at: float | None = None
    because: str = ""


Plan = Callable[[Rulebook], Bill | Denied]
"""What an order must pass under the rules of the moment. Pure: the store runs it inside its transaction."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Whether an order would pass now. `left` is what the allowance has (None: no limit), `extra` what grants have."""

    rules: Rulebook
    denied: Denied | None
    left: int | None
    extra: int
    span: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """Credits that somebody was given."""

    id: str
    scope: str
    person: str
    amount: int
    used: int
    until: float | None
    at: float
    actor: str
    because: str = ""
    over_at: float | None = None
    """When it was revoked."""

    @property
    def left(self) -> int:
        """What can still be spent of it."""
        return self.amount - self.used

    def open(self, now: float) -> bool:
        """Whether it can be spent."""
        return self.over_at is None and (self.until is None or self.until > now)


@dataclass(frozen=True, slots=True)
class Act:
    """One deed of an admin, for the audit log; `before` and `after` are JSON."""

    id: str
    at: float
    actor: str
    scope: str
    verb: str
    about: str = ""
    because: str = ""
    before: str = ""
    after: str = ""
    undoes: str | None = None
    label: str = ""
    """What people call the one it is about."""
    name: str = ""
    """What people call the actor."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One row of the ledger."""

    at: float
    actor: str
    kind: str
    job: str
    book: str
    span: str
    person: str
    scope: str
    held: int
    spent: int
    given: int
    because: str


@dataclass(frozen=True, slots=True)
class Spending:
    """One order as the figures need it."""

    person: str
    label: str
    at: float
    price: int
    outcome: str
    waited: float
    """Seconds from the order to its end."""


@dataclass(frozen=True, slots=True)
class Parked:
    """An order that waits for a yes: the row of its job, and until when."""

    id: str
    person: str
    scope: str
    body: str
    photos: tuple[str, ...]
    until: float


Joined = Literal["joined", "unknown", "same", "taken", "tired"]
"""What became of a code: joined; no such code; from the same platform; one of the two is linked; too many guesses."""


def about(kind: str, name: str = "") -> str:
    """The name under which a rule stands: `person:discord:7`, `tier:123`, `list:staff`, or nothing for the scope."""
    return f"{kind}:{name}" if kind else ""


def rules_of(rows: Mapping[str, str], member: Member, people: tuple[str, ...], account: str, house: str) -> Rulebook:
    """A member's rulebook out of a scope's rules, by what they are about."""
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
    """The length of a window, by its key."""
    name = window.partition(":")[0]
    return cast(Span, name) if name in ("day", "week", "month") else "day"
