"""The job machine: which event takes a job from which state to which, and what moves in the ledger. Pure.

            Started            Accepted             Rendered               Sent | Undeliverable
 queued ──────────────▶ submitting ──────▶ running ──────────▶ delivering ─────────────────────▶ done
   │ ▲                     │  │             │ ⟲ Waiting            ▲  ⟲ Sending, Deferred
   │ └───── PutBack ───────┘  │             │                      │
   └─ Cancelled | Expired ────┴─ Refused | Lost ─┴─ Refused | Expired ┘
      | Returned                 | Returned

Money settles once, on entering `delivering`: captured for a clip, given back for anything else. No state leads
back from there, so no job can settle twice. A failure is delivered like a clip: `outcome` says which it is.
"""

from dataclasses import dataclass, replace

from bot.errors import Illegal
from bot.model import Accepted, Clip, Job, LedgerEntry, Reason, Refused, State, Wait
from bot.ports import Step

PUT_BACK_LIMIT = 12
"""How often a job may go back to the queue before the person is told that there is no room."""


@dataclass(frozen=True, slots=True)
class Started:
    """A worker took it from the queue and is about to buy; saved before the request leaves."""


@dataclass(frozen=True, slots=True)
class PutBack:
    """The provider provably took nothing; `waits` says why, as far as we know."""

    waits: Wait = "room"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not ready yet. `tries` counts polls that went wrong, `waits` says in which way."""

    tries: int = 0
    waits: Wait | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """The clip is in our hands."""

    clip: Clip


@dataclass(frozen=True, slots=True)
class Lost:
    """The order may have been taken, and nobody can tell: never sent again."""


@dataclass(frozen=True, slots=True)
class Expired:
    """JOB_DEADLINE is over."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The person took it back in time."""


@dataclass(frozen=True, slots=True)
class Returned:
    """It may have been bought before the database was restored, and the operator gives it back."""


@dataclass(frozen=True, slots=True)
class Sending:
    """The result is about to be sent where a repeat would be seen; saved before it leaves."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The person has the result, as this message."""

    message: str | None = None
    copy: str | None = None


@dataclass(frozen=True, slots=True)
class Undeliverable:
    """The chat is gone; the clip stays with us."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """The chat takes nothing now. `tries` counts the sends that went wrong, `sends` those that may have gone right."""

    tries: int
    sends: int = 0


Event = (
    Started
    | PutBack
    | Accepted
    | Waiting
    | Rendered
    | Refused
    | Lost
    | Expired
    | Cancelled
    | Returned
    | Sending
    | Sent
    | Undeliverable
    | Deferred
)

TABLE: dict[tuple[State, type[Event]], State] = {
    ("queued", Started): "submitting",
    ("queued", Cancelled): "delivering",
    ("queued", Expired): "delivering",
    ("queued", Returned): "delivering",
    ("submitting", Returned): "delivering",
    ("submitting", Accepted): "running",
    ("submitting", PutBack): "queued",
    ("submitting", Refused): "delivering",
    ("submitting", Lost): "delivering",
    ("running", Waiting): "running",
    ("running", Rendered): "delivering",
    ("running", Refused): "delivering",
    ("running", Expired): "delivering",
    ("delivering", Sending): "delivering",
    ("delivering", Deferred): "delivering",
    ("delivering", Sent): "done",
    ("delivering", Undeliverable): "done",
}
_REASONS: dict[type[Event], Reason] = {
    Lost: "lost",
    Expired: "expired",
    Cancelled: "cancelled",
    Returned: "restored",
}


def allows(job: Job, event: type[Event]) -> bool:
    """Whether `event` can happen to the job now."""
    return (job.state, event) in TABLE


def apply(job: Job, event: Event, now: float, due_at: float | None = None) -> Step:
    """The job after `event`, due again at `due_at` or at once. Raises `Illegal` for a pair that is not in `TABLE`."""
    state = TABLE.get((job.state, type(event)))
    if state is None:
        raise Illegal(f"{type(event).__name__} cannot happen to a job that is {job.state}")
    if isinstance(event, PutBack) and job.tries + 1 >= PUT_BACK_LIMIT:
        return apply(job, Refused("busy"), now)
    due_at = now if due_at is None else due_at
    job = replace(job, state=state, changed_at=now, due_at=due_at, waits=None, halted=False)
    match event:
        case Started():
            return replace(job, started_at=now), None
        case PutBack(waits):
            return replace(job, tries=job.tries + 1, waits=waits), None
        case Accepted(host, remote_id):
            return replace(job, host=host, remote_id=remote_id, accepted_at=now, tries=0), None
        case Waiting(tries, waits):
            return replace(job, tries=tries, waits=waits), None
        case Deferred(tries, sends):
            return replace(job, tries=tries, sends=sends), None
        case Sending():
            return replace(job, sends=job.sends + 1), None
        case Rendered(clip):
            return _settle(replace(job, outcome="clip", clip=clip), now)
        case Refused(reason):
            return _fail(job, reason, now)
        case Lost() | Expired() | Cancelled() | Returned():
            return _fail(job, _REASONS[type(event)], now)
        case Sent(message, copy):
            return replace(job, done_at=now, tries=0, sent_id=message, copy_id=copy), None
        case Undeliverable():
            return replace(job, done_at=now, tries=0), None


def given_back(job: Job, now: float) -> Step:
    """A halted job, given back. Raises `Illegal` for one that is not halted (any more)."""
    if not job.halted:
        raise Illegal("only what is on hold is given back")
    return apply(job, Returned(), now)


def hold(job: Job) -> LedgerEntry:
    """The movement that goes with a new job."""
    return LedgerEntry(job.id, job.person, job.spent_from, "hold", held=job.price, spent=0, at=job.created_at)


def _fail(job: Job, reason: Reason, now: float) -> Step:
    return _settle(replace(job, outcome="failed", reason=reason), now)


def _settle(job: Job, now: float) -> Step:
    bought = job.outcome == "clip"
    entry = LedgerEntry(
        job.id,
        job.person,
        job.spent_from,
        "capture" if bought else "refund",
        held=-job.price,
        spent=job.price if bought else 0,
        at=now,
    )
    return replace(job, settled_at=now, tries=0), entry
