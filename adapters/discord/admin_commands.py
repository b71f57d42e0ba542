"""Slash commands with options of their own, which are composed into the core's text commands.

The core checks rights at each use; Discord's visibility of commands is only a hint.
"""

from collections.abc import Awaitable, Callable
from typing import Literal

import discord
from discord import app_commands
from discord.app_commands import AppCommandChannel, AppCommandThread, Range

from adapters.discord import first_response, people
from adapters.discord.interactions import Interaction, Interactions
from bot import texts
from bot.conversation import MENTION
from bot.ordering.prompt import PROMPT_LIMIT
from bot.quotas import amounts

Callback = Callable[..., Awaitable[None]]
Words = Range[str, 1, 300]
Clip = Range[str, 1, 32]
Anybody = discord.User | discord.Member | discord.Role
AnyChannel = AppCommandChannel | AppCommandThread
SILENT = frozenset({discord.ChannelType.forum, discord.ChannelType.media, discord.ChannelType.category})
"""Channels that only contain other channels."""


def by_hand(interactions: Interactions) -> dict[str, Callback]:
    """Callbacks by command name; other commands have one text option."""
    return _own(interactions) | _sharing(interactions) | _about_people(interactions) | _reports(interactions)


def _own(interactions: Interactions) -> dict[str, Callback]:
    async def jobs(interaction: Interaction, sought: Range[str, 1, PROMPT_LIMIT] | None = None) -> None:
        await interactions.command(interaction, "jobs", sought or "")

    async def quota(interaction: Interaction, who: Anybody | None = None, amount: Words | None = None) -> None:
        whom, named = people.picked(who)
        if amount:
            return await interactions.command(interaction, "quota", _sentence("set", whom, _typed(amount)), named)
        return await interactions.command(interaction, "quota", whom, named)

    async def link(interaction: Interaction, code: Range[str, 1, 32] | None = None) -> None:
        await interactions.command(interaction, "link", _typed(code))

    return {
        "jobs": app_commands.rename(sought="words")(jobs),
        "quota": app_commands.rename(amount="set")(quota),
        "link": link,
    }


def _sharing(interactions: Interactions) -> dict[str, Callback]:
    async def share(interaction: Interaction, mine: Clip | None = None) -> None:
        await interactions.command(interaction, "share", _typed(mine))

    async def unshare(interaction: Interaction, mine: Clip | None = None) -> None:
        await interactions.command(interaction, "unshare", _typed(mine))

    async def remix(
        interaction: Interaction,
        shared: Clip,
        words: Range[str, 1, PROMPT_LIMIT] | None = None,
        image: discord.Attachment | None = None,
    ) -> None:
        await interactions.remix(interaction, _typed(shared), words, image)

    async def best(interaction: Interaction, span: Literal["week", "month"] | None = None) -> None:
        await interactions.command(interaction, "best", span or "")

    async def gallery(
        interaction: Interaction, setting: Words | None = None, channel: AnyChannel | None = None
    ) -> None:
        if channel is None:
            return await interactions.command(interaction, "gallery", _typed(setting))
        if channel.type in SILENT:
            return await first_response.say(interaction, texts.discord.NO_POSTS_THERE)
        words = _sentence(_typed(setting).removesuffix("here").strip(), MENTION)
        return await interactions.command(interaction, "gallery", words, (people.channel(channel.id, channel.name),))

    return {
        "share": app_commands.rename(mine="clip")(share),
        "unshare": app_commands.rename(mine="clip")(unshare),
        "remix": app_commands.rename(shared="clip")(remix),
        "best": best,
        "gallery": app_commands.rename(setting="set")(gallery),
    }


def _about_people(interactions: Interactions) -> dict[str, Callback]:
    async def grant(
        interaction: Interaction,
        user: discord.User,
        amount: Words,
        until: Words | None = None,
        because: Words | None = None,
    ) -> None:
        words = _sentence(MENTION, _typed(amount), _end(until), _why(because))
        await interactions.command(interaction, "grant", words, (people.person(user),))

    async def revoke(interaction: Interaction, user: discord.User, because: Words | None = None) -> None:
        await interactions.command(interaction, "revoke", _sentence(MENTION, _why(because)), (people.person(user),))

    async def ban(
        interaction: Interaction, user: discord.User, until: Words | None = None, because: Words | None = None
    ) -> None:
        words = _sentence(MENTION, _end(until), _why(because))
        await interactions.command(interaction, "ban", words, (people.person(user),))

    async def unban(interaction: Interaction, user: discord.User, because: Words | None = None) -> None:
        await interactions.command(interaction, "unban", _sentence(MENTION, _why(because)), (people.person(user),))

    async def tier(
        interaction: Interaction,
        name: Clip,
        verb: Literal["add", "remove"] | None = None,
        user: discord.User | None = None,
    ) -> None:
        whom, named = people.picked(user)
        await interactions.command(interaction, "tier", _sentence(_typed(name), verb or "", whom), named)

    async def limits(
        interaction: Interaction,
        change: Words | None = None,
        who: Anybody | None = None,
        channel: AnyChannel | None = None,
    ) -> None:
        whom, named = people.picked(who)
        if channel and not who and _typed(change).lower() in ("", "channel", "channels"):
            words, named = _sentence("channels", MENTION), (people.channel(channel.id, channel.name),)
        else:
            words = _sentence("" if whom == "default" else whom, _typed(change))
        await interactions.command(interaction, "limits", words, named)

    return {
        "grant": grant,
        "revoke": revoke,
        "ban": app_commands.rename(until="for")(ban),
        "unban": unban,
        "limits": app_commands.rename(change="set")(limits),
        "tier": app_commands.rename(verb="change")(tier),
    }


def _reports(interactions: Interactions) -> dict[str, Callback]:
    async def refund(interaction: Interaction, clip: Clip, because: Words) -> None:
        await interactions.command(interaction, "refund", _sentence(_typed(clip), _why(because)))

    async def usage(interaction: Interaction, span: Literal["week", "month"] | None = None) -> None:
        await interactions.command(interaction, "usage", span or "")

    async def wordlist(interaction: Interaction, word: Words | None = None) -> None:
        await interactions.command(interaction, "wordlist", _typed(word))

    async def operator(interaction: Interaction, order: Words | None = None) -> None:
        await interactions.command(interaction, "operator", _typed(order))

    return {
        "refund": refund,
        "usage": usage,
        "wordlist": app_commands.rename(word="change")(wordlist),
        "operator": app_commands.rename(order="do")(operator),
    }


def _sentence(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _typed(value: str | None) -> str:
    """Typed text, without mentions."""
    return people.typed(value or "").strip()


def _end(value: str | None) -> str:
    """An end in the core's syntax: adds `for` or `until` to `2 weeks` or `Friday`, unless it is there."""
    bare = _typed(value)
    if not bare or bare.split()[0].lower() in ("for", "until", "till", "til"):
        return bare
    return f"for {bare}" if amounts.duration(bare) else f"until {bare}"


def _why(value: str | None) -> str:
    bare = _typed(value)
    return f"because {bare}" if bare else ""
