"""Who somebody is, and whom they name: from what Discord says with the event, never from what was typed."""

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
    """Somebody who was picked or mentioned."""
    return Named("person", f"{PLATFORM}:{user.id}", user.display_name)


def role(one: discord.Role) -> Named:
    """A role."""
    return Named("role", str(one.id), one.name)


def channel(id: int, name: str) -> Named:
    """A channel or a thread: both are chats of their own here."""
    return Named("channel", f"{id}/", name)


def scope(guild: int | None, guest: bool = False) -> str:
    """The community that something was said in.

    Where the app is only on the person's account, nobody of that guild has let us in and nobody there can set limits:
    whoever uses it there spends what is their own.
    """
    return f"{PLATFORM}:{guild}" if guild and not guest else ""


def community(guild: discord.Guild | None) -> str:
    """What a guild is called, if the library knows it."""
    return getattr(guild, "name", "") or ""


def guild_of(message: discord.Message) -> int | None:
    """The guild of a message, even of one that the library does not know: what is said there is not private."""
    if message.guild:
        return message.guild.id
    return getattr(message.channel, "guild_id", None)


def tiers(user: discord.User | discord.Member) -> tuple[str, ...]:
    """The ids of the roles that the event gives the member, also of those that the library does not know."""
    return tuple(map(str, user._roles)) if isinstance(user, discord.Member) else ()


def manages(permissions: discord.Permissions) -> bool:
    """Manage Server, or more."""
    return permissions.manage_guild or permissions.administrator


def writes_as_admin(message: discord.Message) -> bool:
    """Whether a message is by an admin: its event has the roles, the guild has what they allow. Unknown is no."""
    author, guild = message.author, message.guild
    if not isinstance(author, discord.Member) or not isinstance(guild, discord.Guild):
        return False
    return manages(author.guild_permissions)


def replied_to(message: discord.Message) -> Named | None:
    """Whose message is answered, if a person wrote it."""
    other = message.reference.resolved if message.reference else None
    if message.type is not discord.MessageType.reply or not isinstance(other, discord.Message):
        return None
    return None if other.author.bot or other.webhook_id else person(other.author)


def typed(text: str) -> str:
    """What somebody typed, without the character that names."""
    return text.replace(MENTION, "")


def named(message: discord.Message, text: str) -> tuple[str, tuple[Named, ...]]:
    """The text with a `MENTION` for each name that the event, or the guild of the event, confirms; and those names."""
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
    """The roles among those that a message mentions which Discord made for us, and which look like our name."""
    return tuple(one.id for one in message.role_mentions if one.tags and one.tags.bot_id == me)


def readable(text: str, guild: discord.Guild | None = None, data: Mapping[str, Any] | None = None) -> str:
    """Words as people see them: Discord's own signs for names, channels and emoji as what they show."""
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
    """How a picked person, role or nobody stands in a sentence; the role that everybody has is what everybody gets."""
    if who is None:
        return "", ()
    if isinstance(who, discord.Role):
        return ("default", ()) if who.is_default() else (MENTION, (role(who),))
    return MENTION, (person(who),)
