"""What every handler is given: the parts of a running Photoplay, and what its operator has set."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.jobs.history import History
from bot.media.fit import Fitting
from bot.media.library import Media
from bot.ports import Provider
from bot.quotas.pricing import Policy
from storage import Store
from storage.inbox import Inbox

__all__ = ["Addresses", "Context", "Ids", "Inbox", "Kept", "Store", "Tell", "Wake"]

Tell = Callable[[str], Awaitable[None]]
"""Reaches the operators."""


@dataclass(frozen=True, slots=True)
class Ids:
    """`new` draws an id. From `seed` come secrets that are the same when a message comes twice."""

    new: Callable[[], str]
    seed: bytes


@dataclass(frozen=True, slots=True)
class Addresses:
    """`web`: the address of our web server, if people can reach it; `clip` gives that of a kept file."""

    web: str | None = None
    clip: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class Wake:
    """Ends the sleep of the worker, and of the runner of the outbox."""

    worker: Callable[[], None]
    outbox: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Kept:
    """Seconds that files stay."""

    photos: float = 24 * 3600.0
    clips: float = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class Context:
    """`clock` gives Unix seconds; `owners` are the operators' ids.

    `ask_consent`: before a person's first clip they are asked whether those in the photo agree. `platforms`: the names
    of those where people can be met.
    """

    store: Store
    media: Media
    fit: Fitting
    provider: Provider
    history: History
    clock: Callable[[], float]
    ids: Ids
    model: str
    policy: Policy
    wake: Wake
    owners: frozenset[str] = frozenset()
    links: Addresses = Addresses()
    tell: Tell | None = None
    ask_consent: bool = False
    kept: Kept = Kept()
    platforms: frozenset[str] = frozenset({"telegram", "discord", "web"})

    def only_on(self, platform: str) -> bool:
        """Whether there is no other platform where somebody from this one could be, too."""
        return not self.platforms - {platform}
