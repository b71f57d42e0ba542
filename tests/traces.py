"""Persons with data of every kind, and a search of all places that could still hold it after erasure."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bot.gallery.model import Share
from bot.jobs import machine
from bot.jobs.machine import apply, hold
from bot.media.library import Media
from bot.model import Accepted, Address, Clip, Job, Photo
from bot.privacy.export import Bundle
from bot.quotas import pricing
from bot.quotas.pricing import Ask, Policy
from bot.quotas.rules import Member
from storage.jobs import Store
from tests.bookkeeping import rows
from tests.samples import a_job, an_order

TOWN = "telegram:-100555"


async def everywhere(store: Store, folder: Path, needles: Iterable[bytes]) -> dict[str, set[str]]:
    """The places of each needle: files under the folder, and columns of a PostgreSQL database."""
    wanted = list(needles)
    assert all(wanted)
    found: dict[str, set[str]] = {}
    for path in (path for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        for needle in wanted:
            if needle in data:
                found.setdefault(_shown(needle), set()).add(path.name)
    for table, column, value in await cells(store):
        for needle in wanted:
            if needle in value.encode():
                found.setdefault(_shown(needle), set()).add(f"{table}.{column}")
    return found


async def cells(store: Store) -> list[tuple[str, str, str]]:
    """All values in all tables: table, column, text."""
    if store._db.dialect == "sqlite":  # SQLite locks no rows
        tables = [row["name"] for row in await rows(store, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    else:
        sql = "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"
        tables = [row["name"] for row in await rows(store, sql)]
    assert {"jobs", "ledger", "notes", "audit"} <= set(tables)
    return [
        (table, column, value)
        for table in tables
        for row in await rows(store, f"SELECT * FROM {table}")
        for column, value in row.items()
        if isinstance(value, str)
    ]


async def a_past(
    store: Store,
    media: Media,
    id: str,
    person: str,
    now: float,
    *,
    state: str = "done",
    clip: bool = True,
    scope: str = "",
    chat: str = "chat",
    **changes: Any,
) -> Job:
    """A job in a state, with its ledger entries and files."""
    photo, file = f"{id}p.jpg", f"{id}c.mp4"
    media.path(photo).write_bytes(f"photo of {id}".encode() * 9)
    order = an_order(photo=Photo(photo, 400, 300), prompt=changes.pop("prompt", f"words of {id}"))
    platform = person.partition(":")[0]
    job = a_job(
        id,
        key=f"{person}:{id}",
        person=person,
        address=Address(platform, chat, f"asked-{id}"),
        order=order,
        created_at=now,
        due_at=now,
        scope=scope,
        **changes,
    )
    ask = Ask(Member(scope, person), 5, 5, now, "chat/")
    submission = await store.submit(job, hold(job), pricing.plan(ask, Policy(1000)))
    assert submission.job
    job = submission.job
    ways: dict[str, list[machine.Event]] = {"queued": [], "running": [machine.Started(), Accepted("local", f"r-{id}")]}
    ways["delivering"] = [*ways["running"], machine.Rendered(Clip(file, 64, 48, 5.0, 9))]
    ways["done"] = [*ways["delivering"], machine.Sent(f"sent-{id}", f"copy-{id}")]
    events: list[machine.Event] = ways[state] if clip else [machine.Cancelled(), machine.Sent(f"sent-{id}")]
    for event in events:
        job, entry = apply(job, event, now)
        await store.save(job, entry)
    if job.clip:
        clip_of(media, job)
    return job


def clip_of(media: Media, job: Job) -> None:
    """Write a clip's file and its derived files."""
    assert job.clip
    for made in (f"{job.id}c.mp4", f"{job.id}c.999.mp4"):
        media.path(made).write_bytes(f"clip of {job.id}".encode() * 9)
    for made in (f"{job.id}c.mp4.jpg", f"{job.id}c.mp4.poster.jpg"):
        media.path(job.clip.name).with_name(made).write_bytes(f"frame of {job.id}".encode() * 9)


def a_share(job: Job, id: str, at: float, **changes: Any) -> Share:
    assert job.clip
    values = {
        "scope": TOWN,
        "person": job.person,
        "name": "",
        "prompt": "",
        "remixes": True,
        "clip": job.clip,
        "at": at,
        "place": Address("telegram", "-100555"),
        **changes,
    }
    return Share(id, job.id, **values)


def read(bundle: Bundle) -> str:
    """All text of an export."""
    return json.dumps([bundle.clips, bundle.shared, bundle.credits, [name for name, _ in bundle.files]])


def _shown(needle: bytes) -> str:
    return needle.decode("utf-8", "replace") if needle.isascii() else needle.hex()[:16]
