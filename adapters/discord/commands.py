"""Slash commands and context menus, from the table of commands; published when they change."""

import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Choice, Range, locale_str

from adapters.discord import admin_commands, completion, first_response, parse, people
from adapters.discord.client import BROKEN, UNREADABLE
from adapters.discord.interactions import Interaction, Interactions
from adapters.shared.notes import FOREVER, Notes
from bot import texts
from bot.commands.command import Command, Takes
from bot.errors import StoreDown
from bot.ordering.prompt import PROMPT_LIMIT

log = logging.getLogger(__name__)

CLIP = 32
"""Maximum characters of a clip's id."""

Words = Range[str, 1, PROMPT_LIMIT]
Name = Range[str, 1, CLIP]
Model = Range[str, 1, 100]
Callback = Callable[..., Awaitable[None]]


class Tree(app_commands.CommandTree[Any]):
    """The listed commands of `rows`, for server and user installs."""

    def __init__(self, client: discord.Client, interactions: Interactions, rows: Iterable[Command]) -> None:
        super().__init__(
            client,
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
        )
        by_hand = {
            "animate": _animate(interactions),
            "model": _model(interactions),
            **admin_commands.by_hand(interactions),
        }
        for row in rows:
            if row.listed and row.menu != "greeting":  # Discord's own client greets
                made = _command(row, by_hand.get(row.name) or _other(interactions, row))
                self.add_command(_for_admins(made) if row.manage else made)
        self.add_command(
            app_commands.ContextMenu(name=locale_str(texts.discord.ANIMATE_THIS), callback=_menu(interactions))
        )

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError) -> None:
        """Handle an error: our bug, or an outdated command in the person's client."""
        await first_response.apologise(interaction, error.__cause__ or error)

    async def publish(self, notes: Notes) -> None:
        """Publish the commands if they changed. Failures are ignored."""
        shapes = [command.to_dict(self) for command in self.get_commands()]
        mark = hashlib.sha256(json.dumps(shapes, sort_keys=True, default=str).encode()).hexdigest()
        name = f"commands:{self.client.application_id}"
        try:
            if await notes.get("", name) == mark:
                return
            await self.sync()
            await notes.put("", name, mark, FOREVER)
        except BROKEN as error:
            log.warning("the commands could not be told to Discord: %s", type(error).__name__)
        except StoreDown as error:
            log.warning("whether Discord knows the commands could not be looked up: %s", error)
        except UNREADABLE as error:  # they may be published; a retry would change nothing
            log.error("Discord's answer about the commands cannot be read", exc_info=error)


def _command(row: Command, callback: Callback) -> app_commands.Command[Any, ..., None]:
    known = {**texts.discord.DISCORD_OPTIONS, **texts.discord.OPTIONS}
    made: app_commands.Command[Any, ..., None] = app_commands.Command(
        name=locale_str(row.name),
        description=locale_str(row.help),
        callback=callback,  # type: ignore[arg-type]  # the library inspects the options, which differ
    )
    said = {option.name: locale_str(known.get(option.name, row.help)) for option in made.parameters}
    return app_commands.describe(**said)(made)


def _for_admins(made: app_commands.Command[Any, ..., None]) -> app_commands.Command[Any, ..., None]:
    """Visible to members with Manage Server, where the bot is installed: a hint, which server settings may change."""
    made.default_permissions = discord.Permissions(manage_guild=True)
    made.allowed_contexts = app_commands.AppCommandContext(guild=True, dm_channel=True)
    made.allowed_installs = app_commands.AppInstallationType(guild=True, user=False)
    return made


def _animate(interactions: Interactions) -> Callback:
    async def animate(
        interaction: Interaction,
        image: discord.Attachment | None = None,
        prompt: Words | None = None,
        duration: int | None = None,
        model: Model | None = None,
        sound: bool | None = None,
        negative: Words | None = None,
        strength: Range[float, 0, 1] | None = None,
        end_image: discord.Attachment | None = None,
    ) -> None:
        picked = parse.options(duration, negative, strength, model, sound)
        await interactions.animate(interaction, image, prompt, end_image, picked)

    made = app_commands.autocomplete(model=completion.models(interactions))(animate)
    if interactions.several:
        return app_commands.autocomplete(duration=completion.lengths(interactions))(made)
    lengths = [Choice(name=locale_str(texts.discord.length(one)), value=one) for one in interactions.lengths]
    return app_commands.choices(duration=lengths)(made)


def _model(interactions: Interactions) -> Callback:
    async def model(interaction: Interaction, model: Model | None = None) -> None:
        await interactions.command(interaction, "model", people.typed(model or "").strip())

    return app_commands.autocomplete(model=completion.models(interactions))(model)


def _other(interactions: Interactions, row: Command) -> Callback:
    """The callback of a command, with the options that its row takes."""

    async def nothing(interaction: Interaction) -> None:
        await interactions.command(interaction, row.name)

    async def one(interaction: Interaction, clip: Name) -> None:
        await interactions.command(interaction, row.name, clip)

    async def any_clip(interaction: Interaction, clip: Name | None = None) -> None:
        await interactions.command(interaction, row.name, clip or "")

    async def wordy(interaction: Interaction, clip: Name, words: Words | None = None) -> None:
        await interactions.command(interaction, row.name, f"{clip} {words or ''}")

    async def sentence(interaction: Interaction, rest: Words | None = None) -> None:
        await interactions.command(interaction, row.name, people.typed(rest or "").strip())

    asking: dict[Takes, Callback] = {
        "nothing": nothing,
        "clip": one,
        "any clip": any_clip,
        "clip and words": wordy,
        "words": app_commands.rename(rest="words")(sentence),
    }
    return asking[row.takes]


def _menu(interactions: Interactions) -> Any:
    async def this(interaction: Interaction, message: discord.Message) -> None:
        await interactions.menu(interaction, message)

    return this
