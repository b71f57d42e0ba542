"""The first answer to an interaction, where that is all there is to say: a sentence for the person alone, or a form."""

import logging
from collections.abc import Awaitable
from typing import Any

import discord

from adapters.discord.client import BROKEN
from adapters.discord.render import plain
from bot import texts

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]


async def say(interaction: Interaction, text: str) -> None:
    """A sentence."""
    try:
        await interaction.response.send_message(plain(text), ephemeral=True)
    except BROKEN as error:
        log.info("an interaction was not answered: %s", type(error).__name__)


async def guarded(interaction: Interaction, doing: Awaitable[None]) -> None:
    """Do what an interaction asks for; whatever breaks is in the log, and the person gets a sentence."""
    try:
        await doing
    except Exception as error:
        await apologise(interaction, error)


async def apologise(interaction: Interaction, error: BaseException) -> None:
    """Something broke. To whoever sees “thinking” it is told in its place. Raises nothing."""
    log.error("an interaction broke: %s", type(error).__name__, exc_info=error)
    try:
        if interaction.response.is_done():
            await interaction.followup.send(plain(texts.chat.BROKE), ephemeral=True)
        else:
            await interaction.response.send_message(plain(texts.chat.BROKE), ephemeral=True)
    except Exception as failed:
        log.info("an interaction was not answered: %s", type(failed).__name__)


async def ask(interaction: Interaction, made: discord.ui.Modal) -> None:
    """A form."""
    try:
        await interaction.response.send_modal(made)
    except BROKEN as error:
        log.info("a form could not be opened: %s", type(error).__name__)
