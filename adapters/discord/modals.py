"""Forms that the bot opens, and what they belong to. They outlive a restart: the form's own id says what it is for."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

import discord

from adapters.discord.render import PRESS
from adapters.discord.request import PLATFORM, Request, unpack
from adapters.shared.newest import Newest
from bot import texts
from bot.commands import table
from bot.core import Inbox
from bot.errors import StoreDown
from bot.ordering.prompt import PROMPT_LIMIT

log = logging.getLogger(__name__)

KEPT = "?"
"""How a command begins that stands for a request which lacks its words."""
OPEN = 7 * 86_400.0
"""Seconds for which a form, or the button that opens it, is understood."""
FRESH = 600.0
"""Seconds in which the next thing said in private is the answer, even if it is no reply."""
LATEST = "asked"
MOST = 5_000
TITLE = 45


class Modals:
    """Opens forms, and keeps what goes on when they are sent."""

    def __init__(self, inbox: Inbox, clock: Callable[[], float]) -> None:
        self._inbox = inbox
        self._clock = clock
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
        asked, now = replace(request, text=words, token=""), self._clock()
        await self._inbox.remember(PLATFORM, "forms", asked.id, asked.pack(), now + OPEN, asked.people)
        if not asked.shared:  # before it is asked: the answer may come at once
            await self._inbox.remember(PLATFORM, asked.channel, LATEST, asked.id, now + FRESH, asked.people)
        return f"{KEPT}{asked.id}"

    async def asked(self, request: Request, message: str) -> None:
        """Note which message asked: a reply to it is the answer."""
        until = self._clock() + OPEN
        await self._inbox.remember(PLATFORM, request.channel, f"{LATEST}:{message}", request.id, until, request.people)

    async def answered(self, channel: str, to: str) -> Request | None:
        """The request that lacks what is said now: in reply to a message, or (without `to`) after the latest."""
        name = f"{LATEST}:{to}" if to else LATEST
        note = await self._inbox.recall(PLATFORM, channel, name, self._clock())
        return await self.find(f"{KEPT}{note}") if note else None

    async def moved_on(self, channel: str) -> None:
        """Something was said in private: from now on only a reply is an answer."""
        await self._inbox.forget(PLATFORM, channel, LATEST)

    async def find(self, command: str) -> Request | None:
        """The request that `?id` stands for."""
        name = command.removeprefix(KEPT)
        if request := self._handy.get(name):
            return request
        note = await self._inbox.recall(PLATFORM, "forms", name, self._clock())
        return unpack(note) if note else None

    async def settle(self) -> None:
        """Wait until all that was kept is written."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _write(self, request: Request) -> None:
        try:
            value = replace(request, token="").pack()
            until = self._clock() + OPEN
            await self._inbox.remember(PLATFORM, "forms", request.id, value, until, request.people)
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
