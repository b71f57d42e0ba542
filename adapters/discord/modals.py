"""Modals and their requests. They survive a restart, as the modal's custom id names its request."""

import asyncio
import logging
from dataclasses import replace

import discord

from adapters.discord.render import PRESS
from adapters.discord.request import Request, unpack
from adapters.shared.newest import Newest
from adapters.shared.notes import Notes
from adapters.shared.questions import OPEN, Questions
from bot import texts
from bot.commands import table
from bot.errors import StoreDown
from bot.ordering.prompt import PROMPT_LIMIT
from bot.sentence import EMPTY

log = logging.getLogger(__name__)

KEPT = "?"
"""Prefix of the command of an incomplete request."""
FORMS = "forms"
"""Chat part of the notes with modals' requests."""
MOST = 5_000
TITLE, HINT = 45, 100
"""Maximum characters of titles and labels, and of what explains them; translations may be longer."""


class Modals:
    """Stores incomplete requests until their modal is submitted or their question answered."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._questions = Questions(notes)
        self._handy: Newest[str, Request] = Newest(MOST)
        self._tasks: set[asyncio.Task[None]] = set()

    def keep(self, request: Request) -> str:
        """Store an incomplete request in the background; returns the command for the modal's custom id."""
        self._handy[request.id] = request
        task = asyncio.create_task(self._write(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return f"{KEPT}{request.id}"

    async def ask(self, request: Request, words: str) -> str:
        """Store a request with a question, whose answer is prefixed by `words`; returns the button's command."""
        asked = replace(request, text=words, token="")
        await self._notes.put(FORMS, asked.id, asked.pack(), OPEN, asked.people)
        # Before the question is posted: the answer may follow at once.
        await self._questions.put_latest(asked.channel, asked.id, asked.people, asked.user if asked.shared else "")
        return f"{KEPT}{asked.id}"

    async def asked(self, request: Request, message: str) -> None:
        """Record the message of the question: a reply to it is the answer."""
        await self._questions.put(request.channel, message, request.id, request.people)

    async def answered(self, channel: str, to: str, of: str = "") -> Request | None:
        """The request that a reply to message `to` completes, or (without `to`) the next message; else None.

        `of`: the member of a server who wrote it.
        """
        note = await self._questions.answered(channel, to, of)
        return await self.find(f"{KEPT}{note}") if note else None

    async def moved_on(self, channel: str, of: str = "") -> None:
        """Close the latest question after another message to the bot: from now on only a reply answers it."""
        await self._questions.moved_on(channel, of)

    async def find(self, command: str) -> Request | None:
        """The stored request of the command `?id`."""
        name = command.removeprefix(KEPT)
        if request := self._handy.get(name):
            return request
        note = await self._notes.get(FORMS, name)
        return unpack(note) if note else None

    async def settle(self) -> None:
        """Wait until all stored requests are written."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _write(self, request: Request) -> None:
        try:
            await self._notes.put(FORMS, request.id, replace(request, token="").pack(), OPEN, request.people)
        except StoreDown as error:
            log.error("a form would not outlive a restart: %s", error)


def form(command: str, name: str, language: str, *, words: str = "", photo: bool = False) -> discord.ui.Modal:
    """A modal in `language` that sends `command` with its text on submission; `photo`: with a file field.

    `name` is the command it leads to. A remix takes a text, a photo, or both.
    """
    remix, report = name == "/remix", name == "/report"
    row = table.of(name)
    title = (row.title if row else EMPTY) or texts.discord.FORM_ANIMATE
    made = discord.ui.Modal(title=title.into(language)[:TITLE], custom_id=f"{PRESS}{command}", timeout=None)
    if photo or remix:
        label = texts.discord.FORM_OWN_PHOTO if remix else texts.discord.FORM_PHOTO
        hint = texts.discord.FORM_OWN_PHOTO_HINT if remix else texts.discord.FORM_PHOTO_HINT
        made.add_item(
            discord.ui.Label(
                text=label.into(language)[:TITLE],
                description=hint.into(language)[:HINT],
                component=discord.ui.FileUpload(
                    custom_id="photo", required=not remix, min_values=0 if remix else 1, max_values=1 if remix else 2
                ),
            )
        )
    label = texts.sharing.REPORT_FORM if report else texts.discord.FORM_WORDS
    hint = texts.sharing.REPORT_FORM_HINT if report else texts.discord.FORM_WORDS_HINT
    field: discord.ui.TextInput[discord.ui.Modal] = discord.ui.TextInput(
        custom_id="words",
        style=discord.TextStyle.long,
        placeholder=hint.into(language)[:HINT],
        default=words or None,
        required=not remix,
        max_length=texts.sharing.REASON if report else PROMPT_LIMIT,
    )
    made.add_item(discord.ui.Label(text=label.into(language)[:TITLE], component=field))
    made.stop()  # the library need not keep it, as its custom id has all data
    return made
