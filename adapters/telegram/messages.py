"""Messages in private chats and groups, passed to the core."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from telegram import Chat, ChatMember, ChatMemberUpdated, Message

from adapters.telegram import PLATFORM, parse
from adapters.telegram.albums import Albums
from adapters.telegram.comments import Comments
from adapters.telegram.delivery import TelegramChat
from adapters.telegram.files import Files
from adapters.telegram.members import Members
from adapters.telegram.parse import Picture
from adapters.telegram.people import People, replied_to
from adapters.telegram.prompts import Prompts
from adapters.telegram.replies import Replies
from bot import texts
from bot.commands.table import TABLE
from bot.conversation import MENTION, Inbound, Reply
from bot.core import Core
from bot.errors import ChatError, Refusal
from bot.model import Address
from bot.sentence import EMPTY, Sentence

log = logging.getLogger(__name__)

_OUT = (ChatMember.LEFT, ChatMember.BANNED)


@dataclass(frozen=True, slots=True)
class Heard:
    """A message for the bot; `about` is the message that replies answer (default: the message itself).

    `scope`: the community it concerns, if not the chat's own. `comment`: a text that may be a comment on a following
    picture. `source`, `called` and `no_photo`: as in `Inbound`.
    """

    text: str
    pictures: Sequence[Picture] = ()
    about: str = ""
    scope: str = ""
    comment: bool = False
    source: str = ""
    called: bool = True
    no_photo: Sentence = EMPTY


class Messages:
    """Handles messages. `username` (without @) is the bot's; `reads_all`: its privacy mode is off."""

    def __init__(
        self,
        core: Core,
        chat: TelegramChat,
        answers: Replies,
        prompts: Prompts,
        files: Files,
        members: Members,
        people: People,
        albums: Albums,
        comments: Comments,
    ) -> None:
        self._core = core
        self._chat = chat
        self._replies = answers
        self._prompts = prompts
        self._files = files
        self._members = members
        self._people = people
        self._albums = albums
        self._comments = comments
        self.username = ""
        self.reads_all = False

    async def message(self, message: Message) -> None:
        """Handle a message in a private chat or a group."""
        if message.migrate_to_chat_id:
            return await self.moved(str(message.chat.id), str(message.migrate_to_chat_id))
        if message.migrate_from_chat_id:
            return await self.moved(str(message.migrate_from_chat_id), str(message.chat.id))
        user = parse.person(message)
        if user is None or message.chat.type == Chat.CHANNEL:
            return None
        if not message.media_group_id:
            return await self._said(user, [message])
        async with self._albums.whole(message) as parts:
            if parts:
                await self._said(user, parts)
        return None

    def is_called(self, message: Message) -> bool:
        """Whether the text of a group's message addresses the bot."""
        text = parse.words(message)
        command = parse.command(text, self.username)
        row = TABLE.get(command[0]) if command else None
        return bool(row and row.listed) or parse.without_mention(text, self.username) is not None

    async def edited(self, message: Message) -> None:
        """Handle an edit of a message: one that was asked about is its own answer."""
        user = parse.person(message)
        if user and not message.media_group_id and await self._prompts.are_about(message, user):
            return await self._said(user, [message])
        where, language = parse.address(message), parse.language(message.from_user)
        inbound = Inbound(where, user or "", parse.key(message), edited=True, language=language)
        reply = await self._core.handle(inbound)
        if reply.text:
            await self._replies.tell(where, reply)
        return None

    async def membership(self, change: ChatMemberUpdated) -> None:
        """Handle the bot being added, removed or blocked."""
        chat = Address(PLATFORM, str(change.chat.id))
        old, new = change.old_chat_member.status, change.new_chat_member.status
        if new in _OUT:
            await self._core.closed(chat)
        elif old in _OUT and change.chat.type in (Chat.GROUP, Chat.SUPERGROUP):
            hears_all = self.reads_all or new == ChatMember.ADMINISTRATOR
            hello = await self._core.joined(chat, texts.chat.hello_group(self.username), hears_all=hears_all)
            await self._replies.tell(chat, hello)

    async def moved(self, old: str, new: str) -> None:
        """Handle a group becoming a supergroup: its data moves to the new id."""
        await self._core.context.store.inbox.move(PLATFORM, old, new)
        self._chat.moved(old, new)

    async def _said(self, user: str, parts: Sequence[Message]) -> None:
        message = self._head(parts)
        language = parse.language(message.from_user)
        try:
            text, named = await self._people.read(message, self.username)
            text = self._with_captions(text, message, parts)
            heard = await self._heard(user, message, parts, text)
        except Refusal as refusal:
            await self._replies.tell(parse.address(message), Reply(refusal.sentence.into(language), refused=True))
            return
        if heard is None:
            return
        where = parse.address(message)
        inbound = Inbound(
            replace(where, message=heard.about or where.message),
            user,
            parse.key(message),
            heard.text,
            tuple(map(self._files.attachment, heard.pictures)),
            shared=not parse.is_private(message.chat),
            spoiler=any(picture.spoiler for picture in heard.pictures),
            moderates=partial(self._members.moderates, where.chat, user),
            label=parse.label(message),
            scope=heard.scope or parse.scope(message.chat),
            community=message.chat.title or "",
            administers=partial(self._members.administers, where.chat, user),
            obstacle=partial(self._members.obstacle, where.chat),
            named=named,
            replied_to=replied_to(message),
            source=heard.source,
            called=heard.called,
            no_photo=heard.no_photo,
            how_to_call=texts.chat.group_help(self.username),
            hears_all=partial(self._hears_all, where.chat),
            behind=str(message.sender_chat.id) if message.sender_chat else "",
            forwarded=message.forward_origin is not None,
            language=language,
        )
        reply = await self._core.handle(inbound)
        if (heard.called or reply.text) and not message.sender_chat:
            await self._people.met(message.from_user)
        if heard.called:
            await self._prompts.moved_on(where.chat, user)
        if heard.comment and reply.refused:
            self._comments.answer(message, partial(self._hint, inbound, reply))
        else:
            if heard.comment:
                self._comments.drop(user)
            await self._replies.respond(inbound, reply, () if reply.bare else heard.pictures)

    async def _hint(self, inbound: Inbound, reply: Reply) -> Callable[[], Awaitable[None]]:
        """Send a reply; returns its removal."""
        sent = await self._replies.respond(inbound, reply)

        async def remove() -> None:
            if sent:
                with suppress(ChatError):
                    await self._chat.remove(inbound.address, sent.message)

        return remove

    async def close(self) -> None:
        """Drop pending answers."""
        await self._comments.close()

    def _head(self, parts: Sequence[Message]) -> Message:
        """The message that represents an album: the one that addresses the bot, or has a caption."""
        captioned = [part for part in parts if part.caption] or parts
        return next((part for part in captioned if self.is_called(part)), captioned[0])

    def _with_captions(self, text: str, head: Message, parts: Sequence[Message]) -> str:
        """The text of an order, with the captions of its other pictures."""
        command = parse.command(text, self.username)
        row = TABLE.get(command[0]) if command else None
        if command and not (row and row.pictures):
            return text
        seen = {head.caption}
        words: list[str] = []
        for part in parts:  # in order; a command stays first
            if part is head:
                words.insert(0 if command else len(words), text)
            elif part.caption and part.caption not in seen:
                seen.add(part.caption)
                words.append(part.caption.replace(MENTION, ""))
        return " ".join(words)

    async def _heard(self, user: str, message: Message, parts: Sequence[Message], text: str) -> Heard | None:
        """A message as `Heard`; None if it is not for the bot. Raises `Refusal` for an unusable one."""
        private = parse.is_private(message.chat)
        own = [picture for part in parts if (picture := parse.picture(part))]
        command = parse.command(text, self.username)
        if command == parse.ANOTHERS:
            return None
        if command and command[0] != "animate":
            row = TABLE.get(command[0])
            known = row is not None and row.listed
            if not (known or private or "@" in text.split()[0]):
                return None  # most likely for another bot
            takes = not known or (row is not None and row.pictures)
            return Heard(f"/{command[0]} {command[1]}".strip(), own if takes else ())
        called = command[1] if command else parse.without_mention(text, self.username)
        question = await self._prompts.answered_by(message, user)
        if called is None and not private and question is None:
            return self._answer_to_us(message)
        if called and question is None and not private and not own:
            question = await self._prompts.called_after(message, user)
        said = text if called is None else called
        if private and own and question is None and (message.forward_origin or not said):
            said = self._comments.pop(user, message) or said
        if own:
            if len(own) < len(parts):
                raise Refusal(texts.pictures.ONE_PHOTO)  # a video among photos cannot be an order
            if message.media_group_id and len(parts) == 1 and not private:
                raise Refusal(texts.chat.ALBUM_HIDDEN)
            if question and question.takes_pictures:
                return Heard(f"{question.ask} {said}".strip(), own, scope=question.scope)
            return Heard(said, own)
        if question:
            if not said:
                raise Refusal(texts.chat.FEW_WORDS)
            return Heard(f"{question.ask} {said}".strip(), question.pictures, question.about, question.scope)
        return self._pictureless(user, message, said, plain=command is None)

    def _pictureless(self, user: str, message: Message, said: str, *, plain: bool) -> Heard | None:
        """A text without a picture of its own; `plain`: no command. Raises `Refusal`."""
        private = parse.is_private(message.chat)
        if private and not message.text:
            if message.effective_attachment is None:
                return None  # a service message, such as of a pinned message
            raise Refusal(texts.chat.WHAT_WORKS)
        if message.external_reply and (seen := parse.picture(message.external_reply, videos=True)):
            return Heard(said, [seen])
        if message.reply_to_message:
            other = message.reply_to_message
            lacking = texts.chat.ANIMATE_WHAT if private else texts.chat.which_photo(self.username)
            return Heard(said, _shown(other), source=str(other.message_id), no_photo=lacking)
        if private:
            if plain:
                self._comments.put(user, message, said)
                return Heard(said, comment=True)
            return Heard("/animate")
        return Heard(said, no_photo=texts.chat.which_photo(self.username))

    def _answer_to_us(self, message: Message) -> Heard | None:
        """A group's message without an addressee that replies to one of the bot's."""
        other = message.reply_to_message
        if not other or not message.text or not other.from_user or other.from_user.username != self.username:
            return None
        if message.is_topic_message and other.message_id == message.message_thread_id:
            return None  # every message of a topic is a reply to its first one
        lacking = texts.chat.which_photo(self.username)
        return Heard(message.text, _shown(other), source=str(other.message_id), called=False, no_photo=lacking)

    async def _hears_all(self, chat: str) -> bool:
        """Whether the bot receives messages of a group that do not address it."""
        return self.reads_all or await self._members.show_us_all(chat)


def _shown(message: Message) -> Sequence[Picture]:
    """The pictures of a message that is replied to, including a clip."""
    seen = parse.picture(message, videos=True)
    return [seen] if seen else ()
