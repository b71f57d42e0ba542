"""What the core needs from outside: a provider, a chat, a store. Structural; each is implemented once per edge."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.model import (
    EVERYTHING,
    Accepted,
    Address,
    Finished,
    Incident,
    Job,
    LedgerEntry,
    Order,
    Pending,
    Posted,
    Refused,
    Render,
    Reply,
    Search,
    Terms,
)
from bot.ports_gallery import Errands, Gallery
from bot.ports_restored import Restored
from bot.ports_traces import Traces
from bot.quotas.rules import Act, Denied, Grant, Joined, Member, Movement, Parked, Plan, Quote, Rule, Rulebook, Spending

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


class Inbox(Protocol):
    """What platforms told us and what they made us remember. Transactions as in `Store`."""

    async def take(self, key: str, platform: str, body: str, now: float) -> bool:
        """Keep something that arrived until it is `handled`; False when this key was there before."""

    async def waiting(self, platform: str) -> list[tuple[str, str]]:
        """Keys and bodies of what is not handled yet, in the order of arrival."""

    async def keys(self, platform: str) -> list[str]:
        """Only the keys of these."""

    async def bodies(self, keys: Sequence[str]) -> dict[str, str]:
        """The bodies of those among these that are not handled yet, by key."""

    async def handled(self, key: str, now: float) -> None:
        """It needs no more work: the body goes, the key stays for as long as a platform may send it again."""

    async def sweep(self, platform: str, now: float, keep: float) -> None:
        """Forget the keys of what was handled more than `keep` seconds ago, and notes that are over."""

    async def remember(
        self, platform: str, chat: str, name: str, value: str, until: float, about: Collection[str] = ()
    ) -> None:
        """Note something about a chat, in the platform's own words; it replaces an earlier note of that name.

        `about`: the persons whom `value` names. A note goes when one of them is forgotten.
        """

    async def recall(self, platform: str, chat: str, name: str, now: float) -> str | None:
        """A note, unless it is over."""

    async def forget(self, platform: str, chat: str, name: str) -> None:
        """Drop a note."""

    async def move(self, platform: str, old: str, new: str) -> None:
        """A chat has another id now: its jobs and notes go along, all at once."""


class Answers(Protocol):
    """What was said upon messages that changed something. Transactions as in `Store`."""

    async def given(self, key: str, person: str) -> str | None:
        """What was said to this person upon the message with this key, if it was."""

    async def keep(self, key: str, body: str, person: str, named: Sequence[str], at: float) -> None:
        """Remember what is said; the first time counts. It goes when `person`, or one of `named`, is forgotten."""


class Books(Protocol):
    """What is set, given and done. Transactions as in `Store`; every change writes its `Act` into the audit log.

    An act whose id is there already was done: nothing happens, and the caller gets what came of it the first time.
    """

    async def scope(self, name: str) -> str:
        """The name under which a community has its books: the first that it had."""

    async def quote(self, member: Member, plan: Plan, now: float) -> Quote:
        """Whether an order would pass now."""

    async def rulebook(self, member: Member) -> Rulebook:
        """Everything that is set for a member."""

    async def rules(self, scope: str) -> dict[str, Rule]:
        """All that is set in a scope, by what it is about."""

    async def paused(self) -> bool:
        """Whether the operator has paused buying."""

    async def amend(self, act: Act, edit: Callable[[Rule], Rule]) -> Act:
        """Change the rule that the act is about; the act as it was written, with before and after."""

    async def grant(self, act: Act, grant: Grant) -> Act:
        """Give credits."""

    async def grants(self, scope: str, people: Sequence[str], now: float) -> list[Grant]:
        """What people can spend, soonest expiry first."""

    async def revoke(self, act: Act, people: Sequence[str]) -> tuple[Act, int]:
        """End all open grants; how many credits that took away."""

    async def pardon(self, act: Act, job_id: str) -> int:
        """Give a paid clip's credits back to the person; how many. Raises `Illegal`, also the second time."""

    async def act(self, act_id: str) -> Act | None:
        """One deed."""

    async def note(self, act: Act) -> None:
        """Write a deed that sets nothing into the audit log; it cannot be undone."""

    async def undo(self, act_id: str, act: Act) -> Act:
        """Take a deed back, which is a deed as well. Raises `Illegal` if it was undone, or changed since."""

    async def park(self, parked: Parked) -> None:
        """Keep an order that waits for a yes."""

    async def parked(self, parked_id: str) -> Parked | None:
        """An order that waits."""

    async def unpark(self, parked_id: str) -> bool:
        """Let go of it; False if it was gone."""

    async def read(self, body: str) -> Job:
        """The job of a parked order's body."""

    def write(self, job: Job) -> str:
        """The body of a parked order."""


class Accounts(Protocol):
    """Who is one person on several platforms. Transactions as in `Store`; what has the same `key` is done once."""

    async def people(self, person: str) -> tuple[str, ...]:
        """The linked persons of someone's account, themselves among them."""

    async def offer(self, person: str, code: str, until: float, key: str = "") -> None:
        """Let whoever enters this code (a hash) be linked with `person`; earlier codes of theirs end."""

    async def join(self, person: str, code: str, now: float, guesses: int, key: str = "") -> tuple[Joined, str]:
        """Enter a code; with whom it linked. More than `guesses` wrong ones within an hour end the trying."""

    async def leave(self, person: str, spans: Sequence[str], now: float, key: str = "") -> bool:
        """Part; what the account used in `spans` stays used on both sides. False if there was nobody to part from."""


class Figures(Protocol):
    """What was spent, for reports. Transactions as in `Store`."""

    async def used(self, book: str, span: str) -> int:
        """What a counter says."""

    async def scopes(self) -> list[str]:
        """The communities that anything is known of, by name."""

    async def movements(self, scope: str, people: Sequence[str], limit: int = 10) -> list[Movement]:
        """The latest movements of someone's credits, newest first; of a clip the last step alone, in each book."""

    async def ledger(self, scope: str, since: float, limit: int) -> list[Movement]:
        """All movements of a scope, newest first."""

    async def audit(self, scope: str, limit: int, since: float = 0.0) -> list[Act]:
        """What admins did in a scope, newest first."""

    async def spendings(self, scope: str, since: float, limit: int) -> list[Spending]:
        """All orders of a scope, oldest first."""

    async def communities(self, span: str, limit: int = 20) -> list[tuple[str, int]]:
        """Communities by what they used in a span, most first."""


class Store(Protocol):
    """Jobs and what they cost. Each method is one transaction; raises `StoreDown` when it cannot be made."""

    @property
    def inbox(self) -> Inbox:
        """What platforms told us."""

    @property
    def answers(self) -> Answers:
        """What was said upon messages."""

    @property
    def books(self) -> Books:
        """What is set, given and done."""

    @property
    def accounts(self) -> Accounts:
        """Who is one person."""

    @property
    def figures(self) -> Figures:
        """What was spent."""

    @property
    def gallery(self) -> Gallery:
        """What people share."""

    @property
    def errands(self) -> Errands:
        """What must still be done on platforms."""

    @property
    def traces(self) -> Traces:
        """What is kept of people, and how it goes."""

    @property
    def restored(self) -> Restored:
        """What is on hold because the database came back from a copy."""

    async def submit(
        self, job: Job, entry: LedgerEntry, plan: Plan | None = None, tiers: frozenset[str] = frozenset()
    ) -> Submission:
        """Spend as `plan` says (without one, without limit), hold (`entry`) and queue, all or nothing.

        The same `key` again gets the first job back.
        """

    async def find(self, key: str) -> Job | None:
        """The job that the message with this key started."""

    async def job(self, job_id: str) -> Job | None:
        """One job."""

    async def jobs(
        self, person: str, limit: int = 10, chat: Address | None = None, search: Search = EVERYTHING
    ) -> list[Job]:
        """A person's latest jobs, newest first; of one chat only, if it is named."""

    async def favour(self, person: str, job_id: str, on: bool) -> bool:
        """Mark a person's own finished clip as a favourite, or no longer; False if they have no such clip."""

    async def sent(self, address: Address) -> Job | None:
        """The job whose clip is the message at `address`."""

    async def queued(self, chat: Address) -> list[Job]:
        """What is still in line for a chat."""

    async def line(self, platforms: Sequence[str], limit: int) -> list[tuple[Job, int]]:
        """The first in the queue that have a status line, each with how many come before it."""

    async def under_way(self, platforms: Sequence[str], due: float, changed: float, limit: int) -> list[Job]:
        """Jobs at a provider that have a status line, are due after `due` and changed before `changed`; the last due
        come first."""

    async def changed(self, person: str, since: float, limit: int = 1000) -> list[Job]:
        """A person's jobs that changed at `since` or later, the latest change last."""

    async def used(self, person: str, window: str) -> int:
        """Credits held or spent from an allowance."""

    async def ahead(self, job: Job) -> int:
        """How many jobs will leave the queue before this one."""

    async def track(self, job_id: str, status_id: str, shown: str) -> bool:
        """Remember the platform's id of a job's status line and what it says; False when the job is done already."""

    async def shown(self, job_id: str, status_id: str, shown: str) -> None:
        """Remember what a job's status line says now, if that is still its line."""

    async def claim(
        self, now: float, lease: float, limit: int, platforms: Sequence[str], mine: Collection[str] = ()
    ) -> list[Job]:
        """Take due jobs that are past the queue; each is ours until the lease (seconds) is over.

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

    async def renew(self, job: Job, due_at: float) -> bool:
        """Keep a claimed job until then; False if it was claimed again meanwhile, or has moved on."""

    async def release(self, job: Job, due_at: float) -> None:
        """Let go of a claimed job that is as it was; nothing happens to one that has moved on."""

    async def change(self, job_id: str, step: Callable[[Job], Step]) -> Job | None:
        """Apply `step` to a job that nobody claimed, and fence off whoever claims it; what `step` raises undoes all."""

    async def next_due(self, platforms: Sequence[str]) -> float | None:
        """When the next job wants a look."""

    async def renders(self, host: str, model: str, seconds: int, limit: int = 200) -> list[Render]:
        """The latest `limit` renders that ended, and those still going at their last look; newest accepted first."""

    async def note(self, incident: Incident) -> None:
        """Keep something for the operator."""

    async def incidents(self, limit: int = 5) -> list[Incident]:
        """The latest, newest first."""

    async def health(self, now: float) -> Health:
        """The queue in figures."""

    async def close(self) -> None:
        """Let go of the database."""
