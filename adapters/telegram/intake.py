"""Updates on their way in: in the database before Telegram may forget them, worked off once, replayed after a crash."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from typing import Any
from weakref import WeakValueDictionary

from telegram import Bot, Update

from adapters.telegram.reading import PLATFORM
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
GRACE = 3.0
"""Seconds that work under way gets at a stop; what is cut off is replayed."""


class Intake:
    """Hands each update to `work` as a task of its own; those of one person in one chat one after the other."""

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
        self._tasks: set[asyncio.Task[None]] = set()
        self._lanes: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._known: set[str] = set()
        self._doubtful: set[str] = set()
        self._swept_at = 0.0
        self.trouble = ""

    async def take(self, updates: Sequence[Raw]) -> None:
        """Keep all of them, for as long as it takes; only then are they begun, in their order."""
        fresh = await asyncio.gather(*map(self._take, updates))
        for update, is_fresh in zip(updates, fresh, strict=True):
            if is_fresh:
                self._begin(_key(update), update)

    async def hook(self, body: bytes) -> None:
        """Keep an update as it came in by webhook. Raises `StoreDown`, `ValueError` for what is none."""
        try:
            update = json.loads(body)
        except RecursionError:
            raise ValueError("not an update") from None
        if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
            raise ValueError("not an update")
        if await self._keep(update):
            self._begin(_key(update), update)

    async def replay(self) -> None:
        """Go on with what was kept and not finished."""
        for key, body in await self._inbox.waiting(PLATFORM):
            if key not in self._known:
                self._begin(key, json.loads(body))
        await self._sweep()

    async def close(self) -> None:
        """Let what is under way end, for a moment."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=GRACE)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

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
                fresh = key not in self._known and key in dict(await self._inbox.waiting(PLATFORM))
        except StoreDown as error:
            self._doubtful.add(key)
            self.trouble = "messages from Telegram cannot be kept"
            log.error("%s: %s", self.trouble, error)
            raise
        self._doubtful.discard(key)
        self.trouble = ""
        return fresh

    def _begin(self, key: str, update: Raw) -> None:
        self._known.add(key)
        task = asyncio.create_task(self._run(key, update), name=key)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, key: str, raw: Raw) -> None:
        try:
            try:
                update = Update.de_json(raw, self._bot)
            except Exception as error:  # the others are not held up by what the library cannot read
                log.error("an update cannot be read: %s: %s", type(error).__name__, error)
            else:
                while not await self._done(update):
                    await self._sleep(AGAIN)
            while not await self._ticked_off(key):
                await self._sleep(AGAIN)
        finally:
            self._known.discard(key)

    async def _done(self, update: Update) -> bool:
        """Work it off; False if the database did not take part, and it is to be begun anew."""
        try:
            async with self._lane(update):
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

    def _lane(self, update: Update) -> AbstractAsyncContextManager[None]:
        chat, sender = update.effective_chat, update.effective_user
        if update.message and update.message.media_group_id:
            return nullcontext()  # the parts of an album wait for each other
        name = f"{chat.id if chat else ''}:{sender.id if sender else ''}"
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = asyncio.Lock()
        return lane


def _key(update: Raw) -> str:
    return f"{PLATFORM}:update:{update['update_id']}"
