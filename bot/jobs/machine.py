"""The job machine: which event takes a job from which state to which, and what moves in the ledger. Pure.

            Started            Accepted             Rendered               Sent | Undeliverable
 queued ──────────────▶ submitting ──────▶ running ──────────▶ delivering ─────────────────────▶ done
   │ ▲                   │ │  │             │ ▲ ⟲ Waiting          ▲ ⟲ Sending, Deferred
   │ └───── PutBack ─────┘ │  │             │ │                    │
   │            Unanswered │  └─────────────┼─┼────────────────────┤ Refused | Lost | Returned
   │                       ▼                │ │ Accepted           │
   │                     asking ────────────┼─┴────────────────────┤ Refused | Lost
   │                       ⟲ Waiting        │                      │
   │                                        └──────────────────────┤ Refused | Expired
   └───────────────────────────────────────────────────────────────┘ Cancelled | Expired | Returned

An order whose answer never came is `asking` where hosts keep a log of requests: whether it was taken is read there, and
it is never sent again. Elsewhere it is `Lost` at once.

Money settles once, on entering `delivering`: captured for a clip, given back for anything else. No state leads
back from there, so no job can settle twice. A failure is delivered like a clip: `outcome` says which it is.
"""

from dataclasses import dataclass, replace
from functools import partial

from bot.errors import Illegal
from bot.model import Accepted, Clip, Job, LedgerEntry, Reason, Refused, State, Wait
from bot.ports import Step

PUT_BACK_LIMIT = 12
"""Maximum returns to the queue; after that the job fails as `busy`."""


@dataclass(frozen=True, slots=True)
class Started:
    """A worker is about to send the order; saved before the request."""


@dataclass(frozen=True, slots=True)
class PutBack:
    """The provider provably took nothing, for the reason `waits`; `disk`, which is ours, uses up no return."""

    waits: Wait = "room"


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The order was sent, perhaps, and its answer never came; logs are asked until then.

    `host`: where it was sent; None: unknown.
    """

    until: float
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not ready, or not in the log. `tries`: consecutive failed polls or looks; `waits`: their reason.

    `unlogged`: a whole look at the log found nothing.
    """

    tries: int = 0
    waits: Wait | None = None
    unlogged: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """The clip is stored."""

    clip: Clip


@dataclass(frozen=True, slots=True)
class Lost:
    """The order was sent and its outcome is unknown; it is never sent again."""


@dataclass(frozen=True, slots=True)
class Expired:
    """JOB_DEADLINE has passed."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Cancelled by the person while queued."""


@dataclass(frozen=True, slots=True)
class Returned:
    """Halted after a restore of the database, and refunded by the operator."""


@dataclass(frozen=True, slots=True)
class Sending:
    """The result is about to be sent where a repeat would be visible; saved before the request."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The result was delivered as this message."""

    message: str | None = None
    copy: str | None = None


@dataclass(frozen=True, slots=True)
class Undeliverable:
    """The chat is closed; the clip stays stored."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """The send failed for now. `tries`: failed sends; `sends`: unconfirmed ones."""

    tries: int
    sends: int = 0


Event = (
    Started
    | PutBack
    | Unanswered
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
    ("submitting", Unanswered): "asking",
    ("asking", Waiting): "asking",
    ("asking", Accepted): "running",
    ("asking", Refused): "delivering",
    ("asking", Lost): "delivering",
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
    """Whether `TABLE` permits `event` in the job's state."""
    return (job.state, event) in TABLE


def apply(job: Job, event: Event, now: float, due_at: float | None = None) -> Step:
    """The job after `event`, due at `due_at` (default: now), and its ledger entry. Raises `Illegal` outside `TABLE`."""
    state = TABLE.get((job.state, type(event)))
    if state is None:
        raise Illegal(f"{type(event).__name__} cannot happen to a job that is {job.state}")
    if isinstance(event, PutBack) and event.waits != "disk" and job.tries + 1 >= PUT_BACK_LIMIT:
        return apply(job, Refused("busy"), now)
    due_at = now if due_at is None else due_at
    # One copy of the job for all changes, as it has many fields.
    changed = partial(
        replace, job, state=state, changed_at=now, due_at=due_at, waits=None, halted=False, unlogged=False
    )
    match event:
        case Started():
            return changed(started_at=now, posted=job.claims), None
        case PutBack(waits):
            return changed(tries=job.tries + (waits != "disk"), waits=waits), None
        case Unanswered(until, sent_to):
            return changed(host=sent_to, ask_until=until, tries=0), None
        case Accepted(host, remote_id, at):
            return changed(host=host, remote_id=remote_id, accepted_at=now if at is None else at, tries=0), None
        case Waiting(tries, waits, unlogged):
            return changed(tries=tries, waits=waits, unlogged=unlogged), None
        case Deferred(tries, sends):
            return changed(tries=tries, sends=sends), None
        case Sending():
            return changed(sends=job.sends + 1), None
        case Rendered(clip):
            return changed(outcome="clip", clip=clip, settled_at=now, tries=0), _settled(job, now, bought=True)
        case Refused() | Lost() | Expired() | Cancelled() | Returned():
            reason = event.reason if isinstance(event, Refused) else _REASONS[type(event)]
            made_by = job.host if job.remote_id else None  # where it was only sent does not matter any more
            return changed(host=made_by, outcome="failed", reason=reason, settled_at=now, tries=0), _settled(job, now)
        case Sent(message, copy):
            return changed(done_at=now, tries=0, sent_id=message, copy_id=copy), None
        case Undeliverable():
            return changed(done_at=now, tries=0), None


def given_back(job: Job, now: float) -> Step:
    """Refund a halted job. Raises `Illegal` if it is not halted."""
    if not job.halted:
        raise Illegal("only what is on hold is given back")
    return apply(job, Returned(), now)


def hold(job: Job) -> LedgerEntry:
    """The ledger entry of a new job."""
    return LedgerEntry(job.id, job.person, job.spent_from, "hold", held=job.price, spent=0, at=job.created_at)


def _settled(job: Job, now: float, *, bought: bool = False) -> LedgerEntry:
    return LedgerEntry(
        job.id,
        job.person,
        job.spent_from,
        "capture" if bought else "refund",
        held=-job.price,
        spent=job.price if bought else 0,
        at=now,
    )
