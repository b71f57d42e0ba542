"""What a worker does with one claimed job: buy it, look at it, deliver it; each ends in one save.

A save that the database cannot take is tried again until it succeeds or the job is another's: after a paid order was
accepted, the worst that could happen is to forget it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from bot import machine, sharing, status, texts
from bot.errors import (
    Ambiguous,
    BrokenClip,
    ChatError,
    Flood,
    Gone,
    NotSent,
    Stale,
    StoreDown,
    TooLarge,
    Unconfirmed,
    Unreachable,
)
from bot.fitting import Fitting
from bot.history import History
from bot.media import Media
from bot.model import Accepted, Film, Finished, Incident, Job, Pending, Posted, Refused, Reply
from bot.ports import Chat, Provider, Step, Store

log = logging.getLogger(__name__)

FETCHES = 18
"""Fruitless fetches of a finished clip before the person gets the credits back: about a quarter of an hour."""
ODD_LOOKS = 6
"""Looks gone wrong lengthen the pause up to this count, and use up no more of the fetches above."""
LONGEST_PAUSE = 60.0
SEND_FOR = 24 * 3600.0
"""Seconds for which a result is offered to a chat that fails."""
AGAIN = 0.5
"""Seconds between two tries to save."""
EDIT = 10.0
"""Seconds that a change of the status line may take."""
UNSURE = 2
"""Sends that may have gone right, after which the person is asked before there is another."""
UNHEARD = 5
"""Sends of one message that nobody confirmed, after which it counts as read: most likely each of them arrived."""
SIZES = 3
"""Films that are tried, each smaller than the last, before a link stands in for them."""
LINE = 50
"""Status lines of waiting jobs that are kept up to date: those in front."""
REMOVALS = 3
"""Tries to take a status line away."""
LAST_WORD = 2.0
"""Seconds in which a stopped worker still saves that an order was taken."""


class Acts:
    """`lease`: seconds that a purchase may take; a look has twice, a delivery five times that, as files travel."""

    def __init__(
        self,
        store: Store,
        media: Media,
        provider: Provider,
        chats: Mapping[str, Chat],
        history: History,
        *,
        clock: Callable[[], float],
        deadline: float,
        lease: float,
        link: Callable[[str], str] | None = None,
    ) -> None:
        self._store = store
        self._media = media
        self._provider = provider
        self._chats = chats
        self._history = history
        self._clock = clock
        self._deadline = deadline
        self._fitting = Fitting(media, link)
        self.leases = {"submitting": lease, "running": 2 * lease, "delivering": 5 * lease}

    def start(self, job: Job) -> Step:
        """Out of the queue; saved before anything is sent."""
        now = self._clock()
        late = now - job.created_at > self._deadline
        return machine.apply(job, machine.Expired() if late else machine.Started(), now)

    async def buy(self, job: Job) -> None:
        """The paid request: made once, whatever happens."""
        event: machine.Event
        due_at = None
        try:
            async with asyncio.timeout(self._patience(job)):
                event = await self._provider.create(job.order)
        except NotSent as error:
            log.warning("job %s was not taken: %s", job.id, error)
            event, due_at = machine.PutBack(), self._clock() + error.retry_after
        except asyncio.CancelledError:
            with suppress(StoreDown, Stale):  # else whoever finds it says the same
                await self._lose(job, "the worker was stopped while the order was on its way", once=True)
            raise
        except (Ambiguous, TimeoutError) as error:
            return await self._lose(job, str(error) or "no answer in time")
        except Exception as error:
            log.exception("job %s: the purchase broke", job.id)
            return await self._lose(job, type(error).__name__)
        if isinstance(event, Accepted):
            log.info("job %s was taken by %s as %s", job.id, event.host, event.remote_id)
            return await self._remember(job, event)
        if isinstance(event, Refused):
            await self._note("an order was refused", event.detail, job)
        await self._show(await self._save(job, event, due_at))
        return None

    async def _remember(self, job: Job, accepted: Accepted) -> None:
        """Save that an order was taken: the one save that must not fail, as it is paid for."""
        rhythm = await self._history.rhythm(job.order, accepted.host)
        saving = asyncio.ensure_future(self._save(job, accepted, self._clock() + rhythm.next_look(0.0)))
        try:
            await self._show(await asyncio.shield(saving))
        except asyncio.CancelledError:
            await asyncio.wait({saving}, timeout=LAST_WORD)
            if not saving.done() or saving.exception():
                saving.cancel()
                log.error("job %s is paid for, as %s at %s", job.id, accepted.remote_id, accepted.host)
            raise
        except Stale:
            what = "an order was taken after it had been given up; its clip is paid for"
            await self._note(what, f"{accepted.remote_id} at {accepted.host}", job)
            raise

    async def give_up(self, job: Job) -> None:
        """A purchase that nobody finished: its worker died, and whether the request went out is unknown."""
        await self._lose(job, "the worker died while the order was on its way")

    async def look(self, job: Job) -> None:
        """Ask how it is; fetch the clip when there is one."""
        host, remote_id, accepted_at = job.host or "", job.remote_id or "", job.accepted_at or job.created_at
        said = await self._provider.poll(host, remote_id, self._clock() - accepted_at)
        seen = self._clock()  # the clip was ready now, however long it takes to fetch
        match said:
            case Finished(url):
                event, due_at = await self._fetch(job, url, seen)
            case Refused():
                await self._note("a generation failed", said.detail, job)
                event, due_at = said, None
            case Pending() if seen - job.created_at > self._deadline:
                await self._note("a generation never ended", said.detail, job)
                event, due_at = machine.Expired(), None
            case Pending():
                rhythm = await self._history.rhythm(job.order, job.host)
                # Each claim but the first, which bought it, was a look.
                pause = rhythm.next_look(seen - accepted_at, job.claims - 1)
                tries = min(job.tries + 1, max(job.tries, ODD_LOOKS)) if said.failed else 0
                event, due_at = machine.Waiting(tries), seen + max(pause, _backoff(tries))
                job = await self._show(job)
        try:
            await self._save(job, event, due_at, seen)
        except Stale:
            latest = await self._store.job(job.id)
            if isinstance(event, machine.Rendered) and latest and latest.clip != event.clip:
                await self._media.discard([event.clip.name])
            raise
        if isinstance(event, machine.Rendered):
            self._history.add(job.order, host)

    async def deliver(self, job: Job) -> None:
        """Send the clip, or say why there is none; then take the status line away."""
        chat, before = self._chats[job.address.platform], job.sends
        # Where a repeat would be seen, it is on record that a clip is going out; who finds the record knows no more.
        risky = not chat.once and job.clip is not None and before < UNSURE
        event: machine.Event
        due_at = None
        try:
            reply = status.unsure(job) if before >= UNSURE else await self._result(job)
            if risky:
                job = await self._save(job, machine.Sending(), job.due_at)
            async with asyncio.timeout(self._patience(job)):
                posted = await self._send(chat, job, reply)
            event = machine.Sent(posted.message, posted.copy)
        except Gone as error:
            log.warning("job %s cannot be delivered: %s", job.id, error)
            event = machine.Undeliverable()
        except Flood as flood:
            event, due_at = machine.Deferred(job.tries, before), self._clock() + flood.retry_after
        except (Unconfirmed, TimeoutError) as error:
            log.warning("job %s may have been delivered: %s", job.id, error)
            event, due_at = machine.Deferred(job.tries + 1, before), self._clock() + _backoff(job.tries + 1)
            if risky:
                event = machine.Deferred(0, UNSURE)
            elif before >= UNSURE or (not chat.once and job.tries + 1 >= UNHEARD):
                event, due_at = machine.Sent(), None
            elif self._too_late(job):
                event, due_at = machine.Undeliverable(), None
        except (Stale, StoreDown):
            raise
        except Exception as error:  # an adapter's own mistake, too, must end some day
            level = logging.WARNING if isinstance(error, ChatError) else logging.ERROR
            log.log(level, "job %s was not delivered yet: %s", job.id, error, exc_info=level == logging.ERROR)
            event, due_at = machine.Deferred(job.tries + 1, before), self._clock() + _backoff(job.tries + 1)
            if self._too_late(job):
                event, due_at = machine.Undeliverable(), None
        await self._save(job, event, due_at)
        if due_at is None:
            await self._clear(job, chat)

    def _too_late(self, job: Job) -> bool:
        return self._clock() - (job.settled_at or 0.0) > SEND_FOR

    async def refresh(self) -> None:
        """Bring the status lines of those who wait up to date: their place changes without anything of theirs."""
        for job, ahead in await self._store.line(tuple(self._chats), LINE):
            await self._show(job, ahead)

    async def _send(self, chat: Chat, job: Job, reply: Reply) -> Posted:
        for _ in range(SIZES):
            try:
                return await chat.send(job.address, reply, nonce=job.id)
            except TooLarge as large:
                reply = await self._fitting.smaller(reply, large.limit)
        return await chat.send(job.address, self._fitting.linked(reply), nonce=job.id)

    async def release(self, job: Job) -> None:
        """Let go of a job untouched, so that anyone may take it at once."""
        await self._store.release(job, self._clock())

    def hosts(self) -> Sequence[str]:
        """Where jobs may be."""
        return self._provider.hosts()

    async def _result(self, job: Job) -> Reply:
        if job.clip is None:
            return status.result(job, None)
        path = self._media.path(job.clip.name)
        if not path.is_file():
            await self._note("a finished clip is gone from the disk", job.clip.name, job)
            return Reply(texts.CLIP_GONE, job=job.id)
        stand_in = job.host is not None and self._provider.terms(job.host).stand_in
        film = Film(path, job.clip, job.spoiler, job.limit, self._media.poster(job.clip.name))
        share = await sharing.offered(self._store, job)
        return status.result(job, film, stand_in=stand_in, share=share)

    async def _fetch(self, job: Job, url: str, seen: float) -> tuple[machine.Event, float | None]:
        try:
            async with asyncio.timeout(self._patience(job)):
                clip = await self._media.keep_clip(self._provider.fetch(job.host or "", url))
                return machine.Rendered(clip), None
        except StoreDown as error:
            await self._note("a clip could not be kept", str(error), job)
            return machine.Waiting(job.tries), seen + LONGEST_PAUSE
        except (Unreachable, TimeoutError) as error:
            # The way is blocked, not the clip lost: looking is free, so it goes on until the deadline.
            if not job.tries:
                await self._note("a clip cannot be fetched", str(error) or "no end in time", job)
            tries = min(job.tries + 1, max(job.tries, ODD_LOOKS))
            if seen - job.created_at > self._deadline:
                return Refused("broken_clip"), None
            return machine.Waiting(tries), seen + _backoff(tries)
        except BrokenClip as error:
            tries = job.tries + 1
            await self._note("a clip is broken", str(error), job)
            if tries >= FETCHES:
                return Refused("broken_clip"), None
            return machine.Waiting(tries), seen + _backoff(tries)

    async def _lose(self, job: Job, why: str, *, once: bool = False) -> None:
        await self._note("an order may have been taken, and its answer never came", why, job)
        await self._save(job, machine.Lost(), once=once)

    async def _save(
        self,
        job: Job,
        event: machine.Event,
        due_at: float | None = None,
        now: float | None = None,
        *,
        once: bool = False,
    ) -> Job:
        """Save what `event` makes of a job; until it succeeds, unless `once`, or until the job is another's."""
        changed, entry = machine.apply(job, event, self._clock() if now is None else now, due_at)
        while True:
            try:
                await self._store.save(changed, entry)
                return changed
            except StoreDown as error:
                log.error("job %s could not be saved: %s", job.id, error)
                if once:
                    raise
            await asyncio.sleep(AGAIN)
            with suppress(StoreDown):  # it may have been saved, and only the answer was lost
                latest = await self._store.job(job.id)
                if latest and replace(latest, shown="", status_id=None) == replace(changed, shown="", status_id=None):
                    return changed

    async def _show(self, job: Job, ahead: int = 0) -> Job:
        """Bring the status line up to date, if what it says has changed."""
        if job.status_id is None or job.state not in ("queued", "running"):
            return job
        rhythm = await self._history.rhythm(job.order, job.host)
        stand_in = self._provider.terms(job.host).stand_in
        reply = status.line(job, rhythm, self._clock(), ahead=ahead, slots=self._history.slots, stand_in=stand_in)
        if reply.text == job.shown:
            return job
        try:
            async with asyncio.timeout(EDIT):
                await self._chats[job.address.platform].edit(job.address, job.status_id, reply)
            await self._store.shown(job.id, job.status_id, reply.text)
        except (ChatError, StoreDown, TimeoutError) as error:
            log.info("the status line of job %s stays as it is: %s", job.id, error)
            return job
        return replace(job, shown=reply.text)

    async def _clear(self, job: Job, chat: Chat) -> None:
        """Take the status line away; the platform may have named it while the clip was being sent."""
        latest = await self._store.job(job.id)
        if latest is None or latest.status_id is None:
            return
        for tried in range(1, REMOVALS + 1):
            try:
                async with asyncio.timeout(EDIT):
                    await chat.remove(job.address, latest.status_id)
                break
            except (ChatError, TimeoutError) as error:
                if tried == REMOVALS or isinstance(error, Gone | Flood):
                    log.info("the status line of job %s stays: %s", job.id, error)
                    break
            await asyncio.sleep(AGAIN)

    async def _note(self, what: str, detail: str, job: Job) -> None:
        log.warning("job %s: %s: %s", job.id, what, detail)
        try:
            await self._store.note(Incident(self._clock(), what, detail, job.host or "", job.id))
        except StoreDown as error:
            log.error("could not be noted for the operator: %s", error)

    def _patience(self, job: Job) -> float:
        return self.leases[job.state] * 2 / 3


def _backoff(tries: int) -> float:
    return min(LONGEST_PAUSE, 2.5 * 2 ** min(tries, 6)) if tries else 0.0
