"""Creation and changes of people, guilds and channels."""

from collections.abc import Sequence
from typing import Any

from tests.loopback.discord.guilds import (
    DM,
    FORUM,
    GROUP,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    TEXT,
    Channel,
    Guild,
    Member,
    Role,
    User,
)
from tests.loopback.discord.messages import Message
from tests.loopback.discord.payloads import Payloads
from tests.loopback.discord.permissions import USUAL_PERMISSIONS, VIEW_CHANNEL


class Places(Payloads):
    """Guilds, channels and threads, and the bot in them."""

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
        """The user's membership in the guild, created if missing."""
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
        """The direct messages of the user and the bot."""
        if user.dm is None:
            user.dm = Channel(self.snowflake(), DM, user.name, people=[user, self.me], since=self.clock())
            self.channels[user.dm.id] = user.dm
            self.dispatch("CHANNEL_CREATE", user.dm.payload(), None)
        return user.dm

    def group(self, *people: User) -> Channel:
        """Direct or group messages of people without the bot."""
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

    def set_permissions(self, role: Role, guild: Guild, permissions: int) -> None:
        role.permissions = permissions
        self._tell(guild, "GUILD_ROLE_UPDATE", {"guild_id": str(guild.id), "role": role.payload()})

    def set_roles(self, member: Member, *roles: Role) -> None:
        member.roles = list(roles)
        body = member.payload() | {"guild_id": str(member.guild.id)}
        self._tell(member.guild, "GUILD_MEMBER_UPDATE", body)

    def overwrite(self, channel: Channel, who: Role | User, allow: int = 0, deny: int = 0) -> None:
        """Set a permission overwrite in a channel."""
        channel.overwrites[who.id] = (0 if isinstance(who, Role) else 1, allow, deny)
        assert channel.guild
        self._tell(channel.guild, "CHANNEL_UPDATE", channel.payload())

    def join(self, guild: Guild, permissions: int = USUAL_PERMISSIONS) -> None:
        """Add the bot to the guild, with a role of its own."""
        role = Role(self.snowflake(), self.me.name, permissions, len(guild.roles))
        guild.roles.append(role)
        guild.members[self.me.id] = Member(self.me, guild, [role], joined=self.clock())
        guild.has_bot = True
        self._tell(guild, "GUILD_CREATE", guild.payload(self.me.id))

    def leave(self, guild: Guild) -> None:
        """Remove the bot from the guild."""
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
        """Archive a thread. A post reopens it, unless it is locked."""
        thread.archived, thread.locked = archived, locked
        assert thread.guild
        self._tell(thread.guild, "THREAD_UPDATE", thread.payload(), thread)
