"""Messages, files, modals and interactions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.loopback.discord.guilds import Channel, User
from tests.loopback.discord.refusals import Json

EPHEMERAL, LOADING, COMPONENTS_V2 = 1 << 6, 1 << 7, 1 << 15
SUPPRESS_EMBEDS = 1 << 2


@dataclass(eq=False, repr=False)
class Attachment:
    id: int
    name: str
    size: int
    channel: int
    data: bytes | None = None
    """None unless bytes are kept."""
    description: str | None = None
    spoiler: bool = False
    ephemeral: bool = False
    content_type: str | None = None

    @property
    def path(self) -> str:
        return f"/{'ephemeral-' if self.ephemeral else ''}attachments/{self.channel}/{self.id}/{self.name}"


@dataclass(eq=False, repr=False)
class Message:
    id: int
    channel: Channel
    author: User
    content: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    embeds: list[Json] = field(default_factory=list)
    flags: int = 0
    nonce: str | int | None = None
    allowed_mentions: Json | None = None
    reference: Json | None = None
    reply_to: "Message | None" = None
    interaction: "Interaction | None" = None
    at: float = 0.0
    edited: float | None = None
    deleted: bool = False
    history: list["Version"] = field(default_factory=list)
    """Earlier versions, before each edit."""
    reactions: list[tuple[str, int]] = field(default_factory=list)
    """Emoji and user id of each reaction."""
    tts: bool = False

    @property
    def ephemeral(self) -> bool:
        return bool(self.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        return bool(self.flags & LOADING)

    @property
    def labels(self) -> list[str]:
        """Labels of its buttons."""
        return [one["label"] for one in parts(self.components) if one.get("type") == 2 and one.get("label")]

    def now(self) -> "Version":
        return Version(self.content, list(self.attachments), list(self.components), list(self.embeds), self.flags)


@dataclass(frozen=True)
class Version:
    content: str
    attachments: list[Attachment]
    components: list[Json]
    embeds: list[Json]
    flags: int


@dataclass(eq=False, repr=False)
class Modal:
    """A modal opened by the bot; see `submit`."""

    interaction: "Interaction"
    custom_id: str
    title: str
    components: list[Json]

    @property
    def fields(self) -> list[Json]:
        """Its inputs, each with the `label` displayed."""
        found: list[Json] = []
        for row in self.components:
            if row["type"] == 18:
                found.append({**row["component"], "label": row["label"]})
            elif row["type"] == 1:
                found.extend(row["components"])
        return found


@dataclass(eq=False, repr=False)
class Interaction:
    """An interaction of a person, and the bot's responses."""

    id: int
    token: str
    type: int
    user: User
    channel: Channel
    created: float
    sent: float
    """Monotonic time; the first response is due within 3 s."""
    owners: dict[str, str]
    message: Message | None = None
    event: Json = field(default_factory=dict)
    callbacks: list[Json] = field(default_factory=list)
    answered_after: float | None = None
    original: Message | None = None
    responses: list[Message] = field(default_factory=list)
    """The first response and all followups, in order."""
    modal: Modal | None = None
    opened_from: Message | None = None

    @property
    def choices(self) -> dict[str, str | int]:
        """What autocomplete offers: values by name."""
        found = [one for body in self.callbacks for one in (body.get("data") or {}).get("choices", ())]
        return {one["name"]: one["value"] for one in found}

    @property
    def by_account(self) -> bool:
        """The app is there by a user install only."""
        return "0" not in self.owners


def parts(components: Sequence[Json]) -> Iterator[Json]:
    """All components, at any depth."""
    for one in components:
        yield one
        yield from parts(one.get("components", ()))
        for key in ("component", "accessory"):
            if isinstance(one.get(key), dict):
                yield from parts([one[key]])
