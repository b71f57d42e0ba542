"""The slash commands and the menu of messages, from the one table of commands; told to Discord when they changed."""

import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Choice, Range, locale_str

from adapters.discord import admin_commands, first_response, parse, people
from adapters.discord.client import BROKEN, UNREADABLE
from adapters.discord.interactions import Interaction, Interactions
from adapters.shared.notes import FOREVER, Notes
from bot import texts
from bot.commands.command import Command, Takes
from bot.errors import StoreDown
from bot.ordering.prompt import PROMPT_LIMIT

log = logging.getLogger(__name__)

CLIP = 32
"""Characters in a clip's name."""

Words = Range[str, 1, PROMPT_LIMIT]
Name = Range[str, 1, CLIP]
Callback = Callable[..., Awaitable[None]]


class Tree(app_commands.CommandTree[Any]):
    """The commands in `rows` that people can find, wherever the app is installed."""

    def __init__(self, client: discord.Client, interactions: Interactions, rows: Iterable[Command]) -> None:
        super().__init__(
            client,
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
        )
        by_hand = {"animate": _animate(interactions), **admin_commands.by_hand(interactions)}
        for row in rows:
            if row.listed and row.menu != "greeting":  # Discord's own client begins
                made = _command(row, by_hand.get(row.name) or _other(interactions, row))
                self.add_command(_for_admins(made) if row.manage else made)
        self.add_command(
            app_commands.ContextMenu(name=locale_str(texts.chat.ANIMATE_THIS), callback=_menu(interactions))
        )

    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError) -> None:
        """A mistake of ours; or the person's client still shows how a command was before."""
        await first_response.apologise(interaction, error.__cause__ or error)

    async def publish(self, notes: Notes) -> None:
        """Tell Discord what there is, if that has changed. Nothing depends on it."""
        shapes = [command.to_dict(self) for command in self.get_commands()]
        mark = hashlib.sha256(json.dumps(shapes, sort_keys=True, default=str).encode()).hexdigest()
        chat = str(self.client.application_id)
        try:
            if await notes.get(chat, "commands") == mark:
                return
            await self.sync()
            await notes.put(chat, "commands", mark, FOREVER)
        except BROKEN as error:
            log.warning("the commands could not be told to Discord: %s", type(error).__name__)
        except StoreDown as error:
            log.warning("whether Discord knows the commands could not be looked up: %s", error)
        except UNREADABLE as error:  # it may know them now; to start anew would change nothing
            log.error("Discord's answer about the commands cannot be read", exc_info=error)


def _command(row: Command, callback: Callback) -> app_commands.Command[Any, ..., None]:
    known = {**texts.chat.DISCORD_OPTIONS, **texts.admin.OPTIONS}
    made: app_commands.Command[Any, ..., None] = app_commands.Command(
        name=locale_str(row.name),
        description=locale_str(row.help),
        callback=callback,  # type: ignore[arg-type]  # the library wants to see the options, which differ
    )
    said = {option.name: locale_str(known.get(option.name, row.help)) for option in made.parameters}
    return app_commands.describe(**said)(made)


def _for_admins(made: app_commands.Command[Any, ..., None]) -> app_commands.Command[Any, ..., None]:
    """Shown to those with Manage Server only, and where the bot is: a hint, which a server's settings may change."""
    made.default_permissions = discord.Permissions(manage_guild=True)
    made.allowed_contexts = app_commands.AppCommandContext(guild=True, dm_channel=True)
    made.allowed_installs = app_commands.AppInstallationType(guild=True, user=False)
    return made


def _animate(interactions: Interactions) -> Callback:
    lengths = [Choice(name=locale_str(what), value=seconds) for seconds, what in texts.chat.DURATIONS.items()]

    @app_commands.choices(duration=lengths)
    async def animate(
        interaction: Interaction,
        image: discord.Attachment | None = None,
        prompt: Words | None = None,
        duration: int | None = None,
        negative: Words | None = None,
        strength: Range[float, 0, 1] | None = None,
        end_image: discord.Attachment | None = None,
    ) -> None:
        picked = parse.options(duration, negative, strength)
        await interactions.animate(interaction, image, prompt, end_image, picked)

    return animate


def _other(interactions: Interactions, row: Command) -> Callback:
    """Asks for what the row takes."""

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
