"""Buttons: a tap sends the button's command in the person's name. The core checks rights."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from functools import partial

from telegram import CallbackQuery, Message

from adapters.shared.double_taps import DoubleTaps
from adapters.telegram import PLATFORM, parse
from adapters.telegram.client import TelegramClient, mapped
from adapters.telegram.delivery import TelegramChat
from adapters.telegram.dialogs import Dialogs
from adapters.telegram.inline import INLINE
from adapters.telegram.members import Members
from adapters.telegram.people import People
from adapters.telegram.replies import Replies
from bot import texts
from bot.conversation import MENTION, Inbound, Reply
from bot.core import Core
from bot.errors import ChatError
from bot.model import Address

SWIFT = 2.0
"""Seconds within which a tap should be acknowledged; the client shows a spinner until then."""
TOAST = 200
"""Maximum characters of a popup."""


class Callbacks:
    """Handles callback queries."""

    def __init__(
        self,
        core: Core,
        client: TelegramClient,
        chat: TelegramChat,
        answers: Replies,
        dialogs: Dialogs,
        members: Members,
        people: People,
    ) -> None:
        self._core = core
        self._client = client
        self._chat = chat
        self._replies = answers
        self._dialogs = dialogs
        self._members = members
        self._people = people
        self._taps = DoubleTaps(core.context.clock)

    async def tapped(self, query: CallbackQuery) -> None:
        """Execute the button's command, and acknowledge the tap."""
        where, said = await self._where(query), (query.data or "").replace(MENTION, "")
        tap = query.from_user.id, where, query.data
        if where is None or not said.startswith("/") or self._taps.slipped(tap, query.id):
            return await self.close(query)
        user = str(query.from_user.id)
        await self._people.met(query.from_user)
        inbound = Inbound(
            where,
            user,
            f"{PLATFORM}:tap:{query.id}",
            said,
            shared=where.chat != user,
            moderates=partial(self._members.moderates, where.chat, user),
            label=query.from_user.full_name,
            scope=parse.scope(query.message.chat) if query.message else "",
            community=(query.message.chat.title or "") if query.message else "",
            administers=partial(self._members.administers, where.chat, user),
            obstacle=partial(self._members.obstacle, where.chat),
            pressed=_stands_there(query),
            language=parse.language(query.from_user),
        )
        doing = asyncio.ensure_future(self._core.handle(inbound))
        closed = False
        try:
            async with asyncio.timeout(SWIFT):
                reply = await asyncio.shield(doing)
        except TimeoutError:
            closed = True
            await self.close(query)
            reply = await doing
        reply = await self._replies.aside(inbound, reply)
        words = not (reply.job or reply.clip or reply.papers or reply.ask is not None)
        if words and not reply.text:  # the refusal was posted in the chat a moment ago
            return None if closed else await self.close(query, Reply(texts.chat.TOLD))
        short = words and not reply.buttons and len(reply.text) <= TOAST and not closed
        if not closed:
            await self.close(query, reply if short or where.chat == INLINE else None)
        if where.chat == INLINE or (words and await self._went_on(inbound, reply, short=short)):
            return None
        if not short:
            named = reply.ask is not None and inbound.shared and await self._members.shows(where.chat, user)
            await self._replies.respond(inbound, reply, to=query.from_user if named else None, tapped=True)
        elif reply.over:
            with suppress(ChatError):
                await self._chat.remove(where, reply.over)
        return None

    async def _went_on(self, inbound: Inbound, reply: Reply, *, short: bool) -> bool:
        """Edit the tapped message, if it is a dialog with this person. `short`: the dialog ends."""
        where = inbound.address
        if not inbound.shared or reply.refused or not await self._dialogs.belongs(where, inbound.user):
            return False
        if not short:
            there = await self._chat.become(where, where.message, reply)
            if not there or await self._core.stands(reply, where):
                return there
        with suppress(ChatError):
            await self._chat.remove(where, where.message)
        return True

    async def close(self, query: CallbackQuery, reply: Reply | None = None) -> None:
        """Acknowledge the tap, with a short reply as a popup, in the person's language."""
        reply = reply.into(parse.language(query.from_user)) if reply else None
        text = reply.text[:TOAST] or None if reply else None
        with suppress(ChatError), mapped():  # the query may have expired
            await self._client.answer_callback_query(query.id, text, show_alert=bool(text and reply and reply.refused))

    async def _where(self, query: CallbackQuery) -> Address | None:
        if query.inline_message_id:
            return Address(PLATFORM, INLINE, query.inline_message_id)
        message = query.message
        if message is None or isinstance(message, Message):
            return parse.address(message) if message else None
        # An inaccessible message has only its chat and id; the topic may be in our notes.
        place = Address(PLATFORM, str(message.chat.id), str(message.message_id))
        if job := await self._core.context.store.sent(place):
            return replace(place, thread=job.address.thread)
        share = await self._core.context.store.gallery.at(place)
        return replace(place, thread=share.place.thread) if share else place


def _stands_there(query: CallbackQuery) -> bool:
    """Whether the message has the tapped button: clients can forge callback data."""
    message = query.message
    rows = message.reply_markup.inline_keyboard if isinstance(message, Message) and message.reply_markup else ()
    return any(button.callback_data == query.data for row in rows for button in row)
