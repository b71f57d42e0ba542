"""Where the app is on a person's account and the bot is no member: all it may do is answer, a quarter of an hour long.

Before that is over, a button is put into the answer; pressing it gives another quarter of an hour. Nobody gets a
message that they did not ask for.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from adapters.discord.delivery import DiscordChat
from adapters.discord.request import APART, PLATFORM, Request
from bot import texts
from bot.conversation import Button, Inbound
from bot.core import Core
from bot.errors import ChatError, StoreDown
from bot.model import Address

log = logging.getLogger(__name__)

EARLY = 90.0
"""Seconds before the end of a token at which the button goes into the answer."""
NAP = 30.0
LATE_KEY = f"{PLATFORM}:late:"
"""How the keys of what is to be done before a token ends begin, among those of requests."""
CLIP = "/clip "


class UserInstall:
    """Keeps tokens, and looks after answers that outlive them."""

    def __init__(
        self, core: Core, chat: DiscordChat, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._core = core
        self._chat = chat
        self._sleep = sleep
        self._tasks: set[asyncio.Task[None]] = set()

    async def begin(self, request: Request) -> None:
        """Have the token at hand for whoever delivers."""
        address = request.address
        await self._chat.tokens.keep(address.chat, address.message, request.token, request.ends)

    async def watch(self, address: Address, job: str, ends: float) -> None:
        """See to it that the answer has its button in time, even if we are started again until then."""
        key, body = f"{LATE_KEY}{address.message}:{int(ends)}", json.dumps([address.chat, address.message, job, ends])
        if await self._core.context.store.inbox.take(key, PLATFORM, body, self._core.context.clock()):
            self.replay(key, body)

    def replay(self, key: str, body: str) -> None:
        """Go on watching."""
        chat, message, job, ends = json.loads(body)
        task = asyncio.create_task(self._watch(key, Address(PLATFORM, chat, message), job, ends), name=key)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def renewed(self, request: Request) -> bool:
        """Whether a press gave a job that is still under way another quarter of an hour."""
        if request.manner != "aside" or not request.text.startswith(CLIP):
            return False
        name = request.text.removeprefix(CLIP)
        job = await self._core.own(self.asks(request, name), name)
        if job is None or job.state == "done":
            return False
        if job.address.platform != PLATFORM or not job.address.chat.startswith(APART):
            return False
        await self._chat.tokens.keep(job.address.chat, job.address.message, request.token, request.ends)
        self._chat.reopen(job.address)
        await self._chat.edit(job.address, "", await self._core.status(job))
        await self.watch(job.address, job.id, request.ends)
        latest = await self._core.context.store.job(job.id)
        return latest is not None and latest.state != "done"

    def asks(self, request: Request, job: str) -> Inbound:
        """The person's wish for a clip that is there."""
        return Inbound(request.address, request.user, request.key, f"{CLIP}{job}", limit=request.limit)

    async def close(self) -> None:
        """Stop watching; what is left is taken up again."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _watch(self, key: str, address: Address, job: str, ends: float) -> None:
        while (left := ends - EARLY - self._core.context.clock()) > 0:
            await self._sleep(min(left, NAP))
        while True:
            try:
                await self._offer(address, job)
                await self._core.context.store.inbox.handled(key, self._core.context.clock())
                return
            except (ChatError, StoreDown) as error:
                log.info("the button for a late clip is tried again: %s", error)
            if self._core.context.clock() > ends:
                return
            await self._sleep(1.0)

    async def _offer(self, address: Address, job_id: str) -> None:
        job = await self._core.context.store.job(job_id)
        if job is None or job.state in ("delivering", "done"):
            return
        status = await self._core.status(job)
        button = Button(texts.chat.GET_CLIP, f"{CLIP}{job_id}")
        await self._chat.last_word(address, replace(status, buttons=(*status.buttons, button)))
