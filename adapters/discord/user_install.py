"""User installs, in chats without the bot: answers only, for 15 minutes per interaction.

Before a token expires, a button is added to the answer; pressing it gives a new token. No unrequested message is sent.
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
"""Seconds before a token's expiry at which the button is added."""
NAP = 30.0
LATE_KEY = f"{PLATFORM}:late:"
"""Prefix of the inbox keys of such answers, to tell them from requests."""
CLIP = "/clip "


class UserInstall:
    """Stores tokens, and adds buttons to answers that outlive them."""

    def __init__(
        self, core: Core, chat: DiscordChat, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._core = core
        self._chat = chat
        self._sleep = sleep
        self._tasks: set[asyncio.Task[None]] = set()

    async def begin(self, request: Request) -> None:
        """Store the token for deliveries, also by other processes."""
        address = request.address
        await self._chat.tokens.keep(address.chat, address.message, request.token, request.ends)

    async def watch(self, address: Address, job: str, ends: float) -> None:
        """Schedule the button of an answer; survives a restart."""
        key, body = f"{LATE_KEY}{address.message}:{int(ends)}", json.dumps([address.chat, address.message, job, ends])
        if await self._core.context.store.inbox.take(key, PLATFORM, body, self._core.context.clock()):
            self.replay(key, body)

    def replay(self, key: str, body: str) -> None:
        """Resume a schedule after a restart."""
        chat, message, job, ends = json.loads(body)
        task = asyncio.create_task(self._watch(key, Address(PLATFORM, chat, message), job, ends), name=key)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def renewed(self, request: Request) -> bool:
        """Whether a press renewed the token of an unfinished job."""
        if request.response != "update" or not request.text.startswith(CLIP):
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
        """The command for a finished clip, in the person's name."""
        return Inbound(request.address, request.user, request.key, f"{CLIP}{job}", limit=request.limit)

    async def close(self) -> None:
        """Stop; schedules are resumed at the next start."""
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
        button = Button(texts.discord.GET_CLIP, f"{CLIP}{job_id}")
        await self._chat.last_word(address, replace(status, buttons=(*status.buttons, button)))
