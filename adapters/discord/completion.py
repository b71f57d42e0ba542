"""Autocomplete of slash commands: models and lengths that may be ordered there, with their prices."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any

from discord.app_commands import Choice

from adapters.discord.interactions import Interaction, Interactions
from adapters.discord.modals import HINT
from bot.errors import StoreDown

log = logging.getLogger(__name__)

MOST = 25
"""Choices that Discord shows at most."""
SWIFT = 2.0
"""Timeout in seconds: Discord drops what comes after three."""

Complete = Callable[[Interaction, Any], Coroutine[Any, Any, list[Choice[Any]]]]


def models(interactions: Interactions) -> Complete:
    """The models with what was typed in their line; the value carries the price that is shown."""

    async def complete(interaction: Interaction, typed: str) -> list[Choice[Any]]:
        found = await _in_time(interactions.options(interaction))
        return _choices(typed, ((words.into(interactions.language(interaction)), value) for words, value in found))

    return complete


def lengths(interactions: Interactions) -> Complete:
    """The lengths of the model that was picked before, or else of the usual one."""

    async def complete(interaction: Interaction, typed: int | str) -> list[Choice[Any]]:
        model = str(getattr(interaction.namespace, "model", None) or "")
        found = await _in_time(interactions.priced_lengths(interaction, model))
        language = interactions.language(interaction)
        return _choices(str(typed), ((words.into(language), seconds) for seconds, words in found))

    return complete


async def _in_time(asked: Awaitable[Sequence[Any]]) -> Sequence[Any]:
    try:
        async with asyncio.timeout(SWIFT):
            return await asked
    except (StoreDown, TimeoutError) as error:  # what is typed is understood without choices, too
        log.warning("choices could not be shown: %s", error)
        return ()


def _choices(typed: str, found: Iterable[tuple[str, str | int]]) -> list[Choice[Any]]:
    said = typed.casefold().strip()
    return [Choice(name=words[:HINT], value=value) for words, value in found if said in words.casefold()][:MOST]
