"""Guest mode: the bot is called in a chat that it has not joined. It may answer once, and edit that answer.

The chat's id may be another chat's, too, so nothing is stored by it or sent to it.
"""

from dataclasses import replace

from telegram import InlineQueryResultArticle, InputTextMessageContent, Message

from adapters.shared.notes import Notes
from adapters.telegram import PLATFORM, parse
from adapters.telegram.client import TelegramClient, mapped
from adapters.telegram.delivery import TelegramChat
from adapters.telegram.files import Files
from adapters.telegram.inline import INLINE
from adapters.telegram.people import People, replied_to
from bot import texts
from bot.conversation import Inbound, Reply
from bot.core import Core
from bot.errors import ChatError
from bot.model import Address
from bot.sentence import EMPTY, Sentence

KEPT = 2 * 86_400.0
"""Seconds for which an answer's place is remembered: as long as Telegram may repeat the update."""


class Guests:
    """Handles guest messages."""

    def __init__(
        self, core: Core, client: TelegramClient, chat: TelegramChat, files: Files, people: People, notes: Notes
    ) -> None:
        self._core = core
        self._client = client
        self._chat = chat
        self._files = files
        self._people = people
        self._notes = notes
        self.username = ""

    async def message(self, message: Message) -> None:
        """Post a placeholder at once, then replace it by the reply."""
        user, query = parse.person(message), message.guest_query_id
        if user is None or not query:
            return
        moment = texts.chat.ONE_MOMENT.into(parse.language(message.from_user))
        place = await self._place(query, moment)
        if place is None:
            return
        text, named = await self._people.read(message, self.username)
        command = parse.command(text, self.username)
        if command and command[0] not in ("animate", ""):
            said = f"/{command[0]} {command[1]}".strip()
        else:
            said = command[1] if command else parse.without_mention(text, self.username) or ""
        sources = [message, *([message.reply_to_message] if message.reply_to_message else [])]
        seen = next((p for source in sources if (p := parse.picture(source, videos=True))), None)
        where = Address(PLATFORM, INLINE, place)
        inbound = Inbound(
            where,
            user,
            f"{PLATFORM}:guest:{query}",
            said,
            (self._files.attachment(seen),) if seen else (),
            shared=True,
            spoiler=bool(seen and seen.spoiler),
            label=parse.label(message),
            named=named,
            replied_to=replied_to(message),
            no_photo=EMPTY if said.startswith("/") else texts.chat.guest_help(self.username),
            language=parse.language(message.from_user),
        )
        reply = await self._core.handle(inbound)
        if not reply.text:  # the placeholder must be replaced
            reply = replace(reply, text=texts.chat.TOLD).into(inbound.language)
        if not reply.job or await self._core.track(reply.job, place, reply.text):
            await self._chat.edit(where, place, reply)
        return

    async def apologise(self, message: Message) -> None:
        """Replace the placeholder by an apology."""
        if place := await self._notes.get(INLINE, message.guest_query_id or ""):
            sorry = Reply(texts.chat.BROKE, refused=True).into(parse.language(message.from_user))
            await self._chat.edit(Address(PLATFORM, INLINE, place), place, sorry)

    async def _place(self, query: str, moment: Sentence) -> str | None:
        """The id of the message to edit, which says `moment`; None if it cannot be posted."""
        if known := await self._notes.get(INLINE, query):
            return known
        placeholder = InlineQueryResultArticle("1", "Photoplay", InputTextMessageContent(moment))
        try:
            with mapped():
                sent = await self._client.answer_guest_query(query, placeholder)
        except ChatError:
            return None  # expired, or answered before its place was saved
        await self._notes.put(INLINE, query, sent.inline_message_id, KEPT)
        return sent.inline_message_id
