"""Values of the gallery: shares, hearts, reports, and outbox entries."""

from dataclasses import dataclass, replace
from typing import Literal

from bot.conversation import Button
from bot.model import Address, Clip, Job
from bot.sentence import EMPTY, Sentence

ShareState = Literal["waiting", "up", "hidden"]
"""Waiting for approval; visible; hidden by an admin, or by reports until an admin decides."""
Order = Literal["newest", "best"]
Way = Literal["tap", "reaction"]
"""How a heart was given. Removing a reaction removes only a heart given by reaction."""
EntryKind = Literal["post", "refresh", "remove", "tell"]
"""Post a shared clip; edit its post; remove a message; send text."""

CLEARED = 30.0
"""Seconds in which a worker removes the status line of a job that it finished; then the outbox does."""
ENOUGH = 3
"""Reports that hide a clip until an admin decides."""


@dataclass(frozen=True, slots=True)
class Share:
    """A clip shared with a community. Deleted when its maker unshares it."""

    id: str
    job: str
    scope: str
    person: str
    name: str
    """The maker's name; empty if shared without."""
    prompt: str
    """Empty if shared without."""
    remixes: bool
    """Others may remix it."""
    clip: Clip
    at: float
    place: Address
    """Place of its post; `chat` is empty for a web-only gallery, `message` until it is posted."""
    state: ShareState = "up"
    hearts: int = 0
    copy_id: str | None = None
    """The platform's id of the uploaded clip; None if the post has no clip."""
    spoiler: bool = False
    remix_of: str | None = None
    """The share that it remixes, which may be deleted."""


@dataclass(frozen=True, slots=True)
class Key:
    """Cursor of a gallery page: the page starts after this share."""

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
    """A complaint about a shared clip."""

    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class Preferences:
    """A person's sharing preferences. None: not asked yet."""

    named: bool | None = None
    worded: bool | None = None
    remixes: bool = True
    agreed_at: float | None = None
    """When they confirmed that the people in their photos consent to sharing."""
    model: str = ""
    """What makes their clips: a word or an id (`bot.offers`); empty: as the operator set it."""


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """An outbox entry: an action on a platform, retried until done. `claims` fences its owner."""

    id: str
    kind: EntryKind
    place: Address
    """Target of the action; for `remove` including the message."""
    due_at: float
    share: str = ""
    text: Sentence = EMPTY
    buttons: tuple[Button, ...] = ()
    topic: Literal["", "report"] = ""
    """`report`: notifies admins of a report."""
    shows: tuple[str, ...] = ()
    """Shares shown by its text; the entry is dropped once one of them is deleted."""
    person: str = ""
    """For `remove`: whose content it removes, on erasure."""
    tries: int = 0
    claims: int = 0


def line_removal(job: Job) -> OutboxEntry:
    """The outbox entry that removes a finished job's status line, in case the worker did not."""
    line = replace(job.address, message=job.status_id or "")
    return OutboxEntry(f"line-{job.id}", "remove", line, (job.done_at or 0.0) + CLEARED)
