"""Questions of the bot, and the data needed for their answers."""

import json
from dataclasses import dataclass

from telegram import Message

from adapters.shared.questions import Questions
from adapters.telegram import PLATFORM
from adapters.telegram.parse import Picture, is_private, pack, picture
from bot.commands import table


@dataclass(frozen=True, slots=True)
class Question:
    """A question: the answer is sent after `ask`, with `pictures`; replies answer the message `about`.

    `scope`: the community it concerns, if it was asked in private for secrecy.
    """

    user: str
    ask: str
    pictures: tuple[Picture, ...]
    about: str
    scope: str = ""

    @property
    def takes_pictures(self) -> bool:
        """Whether pictures are part of an answer; otherwise they are a new order."""
        row = table.of(self.ask)
        return row is not None and row.pictures


class Prompts:
    """The questions of Telegram's chats."""

    def __init__(self, questions: Questions) -> None:
        self._questions = questions

    async def put(self, chat: str, message: str, question: Question) -> None:
        """Store the question of `message`."""
        parts = [question.user, question.ask, pack(question.pictures), question.about, question.scope]
        value, about = json.dumps(parts), [f"{PLATFORM}:{question.user}"]
        await self._questions.put(chat, message, value, about)
        await self._questions.put_latest(chat, value, about, "" if chat == question.user else question.user)

    async def answered_by(self, message: Message, user: str) -> Question | None:
        """The question that a message answers, if its author was the one asked."""
        to = message.reply_to_message
        if to is None and not (is_private(message.chat) and (message.text or picture(message))):
            return None
        chat = str(message.chat.id)
        note = await self._questions.answered(chat, str(to.message_id) if to else "")
        if note is None and to and to.text and to.from_user and to.from_user.is_bot and chat == user:
            # After a crash between a question and its note it was asked twice: either may be answered.
            note = await self._questions.answered(chat)
        if note is None:
            return None
        return self._read(note, message, user)

    async def called_after(self, message: Message, user: str) -> Question | None:
        """The latest question to a group's member, which a message to the bot that replies to nothing answers."""
        if message.reply_to_message or message.external_reply or message.sender_chat or not message.text:
            return None
        note = await self._questions.answered(str(message.chat.id), of=user)
        return self._read(note, message, user) if note else None

    async def are_about(self, message: Message, user: str) -> bool:
        """Whether the latest question to a person is about this message of theirs."""
        note = await self._questions.answered(str(message.chat.id), of="" if is_private(message.chat) else user)
        asked, _, _, about, *_ = json.loads(note) if note else ("", "", "", "")
        return (asked, about) == (user, str(message.message_id))

    def _read(self, note: str, message: Message, user: str) -> Question | None:
        """The question of a note, if this message of that person's can be its answer."""
        to, chat = message.reply_to_message, str(message.chat.id)
        asked, ask, pictures, about, *scope = json.loads(note)
        # An anonymous admin taps with their own id, and writes with the group's.
        if asked != user and not (ask.startswith("/") and user == chat):
            return None
        question = Question(asked, ask, tuple(Picture(**one) for one in pictures), about, *scope)
        return question if to or message.text or question.takes_pictures else None

    async def moved_on(self, chat: str, user: str) -> None:
        """Close the latest question after another message to the bot: from now on only a reply answers it."""
        await self._questions.moved_on(chat, user if chat.startswith("-") else "")
