"""The small platform for the suite that every platform passes."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bot.jobs.supervisor import Supervisor
from bot.model import Address
from tests.adapters.driving import Shown, at_work
from tests.adapters.lines.client import Client
from tests.adapters.lines.delivery import LinesChat
from tests.adapters.lines.platform import Lines
from tests.adapters.lines.world import JSON, World
from tests.fakes import QuickProvider, briefly
from tests.houses import House, wired

TOWN = "#town"


class LinesDriver:
    """Ann."""

    name = "lines"
    chats = True

    def __init__(self, world: World, house: House, client: Client, chat: LinesChat) -> None:
        self.world = world
        self.house = house
        self.at = "ann"
        self._client = client
        self._chat = chat
        self._running: asyncio.Task[None] | None = None

    async def say(self, words: str = "", photo: bytes | None = None, to: Shown | None = None) -> JSON:
        said = words if self.at == "ann" or to else f"@photoplay {words}"
        return self.world.say("ann", self.at, said, photo, to.handle.id if to else "")

    async def again(self, said: JSON) -> None:
        self.world.again(said)

    def shown(self) -> list[Shown]:
        lines = [line for line in self.world.lines.values() if line.chat == self.at and not line.deleted]
        return [Shown(line.text, dict(line.buttons), line.clip is not None, line) for line in lines]

    def is_reply(self, shown: Shown, said: JSON) -> bool:
        return bool(shown.handle.reply_to == said["message"])

    async def tap(self, shown: Shown, label: str) -> None:
        self.world.tap("ann", shown.handle, label)

    async def kill(self) -> None:
        if self._running:
            self._running.cancel()
            await asyncio.wait({self._running})

    async def start(self) -> None:
        lines = Lines(self.house.core, self._client, self._chat, sleep=briefly)
        supervisor = Supervisor([lines], clock=time.monotonic, sleep=briefly)
        self._running = asyncio.create_task(supervisor.run())

    async def gather(self) -> tuple[Address, str]:
        self.at = TOWN
        return Address(self.name, TOWN), f"{self.name}:{TOWN}"

    def interject(self, words: str, to: Shown) -> None:
        self.world.say("ben", self.at, words, reply_to=to.handle.id)

    def flood(self) -> None:
        self.world.refusals.append({"failed": "flood", "wait": 0.05})

    def gone(self) -> None:
        self.world.refusals.append({"failed": "gone"})

    async def react(self, message: str, *reactions: str) -> None:
        self.world.react("ann", self.world.lines[message], *reactions)


@asynccontextmanager
async def lines(folder: Path, clip: bytes, new_id: Callable[[], str]) -> AsyncIterator[LinesDriver]:
    world = World()
    async with world.serve() as port:
        client = Client(port, world.token)
        chat = LinesChat(client)
        async with wired(folder, time.time, new_id, clip, {"lines": chat}, provider=QuickProvider(clip)) as house:
            driver = LinesDriver(world, house, client, chat)
            try:
                async with at_work(house, {"lines": chat}):
                    await driver.start()
                    yield driver
            finally:
                await driver.kill()
                await chat.close()
