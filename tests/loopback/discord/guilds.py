"""People, guilds and channels, and their JSON."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.loopback.discord.refusals import Json

if TYPE_CHECKING:
    from tests.loopback.discord.messages import Message

MEGABYTE = 2**20
TEXT, DM, GROUP, FORUM, PUBLIC_THREAD, PRIVATE_THREAD = 0, 1, 3, 15, 11, 12


def stamp(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).isoformat()


@dataclass(eq=False, repr=False)
class User:
    id: int
    name: str
    bot: bool = False
    installed: bool = False
    """The app is installed on the user's account, so it can be used anywhere."""
    takes_dms: bool = True
    locale: str = "en-US"
    upload_limit: int = 10 * MEGABYTE
    dm: "Channel | None" = None

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"

    def payload(self) -> Json:
        return {
            "id": str(self.id),
            "username": self.name,
            "discriminator": "0",
            "global_name": self.name.title(),
            "avatar": None,
            "bot": self.bot,
            "public_flags": 0,
        }


@dataclass(eq=False, repr=False)
class Role:
    id: int
    name: str
    permissions: int
    position: int = 1
    bot: int | None = None
    """The app of a managed role."""

    def payload(self) -> Json:
        return {
            "id": str(self.id),
            "name": self.name,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "position": self.position,
            "permissions": str(self.permissions),
            "managed": self.bot is not None,
            **({"tags": {"bot_id": str(self.bot)}} if self.bot else {}),
            "mentionable": False,
            "flags": 0,
        }


@dataclass(eq=False, repr=False)
class Member:
    user: User
    guild: "Guild"
    roles: list[Role] = field(default_factory=list)
    nick: str | None = None
    joined: float = 0.0

    def payload(self, permissions: int | None = None, user: bool = True) -> Json:
        body: Json = {
            "roles": [str(role.id) for role in self.roles],
            "nick": self.nick,
            "avatar": None,
            "joined_at": stamp(self.joined),
            "premium_since": None,
            "deaf": False,
            "mute": False,
            "pending": False,
            "flags": 0,
            "communication_disabled_until": None,
        }
        if permissions is not None:
            body["permissions"] = str(permissions)
        if user:
            body["user"] = self.user.payload()
        return body


@dataclass(eq=False, repr=False)
class Guild:
    id: int
    name: str
    owner: User
    locale: str = "en-US"
    premium_tier: int = 0
    has_bot: bool = True
    joined: float = 0.0
    roles: list[Role] = field(default_factory=list)
    members: dict[int, Member] = field(default_factory=dict)
    channels: list["Channel"] = field(default_factory=list)

    @property
    def everyone(self) -> Role:
        return self.roles[0]

    def partial(self) -> Json:
        return {"id": str(self.id), "locale": self.locale, "features": []}

    def payload(self, me: int) -> Json:
        return {
            "id": str(self.id),
            "name": self.name,
            "owner_id": str(self.owner.id),
            "icon": None,
            "splash": None,
            "discovery_splash": None,
            "banner": None,
            "description": None,
            "features": [],
            "emojis": [],
            "stickers": [],
            "afk_channel_id": None,
            "afk_timeout": 300,
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "nsfw_level": 0,
            "premium_tier": self.premium_tier,
            "preferred_locale": self.locale,
            "system_channel_id": None,
            "system_channel_flags": 0,
            "rules_channel_id": None,
            "public_updates_channel_id": None,
            "vanity_url_code": None,
            "application_id": None,
            "region": "deprecated",
            "joined_at": stamp(self.joined),
            "large": False,
            "unavailable": False,
            "member_count": len(self.members),
            "roles": [role.payload() for role in self.roles],
            "members": [self.members[me].payload()] if me in self.members else [],
            "channels": [one.payload() for one in self.channels if not one.is_thread],
            "threads": [one.payload() for one in self.channels if one.is_thread and not one.archived],
            "voice_states": [],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }


@dataclass(eq=False, repr=False)
class Channel:
    id: int
    type: int
    name: str
    guild: Guild | None = None
    parent: "Channel | None" = None
    people: list[User] = field(default_factory=list)
    """Members of direct or group messages."""
    owner: User | None = None
    overwrites: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """By the id of a role or a user: its kind (0 or 1), allow, deny."""
    messages: list["Message"] = field(default_factory=list)
    """Messages visible to everybody, oldest first; `said` includes deleted ones."""
    said: list["Message"] = field(default_factory=list)
    typing: list[float] = field(default_factory=list)
    nsfw: bool = False
    archived: bool = False
    locked: bool = False
    deleted: bool = False
    since: float = 0.0
    tags: list[int] = field(default_factory=list)

    @property
    def is_thread(self) -> bool:
        return self.type in (PUBLIC_THREAD, PRIVATE_THREAD)

    @property
    def guild_id(self) -> int | None:
        return self.guild.id if self.guild else None

    def payload(self, permissions: int | None = None) -> Json:
        body: Json = {"id": str(self.id), "type": self.type, "flags": 0, "last_message_id": None}
        if self.messages:
            body["last_message_id"] = str(self.messages[-1].id)
        if permissions is not None:
            body["permissions"] = str(permissions)
        if self.guild is None:
            people = [one.payload() for one in self.people if not one.bot]
            return body | {"recipients": people} | ({"name": self.name, "icon": None} if self.type == GROUP else {})
        body |= {"guild_id": str(self.guild.id), "name": self.name, "rate_limit_per_user": 0}
        body["parent_id"] = str(self.parent.id) if self.parent else None
        return body | (self._as_thread() if self.is_thread else self._as_channel())

    def _as_channel(self) -> Json:
        return {
            "position": 0,
            "nsfw": self.nsfw,
            "topic": None,
            "available_tags": [],
            "default_reaction_emoji": None,
            "default_sort_order": None,
            "permission_overwrites": [
                {"id": str(who), "type": kind, "allow": str(allow), "deny": str(deny)}
                for who, (kind, allow, deny) in self.overwrites.items()
            ],
        }

    def _as_thread(self) -> Json:
        assert self.owner
        return {
            "owner_id": str(self.owner.id),
            "message_count": len(self.messages),
            "total_message_sent": len(self.said),
            "member_count": 1,
            "applied_tags": [str(tag) for tag in self.tags],
            "thread_metadata": {
                "archived": self.archived,
                "locked": self.locked,
                "auto_archive_duration": 1440,
                "archive_timestamp": stamp(self.since),
                "create_timestamp": stamp(self.since),
            },
        }
