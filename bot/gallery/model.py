"""The words of the gallery: shared clips, who likes or reports them, and what must still be done about them."""

from dataclasses import dataclass, replace
from typing import Literal

from bot.model import Address, Button, Clip, Job

ShareState = Literal["waiting", "up", "hidden"]
"""Waiting for an admin's first yes; to be seen; hidden by an admin, or by reports until one has looked."""
Order = Literal["newest", "best"]
Way = Literal["tap", "reaction"]
"""How a heart was given. A reaction taken back takes back only what a reaction gave."""
ErrandKind = Literal["post", "refresh", "remove", "tell"]
"""Post a shared clip; bring its post up to date; take a message away; say something."""

CLEARED = 30.0
"""Seconds in which a worker takes away the status line of a job that it ended."""
ENOUGH = 3
"""Reports that hide a clip until an admin has looked."""


@dataclass(frozen=True, slots=True)
class Share:
    """A clip in the gallery of a community, as its maker shared it. Gone when they unshare it."""

    id: str
    job: str
    scope: str
    person: str
    name: str
    """The maker's; empty when it was shared without."""
    prompt: str
    """Empty when it was shared without."""
    remixes: bool
    """Others may remix it."""
    clip: Clip
    at: float
    place: Address
    """Where it is posted; `chat` is empty where a gallery is on the web alone, `message` until it stands there."""
    state: ShareState = "up"
    hearts: int = 0
    copy: str | None = None
    """The platform's own name of the film; None once it stands there without."""
    spoiler: bool = False
    remix_of: str | None = None
    """The share that it is made after; it may be gone."""


@dataclass(frozen=True, slots=True)
class Key:
    """Where a page of a gallery begins: behind this share."""

    hearts: int
    at: float
    id: str


@dataclass(frozen=True, slots=True)
class WebGallery:
    """A community's gallery on the web."""

    slug: str
    scope: str
    title: str
    public: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody said against a shared clip."""

    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class Manner:
    """How a person shares. None: not asked yet."""

    named: bool | None = None
    worded: bool | None = None
    remixes: bool = True
    agreed_at: float | None = None
    """When they said that whoever is in their photos has consented."""


@dataclass(frozen=True, slots=True)
class Errand:
    """Something to be done on a platform, for as long as it takes. `claims` fences its owner."""

    id: str
    kind: ErrandKind
    place: Address
    """Where; for `remove` with the message."""
    due_at: float
    share: str = ""
    text: str = ""
    buttons: tuple[Button, ...] = ()
    topic: Literal["", "report"] = ""
    """`report`: it tells admins what was reported."""
    shows: tuple[str, ...] = ()
    """Shares that its words show; it is not said once one of them is gone."""
    person: str = ""
    """Whose content a `remove` takes away, when they are forgotten."""
    tries: int = 0
    claims: int = 0


def line_removal(job: Job) -> Errand:
    """Take away the status line of a job that is done, if whoever ended it did not come to that."""
    line = replace(job.address, message=job.status_id or "")
    return Errand(f"line-{job.id}", "remove", line, (job.done_at or 0.0) + CLEARED)
