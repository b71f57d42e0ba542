"""Questions that the bot asked, and what the answers belong to."""

import json
from dataclasses import dataclass

from telegram import Message

from adapters.shared.questions import Questions
from adapters.telegram import PLATFORM
from adapters.telegram.parse import Picture, is_private, pack, picture
from bot.commands import table


@dataclass(frozen=True, slots=True)
class Question:
    """`ask` goes before the answer, `pictures` with it; `about` is the message to which all replies go.

    `scope` is the community that it is about, where it was asked in private so that nobody there reads along.
    """

    user: str
    ask: str
    pictures: tuple[Picture, ...]
    about: str
    scope: str = ""

    @property
    def takes_pictures(self) -> bool:
        """Whether pictures are an answer to it; otherwise they are an order of their own."""
        row = table.of(self.ask)
        return row is not None and row.pictures


class Prompts:
    """Questions as Telegram's messages have them."""

    def __init__(self, questions: Questions) -> None:
        self._questions = questions

    async def put(self, chat: str, message: str, question: Question) -> None:
        """Remember that `message` asked."""
        parts = [question.user, question.ask, pack(question.pictures), question.about, question.scope]
        value, about = json.dumps(parts), [f"{PLATFORM}:{question.user}"]
        await self._questions.put(chat, message, value, about)
        if chat == question.user:
            await self._questions.put_latest(chat, value, about)

    async def answered_by(self, message: Message, user: str) -> Question | None:
        """The question that a message answers, if its author was asked."""
        to = message.reply_to_message
        if to is None and not (is_private(message.chat) and (message.text or picture(message))):
            return None
        chat = str(message.chat.id)
        note = await self._questions.answered(chat, str(to.message_id) if to else "")
        if note is None and to and to.text and to.from_user and to.from_user.is_bot and chat == user:
            # A crash came between a question and its note, so it was asked again: either may be answered.
            note = await self._questions.answered(chat)
        if note is None:
            return None
        asked, ask, pictures, about, *scope = json.loads(note)
        # Whoever taps as an anonymous admin is asked by their own name, and answers in the group's.
        if asked != user and not (ask.startswith("/") and user == chat):
            return None
        question = Question(asked, ask, tuple(Picture(**one) for one in pictures), about, *scope)
        return question if to or message.text or question.takes_pictures else None

    async def moved_on(self, chat: str) -> None:
        """Something else was said in private: from now on only a reply is an answer."""
        if not chat.startswith("-"):
            await self._questions.moved_on(chat)
