"""Frozen dataclasses of orders, jobs and providers, shared by all packages.

Times are Unix seconds, lengths are seconds.
"""

import re
from dataclasses import dataclass
from typing import Literal

from bot.sentence import Sentence

UNREADABLE = Sentence("[words that cannot be read: their key is missing]", {})
"""The placeholder of a person's words in the database that cannot be decrypted. It is never bought.

`texts.phrases.UNREADABLE` is the same, for translators."""

State = Literal["queued", "submitting", "asking", "running", "delivering", "done"]
Outcome = Literal["clip", "failed"]
Role = Literal["photo", "end", "static_mask", "brush"]
Reason = Literal[
    "cancelled",  # cancelled by the person while queued
    "expired",  # no end within JOB_DEADLINE
    "lost",  # no answer to our paid request; it is not sent twice
    "unknown_job",  # the provider no longer knows the job
    "moderation",  # the provider's content rules
    "image",  # the provider cannot process this picture
    "rejected",  # invalid for the provider
    "busy",  # no capacity at the provider, repeatedly
    "unavailable",  # no provider could be used
    "failed",  # the provider tried and failed
    "restored",  # queued when the database was restored, and refunded by the operator
    "unreadable",  # its words cannot be decrypted: the key is missing
    "broken_clip",  # the provider says done, but no playable clip could be fetched
]
"""Why a job ended without a clip; `texts.jobs.FAILED` has the sentence for each."""

Wait = Literal[
    "room",  # no capacity at the provider
    "account",  # every provider rejects us, or is paused after that, until the operator acts
    "silence",  # no answer from the provider, or it is paused after that
    "link",  # done for the provider, but without a link
    "clip",  # done, but the link does not open
    "disk",  # our disk
]
"""Why a job is delayed; `texts.jobs.WAITS` has the words for each."""

Point = tuple[int, int]
"""x, y in pixels of the photo, from its top left corner."""

ID = re.compile(r"[\w-]{1,32}", re.ASCII)
"""Ids of jobs and shares."""
PERSON = re.compile(r"[a-z]{1,20}:-?[\w-]{1,64}", re.ASCII)
"""Pattern of ids of people and of communities."""


@dataclass(frozen=True, slots=True)
class Address:
    """Address of a message; all parts are the platform's own, opaque to the core."""

    platform: str
    chat: str
    message: str = ""
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Photo:
    """A stored picture: normalised, without metadata. `name` is a file in `Media`."""

    name: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Brush:
    """A part of the photo (white in `mask`) and its path."""

    mask: Photo
    path: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """The order: everything that a provider needs."""

    model: str
    photo: Photo
    prompt: str
    seconds: int = 5
    negative: str = ""
    cfg: float | None = None
    end: Photo | None = None
    static_mask: Photo | None = None
    brushes: tuple[Brush, ...] = ()
    sample: bool = False
    """All pictures are our own drawings, or frames of clips made from them."""
    cropped: bool = False
    """A picture was cropped to its middle; the person is asked before the purchase."""
    sound: bool = False
    """The clip shall have sound, from a model that makes some."""
    version: int = 1
    """Version of the model's row (`bot.catalogue`) that it was placed with, and is bought by."""

    @property
    def photos(self) -> tuple[Photo, ...]:
        """All pictures of the order."""
        single = (self.photo, self.end, self.static_mask)
        return (*(p for p in single if p), *(b.mask for b in self.brushes))


@dataclass(frozen=True, slots=True)
class Clip:
    """A finished, stored video. `name` is a file in `Media`."""

    name: str
    width: int
    height: int
    seconds: float
    size: int
    sound: bool = False


@dataclass(frozen=True, slots=True)
class Payment:
    """A part of a job's price or capacity, and the book it is counted in.

    `own` (allowance) and `grant` add up to the price; `cap` counts the same credits (or their money) against a ceiling;
    `flight` counts the job itself until it is settled.
    """

    kind: Literal["own", "grant", "cap", "flight"]
    book: str
    span: str
    amount: int


@dataclass(frozen=True, slots=True)
class Job:
    """One order in progress. `claims` fences its owner: a save with an older count changes nothing."""

    id: str
    key: str
    person: str
    address: Address
    order: Order
    price: int
    spent_from: str
    """The allowance window that it was charged to."""
    created_at: float
    due_at: float
    changed_at: float = 0.0
    """Time of the last change of state, for followers."""
    state: State = "queued"
    outcome: Outcome | None = None
    reason: Reason | None = None
    claims: int = 0
    polls: int = 0
    """How often it was polled; counted when a poll is handed out."""
    tries: int = 0
    """Consecutive failures of the current step; reset at each step."""
    waits: Wait | None = None
    """Reason of a delay after a failure; None otherwise."""
    host: str | None = None
    """Where it is made; while `asking`, where it was sent, or None if that is unknown."""
    remote_id: str | None = None
    posted: int = 0
    """`claims` of the latest create, whose id at the host is `request_id`."""
    ask_until: float | None = None
    """When an order without an answer is given up; set if it ever was without one."""
    unlogged: bool = False
    """While `asking`: a whole look at the log found nothing, so it takes no slot."""
    copied: bool = False
    """It was in line when a copy of the database was taken: the host may have it already."""
    clip: Clip | None = None
    credits_left: int | None = None
    """Rest of the allowance after this order; None if unlimited."""
    credits_extra: int = 0
    """Rest of the grants then."""
    scope: str = ""
    """The community with access to it; empty in private chats."""
    account: str = ""
    """Account for turns in the queue: linked persons are one."""
    label: str = ""
    """Display name of the person."""
    paid: tuple[Payment, ...] = ()
    """Sources of the payment, for refunds."""
    spoiler: bool = False
    upload_limit: int | None = None
    """Maximum bytes of the clip in its chat; None: the platform's general limit."""
    follows: str | None = None
    """The job whose clip it continues."""
    remix_of: str | None = None
    """The remixed share (`Share.id`)."""
    remix_after: str = ""
    """Name of that share's maker; empty if shared without."""
    sends: int = 0
    """Unconfirmed sends of the result."""
    sent_id: str | None = None
    """Message id of the clip."""
    copy_id: str | None = None
    """The platform's id of the uploaded clip, for sending it again."""
    status_id: str | None = None
    """Message id of the status line."""
    shown: str = ""
    """Digest of the status line (`Store.digest`)."""
    halted: bool = False
    """It may have been bought before the database was restored, and waits for the operator's decision."""
    started_at: float | None = None
    accepted_at: float | None = None
    settled_at: float | None = None
    done_at: float | None = None
    favourite: bool = False
    """Marked as a favourite by its maker."""

    @property
    def request_id(self) -> str:
        """The id of its latest create, in the host's log: no two creates share one."""
        return f"{self.id}.{self.posted}"

    @property
    def was_watched(self) -> bool:
        """Whether the end of its render was seen. An order that was found in a log may have ended long before."""
        return (self.ask_until is None and not self.copied) or self.polls > 1


@dataclass(frozen=True, slots=True)
class Search:
    """A search of a person's jobs: all conditions must hold."""

    words: str = ""
    """All of these are in the order's words, in any order and case."""
    favourites: bool = False
    clips: bool = False
    """It has a clip, which is still stored."""
    before: tuple[float, str] | None = None
    """`created_at` and `id` of the last result of the previous page."""


EVERYTHING = Search()


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A movement of a job's credits: `held` and `spent` are added to the books of `Job.paid`."""

    job: str
    person: str
    window: str
    kind: Literal["hold", "capture", "refund"]
    held: int
    spent: int
    at: float


@dataclass(frozen=True, slots=True)
class Render:
    """Observation of a render, in seconds after acceptance: from `since` to `seen`.

    `ended`: it completed at `seen`; otherwise it was still running.
    """

    seen: float
    ended: bool = True
    since: float = 0.0


# Values from providers. Their own words go no further than `detail`, for the log and `photoplay check`.


@dataclass(frozen=True, slots=True)
class Accepted:
    """The order was accepted; `remote_id` is opaque and belongs to `host`.

    `at`: time of acceptance by the host's log, Unix seconds; None: just now.
    """

    host: str
    remote_id: str
    at: float | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """Expectations of a host while there is no history; times are in seconds."""

    host: str
    stand_in: bool
    """The local stand-in instead of the real model: replies say so."""
    masks: bool
    """Masks and brushes can be sent to it."""
    blind: float
    """Poll interval."""
    usual: float
    """Render time."""
    told: bool = False
    """`usual` is that of the very model, not of any at the host."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Not ready, or unknown. `detail`: an oddity; `failed`: the poll itself failed."""

    detail: str = ""
    failed: bool = False
    waits: Wait = "silence"
    """What to tell if the poll failed."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The clip can be downloaded from `url`, which is secret and expires."""

    url: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider's final refusal."""

    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """An event for the operator. `detail` may quote a provider, redacted."""

    at: float
    what: Sentence
    detail: str = ""
    host: str = ""
    job: str = ""
