"""Frozen dataclasses of conversations, shared by all packages: incoming messages and replies."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from io import BufferedReader
from typing import Literal, Protocol

from bot.languages import ENGLISH
from bot.model import Address, Clip, Point, Role
from bot.sentence import EMPTY, Sentence

MENTION = "\ufffc"
"""Placeholder in a text for a person, role or channel; `Inbound.named` has the targets in order.

Adapters remove this character from typed text first, so that a mention cannot be forged.
"""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture attached to a message, not yet downloaded."""

    fetch: Callable[[], AsyncIterator[bytes]]
    role: Role = "photo"
    path: tuple[Point, ...] = ()
    """Path of the masked part (role `brush`)."""
    video: bool = False
    """A video, of which the last frame is used."""
    sample: bool = False
    """One of our own drawings, so no consent is needed."""


async def nobody() -> bool:
    """Default: no rights over others' clips."""
    return False


async def everything() -> bool:
    """Default: the bot is shown all that is said."""
    return True


async def never(_: str) -> bool:
    """Default: no channel is age-restricted."""
    return False


async def nothing() -> Sentence:
    """Default: clips can be shown."""
    return EMPTY


@dataclass(frozen=True, slots=True)
class Named:
    """A person, role or channel mentioned in a message, from the platform's event, never from its text."""

    kind: Literal["person", "role", "channel"]
    id: str
    """Person: `discord:456`; role: the platform's id; channel: `chat/thread`."""
    label: str
    """Displayed name, without an @."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """A person's reactions to a message, before and after, as emoji."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


SHELL = "shell"
"""The chat id of the shell, used by no platform."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """Any message of a person: a photo, a reply, a button, a slash command, a console line, a web form."""

    address: Address
    user: str
    """The person's id on that platform."""
    key: str
    """Unique per message, and the same each time the platform repeats it."""
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    """Options picked in the platform's form, by the names of `ordering.names`; they override those in the text."""
    shared: bool = False
    """Other people can read the reply."""
    spoiler: bool = False
    """The photo is marked as a spoiler; so is the clip then."""
    limit: int | None = None
    """Maximum bytes of a clip there, if the platform says so with the message."""
    moderates: Callable[[], Awaitable[bool]] = nobody
    """Whether the person may act on others' clips in this chat; awaited on demand."""
    label: str = ""
    """Display name of the person."""
    scope: str = ""
    """The community (`discord:123`), from the platform's event; empty in private chats."""
    community: str = ""
    """Display name of the community."""
    tiers: frozenset[str] = frozenset()
    """Ids of the person's roles there, from the platform's event."""
    administers: Callable[[], Awaitable[bool]] = nobody
    """Whether the person is an admin of the community now; awaited on demand."""
    named: tuple[Named, ...] = ()
    """Target of each `MENTION` in the text."""
    replied_to: Named | None = None
    """Author of the message that it answers."""
    obstacle: Callable[[], Awaitable[Sentence]] = nothing
    """Why clips cannot be shown there, as a sentence; awaited before an order."""
    crop: bool = False
    """Crop an overlong picture to its middle without a question."""
    pressed: bool = False
    """A tap on a button of our own message at `address`."""
    source: str = ""
    """Another message of that chat that this one is about: the answered or picked one. Its picture may be among the
    attachments."""
    asked: str = ""
    """The question that words may answer, on platforms that know what the person sees: `questions.seen`."""
    answers: bool = False
    """The text is the command that a written answer stands for; `source` is its question, to be removed."""
    called: bool = True
    """Addressed to the bot. False: to everybody, and only an answer to our message `source`."""
    no_photo: Sentence = EMPTY
    """How to attach a photo on that platform, as a sentence; told when an order lacks one."""
    how_to_call: Sentence = EMPTY
    """How people call the bot in this chat with others, in a sentence; told with its greeting."""
    hears_all: Callable[[], Awaitable[bool]] = everything
    """Whether the bot is shown what is said there to others; awaited on demand."""
    behind: str = ""
    """The group or channel in whose name an anonymous person writes."""
    language: str = ENGLISH
    """Language of the answer, a Babel locale; English for now."""
    adult: bool = False
    """The channel is age-restricted."""
    is_adult: Callable[[str], Awaitable[bool]] = never
    """Whether another channel of that community is; awaited on demand."""
    reaction: Reaction | None = None
    """Not a message, but a change of reactions to the one at `address`."""
    edited: bool = False
    """The message with this key was edited."""
    forwarded: bool = False
    """The words were written elsewhere, perhaps by another person: they answer no question."""
    late: bool = False
    """Received before a crash: the sender's rights at that time are unknown."""

    @property
    def person(self) -> str:
        """The person's name across platforms."""
        return f"{self.address.platform}:{self.user}"


@dataclass(frozen=True, slots=True)
class Button:
    """`command` is sent in the person's name by a tap: at most 64 bytes, so that it works after a restart."""

    label: Sentence
    command: str


class Stored(Protocol):
    """A stored file, perhaps missing: opened, not located. Its methods block, and raise `OSError`."""

    @property
    def name(self) -> str: ...
    @property
    def suffix(self) -> str: ...
    def exists(self) -> bool: ...
    def open(self) -> BufferedReader: ...
    def read(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class ShownClip:
    """A clip to be shown: its file and what a platform needs to know of it."""

    file: Stored
    clip: Clip
    spoiler: bool = False
    limit: int | None = None
    """Maximum bytes there; None if only the platform knows."""
    poster: Stored | None = None
    copy: str | None = None
    """The platform's id of an earlier upload."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A small file for the asker: a picture to be shown, or a table to download."""

    name: str
    data: bytes
    picture: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a person. `job`: status line or result of that job; `refused`: nothing was done.

    An empty text is not posted: the person was told a moment ago.
    """

    text: Sentence
    buttons: tuple[Button, ...] = ()
    clip: ShownClip | None = None
    job: str | None = None
    refused: bool = False
    ask: str | None = None
    """A question: the answer is sent after this command prefix, with the pictures attached to it."""
    bare: bool = False
    """With `ask`: pictures are not part of the answer."""
    parked: str | None = None
    """A question about a parked order (`Parked.id`), answered by a button or a typed yes or no."""
    chooser: str = ""
    """Another question: the person whose written answer counts as a button. It is yes or no to a removal, or one of a
    list by its number, its name or its words."""
    lines: tuple[Button, ...] = ()
    """What the numbers of a list's lines stand for; empty if they have none."""
    answered: str = ""
    """The command that a written answer stood for."""
    over: str = ""
    """Message id of a question in that chat, to be removed: it was answered, in writing or by a button (`pressed`)."""
    ready_at: float | None = None
    """Expected time of the clip, Unix seconds."""
    undated: Sentence = EMPTY
    """With `ready_at`: the text without that time, for a platform with its own countdown."""
    papers: tuple[Paper, ...] = ()
    file: str = ""
    """A file in `Media` for the asker, on platforms that link to it themselves."""
    private: bool = False
    """About the asker's own credits, or an admin's: visible to the asker only, where the platform can."""
    repeats: tuple[str, ...] = ()
    """Jobs whose clips or words it shows, besides their own messages."""
    shares: tuple[str, ...] = ()
    """Shares that it names, while visible."""
    secret: bool = False
    """Must not be read by others: without private replies it is sent to the private chat or not at all."""
    names: tuple[str, ...] = field(default=(), compare=False)
    """Persons named in it, besides those mentioned in the message."""
    cancelled: str = field(default="", compare=False)
    """The job that this cancelled; its status line says so, too."""
    placed: bool = field(default=False, compare=False)
    """`job` is a new one, of the message itself: it has no status line yet."""

    def into(self, language: str) -> "Reply":
        """The same in another language."""
        if all(one.language == language for one in (self.text, *(button.label for button in self.buttons))):
            return self
        buttons = tuple(replace(button, label=button.label.into(language)) for button in self.buttons)
        return replace(self, text=self.text.into(language), undated=self.undated.into(language), buttons=buttons)


@dataclass(frozen=True, slots=True)
class Posted:
    """A posted reply: its message id, and the platform's id of the clip, if there is one."""

    message: str
    copy: str | None = None
