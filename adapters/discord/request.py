"""What people ask of us, in a form that the database can keep: enough to go on with after a crash."""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from adapters.shared.lanes import Lane
from bot.conversation import Named
from bot.model import Address

PLATFORM = "discord"
APART = "interaction:"
"""How the chats begin in which the bot is no member: it may only answer there, by the token of a question."""
PERSON = "user:"
"""How the chats begin that are a person's own with the bot, wherever that is: behind it stands the person's id."""
TOKEN_LIVES = 15 * 60.0
LATE = 20.0
"""Seconds before its end from which a token is not relied on any more."""

Manner = Literal["open", "hidden", "aside", "post"]
"""How it is answered: in a message for all that takes the place of “thinking”, in one that only the person sees, with
nothing at first (a button), or by a message of the bot's own to a message of the person's."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A file at Discord that shows something; of a video, its last frame counts."""

    url: str
    video: bool = False
    spoiler: bool = False
    end: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """One thing that somebody wants. Everything in it comes from the event, but what the person typed or picked."""

    id: str
    """Of the interaction or the message."""
    manner: Manner
    user: str
    channel: str
    at: float
    text: str = ""
    about: str = ""
    """The message that the answer is a reply to."""
    source: str = ""
    """The message from which the pictures are, if it is another."""
    options: dict[str, str] = field(default_factory=dict)
    pictures: tuple[Picture, ...] = ()
    shared: bool = False
    guest: bool = False
    """The bot is no member there."""
    limit: int | None = None
    moderates: bool = False
    embeds: bool = True
    """Links of ours play in the answer."""
    adult: bool = False
    """The channel is age-restricted."""
    label: str = ""
    scope: str = ""
    community: str = ""
    """What the guild is called."""
    tiers: tuple[str, ...] = ()
    administers: bool = False
    """By the event, and for the first try only: it is not kept, as it may be over by the time of another."""
    named: tuple[Named, ...] = ()
    replied_to: Named | None = None
    called: bool = True
    """As `Inbound.called`."""
    late: bool = False
    """It was begun before, and nobody knows how far that came."""
    token: str = field(default="", repr=False)

    @property
    def key(self) -> str:
        """Unique, and the same each time Discord sends it."""
        return f"{PLATFORM}:{self.id}"

    @property
    def lane(self) -> Lane:
        """What one person wants in one channel is done in its order."""
        return Lane(self.channel, f"{self.channel}:{self.user}")

    @property
    def people(self) -> list[str]:
        """Everybody whom it names: who asks, and who is meant."""
        others = [*self.named, *([self.replied_to] if self.replied_to else [])]
        return [f"{PLATFORM}:{self.user}", *(other.id for other in others if other.kind == "person")]

    @property
    def address(self) -> Address:
        """Where the clip goes."""
        if self.guest:
            return Address(PLATFORM, f"{APART}{self.channel}", self.id)
        return Address(PLATFORM, self.channel, self.about)

    @property
    def ends(self) -> float:
        """When the token is over."""
        return self.at + TOKEN_LIVES if self.token else 0.0

    def pack(self) -> str:
        """For the database."""
        return json.dumps(asdict(replace(self, administers=False, late=False)))

    def again(self) -> "Request":
        """For another try: without the rights of the first."""
        return replace(self, administers=False, late=True)


def unpack(body: str) -> Request:
    """The request that was packed, maybe by an older version."""
    data = json.loads(body)
    other = data.get("replied_to")
    return Request(
        **data
        | {
            "pictures": tuple(Picture(**one) for one in data["pictures"]),
            "tiers": tuple(data.get("tiers", ())),
            "named": tuple(Named(**one) for one in data.get("named", ())),
            "replied_to": Named(**other) if other else None,
        }
    )
