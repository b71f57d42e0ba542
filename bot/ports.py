"""What the core needs from outside: a provider, a chat, a platform. Structural. The store is `storage.Store`."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.model import (
    Accepted,
    Address,
    Finished,
    Job,
    LedgerEntry,
    Order,
    Pending,
    Posted,
    Refused,
    Reply,
    Terms,
)
from bot.quotas.rules import Denied

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

    async def balances(self) -> Mapping[str, float]:
        """What is left of our money, by host, in the host's own credits; hosts that do not say are missing."""

    def fetch(self, host: str, url: str) -> AsyncIterator[bytes]:
        """The bytes of a finished clip. Raises `BrokenClip` or `Unreachable`."""


class Chat(Protocol):
    """One platform, outbound. Raises `Flood`, `Gone`, or another `ChatError` when it may work later."""

    once: bool
    """The same `nonce` again posts nothing twice, so a send whose end is unknown may be repeated."""

    async def send(self, address: Address, reply: Reply, *, nonce: str) -> Posted:
        """Post a result as a reply to the message at `address`. `nonce` names this very send.

        Raises `TooLarge` for a film, and `Unconfirmed` where nobody can tell whether it arrived.
        """

    async def edit(self, address: Address, message: str, reply: Reply) -> None:
        """Make an earlier message say something else.

        A status line (`reply.job`) may be left to a queue, as another edit of it will come; anything else is done when
        this returns.
        """

    async def remove(self, address: Address, message: str) -> None:
        """Take an earlier message away; one that is gone already is fine."""

    def alone(self, job: Job) -> Address | None:
        """Where its maker can be told of a job whose own chat is closed to us; None where nobody is written to."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of an order. `job` is None when `denied` says why; `fresh` is False for a repeat."""

    job: Job | None
    fresh: bool = True
    denied: Denied | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """The queue in figures; `overdue` is the age in seconds of the oldest due job that no worker has taken."""

    states: dict[str, int]
    overdue: float


class Platform(Protocol):
    """One platform, inbound."""

    name: str

    async def run(self) -> None:
        """Listen until cancelled. Raises `Misconfigured` when only the operator can mend it."""

    def trouble(self) -> str:
        """What is wrong, in a few words; empty when all is well."""

    async def hook(self, headers: Mapping[str, str], body: Callable[[], Awaitable[bytes]]) -> int:
        """Take what the platform posts to us; returns an HTTP status. `body` reads it, once the headers are trusted."""
