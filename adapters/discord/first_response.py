"""Immediate final responses to interactions: an ephemeral sentence, or a modal."""

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
    """Respond with an ephemeral sentence."""
    try:
        await interaction.response.send_message(plain(text), ephemeral=True)
    except BROKEN as error:
        log.info("an interaction was not answered: %s", type(error).__name__)


async def guarded(interaction: Interaction, doing: Awaitable[None]) -> None:
    """Handle an interaction; exceptions are logged, and the person gets an apology."""
    try:
        await doing
    except Exception as error:
        await apologise(interaction, error)


async def apologise(interaction: Interaction, error: BaseException) -> None:
    """Respond with an apology, in place of “thinking” if that is shown. Raises nothing."""
    log.error("an interaction broke: %s", type(error).__name__, exc_info=error)
    try:
        if interaction.response.is_done():
            await interaction.followup.send(plain(texts.chat.BROKE), ephemeral=True)
        else:
            await interaction.response.send_message(plain(texts.chat.BROKE), ephemeral=True)
    except Exception as failed:
        log.info("an interaction was not answered: %s", type(failed).__name__)


async def ask(interaction: Interaction, made: discord.ui.Modal) -> None:
    """Respond with a modal."""
    try:
        await interaction.response.send_modal(made)
    except BROKEN as error:
        log.info("a form could not be opened: %s", type(error).__name__)
