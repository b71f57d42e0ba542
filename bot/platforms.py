"""What the core knows of a platform: a row each. One without a row is taken for a chat."""

from dataclasses import KW_ONLY, dataclass
from typing import Literal

Kind = Literal["chat", "page", "operator"]
"""`chat`: people have names there, others may read along, and our messages stay. `page`: our own chat page, which has a
menu and links to our files. `operator`: nobody else is there; they pay nothing and have no buttons."""


@dataclass(frozen=True, slots=True)
class Traits:
    """`label`: what people call the platform."""

    label: str
    _: KW_ONLY
    kind: Kind = "chat"
    fields: bool = False
    """Its commands have a field for each thing that they take."""


PLATFORMS = {
    "telegram": Traits("Telegram"),
    "discord": Traits("Discord", fields=True),
    "web": Traits("the chat page", kind="page"),
    "console": Traits("the console", kind="operator"),
}
CHATS = frozenset(name for name, traits in PLATFORMS.items() if traits.kind == "chat")


def of(name: str) -> Traits:
    """The row of a platform."""
    return PLATFORMS.get(name) or Traits(name.capitalize())


def kind(name: str) -> Kind:
    """What kind of platform it is."""
    return of(name).kind
