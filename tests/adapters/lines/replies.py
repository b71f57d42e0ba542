"""What the core says, told where the person spoke, or to them alone; and what is asked, until it is answered."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

from adapters.shared.notes import Notes
from adapters.shared.questions import Questions
from adapters.shared.telling import Telling
from bot.conversation import Inbound, Posted, Reply
from bot.core import Core
from bot.model import Address
from tests.adapters.lines.delivery import LinesChat
from tests.adapters.lines.event import PLATFORM, Event


class Replies:
    """Sends replies, and remembers what became of them."""

    def __init__(self, core: Core, chat: LinesChat, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._core = core
        self._chat = chat
        self._telling = Telling(core, chat, sleep)
        self._questions = Questions(Notes(PLATFORM, core.context.store.inbox, core.context.clock))

    async def respond(self, inbound: Inbound, reply: Reply, photo: str = "") -> None:
        """Tell a reply, and note its place: a status line's for the worker, a question's for the answer."""
        place = inbound.address
        if reply.private and inbound.shared:
            place = self._chat.person(inbound.user)
        posted = None
        if reply.chooser:  # what is asked last is answered
            await self._questions.moved_on(inbound.address.chat, inbound.user if inbound.shared else "")
        place, is_told = await self._telling.under(reply, place)
        if not is_told:
            posted = await self.tell(place, reply, inbound.key)
        if reply.over:
            await self._telling.take_away(replace(inbound.address, message=reply.over))
        if posted is None:
            return
        if reply.ask is not None:
            value, about = json.dumps([inbound.user, reply.ask, photo]), [inbound.person]
            await self._questions.put(place.chat, posted.message, value, about)
            of = "" if place.chat == inbound.user else inbound.user
            await self._questions.put_latest(place.chat, value, about, of)
        await self._telling.track(reply, replace(place, message=posted.message))

    async def tell(self, place: Address, reply: Reply, key: str) -> Posted | None:
        """Post a reply; None for silence, and where it could not be done."""
        if not reply.text and not reply.clip:
            return None
        posted = await self._telling.tell(
            reply, lambda one: self._chat.send(place, one, nonce=f"reply:{key}"), lambda _: False
        )
        if posted:
            await self._telling.stands(reply, replace(place, message=posted.message))
        return posted

    async def answered(self, event: Event) -> Event:
        """An answer to a question of ours as its command: with the words and the photo that were asked about."""
        if event.kind != "said":
            return event
        words = event.text.removeprefix("@photoplay").strip()
        called, of = words != event.text or not event.shared, event.user if event.shared else ""
        note = None
        if event.reply_to or called:
            note = await self._questions.answered(event.chat, event.reply_to, of)
        if called:
            await self._questions.moved_on(event.chat, of)
        if note is None or event.photo or words.startswith("/"):
            return event
        user, ask, photo = json.loads(note)
        if user != event.user:
            return event
        return replace(event, text=f"@photoplay {ask} {words}".strip(), photo=photo, reply_to="")
