"""The state of Discord, and its events."""

import asyncio
import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from tests.loopback.discord.faults import Fault
from tests.loopback.discord.guilds import MEGABYTE, Channel, Guild, User
from tests.loopback.discord.messages import Attachment, Interaction, Message
from tests.loopback.discord.permissions import (
    ADMINISTRATOR,
    ALL_PERMISSIONS,
    ATTACH_FILES,
    EMBED_LINKS,
    MANAGE_CHANNELS,
    MANAGE_THREADS,
    MENTION_EVERYONE,
    USE_EXTERNAL_EMOJIS,
    USUAL_PERMISSIONS,
    VIEW_CHANNEL,
    narrowed,
    overwritten,
)
from tests.loopback.discord.refusals import Json
from tests.loopback.discord.sessions import Session, Socket

PREFIX = "/api/v10"
EPOCH = 1_420_070_400_000
UPLOAD_LIMITS = (10 * MEGABYTE, 10 * MEGABYTE, 50 * MEGABYTE, 100 * MEGABYTE)
"""Bytes, by the boost level of a guild."""


class State(ABC):
    """State, permissions and events, for the classes that add a concern each; the last is `DiscordApi`."""

    def __init__(self, token: str, application_id: int, shards: int, clock: Callable[[], float]) -> None:
        self.token = token
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
        """Registered commands by guild; None: global."""
        self.synced: list[tuple[int | None, list[Json]]] = []
        """Every bulk overwrite of the commands, in order."""
        self.sessions: dict[str, Session] = {}
        self.identifies: list[Json] = []
        self.resumes: list[Json] = []
        self.heartbeat = 41.25
        self.acknowledges = True
        """Whether heartbeats are answered."""
        self.says_farewell = True
        """Whether close frames are answered."""
        self.content_allowed = True
        """Whether the application has the message content intent; otherwise requesting it closes with 4014."""
        self.limits_calls = False
        """Whether the real rate limits are enforced."""
        self.first_answer_within = 3.0
        self.base = ""
        self.cdn_lifetime = 24 * 3600.0
        self.strict = True
        self._secret = b"cdn"
        self._numbers = itertools.count(1)
        self._sockets: set[Socket] = set()
        self._windows: dict[str, tuple[int, float]] = {}
        self._nonces: dict[tuple[int, str], Message] = {}
        self._waiting: list[asyncio.Future[None]] = []
        self.me = User(application_id, "photoplay", bot=True)
        self.users[self.me.id] = self.me

    async def until(self, predicate: Callable[[], Any], within: float = 60) -> Any:
        """Wait until `predicate()` is true, and return its value; evaluated at each event and periodically."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + within
        while not (found := predicate()):
            if loop.time() > ends:
                raise AssertionError(f"not within {within} s; {self._lately()}")
            waiter = loop.create_future()
            self._waiting.append(waiter)
            await asyncio.wait([waiter], timeout=0.02)  # internal changes of the bot cause no event here
        return found

    def changed(self) -> None:
        """Re-evaluate the predicates of `until`."""
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)

    def _lately(self) -> str:
        return f"{len(self.interactions)} interactions, {len(self.messages)} messages"

    def snowflake(self, shard: int | None = None) -> int:
        """A new id; for a guild of `shard` if given."""
        millis = int(self.clock() * 1000) - EPOCH
        if shard is not None:
            millis += (shard - millis) % self.shards
        return (millis << 22) | (next(self._numbers) & 0x3FFFFF)

    def permissions(self, user: User, channel: Channel) -> int:
        """The user's permissions, as Discord computes them."""
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
        return narrowed(overwritten(held, home, member), channel)

    def app_permissions(self, user: User, channel: Channel) -> int:
        """The app's permissions in interactions: without the bot only those for answers."""
        if channel.guild is None or channel.guild.has_bot:
            return self.permissions(self.me, channel) if self.sees(channel) or channel.guild else USUAL_PERMISSIONS
        answers = EMBED_LINKS | ATTACH_FILES | MENTION_EVERYONE | USE_EXTERNAL_EMOJIS
        return answers & self.permissions(user, channel)

    def sees(self, channel: Channel) -> bool:
        """Whether the bot gets the events of this channel."""
        if channel.guild is None:
            return self.me in channel.people
        return channel.guild.has_bot and bool(self.permissions(self.me, channel) & VIEW_CHANNEL)

    def upload_limit(self, channel: Channel) -> int:
        return UPLOAD_LIMITS[channel.guild.premium_tier if channel.guild and channel.guild.has_bot else 0]

    @property
    def gateway(self) -> str:
        return self.base.replace("http", "ws", 1).removesuffix(PREFIX) + "/gateway"

    @abstractmethod
    def _fault(self, route: str) -> Fault:
        """The next fault of a route."""

    @abstractmethod
    def message_payload(self, message: Message) -> Json:
        """A message as a client gets it."""

    @abstractmethod
    def dispatch(self, event: str, body: Json, guild_id: int | None) -> None:
        """Queue an event for the bot."""

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
        """Post a message; an ephemeral one causes no event."""
        self.messages[message.id] = message
        if message.ephemeral:
            self.changed()
            return
        message.channel.messages.append(message)
        message.channel.said.append(message)
        self.tell_message("MESSAGE_CREATE", message)
