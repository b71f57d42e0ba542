"""Immediate final responses to interactions: an ephemeral sentence, or a modal."""

import logging
from collections.abc import Awaitable
from typing import Any

import discord

from adapters.discord import parse
from adapters.discord.client import BROKEN
from adapters.discord.render import plain
from bot import texts
from bot.sentence import Sentence

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]


async def say(interaction: Interaction, sentence: Sentence) -> None:
    """Respond with an ephemeral sentence, in the person's language."""
    try:
        await interaction.response.send_message(_told(interaction, sentence), ephemeral=True)
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
            await interaction.followup.send(_told(interaction, texts.chat.BROKE), ephemeral=True)
        else:
            await interaction.response.send_message(_told(interaction, texts.chat.BROKE), ephemeral=True)
    except Exception as failed:
        log.info("an interaction was not answered: %s", type(failed).__name__)


async def ask(interaction: Interaction, made: discord.ui.Modal) -> None:
    """Respond with a modal."""
    try:
        await interaction.response.send_modal(made)
    except BROKEN as error:
        log.info("a form could not be opened: %s", type(error).__name__)


def _told(interaction: Interaction, sentence: Sentence) -> str:
    return plain(sentence.into(parse.language(interaction)))
