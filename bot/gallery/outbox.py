"""Runner of the outbox: its entries are claimed, and repeated until they are done or given up.

As with jobs, no state of an entry is kept here: after a crash it is due again when its lease ends. Any number of
runners may work.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping

from bot import texts
from bot.errors import ChatError, Flood, Gone, StoreDown, Unconfirmed
from bot.gallery import lookup
from bot.gallery.model import OutboxEntry
from bot.gallery.posts import Posts
from bot.media.library import Media
from bot.model import Incident
from bot.ports import Chat
from storage import Store

log = logging.getLogger(__name__)

NAP = 2.0
"""Maximum seconds of sleep: another process may have added an entry."""
LONGEST_PAUSE = 600.0
MOST_TRIES = 150
"""Attempts per entry, about a day at the pauses of `backoff`; the platform's Retry-After comes on top."""
FAST_RETRIES = 30
"""Retries that wait only for the platform's Retry-After."""
DAY = 86_400.0
GRACE = 3.0
"""Seconds that running entries get at shutdown."""
_GIVEN_UP = {
    "remove": texts.incidents.NOT_REMOVED,
    "refresh": texts.incidents.NOT_CHANGED,
}
"""Report to operators about entries that were given up, by kind."""


class Runner:
    """Works on outbox entries of `chats`, `parallel` at once. `web`: our public URL; `lease`: seconds.

    Edits wait for the platform's rate limit, so they have a capacity of their own (`edits`).
    """

    def __init__(
        self,
        store: Store,
        media: Media,
        chats: Mapping[str, Chat],
        *,
        clock: Callable[[], float],
        web: str | None = None,
        lease: float = 300.0,
        parallel: int = 8,
        edits: int = 64,
    ) -> None:
        self._store = store
        self._chats = chats
        self._clock = clock
        self._posts = Posts(store, media, clock, web)
        self._lease = lease
        self._parallel = parallel
        self._edits = edits
        self._platforms = tuple(chats)
        self._under_way: dict[asyncio.Task[None], OutboxEntry] = {}
        self._poked = asyncio.Event()
        self._stopping = False

    async def overdue(self) -> float:
        """Lateness of the oldest due entry in seconds. Raises `StoreDown`."""
        due_at = await self._store.outbox.next_due(self._platforms)
        return max(0.0, self._clock() - due_at) if due_at is not None else 0.0

    def poke(self) -> None:
        """Wake the runner: something is due now."""
        self._poked.set()

    def stop(self) -> None:
        """Take no more entries; `run` returns within about `GRACE` seconds."""
        self._stopping = True
        self.poke()

    async def run(self) -> None:
        """Work until `stop`."""
        try:
            while not self._stopping:
                self._poked.clear()
                pause = await self._turn()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._poked.wait()
        finally:
            if self._under_way:
                await asyncio.wait(self._under_way, timeout=GRACE)
            for task in self._under_way:
                task.cancel()
            await self.idle()

    async def round(self) -> int:
        """Claim due entries up to the capacity and start them; returns their number."""
        free, edits = self._free()
        if free <= 0 and edits <= 0:
            return 0
        taken = await self._store.outbox.claim(self._clock(), self._lease, free, self._platforms, edits)
        for entry in taken:
            task = asyncio.create_task(self._run(entry), name=f"outbox-{entry.id}")
            self._under_way[task] = entry
            task.add_done_callback(self._end)
        return len(taken)

    def _free(self) -> tuple[int, int]:
        """Free capacity: for all entries but edits, and for edits."""
        edits = sum(entry.kind == "refresh" for entry in self._under_way.values())
        return self._parallel - (len(self._under_way) - edits), self._edits - edits

    async def idle(self) -> None:
        """Wait until all running entries have ended."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def _turn(self) -> float:
        """One round; returns the seconds to sleep. Never raises."""
        try:
            taken = await self.round()
            if min(self._free()) <= 0:
                return NAP
            if taken:
                return 0.0
            due_at = await self._store.outbox.next_due(self._platforms)
        except StoreDown as error:
            log.error("the database takes nothing: %s", error)
            return NAP
        except Exception:  # an odd row must not block the others
            log.exception("a round of the outbox broke")
            return NAP
        # Due but not taken: another runner has it at this moment.
        return NAP if due_at is None else min(NAP, max(0.05, due_at - self._clock()))

    def _end(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        self.poke()

    async def _run(self, entry: OutboxEntry) -> None:
        try:
            wait = await self._tried(entry)
            if wait is None:
                await self._store.outbox.done(entry)
            elif entry.tries + 1 >= MOST_TRIES:
                log.warning("outbox entry %s (%s) is given up", entry.id, entry.kind)
                if what := _GIVEN_UP.get(entry.kind):
                    where = f"{entry.place.platform}:{entry.place.chat}, message {entry.place.message}"
                    await self._store.note(Incident(self._clock(), what, where))
                await self._store.outbox.done(entry)
            else:
                await self._store.outbox.later(entry, self._clock() + wait)
        except asyncio.CancelledError:
            # A repeatable action need not wait for its lease; a post or a notice may have been sent.
            if entry.kind in _GIVEN_UP:
                with contextlib.suppress(StoreDown):
                    await self._store.outbox.later(entry, self._clock())
            raise
        except StoreDown as error:
            log.error("outbox entry %s waits for the database: %s", entry.id, error)
        except Exception:  # due again after its lease
            log.exception("outbox entry %s broke", entry.id)

    async def _tried(self, entry: OutboxEntry) -> float | None:
        """Perform an entry. Returns None when finished, else the seconds until the next attempt."""
        chat, once_more = self._chats[entry.place.platform], backoff(entry.tries + 1)
        try:
            async with asyncio.timeout(self._lease * 2 / 3):
                await self._posts.act(chat, entry)
        except Gone as error:
            log.info("outbox entry %s (%s) has no place any more: %s", entry.id, entry.kind, error)
            if entry.kind in ("post", "tell"):
                await self._report_closed(entry, str(error))
            if entry.kind == "post":  # until we are allowed to post
                return LONGEST_PAUSE
        except Flood as flood:
            # A rate limit is no failure; but an entry that is deferred again and again must end, too.
            return flood.retry_after if entry.tries < FAST_RETRIES else max(flood.retry_after, once_more)
        except (Unconfirmed, TimeoutError) as error:
            log.warning("outbox entry %s (%s) may have been done: %s", entry.id, entry.kind, error)
            # A second post would be visible; all other actions are repeatable.
            return None if entry.kind == "post" and not chat.once else once_more
        except StoreDown:
            raise
        except Exception as error:  # an adapter's own bug, too, must end at last
            known = isinstance(error, ChatError)
            log.log(
                logging.INFO if known else logging.ERROR, "outbox entry %s: %s", entry.id, error, exc_info=not known
            )
            return once_more
        return None

    async def _report_closed(self, entry: OutboxEntry, why: str) -> None:
        """Report a closed or deleted channel to operators and to the community's review channel, once a day."""
        place, now = entry.place, self._clock()
        where = f"{place.platform}:{place.chat}/{place.thread}"
        key = f"shut:{where}:{now // DAY:.0f}"
        if not await self._store.inbox.take(key, "shut", "", now):
            return
        await self._store.inbox.handled(key, now)
        await self._store.note(Incident(now, texts.incidents.NO_POSTS, f"{where}: {why}"))
        share = await self._store.gallery.share(entry.share)
        if entry.kind != "post" or share is None:
            return
        review = lookup.place_of(share.scope, (await lookup.rule_of(self._store, share.scope)).review)
        if review.chat and review != place:
            told = OutboxEntry(f"w{entry.id}", "tell", review, now, text=texts.sharing.CANNOT_POST)
            await self._store.outbox.put(told)


def backoff(tries: int) -> float:
    """Seconds until the next attempt."""
    return min(LONGEST_PAUSE, 2.5 * float(1 << min(tries, 8)))
