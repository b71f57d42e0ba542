"""Ports of the core: provider, chat, platform. Structural types. The store is `storage.Store`."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.conversation import Posted, Reply
from bot.model import Accepted, Address, Finished, Job, LedgerEntry, Order, Pending, Refused, Terms
from bot.quotas.rules import Denied

Step = tuple[Job, LedgerEntry | None]
"""A job after a transition, and its ledger entry."""


class Provider(Protocol):
    """The paid API. Raises `NotSent` when provably nothing was taken, `Ambiguous` when that is unknown."""

    def hosts(self) -> Sequence[str]:
        """Names of all configured hosts."""

    def terms(self, host: str | None = None, model: str = "") -> Terms:
        """Expectations of a model at `host`; of the preferred host without one."""

    async def create(self, order: Order, request_id: str) -> Accepted | Refused:
        """Buy one generation. Costs money: call once per job. `request_id`: `job.number`, never used before."""

    def asked_for(self, host: str | None) -> float:
        """Seconds for which the log of `host` is asked about an order without an answer; 0 if it keeps none.

        None: any host that keeps a log.
        """

    async def look(self, host: str | None, request_id: str, since: float, until: float) -> Accepted | Refused | Pending:
        """Look for a create between two times in the log of `host`; None: of every host that keeps one. Free.

        Any request for the job that did not fail is `Accepted`; `Refused` means that those with this id are there, and
        all failed. `Pending` is `failed` unless every log was read to its end. Raises nothing but cancellation.
        """

    async def poll(self, host: str, remote_id: str, age: float, order: Order) -> Pending | Finished | Refused:
        """Poll a generation of `order` accepted by `host` `age` seconds ago. Free; raises nothing but cancellation."""

    async def balances(self) -> Mapping[str, float]:
        """Our balance by host, in dollars; hosts that report none are missing."""

    def fetch(self, host: str, url: str) -> AsyncIterator[bytes]:
        """The bytes of a finished clip. Raises `BrokenClip` or `Unreachable`."""


class Chat(Protocol):
    """One platform, outbound. Raises `Flood`, `Gone`, or another `ChatError` if a retry may work."""

    once: bool
    """Sends with the same `nonce` post once, so an unconfirmed send may be repeated."""

    async def send(self, address: Address, reply: Reply, *, nonce: str) -> Posted:
        """Post a result as a reply to the message at `address`. `nonce` identifies this send.

        Raises `TooLarge` for a clip, and `Unconfirmed` if its arrival is unknown.
        """

    async def edit(self, address: Address, message: str, reply: Reply) -> None:
        """Replace the content of an earlier message.

        An edit of a status line (`reply.job`) may be queued, as later edits replace it; others are done on return.
        """

    async def remove(self, address: Address, message: str) -> None:
        """Delete an earlier message; a missing one is no error."""

    def person(self, user: str) -> Address | None:
        """A person's private chat; None on platforms without one."""

    def alone(self, job: Job) -> Address | None:
        """The maker's private chat, for a job whose own chat is closed to us; None on platforms without messages."""


@dataclass(frozen=True, slots=True)
class Submission:
    """The outcome of an order. `job` is None with `denied`; `fresh` is False for a repeat.

    `turn`: of a fresh job, as `Store.turn`.
    """

    job: Job | None
    fresh: bool = True
    denied: Denied | None = None
    turn: tuple[int, bool] | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """Figures of the queue; `overdue`: lateness in seconds of the oldest due job that is not claimed."""

    states: dict[str, int]
    overdue: float


class Platform(Protocol):
    """One platform, inbound."""

    name: str

    async def run(self) -> None:
        """Listen until cancelled. Raises `Misconfigured` if only the operator can fix it."""

    def trouble(self) -> str:
        """The current trouble in a few words; empty if it works."""

    def connections(self) -> Mapping[str, bool]:
        """Whether each lasting connection is up, by name; empty on platforms without any."""

    async def hook(self, headers: Mapping[str, str], body: Callable[[], Awaitable[bytes]]) -> int:
        """Handle a webhook request; returns an HTTP status. `body` reads its body, after the headers are trusted."""
