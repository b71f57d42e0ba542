"""The queue: order of turns, starts, and a worker's saves; inside a transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bot.errors import Stale
from bot.gallery.model import line_removal
from bot.model import Job, LedgerEntry
from bot.ports import Step
from storage import charging, rows, rules, turns
from storage.database import Transaction, records
from storage.outbox import leave

WORKING = "state IN ('submitting', 'asking', 'running', 'delivering') AND halted = 0"
AT_PROVIDER = "state IN ('submitting', 'asking', 'running') AND halted = 0 AND unlogged = 0"
Leave = Callable[[str, str], bool]
"""Whether to leave a slot for a due job of another worker's platform; arguments: job and platform."""
LOOK = 200
"""Jobs from the front of the queue whose status lines are kept up to date."""
TICK = 1e-6
"""Seconds between two jobs that are started at the same moment, as far as their turns are concerned."""
ONE = f"SELECT * FROM jobs WHERE id = $1 AND {turns.QUEUED}"
# Jobs at a host that is no longer configured take no slot of the configured ones.
WAITING = f"""
    SELECT starts, EXISTS (SELECT 1 FROM jobs WHERE {turns.QUEUED} AND due_at <= $1) AS waits,
        (SELECT count(*) FROM jobs WHERE {AT_PROVIDER} AND (host IS NULL OR host = ANY($2))) AS busy
    FROM gate WHERE id = 1"""
BUSY = f"""
    SELECT model, count(*) AS n FROM jobs WHERE {AT_PROVIDER} AND (host IS NULL OR host = ANY($1)) AND model = ANY($2)
    GROUP BY model"""
TAKE = "UPDATE jobs SET claims = claims + 1 WHERE id = $1 AND claims = $2 RETURNING claims"
HOLD = "SELECT id FROM jobs WHERE id = ANY($1) ORDER BY id FOR UPDATE"
# As `TAKE` and `SAVE` of a job that leaves the queue, for several.
START = """
    UPDATE jobs SET claims = jobs.claims + 1, state = 'submitting', due_at = $2, changed_at = due.at,
        started_at = due.at, waits = NULL, posted = jobs.claims + 1
    FROM json_to_recordset($1) AS due(id TEXT, claims BIGINT, at DOUBLE PRECISION)
    WHERE jobs.id = due.id AND jobs.claims = due.claims AND jobs.state = 'queued' RETURNING jobs.id"""
_SET = ", ".join(f"{column} = ${i}" for i, column in enumerate(rows.CHANGING, 3))
SAVE = f"UPDATE jobs SET {_SET} WHERE id = $1 AND claims = $2 RETURNING status_id, shown"


async def start(
    tx: Transaction,
    now: float,
    lease: float,
    slots: int,
    limit: int,
    platforms: Sequence[str],
    hosts: Sequence[str],
    begin: Callable[[Job], Step],
    only: str | None,
    leave: Leave,
    fewer: Mapping[str, int],
) -> list[Job]:
    """Take queued jobs, fairly, save the result of `begin` for each, and return the jobs to be bought now.

    The caller holds the gate's lock. Otherwise as `Claims.start`.
    """
    if await tx.one(rules.PAUSED):
        return []
    seen = await tx.one(WAITING, now, list(hosts))
    free = min(slots - (seen["busy"] if seen else 0), limit)
    if free <= 0:
        return []
    busy = {row["model"]: row["n"] for row in await tx.all(BUSY, list(hosts), sorted(fewer))} if fewer else {}
    spare = {model: most - busy.get(model, 0) for model, most in fewer.items()}
    due = await _due(tx, now, free, platforms, only, leave, spare)
    stepped = [begin(replace(job, claims=job.claims + 1)) for job in due]
    started = [replace(job, due_at=now + lease) for job, _ in stepped if job.state == "submitting"]
    await tx.all(HOLD, [job.id for job, _ in stepped])  # all of them before any party, as `charging` says
    columns = ("id", "claims", "at")
    values = [(job.id, job.claims - 1, job.started_at) for job in started]
    # A concurrent cancel has raised `claims`: that job stays where it is.
    taken = {row["id"] for row in await tx.all(START, records(columns, values), now + lease)} if values else set()
    started = [job for job in started if job.id in taken]
    await _serve(tx, started, now)
    await _settle(tx, [step for step in stepped if step[0].state != "submitting"], now)
    return started


async def _due(
    tx: Transaction,
    now: float,
    limit: int,
    platforms: Sequence[str],
    only: str | None,
    leave: Leave,
    spare: dict[str, int],
) -> list[Job]:
    """The first queued jobs that are due; what is not keeps its turn. Slots that are left count towards `limit`.

    `spare`: further jobs of a model that may start, where its row limits them; those beyond it keep their turn, too.
    """
    queue = turns.FairQueue(tx, limit, [model for model, left in spare.items() if left <= 0])
    found, left = list[Job](), 0
    while len(found) + left < limit and (row := await (tx.one(ONE, only) if only else queue.next())):
        if spare.get(row["model"], 1) <= 0:
            pass
        elif row["due_at"] <= now and row["platform"] in platforms:
            found.append(rows.job(row))
            if row["model"] in spare:
                spare[row["model"]] -= 1
        elif row["due_at"] <= now and leave(row["id"], row["platform"]):
            left += 1
        if only:
            break
    return found


async def _serve(tx: Transaction, started: Sequence[Job], now: float) -> None:
    """Note who was served, one after the other: those at the same moment, too, take turns next time."""
    served = dict[tuple[str, str], float]()
    for n, job in enumerate(started):
        party = turns.party(job.scope, job.account)
        served[party, ""] = served[party, job.person] = now + n * TICK
    if served:
        values = [(*key, at) for key, at in sorted(served.items())]
        await tx.all(turns.SERVED, records(("party", "person", "at"), values))


async def _settle(tx: Transaction, expired: Sequence[Step], now: float) -> None:
    """Jobs that expired in the queue; they continue at once, like every other result."""
    settled = []
    for job, entry in expired:
        if await tx.one(TAKE, job.id, job.claims - 1):
            await save(tx, replace(job, due_at=now), None)
            if entry:
                settled.append((job, entry))
    await charging.settle(tx, settled)


async def front(tx: Transaction, platforms: Sequence[str], limit: int) -> list[tuple[Job, int]]:
    """The first queued jobs with a status line, each with its number of predecessors; of the first `LOOK` jobs."""
    found, queue = list[tuple[Job, int]](), turns.FairQueue(tx, limit)
    for ahead in range(LOOK):
        if len(found) == limit or not (row := await queue.next()):
            break
        if row["status_id"] is not None and row["platform"] in platforms:
            found.append((rows.job(row), ahead))
    return found


async def save(tx: Transaction, job: Job, entry: LedgerEntry | None) -> Job:
    """Save a claimed job and its ledger entry; returns it with its status line as it is now.

    Raises `Stale` if it was claimed again.
    """
    saved = await tx.one(SAVE, job.id, job.claims, *rows.changing(job))
    if saved is None:
        raise Stale(job.id)
    job = replace(job, status_id=saved["status_id"], shown=saved["shown"])
    if job.state == "done" and job.status_id:  # an outbox entry removes the status line, even after a crash
        await leave(tx, line_removal(job))
    if entry:
        await charging.settle(tx, [(job, entry)])
    return job
