"""The small platform, inbound: what happens there, kept first, then worked off."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Mapping

from adapters.shared.double_taps import DoubleTaps
from adapters.shared.fetching import Fetching
from adapters.shared.intake import Intake
from bot import texts
from bot.conversation import Attachment, Reply
from bot.core import Core
from bot.errors import ChatError
from bot.model import Address
from tests.adapters.lines.client import Client
from tests.adapters.lines.delivery import LinesChat
from tests.adapters.lines.event import PLATFORM, Event, event, inbound, unpack
from tests.adapters.lines.replies import Replies


class Lines:
    """A `Platform`."""

    name = PLATFORM

    def __init__(
        self,
        core: Core,
        client: Client,
        chat: LinesChat,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._core = core
        self._client = client
        self._replies = Replies(core, chat, sleep)
        self._fetching = Fetching(lambda error: isinstance(error, ChatError), sleep)
        self._taps = DoubleTaps(core.context.clock)
        self._trouble = "not connected yet"
        self._intake: Intake[Event] = Intake(
            PLATFORM,
            core.context.store.inbox,
            self._work,
            self._apologise,
            unpack,
            clock=core.context.clock,
            sleep=sleep,
        )

    async def run(self) -> None:
        try:
            await self._intake.replay()
            async for said in self._client.events():
                self._trouble = ""
                await self._intake.take_all([event(said)])  # kept, before it is confirmed
                await self._client.ask("seen", number=said["number"])
        except ChatError as error:
            self._trouble = str(error)
            raise
        finally:
            await self._intake.close()

    def trouble(self) -> str:
        return self._intake.trouble or self._trouble

    def connections(self) -> Mapping[str, bool]:
        return {}

    async def hook(self, headers: Mapping[str, str], body: Callable[[], Awaitable[bytes]]) -> int:
        """There is no webhook."""
        return 404

    async def _work(self, event: Event) -> None:
        if event.kind == "tapped" and self._taps.slipped((event.user, event.message, event.text), event.key):
            return
        event = await self._replies.answered(event)
        said = inbound(event, self._photo(event.photo) if event.photo else None)
        if said is None:
            return
        reply = await self._core.handle(said)
        await self._replies.respond(said, reply, "" if reply.bare else event.photo)

    async def _apologise(self, event: Event) -> None:
        place = Address(PLATFORM, event.chat, event.message)
        await self._replies.tell(place, Reply(texts.chat.BROKE, refused=True), f"sorry:{event.key}")

    def _photo(self, file: str) -> Attachment:
        async def read() -> bytes:
            return base64.b64decode((await self._client.ask("file", file=file))["data"])

        return self._fetching.attachment(read, video=False)
