"""What is kept no longer: photos and clips after their time, people who asked to be forgotten.

Files go first, then the row says so. A crash between the two is made good by the next round; files that never had a row
are `strays`.
"""

import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bot.errors import Illegal, StoreDown
from bot.gallery import sharing
from bot.gallery.model import Share
from bot.jobs import machine
from bot.media import orphans
from bot.media.library import Media
from bot.model import Incident, Job, State
from bot.ports import Step
from bot.quotas import pricing
from bot.quotas.rules import GONE, Parked
from storage import Store

log = logging.getLogger(__name__)

BATCH = 200
"""Jobs that are looked at together."""
BATCHES = 25
"""How many batches of each kind a round takes: it must end."""
STRANDED = 7 * 86_400.0
"""Seconds after which a job is given up that waits for a platform which nothing here runs."""
_ENDS: dict[State, Sequence[machine.Event]] = {
    "queued": (machine.Expired(), machine.Undeliverable()),
    "submitting": (machine.Lost(), machine.Undeliverable()),
    "running": (machine.Expired(), machine.Undeliverable()),
    "delivering": (machine.Undeliverable(),),
}
_CANCELLED: Sequence[machine.Event] = (machine.Cancelled(), machine.Undeliverable())
WAITS = 600.0
"""Seconds after which the photos of an order go that nobody said yes to, once its time is over."""
TRIM = 3600.0
"""Seconds between two times that old rows are dropped."""
COUNTED = 32 * 86_400.0
"""Seconds for which the numbers of somebody forgotten stay: longer than the longest allowance."""
EXPORTS = "mydata"
"""Where it is noted which export a person was given last."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What was removed of a person; `under_way` are with the provider, and go when they come back."""

    clips: int = 0
    photos: int = 0
    shares: int = 0
    waiting: int = 0
    under_way: int = 0

    def __add__(self, other: "Removed") -> "Removed":
        return Removed(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


class Retention:
    """`photos` and `clips`: seconds for which they are kept once their job is done; a shared clip stays.

    `platforms` are those that somebody serves here; what waits for another one must end some day, too.
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
        """Something was removed, and may still stand in the database's files."""

    async def round(self) -> int:
        """Remove what is due; of how many jobs something was. Raises `StoreDown`."""
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
            await orphans.sweep(self._store, self._media)  # after that write, as it asks
            self._trimmed_at = now
        return done + await self._forget(now)

    async def _end_stranded(self, now: float) -> None:
        """Nobody serves their platform any more: credits go back now, and photos when they would have."""
        for job in await self._store.retention.stranded(self._platforms, now - STRANDED, BATCH):
            if await _end(self._store, job, _ENDS[job.state], now):
                what = "a job was given up, as nothing runs its platform"
                await self._store.note(Incident(now, what, job.address.platform, job.host or "", job.id))

    async def _end_halted(self, now: float) -> None:
        """The operator said nothing for as long: what a restore has put on hold is given back."""
        for job in await self._store.restored.halted(now - STRANDED):
            with suppress(Illegal):  # something happened to it at this moment
                await self._store.change(job.id, lambda job: machine.given_back(job, now))

    async def _forget(self, now: float) -> int:
        """Go on with those who asked to be forgotten.

        Somebody is marked as erased once nothing is left, nor under way, and what was deleted is overwritten.
        """
        traces, done = self._store.retention, 0
        for person, at in await traces.unerased(now):
            try:
                removed = await erase(self._store, self._media, person, at, now)
            except StoreDown:
                raise
            except Exception:  # nobody has to wait for anybody else
                log.exception("somebody could not be forgotten yet")
            else:
                self._unscrubbed |= removed != Removed(under_way=removed.under_way)
                done += removed.clips + removed.waiting
        for person in await traces.lapsing(now - COUNTED):
            await traces.lapse(person)
            self._unscrubbed = True
        finished = await traces.finished()
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
    """Forget someone's whole account, as far as that can be done now; `Retention` does the rest. May be repeated."""
    await drop_exports(store, media, await store.accounts.people(person), now)
    people = await store.retention.forget(person, now, _open(now), _alias())
    removed = Removed()
    for one in people:
        removed += await erase(store, media, one, now, now)
    await store.retention.scrub()
    return removed


async def erase(store: Store, media: Media, person: str, until: float, now: float) -> Removed:
    """Erase what somebody shared, asked for and was given until then, but for what is under way."""
    traces = store.retention
    # By when it was ordered: what was being shared at that moment came a little later.
    shares = [share for share in await store.gallery.mine(person) if await _ordered(store, share) <= until]
    await sharing.take_back(store, shares, now)
    parked = [found for found in await traces.parked(person) if await _asked(store, found[0]) <= until]
    waiting = await _drop(store, media, parked)
    clips = photos = 0
    for _ in range(BATCHES):
        found = await traces.orders(person, until, BATCH)
        waiting += await _cancel(store, [job for job in found if job.state == "queued"], now)
        done = [job for job in found if job.state == "done"]
        clips += sum(media.has(job.clip.name) for job in done if job.clip)
        photos += sum(media.has(name) for job in done for name in _photos(job))
        gone = [job.id for job in done if await _discarded(media, _all(job))]
        if any(job.clip for job in done):  # before the row forgets that there was a clip
            await media.drop_joined()
        if gone:
            await traces.husk(person, gone, now, _open(now), _alias())
        if not any(job.state == "queued" for job in found) and (len(done) < BATCH or not gone):
            break
    return Removed(clips, photos, len(shares), waiting, await traces.count(person, until))


async def delete(store: Store, media: Media, job: Job, people: Iterable[str], now: float) -> None:
    """Erase one finished order of an account: its shares, its files, its messages. May be repeated.

    Raises `StoreDown` if something stands in the way; what is left then goes at the next try.
    """
    await sharing.take_back(store, await store.gallery.of_job(job.id), now)
    await drop_exports(store, media, people, now)
    await media.discard(_all(job))
    if job.clip:
        await media.drop_joined()
    await store.retention.unfollow(people, job.id)
    await store.retention.husk(job.person, [job.id], now, _open(now), _alias())
    await store.retention.scrub()


async def drop_exports(store: Store, media: Media, people: Iterable[str], now: float) -> None:
    """Remove the files that these people were given. Raises `StoreDown`."""
    for one in people:
        if name := export_of(await store.inbox.recall(EXPORTS, one, "file", now))[0]:
            await media.discard([name])
            await store.inbox.forget(EXPORTS, one, "file")


def export_of(note: str | None) -> tuple[str, float]:
    """The file that a person was given last, and when it was begun."""
    name, at = json.loads(note)[:2] if note else ("", 0.0)
    return str(name), float(at)


async def _drop(store: Store, media: Media, found: Sequence[tuple[Parked, bool]]) -> int:
    """Orders that nobody said yes to; the photos of one that became a job are the job's."""
    done = 0
    for parked, taken in found:
        if taken or await _discarded(media, parked.photos):
            await store.books.unpark(parked.id)
            done += not taken
    return done


async def _cancel(store: Store, jobs: Sequence[Job], now: float) -> int:
    """Give back what is still in line; of how many. Nobody is told: whoever is forgotten gets no more messages."""
    return sum([await _end(store, job, _CANCELLED, now) for job in jobs])


async def _end(store: Store, job: Job, events: Sequence[machine.Event], now: float) -> bool:
    """Have it done, by way of these; False if something happened to it at this moment, and it ends in another way."""

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
    return (await store.books.read(parked.body)).created_at


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
    """The keys of every allowance that may be open somewhere: midnight is not everywhere at once."""
    return sorted({window.key for day in (-1, 0, 1) for window in pricing.windows(now + day * 86_400).values()})


def _alias() -> str:
    """A name that nobody has, and that follows from nothing."""
    return f"{GONE}{secrets.token_hex(5)}"
