"""Retention: deletes photos and clips after their period, and the data of persons who asked for erasure.

Files are deleted before the row records it. A crash between the two is repaired by the next round; files without a
row are orphans (`media.orphans`).
"""

import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bot import texts
from bot.errors import Illegal, StoreDown
from bot.gallery import sharing
from bot.gallery.model import Share
from bot.jobs import machine
from bot.media import orphans
from bot.media.library import Media
from bot.model import UNREADABLE, Incident, Job, State
from bot.ports import Step
from bot.quotas import pricing
from bot.quotas.records import Parked
from bot.quotas.rules import GONE
from storage import Store

log = logging.getLogger(__name__)

BATCH = 200
"""Jobs per batch."""
BATCHES = 25
"""Maximum batches of each kind per round."""
STRANDED = 7 * 86_400.0
"""Seconds after which a job of an unserved platform expires."""
_ENDS: dict[State, Sequence[machine.Event]] = {
    "queued": (machine.Expired(), machine.Undeliverable()),
    "submitting": (machine.Lost(), machine.Undeliverable()),
    "asking": (machine.Lost(), machine.Undeliverable()),
    "running": (machine.Expired(), machine.Undeliverable()),
    "delivering": (machine.Undeliverable(),),
}
_CANCELLED: Sequence[machine.Event] = (machine.Cancelled(), machine.Undeliverable())
WAITS = 600.0
"""Grace period, in seconds, before the photos of an expired parked order are deleted."""
TRIM = 3600.0
"""Seconds between deletions of old rows."""
COUNTED = 32 * 86_400.0
"""Seconds for which an erased person's counters are kept: longer than the longest allowance."""
EXPORTS = "mydata"
"""Name of the notes about each person's last export."""


@dataclass(frozen=True, slots=True)
class Removed:
    """Result of an erasure; `under_way`: jobs at the provider, erased when they end."""

    clips: int = 0
    photos: int = 0
    shares: int = 0
    waiting: int = 0
    under_way: int = 0

    def __add__(self, other: "Removed") -> "Removed":
        return Removed(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


class Retention:
    """`photos` and `clips`: seconds for which they are kept after the job is done; shared clips stay.

    `platforms`: those served here; jobs of others expire, too.
    """

    def __init__(
        self,
        store: Store,
        media: Media,
        *,
        clock: Callable[[], float],
        photos: float,
        clips: float,
        platforms: Sequence[str],
    ) -> None:
        self._store = store
        self._media = media
        self._clock = clock
        self._photos = photos
        self._clips = clips
        self._platforms = platforms
        self._trimmed_at = 0.0
        self._unscrubbed = False
        """Deleted rows may remain in the database's files."""

    async def round(self) -> int:
        """Delete what is due; returns the number of affected jobs. Raises `StoreDown`."""
        now, traces = self._clock(), self._store.retention
        done = await self._sweep(lambda: traces.overexposed(now - self._photos, BATCH), _photos, clips=False)
        done += await self._sweep(lambda: traces.outworn(now - self._clips, BATCH), _all, clips=True)
        for _ in range(BATCHES):
            found = await traces.overdue(now - WAITS, BATCH)
            done += await _drop(self._store, self._media, found)
            if len(found) < BATCH:
                break
        if not 0 <= now - self._trimmed_at < TRIM:
            await self._end_stranded(now)
            await self._end_halted(now)
            await self._media.sweep(now)
            await traces.trim(now)
            await orphans.sweep(self._store, self._media)  # its precondition is a successful write
            self._trimmed_at = now
        return done + await self._forget(now)

    async def _end_stranded(self, now: float) -> None:
        """Expire jobs of unserved platforms: refund now, delete photos on schedule."""
        for job in await self._store.retention.stranded(self._platforms, now - STRANDED, BATCH):
            if await _end(self._store, job, _ENDS[job.state], now):
                what = texts.incidents.NO_PLATFORM
                await self._store.note(Incident(now, what, job.address.platform, job.host or "", job.id))

    async def _end_halted(self, now: float) -> None:
        """Refund jobs that a restore halted and the operator did not decide on in time."""
        for job in await self._store.restored.halted(now - STRANDED):
            with suppress(Illegal):  # it changed meanwhile
                await self._store.change(job.id, lambda job: machine.given_back(job, now))

    async def _forget(self, now: float) -> int:
        """Continue the erasures.

        A person is marked as erased once no data and no running job is left, and deleted rows are overwritten.
        """
        traces, done = self._store.retention, 0
        for person, at in await traces.unerased(now):
            try:
                removed = await erase(self._store, self._media, person, at, now)
            except StoreDown:
                raise
            except Exception:  # an error with one person must not delay the others
                log.exception("somebody could not be forgotten yet")
            else:
                self._unscrubbed |= removed != Removed(under_way=removed.under_way)
                done += removed.clips + removed.waiting
        for person in await traces.lapsing(now - COUNTED):
            await traces.lapse(person)
            self._unscrubbed = True
        finished = await traces.finished()
        await self._media.drop_keys(await traces.emptied())
        if finished or self._unscrubbed:
            self._unscrubbed = not await traces.scrub()
            if not self._unscrubbed:
                await traces.erased(finished, now)
        return done

    async def _sweep(
        self, find: Callable[[], Awaitable[list[Job]]], files: Callable[[Job], Iterable[str]], *, clips: bool
    ) -> int:
        done = 0
        for _ in range(BATCHES):
            found = await find()
            gone = [job.id for job in found if await _discarded(self._media, files(job))]
            if gone:
                await self._store.retention.swept(gone, clips=clips)
            done += len(gone)
            if len(found) < BATCH or not gone:
                break
        return done


async def forget(store: Store, media: Media, person: str, now: float) -> Removed:
    """Erase an account as far as possible now; `Retention` does the rest. Repeatable."""
    linked = await store.accounts.people(person)
    await drop_exports(store, media, linked, now)
    await media.retire_keys(linked)
    people = await store.retention.forget(person, now, _open(now), _alias())
    removed = Removed()
    for one in people:
        removed += await erase(store, media, one, now, now)
    await store.retention.scrub()
    return removed


async def erase(store: Store, media: Media, person: str, until: float, now: float) -> Removed:
    """Erase a person's shares, orders and grants until then, except jobs under way."""
    traces = store.retention
    # By time of order: a share under way at that moment is created slightly later.
    shares = [share for share in await store.gallery.mine(person) if await _ordered(store, share) <= until]
    await sharing.take_back(store, shares, now)
    parked = [found for found in await traces.parked(person, unreadable=True) if await _asked(store, found[0]) <= until]
    waiting = await _drop(store, media, parked)
    clips = photos = 0
    for _ in range(BATCHES):
        found = await traces.orders(person, until, BATCH)
        waiting += await _cancel(store, [job for job in found if job.state == "queued"], now)
        done = [job for job in found if job.state == "done"]
        clips += sum(media.has(job.clip.name) for job in done if job.clip)
        photos += sum(media.has(name) for job in done for name in _photos(job))
        gone = [job.id for job in done if await _discarded(media, _all(job))]
        if any(job.clip for job in done):  # before the row loses its clip
            await media.drop_joined()
        if gone:
            await traces.anonymise(person, gone, now, _open(now), _alias())
        if not any(job.state == "queued" for job in found) and (len(done) < BATCH or not gone):
            break
    return Removed(clips, photos, len(shares), waiting, await traces.count(person, until))


async def delete(store: Store, media: Media, job: Job, people: Iterable[str], now: float) -> None:
    """Erase one finished order of an account: shares, files, messages. Repeatable.

    Raises `StoreDown` on a failure; a repeat deletes the rest.
    """
    await store.tombstones.lay("clip", [job.id], now)
    await sharing.take_back(store, await store.gallery.of_job(job.id), now)
    await drop_exports(store, media, people, now)
    await media.discard(_all(job))
    if job.clip:
        await media.drop_joined()
    await store.retention.unfollow(people, job.id, now)
    await store.retention.anonymise(job.person, [job.id], now, _open(now), _alias())
    await store.retention.scrub()


async def delete_again(store: Store, media: Media, job_id: str, now: float) -> bool:
    """`delete` an order in a restored database, where it may be under way; False if it is gone. Raises `StoreDown`."""
    job = await store.job(job_id)
    if job is None or job.person.startswith(GONE):
        return False
    if job.state != "done":
        await _end(store, job, _ENDS[job.state], now)
        job = await store.job(job_id)
    if job is None or job.state != "done":
        return False
    await delete(store, media, job, await store.accounts.people(job.person), now)
    return True


async def drop_exports(store: Store, media: Media, people: Iterable[str], now: float) -> None:
    """Delete these people's export files. Raises `StoreDown`."""
    for one in people:
        if name := export_of(await store.inbox.recall(EXPORTS, one, "file", now))[0]:
            await media.discard([name])
            await store.inbox.forget(EXPORTS, one, "file")


def export_of(note: str | None) -> tuple[str, float]:
    """A person's last export file, and when it was started."""
    name, at = json.loads(note)[:2] if note else ("", 0.0)
    return str(name), float(at)


async def _drop(store: Store, media: Media, found: Sequence[tuple[Parked, bool]]) -> int:
    """Delete parked orders; the photos of one that became a job belong to the job."""
    done = 0
    for parked, taken in found:
        if taken or await _discarded(media, parked.photos):
            await store.quotas.unpark(parked.id)
            done += not taken
    return done


async def _cancel(store: Store, jobs: Sequence[Job], now: float) -> int:
    """Refund queued jobs; returns their number. No messages: an erased person gets none."""
    return sum([await _end(store, job, _CANCELLED, now) for job in jobs])


async def _end(store: Store, job: Job, events: Sequence[machine.Event], now: float) -> bool:
    """Finish a job through these events; False if it changed meanwhile, and ends otherwise."""

    def step(job: Job) -> Step:
        entry = None
        for event in events:
            job, moved = machine.apply(job, event, now)
            entry = moved or entry
        return job, entry

    try:
        await store.change(job.id, step)
    except Illegal:
        return False
    return True


async def _ordered(store: Store, share: Share) -> float:
    job = await store.job(share.job)
    return job.created_at if job else share.at


async def _asked(store: Store, parked: Parked) -> float:
    return (await store.quotas.read(parked.body)).created_at if parked.body != UNREADABLE else 0.0


async def _discarded(media: Media, names: Iterable[str]) -> bool:
    try:
        await media.discard(names)
    except StoreDown as error:
        log.error("files that should go could not be deleted: %s", error)
        return False
    return True


def _photos(job: Job) -> list[str]:
    return [photo.name for photo in job.order.photos]


def _all(job: Job) -> list[str]:
    return [*_photos(job), *([job.clip.name] if job.clip else [])]


def _open(now: float) -> list[str]:
    """Keys of every allowance window that may be open in some time zone."""
    return sorted({window.key for day in (-1, 0, 1) for window in pricing.windows(now + day * 86_400).values()})


def _alias() -> str:
    """A random unused name."""
    return f"{GONE}{secrets.token_hex(5)}"
