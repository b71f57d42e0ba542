"""Values of the operator's page, from the core to adapters. Times are Unix seconds, amounts credits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.model import Incident, Job
from bot.quotas.records import Movement
from bot.sentence import Sentence


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What is spent of what may be. `limit` None: any number."""

    unit: str
    """`credits` or `money`."""
    span: str
    """`day` or `month`."""
    used: float
    limit: float | None


@dataclass(frozen=True, slots=True)
class Hour:
    """Jobs that ended in the hour from `at` on."""

    at: float
    clips: int
    failed: int


@dataclass(frozen=True, slots=True)
class Now:
    """The installation at this moment."""

    at: float
    states: Mapping[str, int]
    overdue: float
    """Lateness in seconds of the job that is due longest."""
    paused: bool
    in_doubt: int
    incidents: int
    """In the last 24 hours."""
    ceilings: Sequence[Ceiling]
    hours: Sequence[Hour]
    """The last ones, oldest first."""
    jobs: Sequence[Job]
    """The oldest unfinished ones."""


Show = Literal["unfinished", "clip", "failed"]
"""Which jobs are listed."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """A page of a list of jobs. `more`: the time that the next page begins before; None: there is none."""

    jobs: Sequence[Job]
    more: float | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A job, what its credits did, and what went wrong with it."""

    job: Job
    moves: Sequence[Movement]
    incidents: Sequence[Incident]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who ordered, last at `at`; `label`: what the platform called them then."""

    id: str
    label: str
    at: float


@dataclass(frozen=True, slots=True)
class Membership:
    """A person in private chats (`scope` empty) or in a community, in sentences; `ban` is empty without one."""

    scope: str
    allowance: Sentence
    ban: Sentence
    grants: Sequence[Sentence]


@dataclass(frozen=True, slots=True)
class Profile:
    """A person."""

    id: str
    label: str
    linked: Sequence[str]
    """The other persons of their account."""
    memberships: Sequence[Membership]
    jobs: Sequence[Job]
    """The latest ones."""


@dataclass(frozen=True, slots=True)
class Community:
    """A community, and what it used this month, of its cap (None: any number)."""

    scope: str
    used: int
    cap: int | None


@dataclass(frozen=True, slots=True)
class CommunityProfile:
    """The same with its limits, its use in words, and that as a PNG."""

    scope: str
    used: int
    cap: int | None
    limits: Sentence
    usage: Sentence
    chart: bytes | None


@dataclass(frozen=True, slots=True)
class Day:
    """What was spent on a day (UTC), and what hosts took for it, in millionths of a dollar."""

    at: float
    used: int
    usd: int


@dataclass(frozen=True, slots=True)
class Part:
    """What clips of a community (empty: private chats), a host and a model came to; `usd` as in `Day`."""

    scope: str
    host: str
    model: str
    clips: int
    used: int
    usd: int

    def plus(self, other: "Part") -> "Part":
        """Of the same community, host and model, both together."""
        return replace(self, clips=self.clips + other.clips, used=self.used + other.used, usd=self.usd + other.usd)


@dataclass(frozen=True, slots=True)
class Money:
    """Spending: against ceilings, of the last days, and by its parts; what hosts say."""

    ceilings: Sequence[Ceiling]
    days: Sequence[Day]
    """Oldest first."""
    parts: Sequence[Part]
    """Of these days."""
    balances: Mapping[str, float]
    """In the hosts' own credits."""
    compared: Sequence[Sentence]
    """The last comparison of each host's charges with our jobs."""


@dataclass(frozen=True, slots=True)
class Deed:
    """An act of the audit log; `scope`: the community that it was for."""

    at: float
    scope: str
    words: Sentence
