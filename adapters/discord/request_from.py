"""Conversion of interactions and messages to requests, without I/O."""

from typing import Any

import discord

from adapters.discord import parse, people
from adapters.discord.request import Picture, Request, Response
from bot.conversation import Named

Interaction = discord.Interaction[Any]


def request(
    interaction: Interaction,
    response: Response,
    text: str,
    at: float,
    *,
    pictures: tuple[Picture, ...] = (),
    options: dict[str, str] | None = None,
    about: str = "",
    source: str = "",
    named: tuple[Named, ...] = (),
) -> Request:
    """The request of an interaction received `at` (Unix seconds). Person and place come from the event alone."""
    guest = parse.is_guest(interaction)
    return Request(
        str(interaction.id),
        response,
        str(interaction.user.id),
        str(interaction.channel_id),
        at,
        people.readable(text if named else people.typed(text), interaction.guild, interaction.data),
        about,
        source,
        options or {},
        pictures,
        shared=bool(interaction.guild_id) or interaction.context.private_channel,
        guest=guest,
        limit=parse.limit(interaction.filesize_limit),
        moderates=bool(interaction.guild_id) and interaction.permissions.manage_messages,
        embeds=not interaction.guild_id or interaction.app_permissions.embed_links,
        adult=parse.is_adult(interaction.channel),
        label=interaction.user.display_name,
        scope=people.scope(interaction.guild_id, guest),
        community="" if guest else people.community(interaction.guild),
        tiers=() if guest else people.tiers(interaction.user),
        administers=bool(interaction.guild_id) and not guest and people.manages(interaction.permissions),
        named=named,
        language=parse.language(interaction),
        token=interaction.token,
    )


def lacking_here(message: discord.Message) -> list[str]:
    """Missing permissions in the message's channel, as far as the library knows them."""
    if message.guild is None:
        return []
    try:
        held = message.channel.permissions_for(message.guild.me)
    except (AttributeError, discord.ClientException):
        return []  # unknown: Discord will refuse the message if so
    return parse.missing(held, isinstance(message.channel, discord.Thread))
