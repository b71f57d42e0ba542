"""When a message or an edit may go to Telegram, so that it is not told off. Pure asyncio; all times are in seconds."""

import asyncio
import itertools
import math
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Literal

# Every rule is "at most n in any span": 30 a second overall, 20 a minute in a group, 1 a second in a chat. So of each
# chat, and of all together, we remember when the latest messages went.
#
# A delivery does not wait here, its job does: it books a time and comes back. A booking is a message that has not gone
# yet: replies and edits go only if every booked delivery will still find its place. It lapses when it is not taken.
#
# Replies and edits wait in their chat, so that a busy group delays no other. A chat is looked at when its first in
# line may go (or when it may be forgotten), not before; then it is with the other chats that are ready, replies
# before edits, until there is room overall. One task sleeps until the next of all this, while anybody waits.

Kind = Literal["reply", "edit"]
Key = tuple[int, int]
"""0 for a reply or 1 for an edit, and how many came before."""

SECOND, MINUTE = 1.0, 60.0
KEPT = 5.0  # a booking lapses so long after its time
SPARED = 4  # edits leave this part (a quarter) of a group's minute to what matters more,
HALF = 2  # and half of every second overall: what people wait for comes in bursts
SLACK = 1.1  # deliveries that wait for room overall are booked so much further apart than is allowed
MOMENT = 0.001  # a return must not be too early by a rounding error
NAP = 5.0  # the clock may leap where a sleep does not


@dataclass(frozen=True, eq=False, slots=True)
class _Booking:
    chat: "_Chat"
    key: str
    at: float


@dataclass(eq=False, slots=True)
class _Chat:
    name: str
    sent: deque[float]
    rules: tuple[tuple[int, float], ...] = ()
    """At most so many in so many seconds."""
    quiet: float = -math.inf
    booked: dict[str, _Booking] = field(default_factory=dict)
    lines: list[OrderedDict[Key, asyncio.Future[float]]] = field(default_factory=lambda: [OrderedDict(), OrderedDict()])
    look: float = math.inf
    """When it is looked at next."""

    def first(self) -> Key | None:
        """The next in line: the oldest reply, or else the oldest edit."""
        for line in self.lines:
            while line:
                key = next(iter(line))
                if not line[key].done():
                    return key
                del line[key]
        return None

    def opens(self, key: Key, now: float) -> float:
        """`now` if a reply or an edit may go; otherwise when to look again, which may be too early but not too late."""
        at = max(now, self.quiet)
        for most, span in self.rules:
            kept = sum(booking.at < at + span for booking in self.booked.values())
            free = most - kept - (most // SPARED if key[0] else 0)
            if free <= 0:
                at = max(at, min((booking.at for booking in self.booked.values()), default=at) + KEPT)
            elif len(self.sent) >= free:
                at = max(at, self.sent[-free] + span)
        return at

    def takes(self, now: float, due: bool) -> float:
        """The first time at which a delivery may go, after those booked before it unless its own time has come."""
        others = [] if due else [max(booking.at, now) for booking in self.booked.values()]
        times = sorted([*self.sent, *others])
        return max(now, self.quiet, *(times[-most] + span for most, span in self.rules if len(times) >= most))

    def fades(self) -> float:
        """When nothing of it matters any more, if nothing waits or is booked."""
        latest = self.sent[-1] if self.sent else -math.inf
        return max(self.quiet, latest + max((span for _, span in self.rules), default=0.0))


class RateLimiter:
    """Deliveries go before replies, replies before edits. `off`: nothing is limited, but a 429 still counts."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        overall: int = 30,
        per_group: int = 20,
        per_chat: int = 1,
        off: bool = False,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._most = math.inf if off else overall
        self._spared = 0 if off else overall // HALF
        self._private = () if off else ((per_chat, SECOND),)
        self._group = () if off else ((per_chat, SECOND), (per_group, MINUTE))
        self._memory = max(per_chat, per_group)
        self._chats: dict[str, _Chat] = {}
        self._sent: deque[float] = deque()
        self._soon: set[_Booking] = set()  # less than a second away, or overdue: places are kept overall
        self._tail = -math.inf  # the last time booked by deliveries that found no room overall
        self._quiet = -math.inf
        self._numbers = itertools.count()
        self._events: list[tuple[float, int, _Booking | _Chat]] = []
        self._ready: list[tuple[Key, int, _Chat]] = []
        self._waiting = 0
        self._timer: asyncio.Task[None] | None = None
        self._alarm = math.inf

    def book(self, chat: str, group: bool, key: str) -> float:
        """0.0: `key` may be sent now. Otherwise a time is booked: ask again in so many seconds, or it lapses."""
        now = self._catch_up()
        here = self._chat(chat, group)
        mine = here.booked.get(key)
        if mine and mine.at > now:
            return mine.at - now + MOMENT
        at = self._fits(here.takes(now, mine is not None), now, mine is not None)
        if mine:
            self._unbook(mine)
        if at <= now:
            self._count(here, now)
        else:
            self._book(here, key, at)
        self._settle(here)
        return at - now + MOMENT if at > now else 0.0

    async def turn(self, chat: str, group: bool, kind: Kind) -> None:
        """Wait until a reply or an edit may go; it counts as gone then."""
        self._catch_up()
        here, key = self._chat(chat, group), (int(kind == "edit"), next(self._numbers))
        go: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        here.lines[key[0]][key] = go
        self._waiting += 1
        self._settle(here)
        try:
            await go
        except asyncio.CancelledError:
            here = self._chats.get(here.name, here)
            if go.cancelled():
                self._waiting -= 1
                here.lines[key[0]].pop(key, None)
            else:  # its turn came in the same moment, and goes to the next in line
                for times in (here.sent, self._sent):
                    with suppress(ValueError):
                        times.remove(go.result())
            self._settle(here)
            raise

    def hush(self, chat: str | None, seconds: float) -> None:
        """After a 429: nothing is sent to this chat for so long, or to any chat when it is None."""
        until = self._catch_up() + seconds
        if chat is None:
            self._quiet = max(self._quiet, until)
        else:
            here = self._chat(chat)
            here.quiet = max(here.quiet, until)
            self._settle(here)

    def move(self, old: str, new: str) -> None:
        """A group became a supergroup: what was sent, is booked or waits there is now of `new`."""
        self._catch_up()
        gone = self._chats.pop(old, None)
        if gone is None:
            return
        here, gone.name = self._chats.setdefault(new, gone), new
        if here is not gone:  # a booking there comes back here, and is made anew
            for booking in list(gone.booked.values()):
                self._unbook(booking)
            here.sent = deque(sorted([*gone.sent, *here.sent]), maxlen=here.sent.maxlen)
            here.rules, here.quiet = here.rules or gone.rules, max(here.quiet, gone.quiet)
            here.lines = [OrderedDict(old | new) for old, new in zip(gone.lines, here.lines, strict=True)]
            gone.lines, gone.look = [], math.inf
        self._settle(here)

    def _chat(self, name: str, group: bool | None = None) -> _Chat:
        here = self._chats.get(name)
        if here is None:
            here = self._chats[name] = _Chat(name, deque(maxlen=self._memory))
        if group is not None:
            here.rules = self._group if group else self._private
        return here

    def _fits(self, at: float, now: float, due: bool) -> float:
        """When there is room overall for a delivery that its chat takes at `at`."""
        room = self._sent[0] + SECOND if len(self._sent) >= self._most else now
        if due:  # a place is kept for it already: what was sent is all that counts
            return max(at, room, self._quiet)
        if at > max(now, self._tail, self._quiet) or (at <= now and now >= self._quiet and self._has_room()):
            return at
        # In turn, so that a thousand do not come back at once; and far enough apart for late ones to fit in.
        self._tail = max(at, room, self._quiet, max(now, self._tail) + SLACK * SECOND / self._most)
        return self._tail

    def _has_room(self, edit: int = 0) -> bool:
        return len(self._sent) + len(self._soon) < self._most - edit * self._spared

    def _count(self, chat: _Chat, now: float) -> None:
        chat.sent.append(now)
        self._sent.append(now)

    def _book(self, chat: _Chat, key: str, at: float) -> None:
        chat.booked[key] = booking = _Booking(chat, key, at)
        heappush(self._events, (at - SECOND, next(self._numbers), booking))

    def _unbook(self, booking: _Booking) -> None:
        del booking.chat.booked[booking.key]
        self._soon.discard(booking)

    def _catch_up(self) -> float:
        """Let happen what is due by now."""
        now = self._clock()
        while self._sent and self._sent[0] + SECOND <= now:
            self._sent.popleft()
        while self._events and self._events[0][0] <= now:
            at, _, what = heappop(self._events)
            if isinstance(what, _Chat):
                if at == what.look:
                    what.look = math.inf
                    self._plan(what, now)
            elif what in self._soon:
                self._unbook(what)
                self._plan(what.chat, now)
            elif what.chat.booked.get(what.key) is what:
                self._soon.add(what)
                heappush(self._events, (what.at + KEPT, next(self._numbers), what))
        return now

    def _plan(self, chat: _Chat, now: float) -> None:
        """Put a chat where it belongs: with those that are ready, on the list of looks, or out."""
        key = chat.first()
        if key is None and chat.booked:
            return  # taking or losing the booking leads here again
        at = chat.fades() if key is None else chat.opens(key, now)
        if at > now:
            if at < chat.look:
                chat.look = at
                heappush(self._events, (at, next(self._numbers), chat))
        elif key is None:
            if self._chats.get(chat.name) is chat:
                del self._chats[chat.name]
        else:
            heappush(self._ready, (key, next(self._numbers), chat))

    def _settle(self, chat: _Chat | None = None) -> None:
        """After a change, to this chat or of the time: release what may be sent now, and wake the rest in time."""
        now = self._catch_up()
        if chat is not None:
            self._plan(chat, now)
        while self._ready and now >= self._quiet and self._has_room(self._ready[0][0][0]):
            key, _, chat = heappop(self._ready)
            if key == chat.first():  # or else it has its place elsewhere since
                if chat.opens(key, now) <= now:
                    self._count(chat, now)
                    self._waiting -= 1
                    chat.lines[key[0]].pop(key).set_result(now)
                self._plan(chat, now)
        self._wake(now)

    def _wake(self, now: float) -> None:
        at = min(now + NAP, self._events[0][0] if self._events else math.inf)
        if self._ready and (self._sent or now < self._quiet):
            at = min(at, self._quiet if now < self._quiet else self._sent[0] + SECOND)
        if self._timer and (not self._waiting or at < self._alarm):
            self._timer.cancel()
            self._timer = None
        if self._waiting and not self._timer:
            self._alarm = at
            self._timer = asyncio.create_task(self._ring(max(at - now, MOMENT)))

    async def _ring(self, seconds: float) -> None:
        await self._sleep(seconds)
        self._timer = None
        self._settle()
