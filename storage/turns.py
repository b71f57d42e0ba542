"""The order of the queue, fair on two levels; inside a transaction.

The party (a community, or in private chats an account) with the fewest turns is next, and in it the person with the
fewest. A job's turn counts its party's jobs at the provider and those before it in the queue; ties go to the least
recently served. So a person with twenty orders gets one turn at a time, even with a single slot.

Triggers on `jobs` keep the numbers in `turns`; a row with an empty person is the party's. Nothing here costs more
because more jobs wait or run.
"""

import heapq
from collections.abc import Awaitable, Callable, Sequence

from storage.database import Row, Transaction

Jobs = Callable[[], Awaitable[Row | None]]
"""Gives the next job of a lane; None at its end."""

QUEUED = "state = 'queued' AND halted = 0"
_PARTY = "CASE {0}.scope WHEN '' THEN '=' || {0}.account ELSE {0}.scope END"
PARTIES = """
    SELECT party AS name, busy, at FROM turns WHERE person = '' AND queued > 0
    ORDER BY busy, at, party LIMIT $1 OFFSET $2"""
PERSONS = """
    SELECT person AS name, busy, at FROM turns WHERE party = $3 AND person <> '' AND queued > 0
    ORDER BY busy, at, person LIMIT $1 OFFSET $2"""
JOBS = f"""
    SELECT * FROM jobs WHERE {QUEUED} AND person = $4 AND {_PARTY.format("jobs")} = $3
    ORDER BY created_at, id LIMIT $1 OFFSET $2"""
JOBS_WITHOUT = f"""
    SELECT * FROM jobs WHERE {QUEUED} AND person = $4 AND {_PARTY.format("jobs")} = $3 AND model <> ALL($5)
    ORDER BY created_at, id LIMIT $1 OFFSET $2"""
# A party's jobs have the turns busy + 1, busy + 2 and so on, without a gap. So those before a job with the turn t are
# t - 1 - busy, or one more if the party comes first at the same turn, but never more than it has. Likewise for persons.
_BEFORE = """
    CAST(coalesce((
        SELECT sum(CASE WHEN n < queued THEN n ELSE queued END) FROM (
            SELECT queued, {own}.busy + {own}.before - busy + CASE
                WHEN at < {own}.at OR (at = {own}.at AND {name} < {own}.{name}) THEN 1 ELSE 0 END AS n
            FROM turns WHERE {which} AND queued > 0 AND busy <= {own}.busy + {own}.before) AS other), 0) AS BIGINT)"""
_PERSONS = _BEFORE.format(
    own="lane", name="person", which="party = lane.party AND person <> '' AND person <> lane.person"
)
_PARTIES = _BEFORE.format(own="own", name="party", which="person = '' AND party <> own.party")
AHEAD = f"""
    WITH job AS MATERIALIZED (
        SELECT id, created_at, person, {_PARTY.format("jobs")} AS party FROM jobs WHERE id = $1 AND {QUEUED}),
    lane AS MATERIALIZED (
        SELECT job.party, job.person, turns.at, turns.busy, (
            SELECT count(*) FROM jobs AS other
            WHERE other.state = 'queued' AND other.halted = 0 AND other.person = job.person
            AND {_PARTY.format("other")} = job.party
            AND (other.created_at, other.id) < (job.created_at, job.id)) AS before
        FROM job JOIN turns ON turns.party = job.party AND turns.person = job.person),
    own AS MATERIALIZED (
        SELECT lane.party, turns.at, turns.busy, lane.before + {_PERSONS} AS before
        FROM lane JOIN turns ON turns.party = lane.party AND turns.person = '')
    SELECT own.before + {_PARTIES} AS n FROM own"""
SERVED = """
    UPDATE turns SET at = served.at FROM json_to_recordset($1) AS served(party TEXT, person TEXT, at DOUBLE PRECISION)
    WHERE turns.party = served.party AND turns.person = served.person"""
GATE = "SELECT id FROM gate WHERE id = 1 FOR UPDATE"
# Orders lock their party before its books, as whatever settles a job does.
HOLD = """
    INSERT INTO turns (party, person, at) VALUES ($1, '', $2 - 1e11)
    ON CONFLICT (party, person) DO UPDATE SET at = turns.at"""


def party(scope: str, account: str) -> str:
    """The party that a job belongs to."""
    return scope or f"={account}"


async def hold_gate(tx: Transaction) -> None:
    """Be the only transaction that moves jobs of several parties, until its end. Starts do the same.

    To be called first: PostgreSQL locks parties in the order in which their jobs are changed, which is any.
    """
    await tx.one(GATE)


class FairQueue:
    """The queue from its front."""

    def __init__(self, tx: Transaction, first: int, without: Sequence[str] = ()) -> None:
        """`first`: about how many jobs will be asked for. `without`: models whose jobs are passed over."""
        passed = list(without)

        def jobs(party: str, person: str) -> Jobs:
            if passed:
                return _Pages(lambda limit, offset: tx.all(JOBS_WITHOUT, limit, offset, party, person, passed), 2).next
            return _Pages(lambda limit, offset: tx.all(JOBS, limit, offset, party, person), 2).next

        def persons(party: str) -> Jobs:
            pages = _Pages(lambda limit, offset: tx.all(PERSONS, limit, offset, party), 4)
            return _Fair(pages, lambda person: jobs(party, person)).next

        self._parties = _Fair(_Pages(lambda limit, offset: tx.all(PARTIES, limit, offset), max(first, 4)), persons)
        self._given = set[str]()

    async def next(self) -> Row | None:
        """The row of the next job, each job once; None at the end."""
        # On PostgreSQL, what other transactions do between two pages can move a row to the second one, too.
        while (job := await self._parties.next()) and job["id"] in self._given:
            pass
        if job:
            self._given.add(job["id"])
        return job


class _Pages:
    """Rows of a statement, some at a time, and each time twice as many."""

    def __init__(self, read: Callable[[int, int], Awaitable[list[Row]]], size: int) -> None:
        self._read, self._size = read, size
        self._offset = 0
        self._rows: list[Row] = []
        self._over = False

    async def next(self) -> Row | None:
        if not self._rows and not self._over:
            self._rows = (await self._read(self._size, self._offset))[::-1]
            self._over = len(self._rows) < self._size
            self._offset += self._size
            self._size *= 2
        return self._rows.pop() if self._rows else None


class _Fair:
    """Merges jobs of several lanes by turn. `lanes`: name, busy and at of each, by the turn of its first job."""

    def __init__(self, lanes: _Pages, enter: Callable[[str], Jobs]) -> None:
        self._lanes, self._enter = lanes, enter
        self._heap: list[tuple[int, float, str, Jobs]] = []
        self._names = set[str]()
        self._started = False
        self._coming: Row | None = None

    async def next(self) -> Row | None:
        if not self._started:
            self._started, self._coming = True, await self._another()
        while self._heap or self._coming:
            if (lane := self._coming) and (not self._heap or _first(lane) < self._heap[0][:3]):
                turn, at, name = _first(lane)
                jobs, self._coming = self._enter(name), await self._another()
            else:
                turn, at, name, jobs = heapq.heappop(self._heap)
            if job := await jobs():
                heapq.heappush(self._heap, (turn + 1, at, name, jobs))
                return job
        return None

    async def _another(self) -> Row | None:
        """The next lane, each lane once: it may have moved to a later page, as jobs may (`FairQueue.next`)."""
        while (lane := await self._lanes.next()) and lane["name"] in self._names:
            pass
        if lane:
            self._names.add(lane["name"])
        return lane


def _first(lane: Row) -> tuple[int, float, str]:
    return lane["busy"] + 1, lane["at"], lane["name"]
