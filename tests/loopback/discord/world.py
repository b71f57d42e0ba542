"""What Discord knows: guilds, channels, people, messages and interactions; and what a person can do in it."""

import asyncio
import hashlib
import hmac
import itertools
import mimetypes
import re
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]
Upload = bytes | tuple[str, bytes]

EPOCH = 1_420_070_400_000
MEGABYTE = 2**20

ADMINISTRATOR = 1 << 3
MANAGE_CHANNELS = 1 << 4
MANAGE_GUILD = 1 << 5
ADD_REACTIONS = 1 << 6
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
MANAGE_MESSAGES = 1 << 13
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_MESSAGE_HISTORY = 1 << 16
MENTION_EVERYONE = 1 << 17
USE_EXTERNAL_EMOJIS = 1 << 18
USE_APPLICATION_COMMANDS = 1 << 31
MANAGE_THREADS = 1 << 34
SEND_MESSAGES_IN_THREADS = 1 << 38
USE_EXTERNAL_APPS = 1 << 50
ALL_PERMISSIONS = (1 << 53) - 1
USUAL_PERMISSIONS = (
    ADD_REACTIONS
    | VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | USE_EXTERNAL_EMOJIS
    | USE_APPLICATION_COMMANDS
    | SEND_MESSAGES_IN_THREADS
    | USE_EXTERNAL_APPS
)
"""What @everyone may do in a guild somebody has just made."""

TEXT, DM, GROUP, FORUM, PUBLIC_THREAD, PRIVATE_THREAD = 0, 1, 3, 15, 11, 12
EPHEMERAL, LOADING, COMPONENTS_V2 = 1 << 6, 1 << 7, 1 << 15
SUPPRESS_EMBEDS = 1 << 2
_LINKS = re.compile(r"https?://[^/\s]+(/(?:ephemeral-)?attachments/\d+/(\d+)/[\w.-]+)\?ex=(\w+)&is=(\w+)&hm=(\w+)")
IN_GUILD, WITH_BOT, PRIVATE = 0, 1, 2
"""The contexts of an interaction."""

TOKEN_LIVES = 15 * 60
UPLOAD_LIMITS = (10 * MEGABYTE, 10 * MEGABYTE, 50 * MEGABYTE, 100 * MEGABYTE)
"""By the boosts of a guild."""


class Refused(Exception):
    """What Discord answers instead of doing something."""

    def __init__(self, status: int, code: int, message: str, errors: Json | None = None) -> None:
        super().__init__(f"{status} {code} {message} {errors or ''}")
        self.status = status
        self.body: Json = {"message": message, "code": code} | ({"errors": errors} if errors else {})


class Impossible(AssertionError):
    """The Discord app would not let a person do this: there is no such command, button or field."""


def invalid(where: str, code: str, message: str) -> Refused:
    """The refusal of one field of a body: `where` is its path with dots."""
    errors: Json = {"_errors": [{"code": code, "message": message}]}
    for key in reversed(where.split(".")):
        errors = {key: errors}
    return Refused(400, 50035, "Invalid Form Body", errors)


def stamp(when: float) -> str:
    return datetime.fromtimestamp(when, UTC).isoformat()


@dataclass(eq=False, repr=False)
class User:
    id: int
    name: str
    bot: bool = False
    installed: bool = False
    """Has added the app to their account, so it can be used anywhere."""
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
    """Whose role it is, if Discord made it for an app."""

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
    """Of a direct or a group message."""
    owner: User | None = None
    overwrites: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """By the id of a role or a user: its kind (0 or 1), allow, deny."""
    messages: list["Message"] = field(default_factory=list)
    """What stands there for everybody, oldest first; `said` also knows what was deleted."""
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


@dataclass(eq=False, repr=False)
class Attachment:
    id: int
    name: str
    size: int
    channel: int
    data: bytes | None = None
    """None when nobody asked to keep the bytes."""
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
    """How it was before each edit."""
    reactions: list[tuple[str, int]] = field(default_factory=list)
    """The emoji and who put it there."""
    tts: bool = False

    @property
    def ephemeral(self) -> bool:
        return bool(self.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        return bool(self.flags & LOADING)

    @property
    def labels(self) -> list[str]:
        """What its buttons say."""
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
    """A form the bot opened; `submit` it."""

    interaction: "Interaction"
    custom_id: str
    title: str
    components: list[Json]

    @property
    def fields(self) -> list[Json]:
        """Its inputs, each with the `label` a person reads."""
        found: list[Json] = []
        for row in self.components:
            if row["type"] == 18:
                found.append({**row["component"], "label": row["label"]})
            elif row["type"] == 1:
                found.extend(row["components"])
        return found


@dataclass(eq=False, repr=False)
class Interaction:
    """Something a person asked of the bot, and everything the bot made of it."""

    id: int
    token: str
    type: int
    user: User
    channel: Channel
    created: float
    sent: float
    """On the monotonic clock: the first answer is due within 3 s of this."""
    owners: dict[str, str]
    message: Message | None = None
    event: Json = field(default_factory=dict)
    callbacks: list[Json] = field(default_factory=list)
    answered_after: float | None = None
    original: Message | None = None
    responses: list[Message] = field(default_factory=list)
    """The first answer and every followup, in order."""
    modal: Modal | None = None
    opened_from: Message | None = None

    @property
    def by_account(self) -> bool:
        """The app is here only because the person has it on their account."""
        return "0" not in self.owners


def parts(components: Sequence[Json]) -> Iterator[Json]:
    """Every component, however deep."""
    for one in components:
        yield one
        yield from parts(one.get("components", ()))
        for key in ("component", "accessory"):
            if isinstance(one.get(key), dict):
                yield from parts([one[key]])


class World:
    """Everything there is, and the acts of people. Whoever speaks to the bot overrides `dispatch`."""

    def __init__(self, application_id: int, shards: int, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.shards = shards
        self.application_id = application_id
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.users: dict[int, User] = {}
        self.messages: dict[int, Message] = {}
        self.attachments: dict[int, Attachment] = {}
        self.interactions: list[Interaction] = []
        self.by_token: dict[str, Interaction] = {}
        self.commands: dict[int | None, list[Json]] = {None: []}
        """What the bot has registered: by guild, None is everywhere."""
        self.base = ""
        self.cdn_lifetime = 24 * 3600.0
        self.strict = True
        self._secret = b"cdn"
        self._numbers = itertools.count(1)
        self._waiting: list[asyncio.Future[None]] = []
        self.me = User(application_id, "photoplay", bot=True)
        self.users[self.me.id] = self.me

    # -- waiting

    async def until(self, predicate: Callable[[], Any], within: float = 60) -> Any:
        """Return what `predicate()` says as soon as it is true: asked at each event here, and now and then."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + within
        while not (found := predicate()):
            if loop.time() > ends:
                raise AssertionError(f"not within {within} s; {self._lately()}")
            waiter = loop.create_future()
            self._waiting.append(waiter)
            await asyncio.wait([waiter], timeout=0.02)  # what the bot keeps to itself is no event here
        return found

    def changed(self) -> None:
        """Let whoever waits look again."""
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)

    def _lately(self) -> str:
        return f"{len(self.interactions)} interactions, {len(self.messages)} messages"

    # -- ids

    def snowflake(self, shard: int | None = None) -> int:
        """A new id; of a guild that lives on `shard` when given."""
        millis = int(self.clock() * 1000) - EPOCH
        if shard is not None:
            millis += (shard - millis) % self.shards
        return (millis << 22) | (next(self._numbers) & 0x3FFFFF)

    # -- making

    def user(self, name: str = "ann", **more: Any) -> User:
        user = User(self.snowflake(), name, **more)
        self.users[user.id] = user
        return user

    def guild(
        self,
        name: str = "studio",
        *,
        shard: int | None = None,
        bot: bool = True,
        bot_permissions: int = USUAL_PERMISSIONS,
        everyone: int = USUAL_PERMISSIONS,
        **more: Any,
    ) -> Guild:
        """A new guild; with `bot=False` the bot is no member of it."""
        owner = self.user(f"owner of {name}")
        guild = Guild(self.snowflake(shard), name, owner, has_bot=False, joined=self.clock(), **more)
        guild.roles.append(Role(guild.id, "@everyone", everyone, 0))
        self.guilds[guild.id] = guild
        self.member(owner, guild)
        if bot:
            self.join(guild, bot_permissions)
        return guild

    def role(self, guild: Guild, name: str, permissions: int) -> Role:
        role = Role(self.snowflake(), name, permissions, len(guild.roles))
        guild.roles.append(role)
        self._tell(guild, "GUILD_ROLE_CREATE", {"guild_id": str(guild.id), "role": role.payload()})
        return role

    def member(self, user: User, guild: Guild, roles: Sequence[Role] = ()) -> Member:
        """The user in the guild, who joins if need be."""
        if user.id not in guild.members:
            guild.members[user.id] = Member(user, guild, list(roles), joined=self.clock())
        return guild.members[user.id]

    def channel(
        self, guild: Guild, name: str = "films", *, type: int = TEXT, nsfw: bool = False, bot_sees: bool = True
    ) -> Channel:
        channel = Channel(self.snowflake(), type, name, guild, nsfw=nsfw, since=self.clock())
        if not bot_sees:
            channel.overwrites[self.me.id] = (1, 0, VIEW_CHANNEL)
        guild.channels.append(channel)
        self.channels[channel.id] = channel
        self._tell(guild, "CHANNEL_CREATE", channel.payload())
        return channel

    def forum(self, guild: Guild, name: str = "ideas") -> Channel:
        return self.channel(guild, name, type=FORUM)

    def dm(self, user: User) -> Channel:
        """Where the user and the bot speak."""
        if user.dm is None:
            user.dm = Channel(self.snowflake(), DM, user.name, people=[user, self.me], since=self.clock())
            self.channels[user.dm.id] = user.dm
            self.dispatch("CHANNEL_CREATE", user.dm.payload(), None)
        return user.dm

    def group(self, *people: User) -> Channel:
        """Where people speak among themselves, without the bot: two, or more."""
        channel = Channel(self.snowflake(), DM if len(people) == 2 else GROUP, "us", people=list(people))
        channel.owner = people[0]
        self.channels[channel.id] = channel
        return channel

    def thread(self, user: User, of: Channel | Message, name: str = "more", *, private: bool = False) -> Channel:
        """A thread of a channel, or from a message (which then lends it its id)."""
        parent = of.channel if isinstance(of, Message) else of
        number = of.id if isinstance(of, Message) else self.snowflake()
        kind = PRIVATE_THREAD if private else PUBLIC_THREAD
        thread = Channel(number, kind, name, parent.guild, parent, owner=user, since=self.clock())
        assert parent.guild
        parent.guild.channels.append(thread)
        self.channels[thread.id] = thread
        self._tell(parent.guild, "THREAD_CREATE", thread.payload() | {"newly_created": True}, thread)
        return thread

    def post(
        self, user: User, forum: Channel, title: str, text: str, attachments: Sequence[tuple[Any, ...]] = ()
    ) -> Message:
        """A forum post: a thread whose first message has the id of the thread."""
        thread = self.thread(user, forum, title)
        return self.say(user, thread, text, attachments, id=thread.id)

    # -- permissions

    def permissions(self, user: User, channel: Channel) -> int:
        """What the user may do there, as Discord computes it."""
        if channel.guild is None:
            everything = ALL_PERMISSIONS & ~(MANAGE_CHANNELS | MANAGE_THREADS | ADMINISTRATOR)
            return everything if user in channel.people else 0
        guild = channel.guild
        member = guild.members.get(user.id)
        if member is None:
            return 0
        held = guild.everyone.permissions
        for role in member.roles:
            held |= role.permissions
        if guild.owner is user or held & ADMINISTRATOR:
            return ALL_PERMISSIONS
        home = channel.parent if channel.is_thread and channel.parent else channel
        return _narrowed(_overwritten(held, home, member), channel)

    def app_permissions(self, user: User, channel: Channel) -> int:
        """What interactions say the app may do: without a bot only what is needed to answer there."""
        if channel.guild is None or channel.guild.has_bot:
            return self.permissions(self.me, channel) if self.sees(channel) or channel.guild else USUAL_PERMISSIONS
        answers = EMBED_LINKS | ATTACH_FILES | MENTION_EVERYONE | USE_EXTERNAL_EMOJIS
        return answers & self.permissions(user, channel)

    def sees(self, channel: Channel) -> bool:
        """The bot gets the events of this channel."""
        if channel.guild is None:
            return self.me in channel.people
        return channel.guild.has_bot and bool(self.permissions(self.me, channel) & VIEW_CHANNEL)

    def upload_limit(self, channel: Channel) -> int:
        return UPLOAD_LIMITS[channel.guild.premium_tier if channel.guild and channel.guild.has_bot else 0]

    def set_permissions(self, role: Role, guild: Guild, permissions: int) -> None:
        role.permissions = permissions
        self._tell(guild, "GUILD_ROLE_UPDATE", {"guild_id": str(guild.id), "role": role.payload()})

    def set_roles(self, member: Member, *roles: Role) -> None:
        member.roles = list(roles)
        body = member.payload() | {"guild_id": str(member.guild.id)}
        self._tell(member.guild, "GUILD_MEMBER_UPDATE", body)

    def overwrite(self, channel: Channel, who: Role | User, allow: int = 0, deny: int = 0) -> None:
        """Make an exception in one channel."""
        channel.overwrites[who.id] = (0 if isinstance(who, Role) else 1, allow, deny)
        assert channel.guild
        self._tell(channel.guild, "CHANNEL_UPDATE", channel.payload())

    # -- what happens to the bot

    def join(self, guild: Guild, permissions: int = USUAL_PERMISSIONS) -> None:
        """The bot is added to the guild, with a role of its own."""
        role = Role(self.snowflake(), self.me.name, permissions, len(guild.roles))
        guild.roles.append(role)
        guild.members[self.me.id] = Member(self.me, guild, [role], joined=self.clock())
        guild.has_bot = True
        self._tell(guild, "GUILD_CREATE", guild.payload(self.me.id))

    def leave(self, guild: Guild) -> None:
        """The bot is thrown out."""
        self._tell(guild, "GUILD_DELETE", {"id": str(guild.id)})
        guild.has_bot = False
        guild.members.pop(self.me.id, None)

    def delete_channel(self, channel: Channel) -> None:
        channel.deleted = True
        del self.channels[channel.id]
        for thread in [one for one in self.channels.values() if one.parent is channel and one.is_thread]:
            self.delete_channel(thread)
        if channel.guild:
            channel.guild.channels.remove(channel)
            name = "THREAD_DELETE" if channel.is_thread else "CHANNEL_DELETE"
            self._tell(channel.guild, name, channel.payload())
        self.changed()

    def archive(self, thread: Channel, *, locked: bool = False, archived: bool = True) -> None:
        """Put a thread away. Whoever may post opens it again by posting, unless it is locked."""
        thread.archived, thread.locked = archived, locked
        assert thread.guild
        self._tell(thread.guild, "THREAD_UPDATE", thread.payload(), thread)

    # -- what people say

    def say(
        self,
        user: User,
        channel: Channel,
        text: str = "",
        attachments: Sequence[tuple[Any, ...]] = (),
        reply_to: Message | None = None,
        mention_bot: bool = False,
        id: int | None = None,
    ) -> Message:
        """A message of a person; an attachment is (name, bytes) or (name, bytes, spoiler)."""
        if channel.guild:
            self.member(user, channel.guild)
        said = f"{self.me.mention} {text}".strip() if mention_bot else text
        message = Message(id or self.snowflake(), channel, user, said, at=self.clock(), reply_to=reply_to)
        if reply_to:
            message.reference = {"message_id": str(reply_to.id), "channel_id": str(channel.id), "type": 0}
        message.attachments = [self.upload(channel, *one) for one in attachments]
        self.put(message)
        return message

    def edit(self, message: Message, text: str) -> None:
        """A person edits what they said."""
        message.history.append(message.now())
        message.content, message.edited = text, self.clock()
        self.tell_message("MESSAGE_UPDATE", message)

    def delete(self, message: Message) -> None:
        """A person, or a moderator, deletes a message."""
        message.deleted = True
        for one in message.attachments:
            one.data = None  # the CDN lets go of them with their message
        if message in message.channel.messages:
            message.channel.messages.remove(message)
        if not message.ephemeral:
            body = {"id": str(message.id), "channel_id": str(message.channel.id)}
            self._tell_channel("MESSAGE_DELETE", body, message.channel)
        self.changed()

    def react(self, user: User, message: Message, emoji: str) -> None:
        if message.deleted or message.channel.archived:
            raise Impossible("nobody can react to that")
        if (emoji, user.id) in message.reactions:
            raise Impossible("the same reaction is there already")
        message.reactions.append((emoji, user.id))
        body = self._reaction(user, message, emoji) | {"message_author_id": str(message.author.id)}
        guild = message.channel.guild
        if guild:
            body["member"] = self.member(user, guild).payload()
        self._tell_channel("MESSAGE_REACTION_ADD", body, message.channel)

    def unreact(self, user: User, message: Message, emoji: str) -> None:
        """Take a reaction back. Of whom the message is, and what kind of member this is, no event says."""
        message.reactions.remove((emoji, user.id))
        self._tell_channel("MESSAGE_REACTION_REMOVE", self._reaction(user, message, emoji), message.channel)

    def _reaction(self, user: User, message: Message, emoji: str) -> Json:
        body: Json = {"user_id": str(user.id), "channel_id": str(message.channel.id), "message_id": str(message.id)}
        return body | {"emoji": {"id": None, "name": emoji}, "burst": False, "type": 0}

    def again(self, what: Message | Interaction) -> None:
        """Send the bot the same event once more."""
        if isinstance(what, Interaction):
            self.dispatch("INTERACTION_CREATE", what.event, what.channel.guild_id)
        else:
            self.tell_message("MESSAGE_CREATE", what)

    def upload(
        self, channel: Channel, name: str, data: bytes, spoiler: bool = False, ephemeral: bool = False
    ) -> Attachment:
        """A file of a person, which the CDN serves."""
        stored = re.sub(r"[^\w.-]", "_", f"SPOILER_{name}" if spoiler and not name.startswith("SPOILER_") else name)
        made = Attachment(self.snowflake(), stored, len(data), channel.id, data, spoiler=spoiler, ephemeral=ephemeral)
        made.content_type = mimetypes.guess_type(name)[0]
        self.attachments[made.id] = made
        return made

    # -- what people ask

    def slash(
        self, user: User, channel: Channel, command: str, options: Json | None = None, *, locale: str | None = None
    ) -> Interaction:
        """A slash command; `command` may name a group and a subcommand, a file is bytes or (name, bytes)."""
        name, *below = command.split()
        known = self._command(user, channel, name, 1)
        interaction = self._interaction(2, user, channel, locale)
        resolved: Json = {}
        inner = _below(known.get("options", []), below)
        given = [self._option(one, (options or {}), channel, resolved) for one in inner]
        unknown = set(options or {}) - {one["name"] for one in inner}
        if unknown:
            raise Impossible(f"/{command} has no option {sorted(unknown)}")
        chosen = [one for one in given if one is not None]
        for part in reversed(below):
            chosen = [{"name": part, "type": 1 if part == below[-1] else 2, "options": chosen}]
        data = _command_data(known, channel) | ({"options": chosen} if chosen else {})
        return self._ask(interaction, data | ({"resolved": resolved} if resolved else {}))

    def menu(self, user: User, target: Message | User, command: str, channel: Channel | None = None) -> Interaction:
        """The command in the menu of a message, or of a user."""
        at = target.channel if isinstance(target, Message) else channel
        if at is None:
            raise Impossible("the menu of a user needs a channel")
        known = self._command(user, at, command, 3 if isinstance(target, Message) else 2)
        interaction = self._interaction(2, user, at)
        resolved = (
            {"messages": {str(target.id): self.message_payload(target)}}
            if isinstance(target, Message)
            else {"users": {str(target.id): target.payload()}}
        )
        data = _command_data(known, at) | {"target_id": str(target.id), "resolved": resolved}
        return self._ask(interaction, data)

    def press(
        self, user: User, message: Message | None, button: str, values: Sequence[str] | None = None
    ) -> Interaction:
        """A button by its label or custom id, or a choice (`values`) of a menu by its custom id."""
        if message is None:
            raise Impossible("there is no message")
        found = next(
            (one for one in parts(message.components) if button in (one.get("label"), one.get("custom_id"))), None
        )
        if found is None or found.get("disabled") or not found.get("custom_id") or message.deleted:
            raise Impossible(f"nobody can press {button!r} of {message.labels}")
        interaction = self._interaction(3, user, message.channel)
        interaction.message = message
        data: Json = {"custom_id": found["custom_id"], "component_type": found["type"], "id": found.get("id", 1)}
        return self._ask(interaction, data | ({"values": list(values)} if values is not None else {}))

    def submit(self, modal: Modal | None, fields: Json, user: User | None = None) -> Interaction:
        """Fill in a form, by custom id or label; a file is bytes, (name, bytes), or a list of those."""
        if modal is None:
            raise Impossible("no form was opened")
        opened = modal.interaction
        interaction = self._interaction(5, user or opened.user, opened.channel)
        interaction.message = opened.message
        unknown = set(fields) - {key for one in modal.fields for key in (one["custom_id"], one.get("label"))}
        if unknown:
            raise Impossible(f"the form has no field {sorted(unknown)}")
        resolved: Json = {}
        rows = [self._row(row, fields, opened.channel, resolved) for row in modal.components]
        data: Json = {"custom_id": modal.custom_id, "components": rows}
        return self._ask(interaction, data | ({"resolved": resolved} if resolved else {}))

    def _row(self, row: Json, fields: Json, channel: Channel, resolved: Json) -> Json:
        if row["type"] == 18:
            return row | {"component": self._filled(row["component"], row["label"], fields, channel, resolved)}
        if row["type"] == 1:
            filled = [self._filled(one, one.get("label"), fields, channel, resolved) for one in row["components"]]
            return {"type": 1, "components": filled}
        return row

    def _filled(self, field: Json, label: str | None, fields: Json, channel: Channel, resolved: Json) -> Json:
        given = fields.get(field["custom_id"], fields.get(label) if label else None)
        body: Json = {"type": field["type"], "custom_id": field["custom_id"], "id": field.get("id", 1)}
        if field["type"] == 4:
            text = field.get("value", "") if given is None else str(given)
            low, high = field.get("min_length", 0), field.get("max_length", 4000)
            if (field.get("required", True) and not text) or (text and not low <= len(text) <= high):
                raise Impossible(f"{label!r} does not take {len(text)} characters")
            return body | {"value": text}
        if field["type"] == 19:
            files = [] if given is None else given if isinstance(given, list) else [given]
            low = _or(field.get("min_values"), 1) if field.get("required", True) or files else 0
            if not low <= len(files) <= _or(field.get("max_values"), 1):
                raise Impossible(f"{label!r} does not take {len(files)} files")
            return body | {"values": [self._resolve(one, channel, resolved) for one in files]}
        if field["type"] in (21, 23):
            return body | {"value": given}
        return body | {"values": [] if given is None else given if isinstance(given, list) else [given]}

    def _resolve(self, file: Upload, channel: Channel, resolved: Json) -> str:
        name, data = file if isinstance(file, tuple) else ("photo.jpg", file)
        made = self.upload(channel, name, data, ephemeral=True)
        resolved.setdefault("attachments", {})[str(made.id)] = self.attachment_payload(made)
        return str(made.id)

    def _option(self, option: Json, given: Json, channel: Channel, resolved: Json) -> Json | None:
        """One option as a person filled it in; None when left out."""
        name, kind = option["name"], option["type"]
        if name not in given:
            if option.get("required"):
                raise Impossible(f"{name!r} is required")
            return None
        value = given[name]
        if kind == 3 and not option.get("min_length", 0) <= len(value) <= option.get("max_length", 6000):
            raise Impossible(f"{name!r} does not take {len(value)} characters")
        if option.get("choices") and value not in [one["value"] for one in option["choices"]]:
            raise Impossible(f"{value!r} is no choice of {name!r}")
        if kind == 11:
            value = self._resolve(value, channel, resolved)
        elif kind in (6, 7, 8, 9):
            key = "channels" if kind == 7 else "roles" if isinstance(value, Role) else "users"
            body = value.payload(0) if isinstance(value, Channel) else value.payload()
            resolved.setdefault(key, {})[str(value.id)] = body
            value = str(value.id)
        return {"name": name, "type": kind, "value": value}

    def _command(self, user: User, channel: Channel, name: str, kind: int) -> Json:
        """What the person would find in the app."""
        owners = self._owners(user, channel)
        context = self._context(channel)
        for known in [*self.commands.get(channel.guild_id, []), *self.commands[None]]:
            if known["name"] != name or known.get("type", 1) != kind:
                continue
            contexts, installs = known.get("contexts"), known.get("integration_types") or [0]
            if contexts is not None and context not in contexts:
                continue
            if contexts is None and context != IN_GUILD and known.get("dm_permission") is False:
                continue
            needed = int(known.get("default_member_permissions") or 0)
            if channel.guild and needed & ~self.permissions(user, channel):
                continue
            if any(str(one) in owners for one in installs):
                return known
        names = [one["name"] for group in self.commands.values() for one in group]
        raise Impossible(f"{user.name} finds no {name!r} there; registered: {names}")

    def _owners(self, user: User, channel: Channel) -> dict[str, str]:
        owners: dict[str, str] = {}
        if channel.guild and channel.guild.has_bot:
            owners["0"] = str(channel.guild.id)
        elif channel.guild is None and self.me in channel.people:
            owners["0"] = "0"
        if user.installed:
            owners["1"] = str(user.id)
        return owners

    def _context(self, channel: Channel) -> int:
        if channel.guild:
            return IN_GUILD
        return WITH_BOT if self.me in channel.people else PRIVATE

    def _interaction(self, type: int, user: User, channel: Channel, locale: str | None = None) -> Interaction:
        number = self.snowflake()
        if channel.guild:
            self.member(user, channel.guild)
        owners = self._owners(user, channel)
        if not owners:
            raise Impossible(f"the app is not there for {user.name}")
        token = f"interaction:{number}:{hmac.new(self._secret, b'%d' % number, 'sha256').hexdigest()}"
        made = Interaction(number, token, type, user, channel, self.clock(), time.monotonic(), owners)
        made.event = {
            "id": str(number),
            "application_id": str(self.application_id),
            "type": type,
            "token": token,
            "version": 1,
            "channel_id": str(channel.id),
            "channel": channel.payload(self.permissions(user, channel)),
            "locale": locale or user.locale,
            "app_permissions": str(self.app_permissions(user, channel)),
            "entitlements": [],
            "authorizing_integration_owners": owners,
            "context": self._context(channel),
            "attachment_size_limit": max(self.upload_limit(channel), user.upload_limit),
        }
        if channel.guild:
            member = channel.guild.members[user.id].payload(self.permissions(user, channel))
            made.event |= {"guild_id": str(channel.guild.id), "guild": channel.guild.partial(), "member": member}
            made.event["guild_locale"] = channel.guild.locale
        else:
            made.event["user"] = user.payload()
        return made

    def _ask(self, interaction: Interaction, data: Json) -> Interaction:
        interaction.event["data"] = data
        if interaction.message:
            interaction.event["message"] = self.message_payload(interaction.message)
        self.interactions.append(interaction)
        self.by_token[interaction.token] = interaction
        self.dispatch("INTERACTION_CREATE", interaction.event, interaction.channel.guild_id)
        return interaction

    # -- telling the bot

    def dispatch(self, event: str, body: Json, guild_id: int | None) -> None:
        """Queue an event for the bot."""
        raise NotImplementedError

    def _tell(self, guild: Guild, event: str, body: Json, channel: Channel | None = None) -> None:
        if guild.has_bot and (channel is None or self.sees(channel)):
            self.dispatch(event, body, guild.id)
        self.changed()

    def _tell_channel(self, event: str, body: Json, channel: Channel) -> None:
        if channel.guild:
            body["guild_id"] = str(channel.guild.id)
        if self.sees(channel):
            self.dispatch(event, body, channel.guild_id)
        self.changed()

    def tell_message(self, event: str, message: Message) -> None:
        body = self.message_payload(message)
        guild = message.channel.guild
        if guild and message.author.id in guild.members:
            body["member"] = guild.members[message.author.id].payload(user=False)
        self._tell_channel(event, body, message.channel)

    def put(self, message: Message) -> None:
        """A message appears; an ephemeral one is nobody else's business, and no event tells of it."""
        self.messages[message.id] = message
        if message.ephemeral:
            self.changed()
            return
        message.channel.messages.append(message)
        message.channel.said.append(message)
        self.tell_message("MESSAGE_CREATE", message)

    # -- payloads

    def message_payload(self, message: Message) -> Json:
        body: Json = {
            "id": str(message.id),
            "channel_id": str(message.channel.id),
            "type": 19 if message.reference else (20 if message.interaction and message.interaction.type == 2 else 0),
            "author": message.author.payload(),
            "content": message.content,
            "timestamp": stamp(message.at),
            "edited_timestamp": stamp(message.edited) if message.edited else None,
            "tts": message.tts,
            "mention_everyone": False,
            "mentions": [self.users[one].payload() for one in self.mentioned(message)],
            "mention_roles": [one for one in re.findall(r"<@&(\d+)>", message.content) if self._is_role(message, one)],
            "attachments": [self.attachment_payload(one) for one in message.attachments],
            "embeds": message.embeds,
            "components": message.components,
            "pinned": False,
            "flags": message.flags,
        }
        if message.reactions:
            body["reactions"] = self._reactions(message)
        if message.nonce is not None:
            body["nonce"] = message.nonce
        if message.reference:
            body["message_reference"] = message.reference
            found = message.reply_to
            body["referenced_message"] = (
                self.message_payload(found) | {"referenced_message": None} if found and not found.deleted else None
            )
        if message.author is self.me and message.interaction:
            body |= self._because(message.interaction)
        return body

    def _because(self, interaction: Interaction) -> Json:
        meta = {
            "id": str(interaction.id),
            "type": interaction.type,
            "user": interaction.user.payload(),
            "authorizing_integration_owners": interaction.owners,
        }
        return {"application_id": str(self.application_id), "interaction_metadata": meta}

    def _reactions(self, message: Message) -> list[Json]:
        names = dict.fromkeys(emoji for emoji, _ in message.reactions)
        return [
            {
                "emoji": {"id": None, "name": name},
                "count": sum(emoji == name for emoji, _ in message.reactions),
                "count_details": {"burst": 0, "normal": 1},
                "me": (name, self.me.id) in message.reactions,
                "me_burst": False,
                "burst_colors": [],
            }
            for name in names
        ]

    def mentioned(self, message: Message) -> list[int]:
        """The ids of whoever is mentioned, by name or by a reply."""
        found = [int(one) for one in re.findall(r"<@!?(\d+)>", message.content) if int(one) in self.users]
        silent = message.allowed_mentions is not None and not message.allowed_mentions.get("replied_user")
        if message.reply_to and not silent:
            found.append(message.reply_to.author.id)
        return list(dict.fromkeys(found))

    def _is_role(self, message: Message, number: str) -> bool:
        guild = message.channel.guild
        return guild is not None and any(role.id == int(number) for role in guild.roles)

    def attachment_payload(self, one: Attachment) -> Json:
        body: Json = {"id": str(one.id), "filename": one.name, "size": one.size}
        body["url"] = body["proxy_url"] = self.attachment_url(one)
        if one.content_type:
            body["content_type"] = one.content_type
        if one.description is not None:
            body["description"] = one.description
        if one.ephemeral:
            body["ephemeral"] = True
        width, height = dimensions(one.data or b"")
        return body | ({"width": width, "height": height} if width else {})

    def attachment_url(self, one: Attachment) -> str:
        """A signed address, good for `cdn_lifetime`."""
        issued = int(self.clock())
        expires = int(issued + self.cdn_lifetime)
        origin = self.base.removesuffix("/api/v10")
        signed = self.signature(one.path, f"{expires:x}", f"{issued:x}")
        return f"{origin}{one.path}?ex={expires:x}&is={issued:x}&hm={signed}&"

    def plays(self, message: Message) -> list[Attachment]:
        """The films that people see in a message: its own, and those of links that play.

        A link in angle brackets shows nothing, nor does any where embeds are suppressed, or not allowed to the bot.
        """
        own = [one for one in message.attachments if (one.content_type or "").startswith("video/")]
        if message.flags & SUPPRESS_EMBEDS:
            return own
        asked = message.interaction
        held = self.app_permissions(asked.user if asked else message.author, message.channel)
        if message.channel.guild and not held & EMBED_LINKS:
            return own
        bare = re.sub(r"<https?://[^\s>]*>", "", message.content)
        linked = [self._linked(*found) for found in _LINKS.findall(bare)]
        return own + [one for one in linked if one]

    def _linked(self, path: str, number: str, expires: str, issued: str, mark: str) -> Attachment | None:
        """What a link leads to. Discord's clients renew one whose time is over, so only its file has to be there."""
        found = self.attachments.get(int(number))
        if found is None or mark != self.signature(path, expires, issued):
            return None
        gone = [one for one in self.messages.values() if found in one.attachments and one.deleted]
        return None if gone else found

    def signature(self, path: str, expires: str, issued: str) -> str:
        return hmac.new(self._secret, f"{path} {expires} {issued}".encode(), hashlib.sha256).hexdigest()


def _overwritten(held: int, home: Channel, member: Member) -> int:
    """After the exceptions of a channel: everybody's, then the roles' together, then the member's own."""
    _, allow, deny = home.overwrites.get(member.guild.id, (0, 0, 0))
    held = held & ~deny | allow
    allow = deny = 0
    for role in member.roles:
        _, more, less = home.overwrites.get(role.id, (0, 0, 0))
        allow, deny = allow | more, deny | less
    held = held & ~deny | allow
    _, allow, deny = home.overwrites.get(member.user.id, (1, 0, 0))
    return held & ~deny | allow


def _narrowed(held: int, channel: Channel) -> int:
    """Whoever cannot see a channel can do nothing there; whoever cannot speak can attach nothing."""
    if not held & VIEW_CHANNEL:
        return 0
    speaks = SEND_MESSAGES_IN_THREADS if channel.is_thread else SEND_MESSAGES
    return held if held & speaks else held & ~(EMBED_LINKS | ATTACH_FILES | MENTION_EVERYONE)


def _or(given: int | None, default: int) -> int:
    """discord.py sends null for what it leaves to Discord."""
    return default if given is None else given


def _below(options: list[Json], path: list[str]) -> list[Json]:
    """The options of a subcommand."""
    for name in path:
        options = next((one.get("options", []) for one in options if one["name"] == name), [])
    return options


def _command_data(known: Json, channel: Channel) -> Json:
    data = {"id": known["id"], "name": known["name"], "type": known.get("type", 1)}
    return data | ({"guild_id": str(channel.guild_id)} if known.get("guild_id") else {})


def dimensions(data: bytes) -> tuple[int, int] | tuple[None, None]:
    """The width and height of a PNG or JPEG."""
    if data.startswith(b"\x89PNG"):
        return struct.unpack(">II", data[16:24]) if len(data) >= 24 else (None, None)
    at = 2 if data.startswith(b"\xff\xd8") else len(data)
    while at + 9 <= len(data) and data[at] == 0xFF:
        if 0xC0 <= data[at + 1] <= 0xCF and data[at + 1] not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None, None
