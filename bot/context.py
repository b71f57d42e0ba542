"""The context of handlers: the parts of a running Photoplay, and its operator's settings."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.jobs.history import History
from bot.media.fit import Fitting
from bot.media.library import Media
from bot.offers import Offers
from bot.platforms import PLATFORMS
from bot.ports import Provider
from bot.quotas.pricing import Policy
from bot.sentence import Sentence
from storage import Store
from storage.inbox import Inbox

__all__ = ["Addresses", "Context", "Ids", "Inbox", "Kept", "Store", "Tell", "Wake"]

Tell = Callable[[Sentence], Awaitable[None]]
"""Sends a text to the operators."""


@dataclass(frozen=True, slots=True)
class Ids:
    """`new` draws an id. `seed` derives secrets that stay the same when a message is repeated."""

    new: Callable[[], str]
    seed: bytes


@dataclass(frozen=True, slots=True)
class Addresses:
    """`web`: public URL of our web server, if there is one; `clip`: URL of a stored file; `own`: URL of our web server
    from this machine."""

    web: str | None = None
    clip: Callable[[str], str] | None = None
    own: str | None = None


@dataclass(frozen=True, slots=True)
class Wake:
    """Wakes the worker, and the runner of the outbox."""

    worker: Callable[[], None]
    outbox: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Kept:
    """Retention of files, in seconds."""

    photos: float = 24 * 3600.0
    clips: float = 30 * 86_400.0


async def nothing() -> None:
    """Where no prices are kept."""


@dataclass(frozen=True, slots=True)
class Context:
    """`clock` returns Unix seconds; `owners` are the operators' ids. `offers`: what can be ordered now;
    `reprice` applies changed prices to it.

    `ask_consent`: a person's first clip needs the consent of the people in the photo. `platforms`: names of the served
    platforms.
    """

    store: Store
    media: Media
    fit: Fitting
    provider: Provider
    history: History
    clock: Callable[[], float]
    ids: Ids
    offers: Callable[[], Offers]
    policy: Policy
    wake: Wake
    owners: frozenset[str] = frozenset()
    links: Addresses = Addresses()
    tell: Tell | None = None
    reprice: Callable[[], Awaitable[None]] = nothing
    ask_consent: bool = False
    kept: Kept = Kept()
    platforms: frozenset[str] = frozenset(PLATFORMS)

    def only_on(self, platform: str) -> bool:
        """Whether no other platform is configured, so that accounts cannot be linked."""
        return not self.platforms - {platform}
