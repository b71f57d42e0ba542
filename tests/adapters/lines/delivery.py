"""The small platform, outbound."""

import asyncio
import base64
from contextlib import suppress

from adapters.shared.edit_queue import EditQueue, MessageKey
from bot.conversation import Posted, Reply
from bot.errors import Gone
from bot.model import Address, Job
from tests.adapters.lines.client import Client
from tests.adapters.lines.event import PLATFORM


class LinesChat:
    """A `Chat`. Its server knows a nonce again."""

    once = True

    def __init__(self, client: Client) -> None:
        self._client = client
        self._edits: EditQueue[Reply] = EditQueue(self._turn, self._edited)

    async def send(self, address: Address, reply: Reply, *, nonce: str) -> Posted:
        clip = await asyncio.to_thread(_packed, reply)
        more = {"reply_to": address.message, "buttons": _buttons(reply), "clip": clip, "nonce": nonce}
        answer = await self._client.ask("post", chat=address.chat, text=reply.text, **more)
        return Posted(answer["message"])

    async def edit(self, address: Address, message: str, reply: Reply) -> None:
        key = address.chat, message
        if reply.job:  # a status line: another edit of it will come
            self._edits.put(key, reply)
        else:
            await self._edits.done(key, reply)

    async def remove(self, address: Address, message: str) -> None:
        await self._edits.end((address.chat, message))
        await self._client.ask("remove", message=message)

    def person(self, user: str) -> Address:
        return Address(PLATFORM, user)

    def alone(self, job: Job) -> Address | None:
        user = job.person.removeprefix(f"{PLATFORM}:")
        return self.person(user) if job.address.chat != user else None

    async def close(self) -> None:
        await self._edits.close()

    async def _turn(self, key: MessageKey) -> None:
        """The server has no limit for edits."""

    async def _edited(self, key: MessageKey, reply: Reply) -> bool:
        with suppress(Gone):  # somebody took it away
            await self._client.ask("edit", message=key[1], text=reply.text, buttons=_buttons(reply))
        return True


def _buttons(reply: Reply) -> list[list[str]]:
    return [[button.label, button.command] for button in reply.buttons]


def _packed(reply: Reply) -> str:
    if reply.clip is None:
        return ""
    with reply.clip.file.open() as file:
        return base64.b64encode(file.read()).decode()
