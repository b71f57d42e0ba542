"""Forms that the bot opens, and what they belong to. They outlive a restart: the form's own id says what it is for."""

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

log = logging.getLogger(__name__)

KEPT = "?"
"""How a command begins that stands for a request which lacks its words."""
FORMS = "forms"
"""Stands for the chat of what forms belong to."""
MOST = 5_000
TITLE = 45


class Modals:
    """Opens forms, and keeps what goes on when they are sent."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._questions = Questions(notes)
        self._handy: Newest[str, Request] = Newest(MOST)
        self._tasks: set[asyncio.Task[None]] = set()

    def keep(self, request: Request) -> str:
        """Keep a request until its words come; what to put into the form's id. The database may take its time."""
        self._handy[request.id] = request
        task = asyncio.create_task(self._write(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return f"{KEPT}{request.id}"

    async def ask(self, request: Request, words: str) -> str:
        """Keep a request that is asked about; `words` go before the answer. What the button says. May be repeated."""
        asked = replace(request, text=words, token="")
        await self._notes.put(FORMS, asked.id, asked.pack(), OPEN, asked.people)
        if not asked.shared:  # before it is asked: the answer may come at once
            await self._questions.put_latest(asked.channel, asked.id, asked.people)
        return f"{KEPT}{asked.id}"

    async def asked(self, request: Request, message: str) -> None:
        """Note which message asked: a reply to it is the answer."""
        await self._questions.put(request.channel, message, request.id, request.people)

    async def answered(self, channel: str, to: str) -> Request | None:
        """The request that lacks what is said now: in reply to a message, or (without `to`) after the latest."""
        note = await self._questions.answered(channel, to)
        return await self.find(f"{KEPT}{note}") if note else None

    async def moved_on(self, channel: str) -> None:
        """Something was said in private: from now on only a reply is an answer."""
        await self._questions.moved_on(channel)

    async def find(self, command: str) -> Request | None:
        """The request that `?id` stands for."""
        name = command.removeprefix(KEPT)
        if request := self._handy.get(name):
            return request
        note = await self._notes.get(FORMS, name)
        return unpack(note) if note else None

    async def settle(self) -> None:
        """Wait until all that was kept is written."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _write(self, request: Request) -> None:
        try:
            await self._notes.put(FORMS, request.id, replace(request, token="").pack(), OPEN, request.people)
        except StoreDown as error:
            log.error("a form would not outlive a restart: %s", error)


def form(command: str, name: str, *, words: str = "", photo: bool = False) -> discord.ui.Modal:
    """A form that says `command` and the words when it is sent; `photo` has it ask for a file.

    `name` is the command that it is about in the end. A remix takes words, a photo, or both.
    """
    remix, report = name == "/remix", name == "/report"
    row = table.of(name)
    title = (row.title if row else "") or texts.chat.FORM_ANIMATE
    made = discord.ui.Modal(title=title[:TITLE], custom_id=f"{PRESS}{command}", timeout=None)
    if photo or remix:
        made.add_item(
            discord.ui.Label(
                text=texts.chat.FORM_OWN_PHOTO if remix else texts.chat.FORM_PHOTO,
                description=texts.chat.FORM_OWN_PHOTO_HINT if remix else texts.chat.FORM_PHOTO_HINT,
                component=discord.ui.FileUpload(
                    custom_id="photo", required=not remix, min_values=0 if remix else 1, max_values=1 if remix else 2
                ),
            )
        )
    field: discord.ui.TextInput[discord.ui.Modal] = discord.ui.TextInput(
        custom_id="words",
        style=discord.TextStyle.long,
        placeholder=texts.sharing.REPORT_FORM_HINT if report else texts.chat.FORM_WORDS_HINT,
        default=words or None,
        required=not remix,
        max_length=texts.sharing.REASON if report else PROMPT_LIMIT,
    )
    made.add_item(
        discord.ui.Label(text=texts.sharing.REPORT_FORM if report else texts.chat.FORM_WORDS, component=field)
    )
    made.stop()  # its id says everything, so the library has nothing to remember of it
    return made
