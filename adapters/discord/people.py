"""Persons and their mentions, from the event's data, never from typed text."""

import re
from collections.abc import Mapping
from typing import Any

import discord

from adapters.discord.request import PLATFORM
from bot.conversation import MENTION, Named

_EMOJI = re.compile(r"<a?:(\w{1,32}):\d{1,20}>")
_COMMANDS = re.compile(r"</([\w -]{1,100}):\d{1,20}>")
_NAMES = re.compile(r"<(@!?|@&|#)(\d{1,20})>")


def person(user: discord.User | discord.Member) -> Named:
    """A picked or mentioned person."""
    return Named("person", f"{PLATFORM}:{user.id}", user.display_name)


def role(one: discord.Role) -> Named:
    """A picked or mentioned role."""
    return Named("role", str(one.id), one.name)


def channel(id: int, name: str) -> Named:
    """A channel or thread; both are chats of their own here."""
    return Named("channel", f"{id}/", name)


def scope(guild: int | None, guest: bool = False) -> str:
    """The community of a guild.

    Empty for a user install (`guest`): that guild has not installed the app and cannot set limits, so the person's own
    credits are used.
    """
    return f"{PLATFORM}:{guild}" if guild and not guest else ""


def community(guild: discord.Guild | None) -> str:
    """Name of a guild; empty if unknown."""
    return getattr(guild, "name", "") or ""


def guild_of(message: discord.Message) -> int | None:
    """The guild id of a message, also for guilds unknown to the library; None: a direct message."""
    if message.guild:
        return message.guild.id
    return getattr(message.channel, "guild_id", None)


def tiers(user: discord.User | discord.Member) -> tuple[str, ...]:
    """Role ids of a member from the event, also roles unknown to the library."""
    return tuple(map(str, user._roles)) if isinstance(user, discord.Member) else ()


def manages(permissions: discord.Permissions) -> bool:
    """Whether the permissions include Manage Server."""
    return permissions.manage_guild or permissions.administrator


def writes_as_admin(message: discord.Message) -> bool:
    """Whether a message's author is an admin, by the event's roles and the guild's permissions. False if unknown."""
    author, guild = message.author, message.guild
    if not isinstance(author, discord.Member) or not isinstance(guild, discord.Guild):
        return False
    return manages(author.guild_permissions)


def replied_to(message: discord.Message) -> Named | None:
    """The author of the message that is replied to, if a person."""
    other = message.reference.resolved if message.reference else None
    if message.type is not discord.MessageType.reply or not isinstance(other, discord.Message):
        return None
    return None if other.author.bot or other.webhook_id else person(other.author)


def typed(text: str) -> str:
    """Typed text without `MENTION` characters."""
    return text.replace(MENTION, "")


def named(message: discord.Message, text: str) -> tuple[str, tuple[Named, ...]]:
    """The text with a `MENTION` for each mention that the event or its guild confirms, and their targets."""
    known: dict[tuple[str, int], Named] = {("@", user.id): person(user) for user in message.mentions}
    known |= {("@&", one.id): role(one) for one in message.role_mentions}
    known |= {("#", one.id): channel(one.id, one.name) for one in message.channel_mentions}
    found: list[Named] = []

    def take(match: re.Match[str]) -> str:
        who = known.get((match[1].rstrip("!"), int(match[2])))
        if who is None:
            return match[0]
        found.append(who)
        return MENTION

    return _NAMES.sub(take, typed(text)), tuple(found)


def own_roles(message: discord.Message, me: int) -> tuple[int, ...]:
    """Mentioned roles that Discord created for the bot; they have its name."""
    return tuple(one.id for one in message.role_mentions if one.tags and one.tags.bot_id == me)


def readable(text: str, guild: discord.Guild | None = None, data: Mapping[str, Any] | None = None) -> str:
    """Text as displayed: Discord's markup of names, channels and emoji becomes what they show."""
    users = ((data or {}).get("resolved") or {}).get("users") or {}

    def name(match: re.Match[str]) -> str:
        kind, id = match[1], match[2]
        if kind == "#":
            found = guild.get_channel_or_thread(int(id)) if guild else None
            return f"#{found.name if found else 'channel'}"
        if kind == "@&":
            tier = guild.get_role(int(id)) if guild else None
            return f"@{tier.name if tier else 'role'}"
        member = guild.get_member(int(id)) if guild else None
        known = users.get(id) or {}
        return f"@{member.display_name if member else known.get('global_name') or known.get('username') or 'someone'}"

    if guild is not None or data is not None:
        text = _NAMES.sub(name, text)
    return _COMMANDS.sub(r"/\1", _EMOJI.sub(r":\1:", text))


def picked(who: Any) -> tuple[str, tuple[Named, ...]]:
    """A picked person or role (or none) as text and mentions; the role @everyone means everybody."""
    if who is None:
        return "", ()
    if isinstance(who, discord.Role):
        return ("default", ()) if who.is_default() else (MENTION, (role(who),))
    return MENTION, (person(who),)
