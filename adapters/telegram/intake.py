"""Updates on their way in: in the database before Telegram may forget them, worked off once, replayed after a crash."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from telegram import Bot, Update

from adapters.shared.lanes import Lane, Lanes
from adapters.telegram.parse import PLATFORM
from bot.errors import StoreDown
from bot.ports import Inbox

log = logging.getLogger(__name__)

Raw = dict[str, Any]
"""An update as Telegram says it."""

AGAIN = 1.0
"""Seconds between two tries to write."""
REMEMBERED = 2 * 86_400.0
"""Seconds for which an update is known again; Telegram keeps one for a day."""
SWEEP = 3600.0
"""Seconds between two times that old keys and notes are forgotten."""


class Intake:
    """Hands updates to `work`, a few at a time; those of one person in one chat one after the other."""

    def __init__(
        self,
        inbox: Inbox,
        bot: Bot,
        work: Callable[[Update], Awaitable[None]],
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._inbox = inbox
        self._bot = bot
        self._work = work
        self._clock = clock
        self._sleep = sleep
        self._lanes: Lanes[Raw] = Lanes(inbox, self._run, lambda _, body: json.loads(body), _lane, sleep=sleep)
        self._doubtful: set[str] = set()
        self._swept_at = 0.0
        self.trouble = ""

    async def take(self, updates: Sequence[Raw]) -> bool:
        """Keep all of them, for as long as it takes; only then are they begun, in their order. Whether any was new."""
        fresh = await asyncio.gather(*map(self._take, updates))
        for update, is_fresh in zip(updates, fresh, strict=True):
            if is_fresh:
                self._lanes.begin(_key(update), update)
        return any(fresh)

    async def hook(self, body: bytes) -> None:
        """Keep an update as it came in by webhook. Raises `StoreDown`, `ValueError` for what is none."""
        try:
            update = json.loads(body)
        except RecursionError:
            raise ValueError("not an update") from None
        if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
            raise ValueError("not an update")
        if await self._keep(update):
            self._lanes.begin(_key(update), update)

    async def replay(self) -> None:
        """Go on with what was kept and not finished."""
        self._lanes.replay(await self._inbox.keys(PLATFORM))
        await self._sweep()

    async def idle(self) -> None:
        """Until no update is under way or waits."""
        await self._lanes.idle()

    async def close(self) -> None:
        """Let what is under way end, for a moment."""
        await self._lanes.close()

    async def _take(self, update: Raw) -> bool:
        while True:
            with suppress(StoreDown):  # which `_keep` has told
                return await self._keep(update)
            await self._sleep(AGAIN)

    async def _keep(self, update: Raw) -> bool:
        """Write it down; whether it is to be begun. Raises `StoreDown`."""
        key = _key(update)
        try:
            fresh = await self._inbox.take(key, PLATFORM, json.dumps(update), self._clock())
            if not fresh and key in self._doubtful:  # an earlier try was made after all, and only its answer was lost
                fresh = not self._lanes.knows(key) and bool(await self._inbox.bodies([key]))
        except StoreDown as error:
            self._doubtful.add(key)
            self.trouble = "messages from Telegram cannot be kept"
            log.error("%s: %s", self.trouble, error)
            raise
        self._doubtful.discard(key)
        self.trouble = ""
        return fresh

    async def _run(self, key: str, raw: Raw) -> None:
        try:
            update = Update.de_json(raw, self._bot)
        except Exception as error:  # the others are not held up by what the library cannot read
            log.error("an update cannot be read: %s: %s", type(error).__name__, error)
        else:
            while not await self._done(update):
                await self._sleep(AGAIN)
        # Before the next of its lane begins: so a replay never comes after what was said later.
        while not await self._ticked_off(key):
            await self._sleep(AGAIN)

    async def _done(self, update: Update) -> bool:
        """Work it off; False if the database did not take part, and it is to be begun anew."""
        try:
            await self._work(update)
        except StoreDown as error:
            log.error("an update waits for the database: %s", error)
            return False
        except Exception:  # one message's mistake is not the others', nor is it worth a second time
            log.exception("an update broke")
        return True

    async def _ticked_off(self, key: str) -> bool:
        try:
            await self._inbox.handled(key, self._clock())
            if self._clock() - self._swept_at > SWEEP:
                await self._sweep()
        except StoreDown as error:
            log.error("an update could not be ticked off: %s", error)
            return False
        return True

    async def _sweep(self) -> None:
        self._swept_at = self._clock()
        await self._inbox.sweep(PLATFORM, self._swept_at, REMEMBERED)


def _lane(update: Raw) -> Lane:
    """By chat and sender, as Telegram says them. The parts of an album wait for each other."""
    event: Raw = next((value for value in update.values() if isinstance(value, dict)), {})
    chat = _id(event.get("chat") or (event.get("message") or {}).get("chat"))
    if (album := event.get("media_group_id")) and "message" in update:
        return Lane(chat, f"album:{chat}:{album}", together=True)
    return Lane(chat, f"{chat}:{_id(event.get('from') or event.get('user') or event.get('actor_chat'))}")


def _id(thing: object) -> str:
    return str(thing.get("id", "")) if isinstance(thing, dict) else ""


def _key(update: Raw) -> str:
    return f"{PLATFORM}:update:{update['update_id']}"
