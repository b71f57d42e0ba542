"""The queue: order of turns, starts, and a worker's saves; inside a transaction."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.errors import Stale
from bot.gallery.model import line_removal
from bot.model import Job, LedgerEntry
from bot.ports import Step
from storage import charging, rows, rules
from storage.database import Row, Transaction
from storage.outbox import leave

WORKING = "state IN ('submitting', 'running', 'delivering') AND halted = 0"
AT_PROVIDER = "state IN ('submitting', 'running') AND halted = 0"
# Fair on two levels: the scope with the fewest turns (at the provider, or earlier in the queue) is next, and in it the
# person with the fewest; ties go to the least recently served. In private chats each account is a scope of its own. So
# a person with twenty orders gets one turn at a time, even with a single slot.
_PARTY = "CASE scope WHEN '' THEN '=' || account ELSE scope END"
LINE = f"""
    SELECT lanes.id, lanes.created_at, lanes.due_at, lanes.platform, coalesce(turns.at, 0) AS served,
           row_number() OVER (PARTITION BY lanes.party ORDER BY lanes.turn, lanes.served, lanes.created_at, lanes.id)
               + coalesce(parties.n, 0) AS turn
    FROM (SELECT queued.id, queued.party, queued.created_at, queued.due_at, queued.platform,
                 queued.turn + coalesce(busy.n, 0) AS turn, coalesce(turns.at, 0) AS served
          FROM (SELECT id, person, {_PARTY} AS party, created_at, due_at, platform,
                       row_number() OVER (PARTITION BY {_PARTY}, person ORDER BY created_at, id) AS turn
                FROM jobs WHERE state = 'queued' AND halted = 0) AS queued
          LEFT JOIN (SELECT {_PARTY} AS party, person, count(*) AS n FROM jobs WHERE {AT_PROVIDER}
                     GROUP BY {_PARTY}, person) AS busy
            ON busy.person = queued.person AND busy.party = queued.party
          LEFT JOIN turns ON turns.party = queued.party AND turns.person = queued.person) AS lanes
    LEFT JOIN (SELECT {_PARTY} AS party, count(*) AS n FROM jobs WHERE {AT_PROVIDER} GROUP BY {_PARTY}) AS parties
      ON parties.party = lanes.party
    LEFT JOIN turns ON turns.party = lanes.party AND turns.person = ''"""
_READY = f"SELECT jobs.* FROM jobs JOIN ({LINE}) AS line ON line.id = jobs.id"
_ORDER = "ORDER BY line.turn, line.served, line.created_at, line.id LIMIT $2"
READY = f"{_READY} WHERE line.due_at <= $1 AND line.platform = ANY($3) {_ORDER}"
READY_ONE = f"{_READY} WHERE line.due_at <= $1 AND line.platform = ANY($3) AND line.id = $4 {_ORDER}"
# Jobs at a host that is no longer configured take no slot of the configured ones.
BUSY = f"SELECT count(*) AS n FROM jobs WHERE {AT_PROVIDER} AND (host IS NULL OR host = ANY($1))"
TAKE = "UPDATE jobs SET claims = claims + 1 WHERE id = $1 AND claims = $2 RETURNING claims"
SERVED = """
    INSERT INTO turns (party, person, at) VALUES ($1, $2, $3), ($1, '', $3)
    ON CONFLICT (party, person) DO UPDATE SET at = excluded.at"""
_SET = ", ".join(f"{column} = ${i}" for i, column in enumerate(rows.CHANGING, 3))
SAVE = f"UPDATE jobs SET {_SET} WHERE id = $1 AND claims = $2 RETURNING status_id"
FIRST = f"""
    SELECT jobs.*, line.ahead FROM jobs JOIN (
        SELECT id, row_number() OVER (ORDER BY turn, served, created_at, id) - 1 AS ahead FROM ({LINE}) AS waiting
    ) AS line ON line.id = jobs.id
    WHERE jobs.status_id IS NOT NULL AND jobs.platform = ANY($2) ORDER BY line.ahead LIMIT $1"""
AHEAD = f"""
    WITH line AS ({LINE})
    SELECT count(*) AS n FROM line JOIN line AS own ON own.id = $1
    WHERE (line.turn, line.served, line.created_at, line.id)
        < (own.turn, own.served, own.created_at, own.id)"""


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
) -> list[Job]:
    """Take queued jobs, fairly, save the result of `begin` for each, and return the jobs to be bought now.

    The caller holds the gate's lock. Otherwise as `Claims.start`.
    """
    if await tx.one(rules.PAUSED):
        return []
    busy = await tx.one(BUSY, list(hosts))
    free = min(slots - (busy["n"] if busy else 0), limit)
    started, settled = [], []
    for row in await _ready(tx, now, free, list(platforms), only) if free > 0 else []:
        job = rows.job(row)
        # Bump `claims` first; skip the job if a cancel already did.
        taken = await tx.one(TAKE, job.id, job.claims)
        if taken is None:
            continue
        job, entry = begin(replace(job, claims=taken["claims"]))
        # Jobs that expired in the queue continue at once, like every other result.
        job = replace(job, due_at=now + lease if job.state == "submitting" else now)
        await save(tx, job, None)
        if job.state == "submitting":
            started.append(job)
            await tx.all(SERVED, job.scope or f"={job.account}", job.person, now)
        if entry:
            settled.append((job, entry))
    await charging.settle(tx, settled)
    return started


async def _ready(tx: Transaction, now: float, limit: int, platforms: list[str], only: str | None) -> list[Row]:
    if only:
        return await tx.all(READY_ONE, now, limit, platforms, only)
    return await tx.all(READY, now, limit, platforms)


async def save(tx: Transaction, job: Job, entry: LedgerEntry | None) -> None:
    """Save a claimed job and its ledger entry. Raises `Stale` if it was claimed again."""
    row = rows.values(job)
    saved = await tx.one(SAVE, job.id, job.claims, *(row[column] for column in rows.CHANGING))
    if saved is None:
        raise Stale(job.id)
    if job.state == "done" and saved["status_id"]:  # an outbox entry removes the status line, even after a crash
        await leave(tx, line_removal(replace(job, status_id=saved["status_id"])))
    if entry:
        await charging.settle(tx, [(job, entry)])
