"""Interface of the drivers for the suite of all platforms: a person who writes, taps and sees, and a bot to kill.

A driver is one person in a private chat with the bot, and after `gather` in a community.
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
"""Timeout in seconds; a guard against hangs."""


@dataclass(frozen=True)
class Shown:
    """A visible message of the bot. `handle` is the driver's own."""

    words: str
    buttons: Mapping[str, str] = field(default_factory=dict)
    """Commands by label."""
    clip: bool = False
    handle: Any = None


class Driver(Protocol):
    """One platform from one person's view, with the complete bot, including worker and outbox (`at_work`)."""

    name: str
    house: House
    chats: bool
    """The bot sends messages, and there are communities; False if people fetch their clips."""

    async def say(self, words: str = "", photo: bytes | None = None, to: Shown | None = None) -> Any:
        """Send a text, a photo, or both, optionally as a reply `to` a message; returns the argument of `again`.

        In a community it mentions the bot; in a reply only if the platform needs that.
        """

    async def again(self, said: Any) -> None:
        """Deliver the same message again."""

    def shown(self) -> list[Shown]:
        """All currently visible messages of the bot, oldest first."""

    def is_reply(self, shown: Shown, said: Any) -> bool:
        """Whether a message is displayed as a reply to the person's."""

    async def tap(self, shown: Shown, label: str) -> None:
        """Tap a button."""

    async def kill(self) -> None:
        """Kill the bot."""

    async def start(self) -> None:
        """Restart the bot; the platform repeats unconfirmed updates."""


class ChatDriver(Driver, Protocol):
    """A platform where the bot sends messages, and with communities."""

    async def gather(self) -> tuple[Address, str]:
        """Move the person to a community, where they mention the bot; returns its address and scope."""

    def interject(self, words: str, to: Shown) -> None:
        """Somebody else there replies `to` something of the bot's."""

    def flood(self) -> None:
        """Refuse the next clip once with a rate limit."""

    def gone(self) -> None:
        """Refuse the next clip, as the bot may no longer post there."""

    async def react(self, message: str, *reactions: str) -> None:
        """Set the person's reactions to a message to exactly these emoji."""


@asynccontextmanager
async def at_work(house: House, chats: Mapping[str, Chat]) -> AsyncIterator[None]:
    """Run worker and outbox of a house: all that a driver needs besides its platform."""
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
    """Wait for the newest message with this text, a clip or a button."""
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
    """Wait until `look` returns a true value; it may be a coroutine function."""
    async with asyncio.timeout(PATIENCE):
        while not (found := look()) or (asyncio.iscoroutine(found) and not await found):
            await asyncio.sleep(0.01)
