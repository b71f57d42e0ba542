"""Direct replies to people, in the chat where they wrote."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from telegram import User

from adapters.shared.telling import Telling
from adapters.telegram import PLATFORM
from adapters.telegram.client import TelegramClient
from adapters.telegram.delivery import TelegramChat
from adapters.telegram.dialogs import Dialogs
from adapters.telegram.parse import Picture
from adapters.telegram.prompts import Prompts, Question
from adapters.telegram.render import parts
from bot import texts
from bot.conversation import Inbound, Posted, Reply
from bot.core import Core
from bot.model import Address


class Replies:
    """Sends replies, and records status lines and questions."""

    def __init__(
        self,
        core: Core,
        client: TelegramClient,
        chat: TelegramChat,
        prompts: Prompts,
        dialogs: Dialogs,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._core = core
        self._client = client
        self._chat = chat
        self._prompts = prompts
        self._dialogs = dialogs
        self._telling = Telling(core, chat, sleep)

    async def respond(
        self,
        inbound: Inbound,
        reply: Reply,
        pictures: Sequence[Picture] = (),
        to: User | None = None,
        *,
        tapped: bool = False,
    ) -> Posted | None:
        """Send a reply, and save its place: a status line's for the worker, a question's for the answer.

        `to` is mentioned in a question whose place does not show its addressee. `tapped`: it answers a button.
        """
        reply = await self.aside(inbound, reply, pictures)
        place, is_told = await self._telling.under(reply, inbound.address)
        if reply.chooser:
            await self._prompts.moved_on(inbound.address.chat, inbound.user)
        posted = None if is_told else await self.tell(place, reply, to)
        if reply.over:
            await self._telling.take_away(replace(inbound.address, message=reply.over))
        if posted is None:
            return None
        if reply.ask is not None:
            question = Question(inbound.user, reply.ask, tuple(pictures), inbound.address.message)
            await self._prompts.put(inbound.address.chat, posted.message, question)
        if tapped and reply.private and reply.buttons and inbound.shared:
            await self._dialogs.put(inbound.address.chat, posted.message, inbound.user)
        await self._telling.track(reply, replace(place, message=posted.message))
        return posted

    async def aside(self, inbound: Inbound, reply: Reply, pictures: Sequence[Picture] = ()) -> Reply:
        """Send private parts (files, clips, questions) to the private chat; returns the rest for the group.

        Text and buttons stay in the group, where their context is, unless they are secret.
        """
        alone = reply.secret or reply.papers or reply.clip or reply.ask is not None
        if not (reply.private and inbound.shared and alone):
            return reply
        if not inbound.user.isdecimal():
            return Reply(texts.chat.NOT_FOR_ANONYMOUS, refused=True).into(inbound.language)
        place = Address(PLATFORM, inbound.user)
        posted = await self.tell(place, reply)
        if posted is None and reply.ask is not None and not reply.secret:
            return replace(reply, private=False)
        if posted is None:
            return Reply(texts.chat.not_here(await self._client.own_name()), refused=True).into(inbound.language)
        if reply.ask is not None:
            question = Question(inbound.user, reply.ask, tuple(pictures), "", inbound.scope)
            await self._prompts.put(place.chat, posted.message, question)
        return Reply(texts.chat.SENT_ALONE).into(inbound.language)

    async def tell(self, address: Address, reply: Reply, to: User | None = None) -> Posted | None:
        """Post a reply; returns its first message, or None after a failure or an unknown outcome."""
        posted = [
            await self._telling.tell(part, lambda one: self._chat.answer(address, one, to), _is_once)
            for part in parts(reply)
        ]
        if not posted or posted[0] is None:
            return None
        await self._telling.stands(reply, replace(address, message=posted[0].message))
        return posted[0]


def _is_once(reply: Reply) -> bool:
    return bool(reply.job or reply.clip)
