"""What hosts took, compared with our jobs, one by one: every night, and by `photoplay reconcile`.

A charge belongs to the job whose generation it names; one that names none of ours may be of an order whose answer never
came, which the host's log of requests tells. What does not fit is an incident with both sides, told once.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from bot import catalogue, texts
from bot.billing import MILLIONTHS, Charge, Comparison, Entry, Ours, Verdict, reference
from bot.model import Incident
from bot.prices import AGAIN, DAY, nobody, tonight
from bot.providers.client import Providers
from bot.sentence import Sentence
from storage import Store

log = logging.getLogger(__name__)

EARLIER = DAY
"""Seconds by which a charge may be older than the delivery: a clip may wait to be fetched."""
GRACE = 3600.0
"""Seconds for a charge to appear after its clip."""
FIRST = 2 * DAY
"""Seconds that a comparison without an earlier one looks back, and that two overlap."""
MOST = 20
"""Incidents of one comparison; further differences are in its sums."""


@dataclass(frozen=True, slots=True)
class Result:
    """A comparison, and the differences in it that were not reported before."""

    comparison: Comparison
    new: Sequence[Entry]


class Reconciliation:
    """Compares the charges of `hosts` that list them. `tell`, set later, writes to the operators."""

    def __init__(self, store: Store, providers: Providers, hosts: Sequence[str], clock: Callable[[], float]) -> None:
        self._store, self._providers, self._clock = store, providers, clock
        self.hosts = [name for name in hosts if providers.keeps_books(name)]
        self.tell: Callable[[Sentence], Awaitable[None]] = nobody

    async def round(self) -> None:
        """Compare what is due tonight; a chore."""
        for host in self.hosts:
            now = self._clock()
            if not await self._store.bills.begin(f"charges:{host}", now, tonight(now)):
                continue
            last = next((one for one in await self._store.bills.comparisons() if one.host == host), None)
            result = await self.compare(host, (last.at if last else now) - FIRST)
            if isinstance(result, str):
                await self._store.bills.again(f"charges:{host}", now + AGAIN)
            elif result.new:
                await self.tell(told(result.comparison))

    async def compare(self, host: str, since: float) -> Result | str:
        """Compare charges with jobs from then until now, keep the result and note what does not fit; or why not."""
        now = self._clock()
        charges = await self._providers.charges(host, since - EARLIER, now)
        if isinstance(charges, str):
            log.info("the charges of %s cannot be read: %s", host, charges)
            return charges
        entries = await self._entries(host, _summed(charges), since, now)
        before = await self._store.bills.told([one.reference for one in entries])
        new = [one for one in entries if one.differs and one.reference not in before]
        await self._store.bills.settle(host, entries)
        seen = [one for one in entries if one.at >= since]
        counts, usd = Counter[str](one.verdict for one in seen), Counter[str]()
        for one in seen:
            usd[one.verdict] += one.usd or 0
        comparison = Comparison(host, now, since, dict(counts), dict(usd))
        await self._store.bills.keep(comparison)
        for one in new[:MOST]:
            what = texts.incidents.DIFFERENCES[one.verdict]
            await self._store.note(Incident(now, what, both_sides(host, one), host, one.ours.job if one.ours else ""))
        return Result(comparison, new)

    async def _entries(self, host: str, charges: Mapping[str, Charge], since: float, now: float) -> Sequence[Entry]:
        bills = self._store.bills
        ours = {**await bills.jobs(host, list(charges))}
        erased = await bills.of_references([reference(host, id) for id in charges if id not in ours])
        ours |= {id: erased[key] for id in charges if (key := reference(host, id)) in erased and id not in ours}
        named = await self._lost(host, since, now) if charges.keys() - ours.keys() else {}
        entries = []
        for id, charge in charges.items():
            lost = id not in ours and id in named
            job = named[id] if lost else ours.get(id)
            verdict = _verdict(host, charge, job, lost=lost)
            if verdict:
                entries.append(Entry(reference(host, id), verdict, charge.at, charge.usd, job, id))
        for job in await bills.clips(host, since, now - GRACE):
            if job.remote_id not in charges:
                entries.append(Entry(reference(host, job.remote_id), "unpaid", job.at, None, job, job.remote_id))
        return entries

    async def _lost(self, host: str, since: float, now: float) -> Mapping[str, Ours]:
        """Jobs of the charges that name no generation of ours: by the ids that we sent with the orders."""
        logged = await self._providers.logged(host, since - EARLIER, now)
        jobs = {inference: request.rpartition(".")[0] for inference, request in logged.items()}
        found = {job.job: job for job in await self._store.bills.by_id(sorted({*jobs.values()}))}
        return {inference: found[job] for inference, job in jobs.items() if job in found}


def told(one: Comparison) -> Sentence:
    """A comparison in a sentence."""
    return texts.prices.comparison(one.host, one.since, one.counts, one.usd)


def both_sides(host: str, one: Entry) -> str:
    """A difference in the words of a log: theirs, and ours."""
    theirs = f"{texts.phrases.host(host)}: {one.remote_id}, "
    theirs += "no charge" if one.usd is None else f"{one.usd / MILLIONTHS:.4f} USD, {_time(one.at)}"
    if one.ours is None:
        return f"{theirs}; here: no such job"
    state = one.ours.outcome or one.ours.state
    return f"{theirs}; here: job {one.ours.job}, {state}{f' ({one.ours.reason})' if one.ours.reason else ''}"


def _verdict(host: str, charge: Charge, job: Ours | None, *, lost: bool) -> Verdict | None:
    """None: not known yet, as the job is under way."""
    if job is None:
        return "unknown" if _may_be_ours(host, charge) else "foreign"
    if job.outcome is None:
        return None
    # A second generation of a job, which only the log knows, was never delivered, whatever became of the first.
    return "delivered" if job.outcome == "clip" and not lost else "undelivered"


def _may_be_ours(host: str, charge: Charge) -> bool:
    """Whether we order the charged model."""
    return not charge.model or charge.model in _names(host)


@cache
def _names(host: str) -> frozenset[str]:
    """Names of the models that we order there, whole and without their sources."""
    ids = {row.sold[host].id for row in catalogue.ROWS if host in row.sold}
    return frozenset(ids | {id.partition("/")[2] for id in ids})


def _summed(charges: Sequence[Charge]) -> Mapping[str, Charge]:
    """One charge per generation, at the time of the first."""
    found: dict[str, Charge] = {}
    for one in charges:
        before = found.get(one.id)
        usd, at = (before.usd, min(before.at, one.at)) if before else (0, one.at)
        found[one.id] = Charge(one.id, usd + one.usd, at, one.model)
    return found


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
