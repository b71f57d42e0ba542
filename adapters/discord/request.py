"""Requests of people in a serialisable form, sufficient to continue after a crash."""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Literal

from adapters.shared.lanes import Lane
from bot.conversation import Named
from bot.languages import ENGLISH
from bot.model import Address

PLATFORM = "discord"
APART = "interaction:"
"""Prefix of chats without the bot: answers only, by an interaction's token."""
PERSON = "user:"
"""Prefix of a person's direct messages; the person's id follows."""
TOKEN_LIVES = 15 * 60.0
LATE = 20.0
"""Safety margin before a token's expiry, in seconds."""

Response = Literal["public", "ephemeral", "update", "message"]
"""First response to an interaction: a deferred message, `public` or `ephemeral`, or a deferred `update` of the message
with the pressed button. `message`: no interaction but a person's message, which gets a reply."""
_MANNERS: dict[str, Response] = {"open": "public", "hidden": "ephemeral", "aside": "update", "post": "message"}
"""`manner` of requests that earlier versions have serialised."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture file at Discord, or a video, of which the last frame is used."""

    url: str
    video: bool = False
    spoiler: bool = False
    end: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A request. All fields come from the event, except for typed and picked values."""

    id: str
    """Id of the interaction or message."""
    response: Response
    user: str
    channel: str
    at: float
    text: str = ""
    about: str = ""
    """The message that the reply answers."""
    source: str = ""
    """The message with the pictures, if another."""
    options: dict[str, str] = field(default_factory=dict)
    pictures: tuple[Picture, ...] = ()
    shared: bool = False
    guest: bool = False
    """User install only: the bot is no member there."""
    limit: int | None = None
    moderates: bool = False
    embeds: bool = True
    """Our links are embedded in the answer."""
    adult: bool = False
    """The channel is age-restricted."""
    label: str = ""
    scope: str = ""
    community: str = ""
    """Display name of the guild."""
    tiers: tuple[str, ...] = ()
    administers: bool = False
    """An admin by the event. Not serialised, as the right may have ended by a retry."""
    named: tuple[Named, ...] = ()
    replied_to: Named | None = None
    called: bool = True
    """As `Inbound.called`."""
    late: bool = False
    """A retry after a crash, with an unknown earlier result."""
    language: str = ENGLISH
    """As `Inbound.language`."""
    token: str = field(default="", repr=False)

    @property
    def key(self) -> str:
        """Unique, and the same for each repetition."""
        return f"{PLATFORM}:{self.id}"

    @property
    def lane(self) -> Lane:
        """Requests of one person in one channel are processed in order."""
        return Lane(self.channel, f"{self.channel}:{self.user}")

    @property
    def people(self) -> list[str]:
        """The persons it names: sender and targets."""
        others = [*self.named, *([self.replied_to] if self.replied_to else [])]
        return [f"{PLATFORM}:{self.user}", *(other.id for other in others if other.kind == "person")]

    @property
    def address(self) -> Address:
        """Address of the clip."""
        if self.guest:
            return Address(PLATFORM, f"{APART}{self.channel}", self.id)
        return Address(PLATFORM, self.channel, self.about)

    @property
    def is_press(self) -> bool:
        """A button of the bot's message `about`, which all there can see."""
        return self.response == "update" and bool(self.about) and not self.guest

    @property
    def ends(self) -> float:
        """Expiry of the token, Unix seconds."""
        return self.at + TOKEN_LIVES if self.token else 0.0

    def pack(self) -> str:
        """Serialised, for the inbox."""
        return json.dumps(asdict(replace(self, administers=False, late=False)))

    def again(self) -> "Request":
        """The request for a retry, without the rights of the first attempt."""
        return replace(self, administers=False, late=True)


def unpack(body: str) -> Request:
    """Parse a serialised request, also of older versions."""
    data = json.loads(body)
    if manner := data.pop("manner", ""):
        data["response"] = _MANNERS[manner]
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
