"""Interactions: parsed, saved and acknowledged within Discord's three seconds."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import discord

from adapters.discord import first_response, parse, request_from
from adapters.discord.client import BROKEN
from adapters.discord.delivery import DiscordChat
from adapters.discord.files import Files
from adapters.discord.handler import inbound
from adapters.discord.modals import KEPT, Modals, form
from adapters.discord.render import PRESS
from adapters.discord.request import Request, Response
from adapters.shared.double_taps import DoubleTaps
from adapters.shared.intake import Intake
from bot import texts
from bot.commands import table
from bot.conversation import Inbound, Named, Reply
from bot.core import Core
from bot.errors import ChatError, StoreDown
from bot.sentence import Sentence

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

SWIFT = 1.0
"""Timeout of saving in seconds, after which the acknowledgement is sent first."""


class Interactions:
    """Handles interactions."""

    def __init__(self, core: Core, chat: DiscordChat, intake: Intake[Request], modals: Modals, files: Files) -> None:
        self._core = core
        self._chat = chat
        self._intake = intake
        self._modals = modals
        self._files = files
        self._taps = DoubleTaps(core.context.clock)

    @property
    def several(self) -> bool:
        """Whether there is a choice of models."""
        return self._core.context.offers().several

    @property
    def lengths(self) -> Sequence[int]:
        """Seconds that a clip of the usual model may have."""
        return self._core.context.offers().default.model.seconds

    def language(self, interaction: Interaction) -> str:
        """The language of what is shown in a list of choices."""
        return parse.language(interaction)

    async def options(self, interaction: Interaction) -> Sequence[tuple[Sentence, str]]:
        """The models that the person may order there, in words, each with its value."""
        return [(words, value) for words, value, _ in await self._core.options(self._bare(interaction))]

    async def priced_lengths(self, interaction: Interaction, model: str) -> Sequence[tuple[int, Sentence]]:
        """Seconds of a clip of that model, or of the usual one, each with its price in words. Raises `StoreDown`."""
        return await self._core.lengths(self._bare(interaction), model)

    def _bare(self, interaction: Interaction) -> Inbound:
        return inbound(self._asked(interaction, "ephemeral", ""), self._files, self._chat)

    async def animate(
        self,
        interaction: Interaction,
        image: discord.Attachment | None,
        prompt: str | None,
        end: discord.Attachment | None,
        options: dict[str, str],
    ) -> None:
        """`/animate`; a modal asks for missing parts."""
        seen = [parse.picture(file, end=file is end) for file in (image, end) if file]
        pictures = tuple(one for one in seen if one)
        if len(pictures) < len(seen):
            return await first_response.say(interaction, texts.pictures.NOT_A_PICTURE)
        words = f"/animate {prompt}" if image and prompt else "/animate"
        request = self._asked(interaction, "public", words, pictures=pictures, options=options)
        if image and prompt:
            return await self._take(interaction, request)
        if await self._barred(interaction, request):
            return None
        command = self._modals.keep(request)
        await first_response.ask(
            interaction, form(command, "/animate", request.language, words=prompt or "", photo=image is None)
        )
        return None

    async def command(
        self, interaction: Interaction, name: str, argument: str = "", named: tuple[Named, ...] = ()
    ) -> None:
        """Any other slash command; `named`: the targets picked in its options."""
        text = f"/{name} {argument}".strip()
        await self._take(interaction, self._asked(interaction, _response(text), text, named=named))

    async def remix(
        self, interaction: Interaction, clip: str, words: str | None, image: discord.Attachment | None
    ) -> None:
        """`/remix`; without text and photo a modal asks for them."""
        picture = parse.picture(image) if image else None
        if image and picture is None:
            return await first_response.say(interaction, texts.pictures.NOT_A_PICTURE)
        text = f"/remix {clip} {words or ''}".strip()
        if not words and not picture:
            return await self._ask_more(interaction, text, text)
        request = self._asked(interaction, "public", text, pictures=(picture,) if picture else ())
        return await self._take(interaction, request)

    async def menu(self, interaction: Interaction, message: discord.Message) -> None:
        """“Animate this” on a message."""
        pictures = parse.anything(message)[:1]
        if not pictures:
            return await first_response.say(interaction, texts.discord.DISCORD_WHICH)
        source = str(message.id)
        request = self._asked(interaction, "public", "/animate", pictures=pictures, about=source, source=source)
        if not await self._barred(interaction, request):
            await first_response.ask(interaction, form(self._modals.keep(request), "/animate", request.language))
        return None

    async def pressed(self, interaction: Interaction, command: str) -> None:
        """A button: sends its command in the person's name, or opens a modal."""
        name, _, argument = command.partition(" ")
        if command.startswith(KEPT):
            return await self._ask_words(interaction, command)
        if name == "/report" and argument.endswith(" other"):
            return await self._ask_more(interaction, command, command)
        if (row := table.of(name)) and row.asks:
            return await self._ask_more(interaction, command, f"/{row.asks} {argument}")
        press = interaction.user.id, interaction.message.id if interaction.message else 0, command
        if self._taps.slipped(press, str(interaction.id)):
            with suppress(*BROKEN):
                await interaction.response.defer()
            return None
        message = interaction.message
        about, guest = _about(message), parse.is_guest(interaction)
        response: Response = "update"
        if message and message.flags.ephemeral and not guest:
            response = "ephemeral"
        elif guest and name not in ("/clip", "/cancel"):
            response = "public"
        return await self._take(interaction, self._asked(interaction, response, command, about=about))

    async def submitted(self, interaction: Interaction) -> None:
        """A submitted modal."""
        data: dict[str, Any] = dict(interaction.data or {})
        custom = str(data.get("custom_id", ""))
        if not custom.startswith(PRESS):
            return
        command, (words, pictures) = custom.removeprefix(PRESS), parse.filled(data)
        if command.startswith(KEPT):
            kept = await self._kept(interaction, command)
            if kept is None:
                return
            text, pictures = f"{kept.text} {words}", (*pictures, *kept.pictures)
            request = self._asked(interaction, "public", text, pictures=pictures, options=kept.options)
            await self._take(interaction, replace(request, about=kept.about, source=kept.source))
        else:
            text, about = f"{command} {words}".strip(), _about(interaction.message)
            request = self._asked(interaction, _response(command), text, pictures=pictures, about=about)
            await self._take(interaction, request)

    def _asked(self, interaction: Interaction, response: Response, text: str, **more: Any) -> Request:
        """A request received now: its token's lifetime starts now, independent of Discord's clock."""
        return request_from.request(interaction, response, text, self._core.context.clock(), **more)

    async def _take(self, interaction: Interaction, request: Request) -> None:
        """Save a request, then acknowledge it; the other way round if saving takes longer than `SWIFT`."""
        if await self._barred(interaction, request):
            return None
        keeping = asyncio.ensure_future(self._intake.keep(request))
        await asyncio.wait({keeping}, timeout=SWIFT)
        if keeping.done() and (failed := keeping.exception()):
            if not isinstance(failed, StoreDown):
                log.error("a request could not be kept", exc_info=failed)
            return await first_response.say(interaction, texts.chat.TRY_LATER)
        if keeping.done() and not keeping.result():
            return None  # a repeated delivery
        try:
            given = request.response
            await interaction.response.defer(ephemeral=given == "ephemeral", thinking=given != "update")
        except BROKEN as error:
            log.info("an interaction was not acknowledged: %s", type(error).__name__)
        except Exception:  # the libraries cannot parse the answer; the request is saved in any case
            log.exception("an interaction may not have been acknowledged")
        try:
            if await keeping:
                self._intake.begin(request)
        except StoreDown:
            with suppress(ChatError):
                await self._chat.whisper(request.token, Reply(texts.chat.TRY_LATER).into(request.language))

    async def _barred(self, interaction: Interaction, request: Request) -> bool:
        """Whether clips cannot be posted there; the person is told so."""
        row = table.of(request.text)
        quiet = row is not None and (row.private or row.quiet)
        if request.guest or request.response == "ephemeral" or not interaction.guild_id or quiet:
            return False
        thread = isinstance(interaction.channel, discord.Thread)
        if lacking := parse.missing(interaction.app_permissions, thread):
            await first_response.say(interaction, texts.discord.may_not(lacking))
            return True
        self._chat.alive(request.channel)
        return False

    async def _ask_words(self, interaction: Interaction, command: str) -> None:
        if kept := await self._kept(interaction, command):
            await first_response.ask(
                interaction, form(command, kept.text.partition(" ")[0], parse.language(interaction))
            )

    async def _kept(self, interaction: Interaction, command: str) -> Request | None:
        """The person's own incomplete request; None for another's, who is told so."""
        try:
            async with asyncio.timeout(SWIFT):
                kept = await self._modals.find(command)
        except (TimeoutError, StoreDown):
            await first_response.say(interaction, texts.chat.NOT_NOW)
            return None
        if kept is None or kept.user != str(interaction.user.id):
            await first_response.say(interaction, texts.chat.NOT_YOURS if kept else texts.discord.FORM_GONE)
            return None
        return kept

    async def _ask_more(self, interaction: Interaction, command: str, text: str) -> None:
        """Open a modal for the rest of the command `text`. Rights are checked on submission, or now if quick."""
        request = self._asked(interaction, "update", command)
        if await self._barred(interaction, request):
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(SWIFT):
                reply = await self._core.handle(inbound(request, self._files, self._chat))
            if reply.refused:
                await first_response.say(interaction, reply.text or texts.chat.TOLD)
                return
        await first_response.ask(interaction, form(text, text.partition(" ")[0], request.language))


def _about(message: discord.Message | None) -> str:
    """The id of the message to reply to, if it is no ephemeral one."""
    return "" if message is None or message.flags.ephemeral else str(message.id)


def _response(text: str) -> Response:
    """First response to a command."""
    row = table.of(text)
    return "ephemeral" if row and row.private else "public"
