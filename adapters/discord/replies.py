"""Direct replies to people, by the kind of response that their request has got."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace

from adapters.discord.delivery import DiscordChat
from adapters.discord.modals import Modals
from adapters.discord.request import PERSON, Request
from adapters.discord.user_install import UserInstall
from adapters.shared.telling import Telling
from bot import texts
from bot.conversation import Button, Posted, Reply
from bot.core import Core
from bot.errors import ChatError, Gone, Unshowable
from bot.model import Address


class Replies:
    """Sends replies, and records status lines and questions."""

    def __init__(
        self,
        core: Core,
        chat: DiscordChat,
        modals: Modals,
        guests: UserInstall,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._core = core
        self._chat = chat
        self._modals = modals
        self._guests = guests
        self._telling = Telling(core, chat, sleep)

    async def respond(self, request: Request, reply: Reply) -> None:
        """Send a reply, and save its place for the worker if it is a status line."""
        if reply.job:
            job = await self._core.context.store.job(reply.job)
            stands = request.guest and reply.clip is None and job and job.state == "done" and job.sent_id
            if stands or (job and job.status_id):  # sent before a restart, or the result is in its place
                return await self._close(request, reply)
        if reply.over:
            photo, _ = await self._core.origin(reply)
            if photo and photo.chat == request.channel:
                request = replace(request, about=photo.message)  # replies to the photo; the question is removed
        if reply.ask is not None:
            words = reply.ask if reply.ask.startswith("/") else f"/animate {reply.ask}".strip()
            command = await self._modals.ask(request, words)
            reply = replace(reply, buttons=(*reply.buttons, Button(texts.discord.ADD_WORDS, command)))
        if reply.chooser:
            await self._chosen_from(request, reply)
        posted = await self.tell(request, reply)
        await self._close(request, reply)
        if posted is None:
            return None
        if reply.ask is not None:
            await self._modals.asked(request, posted.message)
        place = replace(request.address, message=posted.message)
        if not request.guest:
            await self._telling.stands(reply, place)
        if reply.job and not request.guest and job and job.address.chat != request.address.chat:
            return None  # posted beside the question, while the clip is posted elsewhere: not kept up to date
        if reply.job:
            await self._keep_up(request, reply, reply.job, place)
        return None

    async def in_private(self, request: Request, reply: Reply) -> None:
        """Answer a channel's message by direct message; its question can be answered here and there."""
        if reply.chooser:
            await self._chosen_from(request, reply)
        alone = replace(request, channel=f"{PERSON}{request.user}", about="", shared=False)
        posted = await self.tell(alone, reply)
        if posted is None:
            await self.tell(request, Reply(texts.chat.NO_PRIVATE))
            return
        with suppress(ChatError):  # it is told; answers in writing are a help
            there = replace(alone, channel=await self._chat.private_channel(request.user))
            if reply.chooser:
                await self._chosen_from(there, reply)
            await self._telling.stands(reply, replace(there.address, message=posted.message))

    async def _chosen_from(self, request: Request, reply: Reply) -> None:
        """The next message to the bot there answers this question, also one that nobody else sees."""
        if not request.guest:
            await self._modals.moved_on(request.channel, request.user if request.shared else "")
            await self._core.asked(reply, request.address)

    async def _close(self, request: Request, reply: Reply) -> None:
        """Remove the question that was answered."""
        if reply.over:
            await self._telling.take_away(replace(request.address, message=reply.over))

    async def _keep_up(self, request: Request, reply: Reply, job: str, place: Address) -> None:
        """Save the place of a status line, or replace it by the result if the job has ended meanwhile."""
        self._chat.shows(request.address, place.message, reply)
        if request.guest:
            await self._guests.watch(request.address, job, request.ends)
        if await self._core.track(job, place.message, reply.text):
            return
        if request.guest:  # the job has ended meanwhile, and the status line overwrote its result
            done = await self._core.context.store.job(job)
            if done is None or done.clip:
                result = await self._core.handle(self._guests.asks(request, job))
            else:
                result = await self._core.status(done)
            await self.tell(request, result)
        else:
            await self._telling.take_away(place)

    async def tell(self, request: Request, reply: Reply) -> Posted | None:
        """Send a reply, in the person's language; None after a failure, or if it is ephemeral."""
        reply = reply.into(request.language)
        if reply.clip and not request.embeds and reply.clip.file.exists():
            reply = replace(reply, clip=replace(reply.clip, copy=None))

        async def send(one: Reply) -> Posted | None:
            nonlocal request
            try:
                return await self._told(request, one)
            except Unshowable:
                raise
            except Gone:
                if not request.token or request.guest:
                    raise
                request = replace(request, token="")  # not acknowledged in time: reply in the channel
            return await self._told(request, one)

        # Everything but an ephemeral message can be repeated without harm.
        return await self._telling.tell(reply, send, lambda one: self._is_whispered(request, one))

    async def _told(self, request: Request, reply: Reply) -> Posted | None:
        token = request.token if self._chat.tokens.lives(request.ends) else ""
        if token and self._is_whispered(request, reply):
            if request.response == "public":
                await self._chat.delete(token)
            await self._chat.whisper(token, reply)
            return None
        if token and (request.response in ("ephemeral", "public") or request.guest):
            posted = await self._chat.replace(token, reply)
            if reply.job and not request.guest:  # it is edited and removed by the same token
                self._chat.tokens.put(posted.message, token, request.ends)
            return posted
        if request.guest or request.response == "ephemeral" or (request.response == "update" and _is_ephemeral(reply)):
            return None
        return await self._chat.send(request.address, reply, nonce=request.id)

    def _is_whispered(self, request: Request, reply: Reply) -> bool:
        """Whether it must be an ephemeral message of its own."""
        if request.response == "public":
            return reply.private or (reply.refused and reply.ask is None)
        return request.response == "update" and _is_ephemeral(reply)


def _is_ephemeral(reply: Reply) -> bool:
    """Whether the answer to a button is ephemeral: it is private, or short-lived. Questions wait for an hour."""
    return reply.private or not (reply.job or reply.clip or reply.parked or reply.ask is not None)
