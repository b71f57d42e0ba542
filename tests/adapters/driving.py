"""What the suite for every platform needs of one: a person who says, taps and sees, and a bot that can be killed.

A driver is one person in private with the bot; after `gather` the same person, in a community with the bot.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.gallery.outbox import Runner
from bot.model import Address
from bot.ports import Chat
from tests.houses import House, configure

PATIENCE = 60.0
"""Seconds; it only ends what hangs."""


@dataclass(frozen=True)
class Shown:
    """Something of the bot's that the person sees now. `handle` is the driver's own."""

    words: str
    buttons: Mapping[str, str] = field(default_factory=dict)
    """Commands by label."""
    clip: bool = False
    handle: Any = None


class Driver(Protocol):
    """One platform, as one person has it. Everything runs, the worker and the outbox too (`at_work`)."""

    name: str
    house: House
    chats: bool
    """The bot writes to people, and there are communities; False where people come for their clips."""

    async def say(self, words: str = "", photo: bytes | None = None, to: Shown | None = None) -> Any:
        """The person sends words, a photo, or both, as a reply `to` something; what `again` takes.

        In a community they call the bot; in a reply only where the platform needs it.
        """

    async def again(self, said: Any) -> None:
        """The platform brings the same message a second time."""

    def shown(self) -> list[Shown]:
        """All that the person sees of the bot's at this moment, oldest first."""

    def is_reply(self, shown: Shown, said: Any) -> bool:
        """Whether it shows as the answer to what the person said."""

    async def tap(self, shown: Shown, label: str) -> None:
        """The person taps a button."""

    async def kill(self) -> None:
        """The process ends at once."""

    async def start(self) -> None:
        """It is started again; whoever sends again what was not confirmed does so."""


class ChatDriver(Driver, Protocol):
    """A platform where the bot writes to people, and where there are communities."""

    async def gather(self) -> tuple[Address, str]:
        """From now on the person speaks in a community, and calls the bot there; its place and its scope."""

    def flood(self) -> None:
        """The next clip is refused once, as too much was sent."""

    def gone(self) -> None:
        """The next clip is refused, as the bot may not write there any more."""

    async def react(self, message: str, *reactions: str) -> None:
        """The person has exactly these emoji under a message."""


@asynccontextmanager
async def at_work(house: House, chats: Mapping[str, Chat]) -> AsyncIterator[None]:
    """The worker and the outbox of a house run: all that a driver needs besides its platform."""
    outbox = Runner(house.store, house.media, chats, clock=house.core.context.clock)
    configure(house.core, outbox=outbox.poke)
    tasks = [asyncio.create_task(run) for run in (house.worker.run(), outbox.run())]
    try:
        yield
    finally:
        house.worker.stop()
        outbox.stop()
        await asyncio.wait(tasks)


async def sees(driver: Driver, part: str = "", *, clip: bool = False, label: str = "") -> Shown:
    """The newest thing with these words, a clip or a button, once there is one."""
    end = time.monotonic() + PATIENCE
    while True:
        for shown in reversed(driver.shown()):
            if part in shown.words and (shown.clip or not clip) and (not label or label in shown.buttons):
                return shown
        if time.monotonic() > end:
            said = "\n".join(f"{one.words!r} {list(one.buttons)} clip={one.clip}" for one in driver.shown())
            raise AssertionError(f"nobody sees {part!r} {label!r} clip={clip} among\n{said}")
        await asyncio.sleep(0.01)


async def until(look: Any) -> None:
    """Wait for something; `look` may be a coroutine function."""
    async with asyncio.timeout(PATIENCE):
        while not (found := look()) or (asyncio.iscoroutine(found) and not await found):
            await asyncio.sleep(0.01)
