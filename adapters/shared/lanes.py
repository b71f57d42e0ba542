"""Processing of saved items, a few at a time: in order within a lane, lanes independently of each other.

All items are in the database. Of a long backlog only keys are in memory, and items are read when there is capacity; a
stop discards everything, and the next start reads it again.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bot.core import Inbox
from bot.errors import StoreDown

log = logging.getLogger(__name__)

T = TypeVar("T")

AT_ONCE = 64
"""Maximum lanes processed at once,"""
OF_A_CHAT = 16
"""and per chat: waiting for the rate limit of one chat must not block others."""
IN_HAND, IN_HAND_OF_A_CHAT = 500, 32
"""Maximum items in memory, in total and per chat; of further ones only the keys."""
PAGE = 100
AGAIN = 1.0
"""Seconds between attempts to read."""
GRACE = 3.0
"""Grace period of running items at a stop, in seconds; cancelled ones are replayed."""


@dataclass(frozen=True, slots=True)
class Lane:
    """Items with the same `name` are processed one after the other, or with `together` all at once."""

    chat: str
    name: str
    together: bool = False


@dataclass(eq=False, slots=True)
class _Chat:
    busy: int = 0
    """Number of running lanes."""
    held: int = 0
    """Items in memory."""
    later: deque[str] = field(default_factory=deque)
    """Keys of later items, not in memory."""


@dataclass(eq=False, slots=True)
class _Line(Generic[T]):
    lane: Lane
    chat: _Chat
    items: deque[tuple[str, T]] = field(default_factory=deque)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    """Running tasks; a lane without one waits for its turn."""


class Lanes(Generic[T]):
    """`run` processes an item and never raises; `unpack` parses an item of the inbox, None if it is invalid."""

    def __init__(
        self,
        inbox: Inbox,
        run: Callable[[str, T], Awaitable[None]],
        unpack: Callable[[str, str], T],
        lane: Callable[[T], Lane],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._inbox = inbox
        self._run = run
        self._unpack = unpack
        self._lane = lane
        self._sleep = sleep
        self._lines: dict[str, _Line[T]] = {}
        self._ready: deque[_Line[T]] = deque()
        self._chats: dict[str, _Chat] = {}
        self._later: deque[str] = deque()
        self._known: set[str] = set()
        self._held = 0
        self._reading: asyncio.Task[None] | None = None
        self._stopped = False
        self._quiet = asyncio.Event()

    def knows(self, key: str) -> bool:
        """Whether an item is running or waiting."""
        return key in self._known

    def begin(self, key: str, item: T) -> None:
        """Process a saved item when it is its turn."""
        if self._stopped or key in self._known:
            return
        self._known.add(key)
        if self._is_joined(item) or (not self._later and self._held < IN_HAND):
            self._enter(key, item)
        else:
            self._later.append(key)
            self._read()

    def replay(self, keys: Sequence[str]) -> None:
        """Process items of the inbox in this order; also restarts after a stop."""
        self._stopped = False
        fresh = [key for key in keys if key not in self._known]
        self._known.update(fresh)
        self._later.extend(fresh)
        self._read()

    async def idle(self) -> None:
        """Wait until nothing is running or waiting."""
        while self._known:
            self._quiet.clear()
            await self._quiet.wait()

    async def close(self) -> None:
        """Start nothing more; running items get a grace period."""
        self._stopped = True
        tasks = {task for line in self._lines.values() for task in line.tasks}
        if self._reading:
            self._reading.cancel()
            await asyncio.wait({self._reading})
        if tasks:
            await asyncio.wait(tasks, timeout=GRACE)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for kept in (self._lines, self._ready, self._chats, self._later, self._known):
            kept.clear()
        self._held, self._reading = 0, None
        self._quiet.set()

    def _is_joined(self, item: T) -> bool:
        """Whether an item must run together with running ones."""
        lane = self._lane(item)
        return lane.together and lane.name in self._lines

    def _enter(self, key: str, item: T, *, read: bool = False) -> None:
        """Hold an item in memory if there is capacity, else only its key. `read`: it is the next of its chat."""
        lane = self._lane(item)
        line, chat = self._lines.get(lane.name), self._chats.setdefault(lane.chat, _Chat())
        if not (line and lane.together) and ((chat.later and not read) or chat.held >= IN_HAND_OF_A_CHAT):
            (chat.later.appendleft if read else chat.later.append)(key)
            return
        if line is None:
            line = self._lines[lane.name] = _Line(lane, chat)
            self._ready.append(line)
        line.items.append((key, item))
        chat.held += 1
        self._held += 1
        if line.tasks and lane.together:
            self._start(line)
        self._next()

    def _next(self) -> None:
        """Start the lanes whose turn it is."""
        busy = sum(chat.busy for chat in self._chats.values())
        for _ in range(len(self._ready)):
            if self._stopped or busy >= AT_ONCE:
                return
            line = self._ready.popleft()
            if line.chat.busy >= OF_A_CHAT:
                self._ready.append(line)
                continue
            line.chat.busy += 1
            busy += 1
            self._start(line)

    def _start(self, line: _Line[T]) -> None:
        while line.items:
            key, item = line.items.popleft()
            task = asyncio.create_task(self._work(line, key, item), name=key)
            line.tasks.add(task)
            if not line.lane.together:
                return

    async def _work(self, line: _Line[T], key: str, item: T) -> None:
        try:
            await self._run(key, item)
        except Exception:  # a bug in one item must not stop the others
            log.exception("something in the inbox broke")
        finally:
            self._end(line, key)

    def _end(self, line: _Line[T], key: str) -> None:
        self._forget(key)
        self._held -= 1
        line.chat.held -= 1
        if task := asyncio.current_task():
            line.tasks.discard(task)
        if self._stopped or line.tasks:
            return
        line.chat.busy -= 1
        if line.items:
            self._ready.append(line)
        else:
            self._lines.pop(line.lane.name, None)
        if not line.chat.held and not line.chat.later:
            self._chats.pop(line.lane.chat, None)
        self._next()
        self._read()

    def _forget(self, key: str) -> None:
        self._known.discard(key)
        if not self._known:
            self._quiet.set()

    def _read(self) -> None:
        """Start reading from the inbox if there is capacity."""
        if not self._stopped and self._reading is None and self._source():
            self._reading = asyncio.create_task(self._read_on(), name="inbox")

    def _source(self) -> deque[str] | None:
        """The keys to read next: of a chat with capacity, or unread ones."""
        for chat in self._chats.values():
            if chat.later and chat.held < IN_HAND_OF_A_CHAT // 2:
                return chat.later
        return self._later if self._later and self._held < IN_HAND // 2 else None

    async def _read_on(self) -> None:
        try:
            while source := self._source():
                await self._page(source)
        finally:
            self._reading = None

    async def _page(self, source: deque[str]) -> None:
        more = True
        while source and more:
            keys = [source[n] for n in range(min(PAGE, len(source)))]
            try:
                found = await self._inbox.bodies(keys)
            except StoreDown as error:
                log.error("what waits cannot be read: %s", error)
                await self._sleep(AGAIN)
                continue
            more = False
            for _ in keys:
                key = source.popleft()
                if key not in found:
                    self._forget(key)  # finished by another process
                    continue
                item = self._unpack(key, found[key])
                self._enter(key, item, read=source is not self._later)
                if source and source[0] == key:
                    return  # its chat has no capacity
                more = self._lane(item).together  # its other items may be on the next page
