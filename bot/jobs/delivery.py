"""Delivery of results: the clip, or a sentence where the chat takes no clip; then the status line is removed."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from bot import texts
from bot.conversation import Posted, Reply, ShownClip
from bot.errors import ChatError, Flood, Gone, Stale, StoreDown, TooLarge, Unconfirmed, Unshowable
from bot.gallery import lookup
from bot.gallery.model import line_removal
from bot.jobs import machine, status
from bot.jobs.claims import AGAIN, Claims, backoff
from bot.media.fit import Fitting
from bot.media.library import Media
from bot.model import Job
from bot.ports import Chat, Provider
from bot.sealing.model import Unreadable
from storage import Store

log = logging.getLogger(__name__)

UPLOAD = 400.0
"""Timeout of sending a result, in seconds."""
SEND_FOR = 24 * 3600.0
"""Seconds for which deliveries to a failing chat are retried."""
UNSURE = 2
"""Unconfirmed uploads after which we ask before sending again."""
UNHEARD = 5
"""Unconfirmed sends of a message after which delivery is assumed."""
SIZES = 3
"""Attempts with ever smaller copies of a clip before a sentence replaces it."""
BRIEF = 60.0
"""Maximum seconds to wait inside a delivery after a rate limit; a longer pause reschedules the job."""
EDIT = 10.0
"""Timeout of an edit of the status line, in seconds."""
REMOVALS = 3
"""Immediate attempts to remove a status line; after that the outbox does it."""


class Delivery:
    """Sends results. `link` returns the public URL of a stored clip, or None; `others`: whether there is a choice of
    models."""

    def __init__(
        self,
        store: Store,
        media: Media,
        provider: Provider,
        chats: Mapping[str, Chat],
        claims: Claims,
        *,
        clock: Callable[[], float],
        link: Callable[[str], str] | None = None,
        others: Callable[[], bool] = bool,
    ) -> None:
        self._store = store
        self._media = media
        self._provider = provider
        self._chats = chats
        self._claims = claims
        self._clock = clock
        self._fitting = Fitting(media, link)
        self._others = others

    async def deliver(self, job: Job) -> None:
        """Send the clip, or the reason why there is none; then remove the status line."""
        chat, before = self._chats[job.address.platform], job.sends
        # Where a repeated send would be visible, the attempt is saved first: after a crash its outcome is unknown.
        risky = not chat.once and job.clip is not None and before < UNSURE
        event: machine.Event
        async with self._claims.held(job):
            try:
                reply = status.unsure(job) if before >= UNSURE else await self._result(job)
                if risky:
                    job = await self._claims.save(job, machine.Sending(), self._claims.until())
                async with asyncio.timeout(UPLOAD):
                    posted = await self._send(chat, job, reply)
                event, due_at = machine.Sent(posted.message, posted.copy), None
            except Stale:
                raise
            except Exception as error:  # a bug in an adapter must not retry forever
                event, due_at = self._after(error, job, before, risky=risky, once=chat.once)
                if isinstance(error, Unreadable) and not job.tries:
                    await self._claims.note(texts.incidents.CLIP_UNREADABLE, error.strerror or "", job)
                if job.clip and isinstance(event, machine.Undeliverable):
                    await self._tell_alone(chat, job)
        job = await self._claims.save(job, event, due_at)
        if isinstance(event, machine.Sent):
            what = "clip" if job.clip else f"news that there is no clip ({job.reason})"
            log.info("job %s: %s delivered on %s", job.id, what, job.address.platform)
        if due_at is None:
            await self._clear(job, chat)

    def _after(
        self, error: Exception, job: Job, before: int, *, risky: bool, once: bool
    ) -> tuple[machine.Event, float | None]:
        """The event after a failed send, and when the job is due again; None: nothing more is sent."""
        tries = job.tries + 1
        over = self._clock() - (job.settled_at or 0.0) > SEND_FOR
        event: machine.Event = machine.Deferred(tries, before)
        due_at = self._clock() + backoff(tries)
        match error:
            case Gone():
                log.warning("job %s cannot be delivered: %s", job.id, error)
                return machine.Undeliverable(), None
            case Flood():
                event, due_at = machine.Deferred(job.tries, before), self._clock() + error.retry_after
            case Unconfirmed() | TimeoutError():
                log.warning("job %s may have been delivered: %s", job.id, error)
                if risky:
                    return machine.Deferred(0, UNSURE), due_at
                if before >= UNSURE or (not once and tries >= UNHEARD):
                    return machine.Sent(), None
            case ChatError() | StoreDown() | Unreadable():
                log.warning("job %s was not delivered yet: %s", job.id, error)
            case _:
                log.error("job %s was not delivered yet", job.id, exc_info=error)
        return (machine.Undeliverable(), None) if over else (event, due_at)

    async def _send(self, chat: Chat, job: Job, reply: Reply) -> Posted:
        refused = 0
        while True:
            try:
                return await chat.send(job.address, reply, nonce=job.id)
            except TooLarge as large:
                if reply.clip is None:
                    raise
                smaller = refused < SIZES
                reply = await self._fitting.smaller(reply, large.limit) if smaller else self._fitting.linked(reply)
            except Unshowable as error:
                if reply.clip is None:
                    raise
                await self._claims.note(texts.incidents.CHAT_TAKES_NO_CLIP, str(error), job)
                reply = self._fitting.told(reply, job.id)
            except Flood as flood:  # a rescheduled job would upload the refused clip again
                if not refused or flood.retry_after > BRIEF:
                    raise
                await asyncio.sleep(flood.retry_after)
            refused += 1

    async def _tell_alone(self, chat: Chat, job: Job) -> None:
        """The chat is closed: notify the person privately, if the platform permits."""
        if place := chat.alone(job):
            try:
                async with asyncio.timeout(EDIT):
                    await chat.send(place, status.elsewhere(job), nonce=f"{job.id}:alone")
            except Exception as error:  # the job ends in any case
                log.info("nobody could be told of job %s: %s", job.id, error)

    async def _result(self, job: Job) -> Reply:
        if job.clip is None:
            return status.result(job, None, others=self._others())
        file = self._media.stored(job.clip.name)
        if not file.exists():
            await self._claims.note(texts.incidents.CLIP_GONE, job.clip.name, job)
            return Reply(texts.chat.CLIP_GONE, job=job.id)
        shown = ShownClip(file, job.clip, job.spoiler, job.upload_limit, self._media.poster(job.clip.name))
        try:
            share, new = await lookup.offered(self._store, job), await self._is_news(job)
        except StoreDown as error:  # a missing button must not delay the clip
            log.info("job %s is delivered without its Share button: %s", job.id, error)
            share = new = False
        return status.result(job, shown, stand_in=new, share=share, others=self._others())

    async def _is_news(self, job: Job) -> bool:
        """Whether this is the person's first clip from the stand-in; its message mentions that."""
        if job.host is None or not self._provider.terms(job.host).stand_in:
            return False
        return not any(other.clip and other.id != job.id for other in await self._store.jobs(job.person))

    async def _clear(self, job: Job, chat: Chat) -> None:
        """Remove the status line of a job that was just saved as done.

        The outbox entry saved with it covers failures and crashes.
        """
        if job.status_id is None:
            return
        for tried in range(1, REMOVALS + 1):
            try:
                async with asyncio.timeout(EDIT):
                    await chat.remove(job.address, job.status_id)
                break
            except (ChatError, TimeoutError) as error:
                log.info("the status line of job %s stays for now: %s", job.id, error)
                if tried == REMOVALS or isinstance(error, Gone | Flood):
                    return
            await asyncio.sleep(AGAIN)
        await self._store.outbox.done(line_removal(job))
