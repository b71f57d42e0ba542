"""Messages that address the bot: read and saved. No acknowledgement is due, so saving is retried for long."""

import asyncio
import logging
from contextlib import suppress

import discord

from adapters.discord import parse, people, request_from
from adapters.discord.delivery import DiscordChat
from adapters.discord.modals import Modals
from adapters.discord.request import Request
from adapters.shared.intake import Intake
from bot import texts
from bot.commands import invocation
from bot.conversation import Reply
from bot.core import Core
from bot.errors import ChatError, StoreDown

log = logging.getLogger(__name__)

SWIFT = 1.0
"""Seconds for a look at what was asked before, and between two attempts to save a message."""
TRIES = 30
"""Attempts to save a message."""


class Messages:
    """Handles messages."""

    def __init__(self, core: Core, chat: DiscordChat, intake: Intake[Request], modals: Modals) -> None:
        self._core = core
        self._chat = chat
        self._intake = intake
        self._modals = modals

    async def heard(self, message: discord.Message, me: int) -> None:
        """A message that addresses the bot, or a direct message."""
        if not parse.is_for_people(message):
            return
        guild = people.guild_of(message)
        called, private = parse.without_mention(message.content, me, people.own_roles(message, me)), guild is None
        if called is None and not private and not parse.pings(message, me):
            return
        words = called if called is not None else invocation.canonical(message.content)
        pictures, source, about = parse.shown(message), "", str(message.id)
        kept = await self._replies(message, private, called=called is not None)
        kept = None if words.startswith("/") or pictures else kept
        other = message.reference.resolved if message.reference else None
        spoken = called is not None or private or kept is not None
        if not spoken and (pictures or not parse.asks(other)):
            return
        options: dict[str, str] = {}
        if kept and words:
            pictures, source, options, about = kept.pictures, kept.source, kept.options, kept.about or about
            words = f"{kept.text} {words}"
        elif not pictures and isinstance(other, discord.Message):
            pictures, source = parse.anything(other)[:1] if spoken else (), str(other.id)
        if spoken and not words.startswith("/") and (pictures or source):
            words = f"/animate {words}".strip()
        words = people.readable(words)
        words, named = people.named(message, words)
        request = Request(
            str(message.id),
            "message",
            str(message.author.id),
            str(message.channel.id),
            self._core.context.clock(),
            words,
            about=about,
            source=source,
            options=options,
            pictures=pictures,
            shared=not private,
            adult=parse.is_adult(message.channel),
            limit=parse.limit(max(parse.LEAST_LIMIT, message.guild.filesize_limit if message.guild else 0)),
            label=message.author.display_name,
            scope=people.scope(guild),
            community=people.community(message.guild),
            tiers=people.tiers(message.author),
            administers=people.writes_as_admin(message),
            named=named if words.startswith("/") else (),
            replied_to=people.replied_to(message),
            called=spoken,
        )
        lacking = request_from.lacking_here(message)
        if any(name != "attach_files" for name in lacking):
            log.info("called in a channel where the bot may not answer")
        elif lacking:
            with suppress(ChatError):
                await self._chat.send(
                    request.address, Reply(texts.discord.may_not(lacking)).into(request.language), nonce=request.id
                )
        else:
            self._chat.alive(request.channel)
            await self._keep_message(request)

    async def _replies(self, message: discord.Message, private: bool, *, called: bool) -> Request | None:
        """The request whose question a message answers, as a reply or as the next message to the bot; else None."""
        to, of = message.reference.message_id if message.reference else None, "" if private else str(message.author.id)
        if not private and not to and not called:
            return None
        try:
            async with asyncio.timeout(SWIFT):
                kept = await self._modals.answered(str(message.channel.id), str(to or ""), of)
                other = message.reference.resolved if message.reference else None
                if private and isinstance(other, discord.Message) and not kept and not parse.anything(other):
                    kept = await self._modals.answered(str(message.channel.id), "")
                if private or called:
                    await self._modals.moved_on(str(message.channel.id), of)
        except (TimeoutError, StoreDown) as error:
            log.error("whether a message is an answer is not known: %s", type(error).__name__)
            return None
        return kept if kept and kept.user == str(message.author.id) else None

    async def _keep_message(self, request: Request) -> None:
        for _ in range(TRIES):
            try:
                await self._intake.take(request)
                return
            except StoreDown:
                await asyncio.sleep(SWIFT)
        with suppress(ChatError):
            await self._chat.send(request.address, Reply(texts.chat.TRY_LATER).into(request.language), nonce=request.id)
