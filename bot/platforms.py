"""Traits of the platforms, as far as the core needs them. A platform without a row is a `chat`."""

from dataclasses import KW_ONLY, dataclass
from typing import Literal

Kind = Literal["chat", "page", "operator"]
"""`chat`: people have names, chats may have other readers, and messages stay. `page`: our own chat page, with a menu
and links to files. `operator`: the operator alone; free, and without buttons."""


@dataclass(frozen=True, slots=True)
class Traits:
    """One platform; `label`: its display name."""

    label: str
    _: KW_ONLY
    kind: Kind = "chat"
    fields: bool = False
    """Commands have a separate field per argument."""


PLATFORMS = {
    "telegram": Traits("Telegram"),
    "discord": Traits("Discord", fields=True),
    "web": Traits("the chat page", kind="page"),
    "console": Traits("the console", kind="operator"),
}
CHATS = frozenset(name for name, traits in PLATFORMS.items() if traits.kind == "chat")


def of(name: str) -> Traits:
    """Traits of a platform."""
    return PLATFORMS.get(name) or Traits(name.capitalize())


def kind(name: str) -> Kind:
    """Kind of a platform."""
    return of(name).kind
