"""The first answer to an interaction, where that is all there is to say: a sentence for the person alone, or a form."""

import logging
from typing import Any

import discord

from adapters.discord.line import BROKEN
from adapters.discord.looks import plain

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]


async def say(interaction: Interaction, text: str) -> None:
    """A sentence."""
    try:
        await interaction.response.send_message(plain(text), ephemeral=True)
    except BROKEN as error:
        log.info("an interaction was not answered: %s", type(error).__name__)


async def ask(interaction: Interaction, made: discord.ui.Modal) -> None:
    """A form."""
    try:
        await interaction.response.send_modal(made)
    except BROKEN as error:
        log.info("a form could not be opened: %s", type(error).__name__)
