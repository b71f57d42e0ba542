"""What the core needs from outside: a provider, a chat, a store. Structural; each is implemented once per edge."""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.model import Accepted, Address, Finished, Incident, Job, LedgerEntry, Order, Pending, Refused, Reply, Terms

Step = tuple[Job, LedgerEntry | None]
"""A job after a transition, and the movement of credits that goes with it."""


class Provider(Protocol):
    """The paid API. Raises `NotSent` when provably nothing was taken, `Ambiguous` when nobody can tell."""

    def hosts(self) -> Sequence[str]:
        """The names of all that are configured."""

    def terms(self, host: str | None = None) -> Terms:
        """What to expect of `host`; of the preferred one without a name."""

    async def create(self, order: Order) -> Accepted | Refused:
        """Buy one generation. Costs money: call once per job."""

    async def poll(self, host: str, remote_id: str, age: float) -> Pending | Finished | Refused:
        """Look at a generation that `host` accepted `age` seconds ago. Free; raises nothing but cancellation."""

    def fetch(self, host: str, url: str) -> AsyncIterator[bytes]:
        """The bytes of a finished clip. Raises `BrokenClip` or `Unreachable`."""


class Chat(Protocol):
    """One platform, outbound. Raises `Flood`, `Gone`, or another `ChatError` when it may work later."""

    async def send(self, address: Address, reply: Reply, *, nonce: str) -> str:
        """Post a reply to the message at `address`; returns the platform's id of it. `nonce` names this very send."""

    async def edit(self, address: Address, message: str, reply: Reply) -> None:
        """Make an earlier message say something else."""

    async def remove(self, address: Address, message: str) -> None:
        """Take an earlier message away; one that is gone already is fine."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of an order. `job` is None when the allowance did not suffice; `fresh` is False for a repeat."""

    job: Job | None
    used: int
    fresh: bool = True


@dataclass(frozen=True, slots=True)
class Health:
    """The queue in figures; `overdue` is the age in seconds of the oldest due job that no worker has taken."""

    states: dict[str, int]
    overdue: float


class Store(Protocol):
    """Jobs, allowances and the ledger. Each method is one transaction; raises `StoreDown` when it cannot be made."""

    async def submit(self, job: Job, entry: LedgerEntry, allowance: int | None) -> Submission:
        """Spend, hold (`entry`) and queue, all or nothing. The same `key` again gets the first job back."""

    async def find(self, key: str) -> Job | None:
        """The job that the message with this key started."""

    async def job(self, job_id: str) -> Job | None:
        """One job."""

    async def jobs(self, person: str, limit: int = 10) -> list[Job]:
        """A person's latest jobs, newest first."""

    async def changed(self, person: str, since: float, limit: int = 1000) -> list[Job]:
        """A person's jobs that changed at `since` or later, the latest change last."""

    async def used(self, person: str, window: str) -> int:
        """Credits held or spent from an allowance."""

    async def ahead(self, job: Job) -> int:
        """How many jobs will leave the queue before this one."""

    async def track(self, job_id: str, status_id: str, shown: str) -> bool:
        """Remember the platform's id of a job's status line and what it says; False when the job is done already."""

    async def claim(
        self, now: float, leases: dict[str, float], limit: int, platforms: Sequence[str], mine: Collection[str] = ()
    ) -> list[Job]:
        """Take due jobs that are past the queue; each is ours until its state's lease (seconds) is over.

        `mine` are those that the caller is still busy with: a clock that leaps must not take them from it.
        """

    async def start(
        self,
        now: float,
        lease: float,
        slots: int,
        limit: int,
        platforms: Sequence[str],
        hosts: Sequence[str],
        begin: Callable[[Job], Step],
        only: str | None = None,
    ) -> list[Job]:
        """Take queued jobs (`only` one, if it is named), fairly, while fewer than `slots` are at `hosts`.

        Saves what `begin` makes of each, and returns those that are to be bought now.
        """

    async def save(self, job: Job, entry: LedgerEntry | None = None) -> None:
        """Save a claimed job, with its movement of credits. Raises `Stale` when it was claimed again meanwhile."""

    async def release(self, job: Job, due_at: float) -> None:
        """Let go of a claimed job that is as it was; nothing happens to one that has moved on."""

    async def change(self, job_id: str, step: Callable[[Job], Step]) -> Job | None:
        """Apply `step` to a job that nobody claimed, and fence off whoever claims it; what `step` raises undoes all."""

    async def next_due(self, platforms: Sequence[str]) -> float | None:
        """When the next job wants a look."""

    async def renders(self, host: str, model: str, seconds: int, limit: int = 200) -> list[float]:
        """How long the latest renders took, in seconds, newest first."""

    async def note(self, incident: Incident) -> None:
        """Keep something for the operator."""

    async def incidents(self, limit: int = 5) -> list[Incident]:
        """The latest, newest first."""

    async def health(self, now: float) -> Health:
        """The queue in figures."""

    async def close(self) -> None:
        """Let go of the database."""
