"""What comes in: an event as it is kept, and as the core takes it. Pure."""

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from adapters.shared.lanes import Lane
from bot.commands import invocation
from bot.conversation import Attachment, Inbound, Reaction
from bot.model import Address

PLATFORM = "lines"
_CALL = re.compile(r"@photoplay\b[,:]?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Event:
    """Somebody said, tapped or felt something. `message`: what was said, tapped or reacted to."""

    number: int
    kind: str
    user: str
    chat: str
    text: str
    message: str
    reply_to: str = ""
    ours: bool = False
    """`reply_to` is a message of ours."""
    photo: str = ""
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"{PLATFORM}:{self.number}"

    @property
    def lane(self) -> Lane:
        return Lane(self.chat, f"{self.chat}:{self.user}")

    @property
    def shared(self) -> bool:
        """Others read along."""
        return self.chat != self.user

    def pack(self) -> str:
        return json.dumps(asdict(self))


def unpack(body: str) -> Event:
    return event(json.loads(body))


def event(said: dict[str, Any]) -> Event:
    """As the server says it."""
    return Event(**said | {name: tuple(said.get(name, ())) for name in ("before", "after")})


def inbound(event: Event, photo: Attachment | None) -> Inbound | None:
    """What was seen, and nothing decided; None if it is not for us."""
    words = _CALL.sub("", event.text).strip()
    called = not event.shared or bool(_CALL.search(event.text)) or event.kind != "said"
    if not called and not event.ours:
        return None
    return Inbound(
        Address(PLATFORM, event.chat, event.message),
        event.user,
        event.key,
        invocation.canonical(words),
        (photo,) if photo else (),
        shared=event.shared,
        label=event.user.title(),
        scope=f"{PLATFORM}:{event.chat}" if event.shared else "",
        community=event.chat if event.shared else "",
        pressed=event.kind == "tapped",
        source=event.reply_to,
        called=called,
        reaction=Reaction(event.before, event.after) if event.kind == "reacted" else None,
    )
