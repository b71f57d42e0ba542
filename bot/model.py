"""The words of the house: frozen values that every room passes around. Times are Unix seconds, lengths are seconds."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from io import BufferedReader
from typing import Literal, Protocol

State = Literal["queued", "submitting", "running", "delivering", "done"]
Outcome = Literal["clip", "failed"]
Role = Literal["photo", "end", "static_mask", "brush"]
Seconds = Literal[5, 10]
Reason = Literal[
    "cancelled",  # the person took it back while it was queued
    "expired",  # no end within JOB_DEADLINE
    "lost",  # the answer to our paid request never came; it is not sent twice
    "unknown_job",  # the provider no longer knows the job
    "moderation",  # the provider's content rules
    "image",  # the provider cannot work with this picture
    "rejected",  # the provider calls the request invalid
    "busy",  # the provider had no room, time after time
    "unavailable",  # no provider could be used
    "failed",  # the provider tried and failed
    "restored",  # it was in line when the database was restored, and the operator gave it back
    "broken_clip",  # the provider says done, but no playable clip could be fetched
]
"""Why a job ended without a clip; `texts.FAILED` has the sentence for each."""

Wait = Literal[
    "room",  # the provider has no room now
    "account",  # every provider refuses us, or rests after it did, until the operator has acted
    "silence",  # the provider does not answer, or is left alone after it did not
    "link",  # the provider says done, and not where the clip is
    "clip",  # the clip is done, and its link does not open
    "disk",  # ours takes or gives nothing
]
"""Why a job waits for longer than its turn; `texts.WAITS` has the words for each."""

Point = tuple[int, int]
"""x, y in pixels of the photo, from its top left corner."""

ID = re.compile(r"[\w-]{1,32}", re.ASCII)
"""What a name of a job or a share looks like."""
MENTION = "\ufffc"
"""Stands in a text where a person, role or channel is named; `Inbound.named` says whom, in the same order.

Adapters take this character out of what people type before they put it in, so that nobody can name by typing.
"""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message stands; all parts are the platform's own, opaque to the core."""

    platform: str
    chat: str
    message: str = ""
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture that came with a message, not yet downloaded."""

    fetch: Callable[[], AsyncIterator[bytes]]
    role: Role = "photo"
    path: tuple[Point, ...] = ()
    """Where the masked part moves (role `brush`)."""
    video: bool = False
    """Its last frame is the picture."""
    sample: bool = False
    """It is one of our own drawings: nobody is in it who could be asked."""


async def nobody() -> bool:
    """The answer where people have no say over each other's clips."""
    return False


async def never(_: str) -> bool:
    """The answer where no channel is age-restricted."""
    return False


async def nothing() -> str:
    """The answer where clips can be shown."""
    return ""


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody or something that a message points at, as the platform's event says, never as its text does."""

    kind: Literal["person", "role", "channel"]
    id: str
    """Of a person `discord:456`, the name across the house; of a role the platform's id; of a channel `chat/thread`."""
    label: str
    """What people see, without an @."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """What somebody's reactions to a message were and are, as emoji."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


SHELL = "shell"
"""The chat of whoever has a shell here: no platform has one of that name."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """Anything a person sent: a photo, a reply, a button, a slash command, a console line, a web form."""

    address: Address
    user: str
    """The person's id on that platform."""
    key: str
    """Unique to this message, the same each time the platform sends it again."""
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    """Options picked in the platform's own form, by the names of `orders.OPTIONS`; they win over those in the text."""
    shared: bool = False
    """Others read the answer."""
    spoiler: bool = False
    """The photo came covered; so does the clip."""
    limit: int | None = None
    """Bytes that a clip may have there, where the platform says so with the message."""
    moderates: Callable[[], Awaitable[bool]] = nobody
    """Whether the person may act on others' clips in this chat; asked only when it matters."""
    label: str = ""
    """What the platform calls the person."""
    scope: str = ""
    """The community it was said in (`discord:123`), by the platform's event; empty in the person's own space."""
    community: str = ""
    """What the platform calls that community."""
    tiers: frozenset[str] = frozenset()
    """The person's roles there, by the platform's ids and event."""
    administers: Callable[[], Awaitable[bool]] = nobody
    """Whether the person is an admin of the community at this moment; asked only when it matters."""
    named: tuple[Named, ...] = ()
    """Whom each `MENTION` in the text means."""
    replied_to: Named | None = None
    """Whose message it answers."""
    obstacle: Callable[[], Awaitable[str]] = nothing
    """Why no clip can be shown there, in a sentence; asked before an order."""
    crop: bool = False
    """Of a picture that is too long the middle is taken, without a question."""
    pressed: bool = False
    """It is a tap on a button under our own message at `address`."""
    source: str = ""
    """Another message of that chat that this is about: which it answers, or which was picked. Its picture may come
    along among the attachments."""
    called: bool = True
    """It is said to us. False: to everybody, and all that speaks for us is that it answers our message `source`."""
    no_photo: str = ""
    """How people there give a photo, in a sentence; told where an order lacks one."""
    behind: str = ""
    """The group or channel in whose name it is said, where nobody sees which person it is."""
    adult: bool = False
    """The channel is age-restricted."""
    is_adult: Callable[[str], Awaitable[bool]] = never
    """Whether another channel of that community is; asked only when it matters."""
    reaction: Reaction | None = None
    """It is no message, but a change of reactions to the one at `address`."""
    edited: bool = False
    """It is the message with this key, changed after it was sent."""
    late: bool = False
    """It was begun before a crash, and who held which rights then is not known any more."""

    @property
    def person(self) -> str:
        """Who asked, across the house."""
        return f"{self.address.platform}:{self.user}"


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture that we keep: normalised, without metadata. `name` is a file in `Media`."""

    name: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Brush:
    """A part of the photo (white in `mask`) and the way it moves."""

    mask: Photo
    path: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """What is bought: everything a provider needs to know."""

    model: str
    photo: Photo
    prompt: str
    seconds: Seconds = 5
    negative: str = ""
    cfg: float | None = None
    end: Photo | None = None
    static_mask: Photo | None = None
    brushes: tuple[Brush, ...] = ()
    sample: bool = False
    """All pictures are our own drawings, or come from clips of them."""
    cropped: bool = False
    """A picture was too long, and only its middle was kept: the person is asked before it is bought."""

    @property
    def photos(self) -> tuple[Photo, ...]:
        """Every picture of the order."""
        single = (self.photo, self.end, self.static_mask)
        return (*(p for p in single if p), *(b.mask for b in self.brushes))


@dataclass(frozen=True, slots=True)
class Clip:
    """A finished video that we keep. `name` is a file in `Media`."""

    name: str
    width: int
    height: int
    seconds: float
    size: int
    sound: bool = False


@dataclass(frozen=True, slots=True)
class Payment:
    """A part of what a job cost or takes up, and the book where it stands.

    `own` is an allowance and `grant` a gift, which together make up the price; `cap` is the same credits (or their
    money) counted against a ceiling; `flight` is the job itself, counted until it is settled.
    """

    kind: Literal["own", "grant", "cap", "flight"]
    book: str
    span: str
    amount: int


@dataclass(frozen=True, slots=True)
class Job:
    """One order on its way. `claims` fences its owner: a save with an older count touches nothing."""

    id: str
    key: str
    person: str
    address: Address
    order: Order
    price: int
    window: str
    """The allowance it was paid from."""
    created_at: float
    due_at: float
    changed_at: float = 0.0
    """When its state last changed, for whoever follows it."""
    state: State = "queued"
    outcome: Outcome | None = None
    reason: Reason | None = None
    claims: int = 0
    tries: int = 0
    """Failures in a row of the present step; each step starts at 0."""
    waits: Wait | None = None
    """Why it waits, after something failed; None while all goes its way."""
    host: str | None = None
    remote_id: str | None = None
    clip: Clip | None = None
    credits_left: int | None = None
    """Credits left in the allowance once this order was paid; None where spending is not limited."""
    credits_extra: int = 0
    """Credits left in grants then."""
    scope: str = ""
    """The community whose members share it; empty for a person's own space."""
    account: str = ""
    """Whose turn it takes in the queue: linked persons are one."""
    label: str = ""
    """What the platform called the person."""
    paid: tuple[Payment, ...] = ()
    """From where, so that it can go back there."""
    spoiler: bool = False
    upload_limit: int | None = None
    """Bytes that the clip may have where it goes; what the platform allows everywhere, without it."""
    follows: str | None = None
    """The job whose clip it continues."""
    remix_of: str | None = None
    """The shared clip (`Share.id`) that it is made after."""
    remix_after: str = ""
    """The name of that clip's maker, as it was shared; empty when it was shared without one."""
    sends: int = 0
    """Sends of the result that began and of whose end nothing is known."""
    sent_id: str | None = None
    """The platform's id of the message with the clip."""
    copy: str | None = None
    """The platform's own name of the clip, by which it is sent again without an upload."""
    status_id: str | None = None
    """The platform's id of the status line."""
    shown: str = ""
    """What the status line says now."""
    halted: bool = False
    """It may have been bought before the database was restored, and waits for the operator's word."""
    started_at: float | None = None
    accepted_at: float | None = None
    settled_at: float | None = None
    done_at: float | None = None
    favourite: bool = False
    """Its maker has marked the clip."""


@dataclass(frozen=True, slots=True)
class Search:
    """Which of a person's jobs are looked for: all that stands here must be so."""

    words: str = ""
    """All of them are in the order's words, in any order and case."""
    favourites: bool = False
    clips: bool = False
    """It brought a clip, which is still kept."""
    before: tuple[float, str] | None = None
    """`created_at` and `id` of the last job that was found before."""


EVERYTHING = Search()


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One movement of a job's credits: `held` and `spent` are what it adds to each. The books follow `Job.paid`."""

    job: str
    person: str
    window: str
    kind: Literal["hold", "capture", "refund"]
    held: int
    spent: int
    at: float


@dataclass(frozen=True, slots=True)
class Button:
    """`command` is what a tap says in the person's place: at most 64 bytes, so that it works after a restart."""

    label: str
    command: str


class Stored(Protocol):
    """A file that we keep, there or not: it is opened, not located. Its methods block, and raise `OSError`."""

    @property
    def name(self) -> str: ...
    @property
    def suffix(self) -> str: ...
    def exists(self) -> bool: ...
    def open(self) -> BufferedReader: ...
    def read(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Film:
    """A clip to be shown: the file and what a platform must know of it."""

    file: Stored
    clip: Clip
    spoiler: bool = False
    limit: int | None = None
    """Bytes that it may have there; None where only the platform knows."""
    poster: Stored | None = None
    copy: str | None = None
    """The platform's own name of it, if it was there before."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A small file made for the asker: a picture to be shown, or a table to be kept."""

    name: str
    data: bytes
    picture: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What a person is told. `job` is set when it is a job's status line or result, `refused` when nothing was done.

    An empty text is silence: the person has heard it a moment ago, and nothing is posted.
    """

    text: str
    buttons: tuple[Button, ...] = ()
    film: Film | None = None
    job: str | None = None
    refused: bool = False
    ask: str | None = None
    """It is a question: the answer is said behind these words, with the pictures that came with them."""
    bare: bool = False
    """With `ask`: the pictures that came along are no part of the answer."""
    waits: str | None = None
    """It is a question about an order that was set aside (`Parked.id`); a button answers it."""
    ready_at: float | None = None
    """When the clip is expected, Unix seconds."""
    undated: str = ""
    """With `ready_at`: the text without that time, for a platform that counts down by itself."""
    papers: tuple[Paper, ...] = ()
    file: str = ""
    """A file of `Media` that is handed to the asker, on platforms that link to it by themselves."""
    private: bool = False
    """It is about the asker's own credits or is an admin's: where a platform can, only the asker should see it."""
    repeats: tuple[str, ...] = ()
    """The jobs whose clips or words it shows, besides their own messages."""
    shares: tuple[str, ...] = ()
    """The shared clips that it names, for as long as they may be seen."""
    secret: bool = False
    """It must not be read by others: where a platform cannot whisper, it is told in private or not at all."""
    names: tuple[str, ...] = field(default=(), compare=False)
    """Persons whom it names, besides those whom the message named."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What a platform made of a reply: the id of its message, and its own name of the film, if it has one."""

    message: str
    copy: str | None = None


@dataclass(frozen=True, slots=True)
class Render:
    """How far one render was watched, in seconds after it was accepted: from `since` on, and last at `seen`.

    `ended` then, or still going.
    """

    seen: float
    ended: bool = True
    since: float = 0.0


# What a provider says. A host's own words come no further than `detail`, for the log and for `photoplay check`.


@dataclass(frozen=True, slots=True)
class Accepted:
    """The order was taken; `remote_id` is opaque and belongs to `host`."""

    host: str
    remote_id: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What to expect of a host; times are in seconds, for as long as there is no history."""

    host: str
    stand_in: bool
    """It is the local stand-in, not the real model: replies say so."""
    masks: bool
    """Masks and brushes can reach it."""
    blind: float
    """Between two looks."""
    usual: float
    """Until a clip is ready."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Not ready, or not known to be. `detail` says what was odd, if anything; `failed`: the look itself went wrong."""

    detail: str = ""
    failed: bool = False
    waits: Wait = "silence"
    """What is told if the look went wrong."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The clip can be fetched from `url`, which is secret and expires."""

    url: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider's final no."""

    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """Something the operator should know. `detail` may quote a provider, with links and keys taken out."""

    at: float
    what: str
    detail: str = ""
    host: str = ""
    job: str = ""
