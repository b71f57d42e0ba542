"""What is recorded of credits: grants, admins' acts, movements of the ledger, orders. Amounts are credits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grant:
    """Extra credits of a person."""

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
    """Time of revocation."""

    @property
    def left(self) -> int:
        """Credits not spent yet."""
        return self.amount - self.used

    def open(self, now: float) -> bool:
        """Whether credits can be spent from it."""
        return self.over_at is None and (self.until is None or self.until > now)


@dataclass(frozen=True, slots=True)
class Act:
    """One act of an admin, for the audit log; `before` and `after` are JSON."""

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
    """Display name of the target."""
    name: str = ""
    """Display name of the actor."""


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
    """One order, for reports."""

    person: str
    label: str
    at: float
    price: int
    outcome: str
    waited: float
    """Seconds from order to end."""


@dataclass(frozen=True, slots=True)
class Parked:
    """An order that waits for confirmation: its job's row, and its expiry."""

    id: str
    person: str
    scope: str
    body: str
    photos: tuple[str, ...]
    until: float
