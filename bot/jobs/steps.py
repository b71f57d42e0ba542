"""A worker's steps with a claimed job: buy, ask whether it was bought, poll, deliver; each ends in one save."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from bot import texts
from bot.errors import Ambiguous, BrokenClip, Illegal, NotSent, Stale, StoreDown, Unreachable
from bot.jobs import machine
from bot.jobs.claims import LONGEST_PAUSE, Claims, backoff
from bot.jobs.delivery import Delivery
from bot.jobs.history import History, Kind
from bot.jobs.quotes import unquoted
from bot.jobs.receipts import Receipts
from bot.jobs.status_lines import StatusLines
from bot.media import library
from bot.media.library import Media
from bot.model import UNREADABLE, Accepted, Finished, Job, Pending, Refused
from bot.ports import Chat, Provider, Step
from bot.sentence import EMPTY, Sentence
from storage import Store

log = logging.getLogger(__name__)

FETCHES = 18
"""Failed downloads of a finished clip before the refund: about a quarter of an hour."""
LINKLESS = 4, 60
"""Polls of a finished clip without a link: until the operator is told, and until the refund (an hour)."""
ODD_POLLS = 6
"""Failed polls lengthen the pause up to this count, and do not use up `FETCHES`."""
DOWNLOAD = 300.0
"""Timeout of a clip's download in seconds."""
LAST_WORD = 2.0
"""Seconds in which a stopped worker still saves an accepted order."""


@dataclass(frozen=True, slots=True)
class Found:
    """A poll's result that requires an action."""

    job: Job
    """Claimed."""
    event: Finished | machine.Event
    seen: float
    """Time of the poll's answer, Unix seconds: the end of the render, independent of the download."""


class Steps:
    """`lease`: seconds after which another worker may claim a silent one's job; a purchase must end before.

    `ended` is told of each job that is done.
    """

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
        ended: Callable[[Job], None] = lambda _: None,
        others: Callable[[], bool] = bool,
    ) -> None:
        self._store = store
        self._media = media
        self._provider = provider
        self._chats = chats
        self._history = history
        self._clock = clock
        self._deadline = deadline
        self._claims = Claims(store, clock, lease, ended)
        self._save, self._note = self._claims.save, self._claims.note
        self._receipts = Receipts(provider, self._claims, clock)
        self._delivery = Delivery(store, media, provider, chats, self._claims, clock=clock, link=link, others=others)
        self._lines = StatusLines(store, provider, chats, history, clock)
        self._show = self._lines.show
        self.lease = lease

    def start(self, job: Job) -> Step:
        """Take a job out of the queue; saved before the paid request."""
        now = self._clock()
        late = now - max(job.created_at, job.changed_at) > self._deadline  # the operator may have released it lately
        return machine.apply(job, machine.Expired() if late else machine.Started(), now)

    async def buy(self, job: Job) -> None:
        """The paid request: sent once, in every case. Raises `Stale` if the job was claimed before it was sent."""
        try:
            found = await self._receipts.found_before(job)
        except NotSent as error:
            found = await self._put_back(job, error)
        await self._show(found or await self._send(job))

    async def _put_back(self, job: Job, why: NotSent) -> Job:
        log.warning("job %s was not taken: %s", job.id, unquoted(str(why), job.order))
        return await self._save(job, machine.PutBack(why.waits), self._clock() + why.retry_after)

    async def _send(self, job: Job) -> Job:
        if UNREADABLE in (job.order.prompt, job.order.negative):
            await self._note(texts.incidents.ORDER_UNREADABLE, "", job)
            return await self._save(job, Refused("unreadable"))
        if self._media.free_space() < library.LEAST_FREE:
            return await self._put_back(job, NotSent("the disk has no room for its clip", LONGEST_PAUSE, "disk"))
        longest = self.lease * 2 / 3
        if self._clock() > job.due_at - longest:  # suspended since it was started, or the disk or the database was slow
            job = await self._claims.renewed(job)
        try:
            async with asyncio.timeout(longest):
                event = await self._provider.create(job.order, job.request_id)
        except NotSent as error:
            return await self._put_back(job, error)
        except asyncio.CancelledError:
            why = "the worker was stopped while the order was on its way"
            with suppress(StoreDown, Stale):  # otherwise the next worker concludes the same
                await self._receipts.unanswered(job, why, pause=0.0, once=True)
            raise
        except Ambiguous as error:
            return await self._receipts.unanswered(job, str(error), error.host)
        except TimeoutError:
            return await self._receipts.unanswered(job, "no answer in time")
        except Exception as error:
            log.exception("job %s: the purchase broke", job.id)
            return await self._receipts.unanswered(job, type(error).__name__)
        if isinstance(event, Accepted):
            log.info("job %s was taken by %s as %s", job.id, event.host, event.remote_id)
            return await self._remember(job, event)
        await self._note(texts.incidents.ORDER_REFUSED, event.detail, job)
        return await self._save(job, event)

    async def _remember(self, job: Job, accepted: Accepted) -> Job:
        """Save that an order was accepted: it is paid, so this save is repeated until it succeeds."""
        kind = (accepted.host, job.order.model, job.order.seconds)
        known = self._history.knows(kind)
        saving = asyncio.ensure_future(self._save(job, accepted, self._clock() + self.next_poll(kind, 0.0, 0)))
        try:
            job = await asyncio.shield(saving)
        except asyncio.CancelledError:
            await asyncio.wait({saving}, timeout=LAST_WORD)
            if not saving.done() or saving.exception():
                saving.cancel()
                log.error("job %s is paid for, as %s at %s", job.id, accepted.remote_id, accepted.host)
            raise
        except Stale:
            if not await self._hand_over(job, accepted):
                await self._note(texts.incidents.TAKEN_LATE, f"{accepted.remote_id} at {accepted.host}", job)
            raise
        if not known:  # a better estimate than the one saved above
            await self._history.rhythm(job.order, accepted.host)
            await self._claims.release(job, self.next_poll(kind, 0.0, 0))
        return job

    async def _hand_over(self, job: Job, accepted: Accepted) -> bool:
        """Save that an order was accepted which another worker has claimed meanwhile; False if it was given up."""

        def step(latest: Job) -> Step:
            if latest.posted != job.posted:
                raise Illegal("it was sent anew")
            return machine.apply(latest, accepted, self._clock())

        try:
            return await self._store.change(job.id, step) is not None
        except (Illegal, StoreDown):
            return False

    async def give_up(self, job: Job) -> None:
        """End a purchase whose worker died: whether the request was sent, and where, is unknown."""
        why = "the worker died while the order was on its way"
        await self._show(await self._receipts.unanswered(job, why, pause=0.0))

    async def ask(self, job: Job) -> None:
        """Ask the log of a host whether it took an order whose answer never came."""
        await self._show(await self._receipts.look(job))

    async def poll(self, job: Job) -> Found | None:
        """Poll the render of an unclaimed job. Claims it if an action is required; otherwise returns None."""
        host, remote_id, accepted_at = job.host or "", job.remote_id or "", job.accepted_at or job.created_at
        said = await self._provider.poll(host, remote_id, self._clock() - accepted_at, job.order)
        seen = self._clock()
        event, incident = self._judged(job, said, seen)
        if not isinstance(event, machine.Waiting):
            job = await self._claims.take(job)
        if incident and not isinstance(said, Finished):
            await self._note(incident, said.detail, job)
        if isinstance(event, machine.Waiting):
            await self._wait(job, event, seen)
            return None
        return Found(job, event, seen)

    async def settle(self, found: Found) -> Job | None:
        """Act on what a poll found: download a finished clip, or end the job. The job if it is to be delivered now."""
        job, event, due_at = found.job, found.event, None
        self._lines.forget(job)
        if isinstance(event, Finished):
            event, due_at = await self._fetch(job, event.url, found.seen)
        if isinstance(event, machine.Waiting):
            job = await self._show(replace(job, tries=event.tries, waits=event.waits))
        else:
            due_at = self._claims.until()  # the claim goes on: what was found is delivered without a round in between
        try:
            saved = await self._save(job, event, due_at, found.seen)
        except Stale:
            latest = await self._store.job(job.id)
            if isinstance(event, machine.Rendered) and latest and latest.clip != event.clip:
                await self._media.discard([event.clip.name])
            raise
        if isinstance(event, machine.Rendered):
            self._history.add(job.order, job.host or "")
        return saved if saved.state == "delivering" else None

    async def deliver(self, job: Job) -> None:
        """Send the clip, or the reason for its failure; then remove the status line."""
        await self._delivery.deliver(job)

    async def refresh(self) -> None:
        """Update status lines whose position or time changed without an event of their own."""
        await self._lines.refresh()

    async def release(self, job: Job, pause: float = 0.0) -> None:
        """Release a job that is unchanged, or to be delivered; it is due again in `pause` seconds."""
        await self._claims.release(job, pause)

    def next_poll(self, kind: Kind, elapsed: float, polls: int) -> float:
        """Seconds until the poll after this one (`storage.claims.NextPoll`)."""
        return self._history.next_poll(kind, elapsed, polls)

    def hosts(self) -> Sequence[str]:
        """Hosts where jobs may be."""
        return self._provider.hosts()

    async def _fetch(self, job: Job, url: str, seen: float) -> tuple[machine.Event, float | None]:
        try:
            async with self._claims.held(job), asyncio.timeout(DOWNLOAD):
                clip = await self._media.keep_clip(self._provider.fetch(job.host or "", url), job.person)
            return machine.Rendered(clip), None
        except StoreDown as error:
            await self._note(texts.incidents.CLIP_NOT_KEPT, str(error), job)
            return machine.Waiting(max(job.tries, ODD_POLLS), "disk"), seen + LONGEST_PAUSE
        except (Unreachable, TimeoutError) as error:
            # The download is blocked, the clip not lost: polls are free, so they go on until the deadline.
            if not job.tries:
                await self._note(texts.incidents.CLIP_NOT_FETCHED, str(error) or "no end in time", job)
            tries = min(job.tries + 1, max(job.tries, ODD_POLLS))
            if self._is_over(job, seen):
                return Refused("broken_clip"), None
            return machine.Waiting(tries, "clip"), seen + backoff(tries)
        except BrokenClip as error:
            tries = job.tries + 1
            if job.waits != "clip" or tries >= FETCHES:  # the first and last failure: the list of incidents is short
                await self._note(texts.incidents.CLIP_BROKEN, str(error), job)
            if tries >= FETCHES:
                return Refused("broken_clip"), None
            return machine.Waiting(tries, "clip"), seen + backoff(tries)

    def _judged(
        self, job: Job, said: Pending | Finished | Refused, seen: float
    ) -> tuple[Finished | machine.Event, Sentence]:
        """The event after a poll, and a text for the operator; `Waiting`: only another poll."""
        if isinstance(said, Finished):
            return said, EMPTY
        if isinstance(said, Refused):
            return said, texts.incidents.GENERATION_FAILED
        if self._is_over(job, seen):
            return machine.Expired(), texts.incidents.NEVER_ENDED
        if said.waits == "link" and said.failed:
            tries = job.tries + 1
            told = texts.incidents.NO_LINK if tries in LINKLESS else EMPTY
            return (Refused("broken_clip") if tries >= max(LINKLESS) else machine.Waiting(tries, "link")), told
        tries = min(job.tries + 1, max(job.tries, ODD_POLLS)) if said.failed else 0
        return machine.Waiting(tries, said.waits if said.failed else None), EMPTY

    async def _wait(self, job: Job, event: machine.Waiting, seen: float) -> None:
        """Handle an inconclusive poll: the next one is scheduled, so only failures and their end are saved."""
        await self._history.rhythm(job.order, job.host)  # which relearns from time to time
        is_slow = seen >= job.due_at  # then another worker may have polled it meanwhile
        later = seen + backoff(event.tries) if event.tries else 0.0
        if (event.tries, event.waits) != (job.tries, job.waits) or later > job.due_at:
            await self._claims.put_off(job, event, max(later, job.due_at), seen)
            job = replace(job, tries=event.tries, waits=event.waits)
        if not is_slow:
            await self._show(job)

    def _is_over(self, job: Job, seen: float) -> bool:
        """Whether to give up a clip. Time in the queue does not count, as the clip is paid."""
        return seen - (job.accepted_at or job.created_at) > self._deadline
