"""The invariants of counters, ledger, jobs and files."""

import json
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.media import orphans
from bot.media.library import Media
from bot.model import Job
from storage.jobs import Store

NO_FILES = frozenset({"photo.jpg", "old.mp4"})
"""Names in the rows of `remember_quick_renders`, without files."""


async def rows(store: Store, sql: str) -> list[dict[str, Any]]:
    return [dict(row) for row in await store._db.read(lambda tx: tx.all(sql))]


async def check_turns(store: Store) -> None:
    """Check that the numbers of the queue are those of its jobs."""
    queued, busy = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for job in await rows(store, "SELECT * FROM jobs WHERE halted = 0"):
        party = job["scope"] or f"={job['account']}"
        for key in ((party, ""), (party, job["person"])):
            queued[key] += job["state"] == "queued"
            busy[key] += job["state"] in ("submitting", "asking", "running") and not job["unlogged"]
    kept = {(r["party"], r["person"]): (r["queued"], r["busy"]) for r in await rows(store, "SELECT * FROM turns")}
    assert {key: counts for key, counts in kept.items() if any(counts)} == {
        key: (queued[key], busy[key]) for key in {*queued, *busy} if queued[key] + busy[key]
    }


async def check(store: Store) -> None:
    """Check that counters match ledger and jobs, that none is negative, and that settled jobs hold nothing."""
    sums = {
        (r["book"], r["span"]): int(r["n"])
        for r in await rows(store, "SELECT book, span, sum(held + spent) AS n FROM ledger GROUP BY book, span")
    }
    given = {
        r["book"]: int(r["n"]) for r in await rows(store, "SELECT book, sum(given) AS n FROM ledger GROUP BY book")
    }
    for grant in await rows(store, "SELECT * FROM grants"):
        book = f"grant:{grant['id']}"
        assert (sums.pop((book, ""), 0), given[book]) == (grant["used"], grant["amount"])
        assert 0 <= grant["used"] <= grant["amount"]
    counted: Counter[tuple[str, str]] = Counter()
    priced: dict[str, int] = {}
    over = set()
    for job in await rows(store, "SELECT * FROM jobs"):
        paid = json.loads(job["paid"])
        assert sum(amount for kind, _, _, amount in paid if kind in ("own", "grant")) == job["price"]
        for kind, book, span, amount in paid:
            if (kind == "flight" and job["outcome"] is None) or (kind == "cap" and job["outcome"] != "failed"):
                counted[book, span] += amount
        priced[job["id"]] = 0 if job["outcome"] else job["price"]
        if job["outcome"]:
            over.add(job["id"])
    for row in await rows(store, "SELECT * FROM books"):
        key = row["book"], row["span"]
        assert row["used"] >= 0
        assert row["used"] == (sums.pop(key) if key in sums else counted.pop(key, 0)), key
    assert not any(sums.values())
    assert not any(counted.values())
    await check_turns(store)
    held = Counter[str]()
    for row in await rows(store, "SELECT job, step, held FROM ledger WHERE job IS NOT NULL"):
        held[row["job"]] += row["held"]
        assert row["step"] == "hold" or row["job"] in over
    assert {job: held[job] for job in priced} == priced


async def own_books_agree(store: Store, jobs: Sequence[Job]) -> None:
    """Check that the use of each allowance is the sum of its payments for clips."""
    own = [(part, job) for job in jobs for part in job.paid if part.kind == "own"]
    for book, span in {(part.book, part.span) for part, _ in own}:
        kept = [p.amount for p, job in own if (p.book, p.span) == (book, span) and job.outcome == "clip"]
        assert await store.figures.used(book, span) == sum(kept)


async def folder_agrees(store: Store, folder: Path) -> None:
    """As `files_agree`, for the data folder of other processes."""
    media = Media(folder, new_id=iter(()).__next__)
    await files_agree(store, media)
    await media.close()


async def files_agree(store: Store, media: Media) -> None:
    """Sweep orphans, then check that every file has a row, and every row its files.

    Call it without concurrent writers.
    """
    await orphans.sweep(store, media, math.inf)
    named = {name async for names in store.retention.named() for name in names}
    assert set(await media.aged(math.inf)) == named - NO_FILES
